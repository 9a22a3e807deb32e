"""Fit drift, trend and damping on every authority, once for each cut year.

    python calibration/fit_drift_and_damping.py

reads ``reference/panel.csv`` and ``reference/leavers.parquet`` and writes ``drift.csv``,
``damping.csv`` and ``drift_and_damping_scores.csv`` beside this file. ``README.md`` says what
every column means and why the fit is made so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from annual_panel import (
    Panel,
    base_at,
    expected_entries,
    growth_paths,
    last_rates,
    national_growth,
    read_panel,
    terms_at,
)
from fit_damping import FIRST_ORIGIN, MOST_HORIZON_YEARS, fit_damping
from numpy.typing import NDArray
from scipy.optimize import minimize

from sufficiency.calibration.damping import TERMS, Damping
from sufficiency.calibration.drift import FLOWS, Drift, known_share, log_covariance
from sufficiency.calibration.entries import sibling_clustering

Floats = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
CUT_YEARS = range(2014, 2024)
SCORED_HORIZONS = (1, 2, 3)
MOST_WINDOW_YEARS = 5
MOST_PHI = 0.95  # a random walk is not told from slow reversion in a few years
CLUSTERING = sibling_clustering()
"""E[G^2] / E[G]: variance of a count of children who enter in groups, over its mean."""


@dataclass(frozen=True)
class Errors:
    """Log errors of forecasts of one flow, one value for each authority, origin and horizon."""

    authority: Floats
    origin: Floats
    horizon: Floats
    log_error: Floats
    noise: Floats
    """Variance of the error by chance: in the year forecast and in the base window."""
    shared_noise: Floats
    """Covariance by chance with the other flow's error: both use the window's leavers."""


def damping_at(past: Panel, fitted: Damping) -> Damping:
    """The fitted effects with the trend and the means that were known at the end of a panel."""
    means = np.nanmean(terms_at(past, past.last_year), axis=1)
    return replace(
        fitted,
        trend_per_year=national_growth(past),
        mean_term=tuple(float(mean) for mean in means),
    )


def path_at(panel: Panel, origin: int, damping: Damping) -> Floats:
    """The forecast of the number in care made at ``origin``, shape (horizons, authorities)."""
    terms = terms_at(panel, origin)
    in_care = panel.in_care[:, panel.column(origin)]
    return in_care * growth_paths(damping, terms, MOST_HORIZON_YEARS)


def horizons_within(panel: Panel, origin: int) -> range:
    """The horizons of a forecast made at ``origin`` whose outcome the panel holds."""
    return range(1, min(MOST_HORIZON_YEARS, panel.last_year - origin) + 1)


def flattened(errors: list[tuple[int, int, Floats, Floats, Floats]]) -> Errors:
    """One array a column from (origin, horizon, log error, noise, shared noise) by authority."""
    columns: list[list[Floats]] = [[] for _ in range(6)]
    for origin, horizon, error, noise, shared in errors:
        ones = np.ones(len(error))
        row = (np.arange(len(error)), origin * ones, horizon * ones, error, noise, shared)
        for column, values in zip(columns, row, strict=True):
            column.append(np.asarray(values, dtype=np.float64)[np.isfinite(error)])
    return Errors(*(np.concatenate(column) for column in columns))


def centred(errors: Errors) -> Errors:
    """The errors less their mean over authorities for each origin and horizon.

    What all authorities missed together is the trend's error, not an authority's drift.
    """
    by = [errors.origin, errors.horizon]
    national = pd.Series(errors.log_error).groupby(by).transform("mean").to_numpy()
    return replace(errors, log_error=errors.log_error - national)


def entry_errors(panel: Panel, origins: range, fitted: Damping, window_years: int) -> Errors:
    """log(starters / expected starters) in each year after each origin."""
    found = []
    for origin in origins:
        base = base_at(panel, origin, window_years)
        path = path_at(panel, origin, damping_at(panel.up_to(origin), fitted))
        before = np.vstack([base.in_care, path[:-1]])
        entries = expected_entries(base, path) - base.returns_share * before
        replaced = base.leaving_rate * (before + path) / 2 / entries
        for horizon in horizons_within(panel, origin):
            expected, share = entries[horizon - 1], replaced[horizon - 1]
            error = np.log(panel.started[:, panel.column(origin + horizon)] / expected)
            noise = CLUSTERING / expected + share**2 / base.leavers_in_window
            found.append((origin, horizon, error, noise, share / base.leavers_in_window))
    return flattened(found)


def exit_errors(panel: Panel, origins: range, window_years: int) -> Errors:
    """log(leaving rate before 18 / that of the base window) in each year after each origin.

    Under-16s stand in where the window begins before leavers at 18 were published.
    """
    found = []
    stock = panel.mean_in_care()
    for origin in origins:
        window = slice(panel.column(origin) - window_years + 1, panel.column(origin) + 1)
        known = np.isfinite(panel.before_18[:, window]).any(0).all()
        leavers = panel.before_18 if known else panel.under_16
        in_window = leavers[:, window].sum(1)
        rate = in_window / stock[:, window].sum(1)
        for horizon in horizons_within(panel, origin):
            column = panel.column(origin + horizon)
            expected = rate * stock[:, column]
            error = np.log(leavers[:, column] / expected)
            found.append((origin, horizon, error, 1 / expected + 1 / in_window, 0 * rate))
    return flattened(found)


def model_variance(sigma: float, phi: float, window_years: int, horizon: Floats) -> Floats:
    """`sufficiency.calibration.drift.log_variance` at given horizons, for one flow."""
    known = known_share(phi, window_years)
    return np.asarray(sigma**2 * (1 - known * phi ** (2 * (horizon - 1))))


def fit_flow(errors: Errors, window_years: int) -> tuple[float, float]:
    """(sigma, phi) that maximise the Gaussian composite likelihood of the errors.

    The variance of an error is the drift's at its horizon plus its noise by chance.
    """

    def score(point: Floats) -> float:
        sigma, phi = float(np.exp(point[0])), float(MOST_PHI / (1 + np.exp(-point[1])))
        variance = model_variance(sigma, phi, window_years, errors.horizon) + errors.noise
        return float((np.log(variance) + errors.log_error**2 / variance).mean() / 2)

    starts = ([np.log(0.25), 0.0], [np.log(0.25), 2.0])
    best = min(
        (minimize(score, start, method="Nelder-Mead") for start in starts),
        key=lambda found: float(found.fun),
    )
    phi = MOST_PHI / (1 + np.exp(-best.x[1]))
    return float(np.exp(best.x[0])), float(phi)


def fit_correlation(entry: Errors, exit_: Errors, drift: Drift) -> float:
    """Correlation of shocks that meets the mean product of the two flows' errors.

    ``drift`` has a correlation of one: its covariances are the most that could be.
    """
    keys = ["authority", "origin", "horizon"]
    pairs = pd.merge(pd.DataFrame(vars(entry)), pd.DataFrame(vars(exit_)), on=keys)
    product = pairs["log_error_x"] * pairs["log_error_y"] - pairs["shared_noise_x"]
    most = log_covariance(drift, MOST_HORIZON_YEARS)[pairs["horizon"].astype(int) - 1]
    return float(np.clip(product.mean() / most.mean(), -0.95, 0.95))


def laplace_score(errors: Errors) -> float:
    """Mean over horizons of the log of the mean absolute log error; less is better.

    It is the log score of a Laplace distribution with its scale fitted, up to a constant, so
    that each horizon counts the same whatever its spread, and no outlier decides.
    """
    sizes = pd.Series(np.abs(errors.log_error)).groupby(errors.horizon).mean()
    return float(np.log(sizes[sizes.index.isin(SCORED_HORIZONS)]).mean())


def best_window(panel: Panel, fitted: Damping) -> int:
    """The base window with the least summed score of entries and exits.

    All candidates are scored on the same origins: those at which the longest window is whole.
    """
    longest = min(MOST_WINDOW_YEARS, (panel.last_year - panel.first_year) // 2)
    origins = range(panel.first_year + longest, panel.last_year)
    return min(
        range(1, longest + 1),
        key=lambda window: (
            laplace_score(exit_errors(panel, origins, window))
            + laplace_score(entry_errors(panel, origins, fitted, window))
        ),
    )


def variance_of_changes(counts: Floats, exposure: Floats, clustering: float) -> list[float]:
    """Variance beyond chance of log(rate after h years / rate), about its mean, by h."""
    found = []
    rate = counts / exposure
    for gap in range(1, MOST_HORIZON_YEARS + 1):
        noise = clustering * (1 / counts[:, :-gap] + 1 / counts[:, gap:])
        change = np.log(rate[:, gap:] / rate[:, :-gap])
        found.append(float(np.nanvar(change) - noise[np.isfinite(change)].mean()))
    return found


def changes(panel: Panel) -> pd.DataFrame:
    """How the two flows moved before any model: variances of changes at 1 to 5 years."""
    in_care, once = panel.mean_in_care(), np.ones_like(panel.in_care)
    rows = {
        "starters, chance as 1/N": (panel.started, once, 1.0),
        "starters, chance as of sibling groups": (panel.started, once, CLUSTERING),
        "leavers before 18, chance as 1/N": (panel.before_18, once, 1.0),
        "rate of leaving before 18, chance as 1/N": (panel.before_18, in_care, 1.0),
    }
    return pd.DataFrame(
        [variance_of_changes(*arguments) for arguments in rows.values()],
        index=list(rows),
        columns=range(1, MOST_HORIZON_YEARS + 1),
    )


@dataclass(frozen=True)
class Cut:
    """Everything fitted to the years up to ``drift.cut_year``."""

    drift: Drift
    damping: Damping
    n_authorities: int
    n_in_care: int
    n_flows: tuple[int, int]


def fit_cut(everything: Panel, cut_year: int) -> Cut:
    """Fit all parameters to the years up to ``cut_year``; later years are cut off first."""
    panel = everything.up_to(cut_year)
    fitted = fit_damping(panel)
    window = best_window(panel, fitted)
    origins = range(max(panel.first_year + window, FIRST_ORIGIN), cut_year)
    entry = centred(entry_errors(panel, origins, fitted, window))
    exit_ = centred(exit_errors(panel, origins, window))
    (entry_sigma, entry_phi), (exit_sigma, exit_phi) = (
        fit_flow(errors, window) for errors in (entry, exit_)
    )
    drift = Drift(cut_year, (entry_sigma, exit_sigma), (entry_phi, exit_phi), 1.0, window)
    return Cut(
        drift=replace(drift, correlation=fit_correlation(entry, exit_, drift)),
        damping=replace(fitted, window_years=window),
        n_authorities=len(panel.in_care),
        n_in_care=sum(len(panel.in_care) * len(horizons_within(panel, o)) for o in origins),
        n_flows=(len(entry.log_error), len(exit_.log_error)),
    )


def drift_rows(cuts: Iterable[Cut]) -> pd.DataFrame:
    """``drift.csv``: a row for each cut year and flow."""
    return pd.DataFrame(
        {
            "cut_year": cut.drift.cut_year,
            "flow": flow,
            "sigma": round(cut.drift.sigma[row], 4),
            "phi": round(cut.drift.phi[row], 4),
            "correlation_with_other_flow": round(cut.drift.correlation, 4),
            "window_years": cut.drift.window_years,
            "n_authorities": cut.n_authorities,
            "n_changes": cut.n_flows[row],
        }
        for cut in cuts
        for row, flow in enumerate(FLOWS)
    )


def damping_rows(cuts: Iterable[Cut]) -> pd.DataFrame:
    """``damping.csv``: a row for each cut year."""
    return pd.DataFrame(
        {
            "cut_year": cut.damping.cut_year,
            "window_years": cut.damping.window_years,
            "trend_per_year": round(cut.damping.trend_per_year, 5),
            **by_term("effect", cut.damping.effect_per_year),
            **by_term("persistence", cut.damping.persistence),
            **by_term("mean", cut.damping.mean_term),
            "same_year_returns_share": round(cut.damping.same_year_returns_share, 5),
            "n_authorities": cut.n_authorities,
            "n_forecasts": cut.n_in_care,
        }
        for cut in cuts
    )


def by_term(name: str, values: tuple[float, ...]) -> dict[str, float]:
    """A column for each of `TERMS`."""
    return {f"{name}_{term}": round(value, 4) for term, value in zip(TERMS, values, strict=True)}


def score_rows(panel: Panel, cuts: Iterable[Cut]) -> pd.DataFrame:
    """``drift_and_damping_scores.csv``: each cut's forecasts of the years after it."""
    scored: dict[tuple[str, int], list[Floats]] = {}
    for cut in cuts:
        origin = cut.damping.cut_year
        today = panel.in_care[:, panel.column(origin)]
        paths = {
            "damped": path_at(panel, origin, cut.damping),
            "no_change": np.tile(today, (MOST_HORIZON_YEARS, 1)),
            "last_rates": last_rates(base_at(panel, origin, 1), MOST_HORIZON_YEARS),
        }
        for method, horizon in itertools.product(paths, horizons_within(panel, origin)):
            actual = panel.in_care[:, panel.column(origin + horizon)]
            percent = 100 * (paths[method][horizon - 1] / actual - 1)
            scored.setdefault((method, horizon), []).append(percent)
    pooled = {key: np.concatenate(percents) for key, percents in sorted(scored.items())}
    return pd.DataFrame(
        {
            "method": method,
            "horizon_years": horizon,
            "mean_absolute_percentage_error": round(float(np.abs(percent).mean()), 2),
            "mean_percentage_error": round(float(percent.mean()), 2),
            "n_forecasts": len(percent),
        }
        for (method, horizon), percent in pooled.items()
    )


def main() -> None:
    """Fit every cut year, write the tables and print them."""
    panel = read_panel(HERE / "reference")
    print(f"\nvariance beyond chance of changes, by years\n{changes(panel).round(3).to_string()}")
    cuts = [fit_cut(panel, cut_year) for cut_year in CUT_YEARS]
    tables = {
        "drift": drift_rows(cuts),
        "damping": damping_rows(cuts),
        "drift_and_damping_scores": score_rows(panel, cuts),
    }
    for name, table in tables.items():
        table.to_csv(HERE / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
        print(f"\n{name}.csv\n{table.to_string(index=False)}")


if __name__ == "__main__":
    main()
