"""What a statistician asks of the fit: rates with intervals, survival curves, years, thin cells."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.exceptions import StatError
from numpy.typing import NDArray

from sufficiency.calibration.children.counts import day_of, joined_placements, spells_of
from sufficiency.calibration.children.drawing import rate_sampler
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.calibration.children.pooling import Family
from sufficiency.calibration.children.rates import (
    ADOPTION,
    ADOPTION_FAMILY,
    ENDING_FAMILY,
    LEAVING,
    MATCH,
    MOVING,
    UASC_FAMILY,
)
from sufficiency.calibration.cohort import CARE_BAND_STARTS_DAYS, N_CARE_BANDS
from sufficiency.calibration.moves import PLACEMENT_BAND_STARTS_DAYS
from sufficiency.domain import (
    AGE_BANDS,
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    N_EXIT_CAUSES,
    SECTORS,
    ExitReason,
)
from sufficiency.history.returns.frames import CareHistories

Floats = NDArray[np.float64]

FEW_EVENTS = 5
"""A cell with fewer events is known mostly from what is published; rates of it say so."""
_LEAVE_KINDS = [str(CAUSES[cause]) for cause in (ADOPTION, *LEAVING)]
_JITTER_SEED = 1


def band_words(starts_days: Floats) -> list[str]:
    """``under 14 days``, ``14 to 56 days``, ``1 to 2 years``, ``10 years or more``."""

    def said(days: float) -> tuple[float, str]:
        years = days / DAYS_PER_YEAR
        if years < 0.4:
            return days, "days"
        if years < 0.9:
            return round(years * 12), "months"
        return round(years), "year" if round(years) == 1 else "years"

    words = []
    for low, high in zip(starts_days, [*starts_days[1:], np.inf], strict=True):
        (first, unit), last = said(low), said(high) if np.isfinite(high) else None
        if low == 0 and last is not None:
            words.append(f"under {last[0]:.0f} {last[1]}")
        elif last is None:
            words.append(f"{first:.0f} {unit} or more")
        else:
            lead = (
                f"{first:.0f}" if unit.rstrip("s") == last[1].rstrip("s") else f"{first:.0f} {unit}"
            )
            words.append(f"{lead} to {last[0]:.0f} {last[1]}")
    return words


CARE_BAND_WORDS = band_words(CARE_BAND_STARTS_DAYS)
PLACEMENT_BAND_WORDS = band_words(PLACEMENT_BAND_STARTS_DAYS)


def rate_table(fit: ChildCalibration) -> pd.DataFrame:
    """Every fitted cell.

    Columns: ``kind`` (reason), ``who`` (age band or sector), ``time`` (in care or in the
    placement), ``events``, ``child_years``, ``published`` and ``rate`` (a year per child) with
    ``low`` and ``high`` (90% interval), ``thin`` (fewer than 5 events).
    """
    days = fit.counts.days.sum(axis=0)
    in_care = days[..., :N_CARE_BANDS, :].sum(axis=(0, -1))
    in_placement = days[: len(SECTORS)].sum(axis=(1, 2))
    adoptive = days[-1].sum(axis=(0, 1))
    by_age = [str(band) for band in AGE_BANDS]
    by_sector = [str(sector) for sector in SECTORS]
    families = fit.fitted.rates.families
    parts = [
        _cells(str(CAUSES[cause]), families, in_care[:5], by_age, CARE_BAND_WORDS)
        for cause in (*LEAVING, MATCH)
    ]
    parts.append(_cells(UASC_FAMILY, families, in_care[[-1]], [AGE_GROUPS[-1]], CARE_BAND_WORDS))
    parts.append(_cells(ADOPTION_FAMILY, families, adoptive[None], ["all"], PLACEMENT_BAND_WORDS))
    parts.append(
        _cells(ENDING_FAMILY, families, adoptive.sum(keepdims=True)[None], ["all"], ["all"])
    )
    parts += [
        _cells(str(CAUSES[cause]), families, in_placement, by_sector, PLACEMENT_BAND_WORDS)
        for cause in MOVING
    ]
    return pd.concat(parts, ignore_index=True)


def _cells(
    kind: str, families: object, child_days: Floats, who: list[str], time: list[str]
) -> pd.DataFrame:
    assert isinstance(families, dict)
    family: Family = families[kind]
    shape = (len(who), len(time))
    events, expected, mean = (
        np.reshape(getattr(family, column), shape) for column in ("events", "expected", "mean")
    )
    posterior = family.posterior()
    low, high = (
        np.reshape(posterior.quantile(np.full(family.events.shape, at)), shape)
        for at in (0.05, 0.95)
    )
    years = child_days / DAYS_PER_YEAR
    published = np.divide(expected, years, out=np.zeros(shape), where=years > 0)
    return pd.DataFrame(
        {
            "kind": kind,
            "who": np.repeat(who, len(time)),
            "time": np.tile(time, len(who)),
            "events": events.ravel(),
            "child_years": years.ravel(),
            "published": published.ravel(),
            "rate": (published * mean).ravel(),
            "low": (published * low).ravel(),
            "high": (published * high).ravel(),
            "thin": (events < FEW_EVENTS).ravel(),
        }
    )


def by_year(fit: ChildCalibration) -> pd.DataFrame:
    """How rates moved: each year of the window against the fitted rates.

    Columns: ``year`` (the date it ends), ``kind``, ``events``, ``expected`` (from that year's
    children at the fitted rates), ``ratio`` and its 90% interval ``low``, ``high`` (Gamma, with
    half an event added).
    """
    fitted = rate_sampler(fit.fitted.rates).mean().per_day
    settings = np.concatenate([fitted, fitted[:, [-1]]], axis=1)
    factor = fit.prior.need_factor @ fit.prior.need_of_setting.T
    rates = settings * factor[:, :, None, None]
    in_care = fit.counts.days[..., :N_CARE_BANDS, :].sum(axis=-1)
    in_placement = fit.counts.days.sum(axis=3)
    bands = in_placement.shape[-1]
    edges = fit.counts.window.edges()
    rows = []
    for cause, name in enumerate(CAUSES):
        by_care = cause in (*LEAVING, MATCH)
        days, rate = (
            (in_care, rates[cause]) if by_care else (in_placement, rates[cause, ..., :bands])
        )
        seen = fit.counts.events[cause]
        seen = seen[..., :N_CARE_BANDS, :] if by_care else seen
        if cause not in (*LEAVING, MATCH, ADOPTION):
            days, seen, rate = days[:, :-1], seen[:, :-1], rate[:-1]
        for year in range(len(edges) - 1):
            events = float(seen[year].sum())
            rows.append((edges[year + 1], str(name), events, float((days[year] * rate).sum())))
    table = pd.DataFrame(rows, columns=["year", "kind", "events", "expected"])
    table["year"] = pd.to_datetime(table["year"].astype("int64"), unit="D")
    return _with_intervals(table)


def _with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    from scipy import stats

    expected = np.maximum(table["expected"].to_numpy(float), 1e-9)
    shape = table["events"].to_numpy(float) + 0.5
    return table.assign(
        ratio=table["events"] / expected,
        low=stats.gamma.ppf(0.05, shape) / expected,
        high=stats.gamma.ppf(0.95, shape) / expected,
    )


# --- survival -------------------------------------------------------------------------------


def remaining_in_care(histories: CareHistories, fit: ChildCalibration) -> pd.DataFrame:
    """How many are still in care by time in care: seen (Kaplan-Meier) and fitted.

    Leaving at 18 censors. Columns: ``days``, ``seen``, ``seen_low``, ``seen_high`` (95%),
    ``fitted``. The fitted curve takes the children at risk as they were, so that only hazards
    are compared.
    """
    durations = _durations(histories, fit)
    grid = np.unique(np.concatenate([np.arange(0, 365, 7), np.arange(365, 3653, 28)])).astype(float)
    seen = _kaplan_meier(durations, grid)
    hazards = _fitted_hazards(fit).sum(axis=0)
    return pd.DataFrame(
        {
            "days": grid,
            "seen": seen[:, 0],
            "seen_low": seen[:, 1],
            "seen_high": seen[:, 2],
            "fitted": np.exp(-_cumulative(hazards, grid)),
        }
    )


def _kaplan_meier(durations: pd.DataFrame, grid: Floats) -> Floats:
    """(grid, 3): the estimate and its 95% interval; NaN where too few were seen early on."""
    if durations.empty:
        return np.full((len(grid), 3), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            seen = KaplanMeierFitter().fit(
                durations["to"], durations["left"], entry=durations["from"], timeline=grid
            )
        except StatError:
            return np.full((len(grid), 3), np.nan)
    ends = seen.confidence_interval_survival_function_.to_numpy()
    return np.column_stack([seen.survival_function_.to_numpy()[:, 0], ends[:, :2]])


def left_by_reason(histories: CareHistories, fit: ChildCalibration) -> pd.DataFrame:
    """The share who have left for each reason by time in care: seen (Aalen-Johansen) and fitted.

    Columns: ``reason``, ``days``, ``seen``, ``fitted``; leaving at 18 censors.
    """
    durations = _durations(histories, fit)
    grid = np.arange(0, 3653, 7).astype(np.float64)
    hazards = _fitted_hazards(fit)
    everyone = np.exp(-_cumulative(hazards.sum(axis=0), grid))
    parts = []
    for position, reason in enumerate(_LEAVE_KINDS):
        seen = _aalen_johansen(durations, position + 1, grid)
        steps = np.diff(_cumulative(hazards[position], grid)) * (everyone[1:] + everyone[:-1]) / 2
        parts.append(
            pd.DataFrame(
                {
                    "reason": reason,
                    "days": grid,
                    "seen": seen,
                    "fitted": np.concatenate([[0.0], np.cumsum(steps)]),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _aalen_johansen(durations: pd.DataFrame, cause: int, grid: Floats) -> Floats:
    """(grid,): the share who have left for one reason; NaN where nobody did or was seen."""
    if not (durations["cause"] == cause).any():
        return np.full(len(grid), np.nan)
    with warnings.catch_warnings():
        # Events on the same day are told apart by a jitter, of which lifelines warns.
        warnings.simplefilter("ignore")
        try:
            found = AalenJohansenFitter(calculate_variance=False, seed=_JITTER_SEED).fit(
                durations["to"],
                durations["cause"],
                event_of_interest=cause,
                entry=durations["from"],
            )
        except StatError:
            return np.full(len(grid), np.nan)
    curve = found.cumulative_density_.iloc[:, 0]
    at = np.searchsorted(curve.index.to_numpy(), grid, side="right") - 1
    return np.asarray(curve.to_numpy()[np.maximum(at, 0)])


def _durations(histories: CareHistories, fit: ChildCalibration) -> pd.DataFrame:
    """Times in care seen in the window: ``from, to`` in days since entry, ``left``, ``cause``
    (1 up, as `_LEAVE_KINDS`; 0 censored)."""
    joined = joined_placements(histories)
    spells = spells_of(joined)
    first, last = day_of(fit.counts.window.after), day_of(fit.counts.window.until)
    joined["to"] = spells.risk_to
    whole = joined.groupby("period").agg(
        start=("from", "min"),
        to=("to", "max"),
        entered=("entered", "first"),
        known=("care_known_from", "first"),
        born=("born", "first"),
        left=("left", "last"),
        reason=("exit_reason", "last"),
    )
    begin = np.maximum(np.maximum(whole["start"], whole["known"]), first)
    end = np.minimum(whole["to"], last)
    left = whole["left"] & (whole["to"] <= last)
    kinds = {name: code + 1 for code, name in enumerate(_LEAVE_KINDS)}
    other = kinds[str(ExitReason.OTHER_REASON)]
    cause = whole["reason"].map(kinds).fillna(other).astype(int).where(left, 0)
    found = pd.DataFrame(
        {
            "from": begin - whole["entered"],
            "to": end - whole["entered"],
            "left": left,
            "cause": cause,
        }
    )
    return found[(end > begin) & whole["born"].notna()]


def _fitted_hazards(fit: ChildCalibration) -> Floats:
    """(5, 9): hazard a day of leaving by reason and time in care, over the children at risk."""
    drawn = rate_sampler(fit.fitted.rates).mean()
    factor = fit.prior.need_factor @ fit.prior.need_of_setting.T
    settings = np.concatenate([drawn.per_day, drawn.per_day[:, [-1]]], axis=1)
    rates = settings[:N_EXIT_CAUSES] * factor[:N_EXIT_CAUSES, :, None, None]
    days = fit.counts.days.sum(axis=0)[..., :N_CARE_BANDS, :]
    in_care = days.sum(axis=-1)
    expected = (in_care * rates).sum(axis=(1, 2))
    bands = days.shape[-1]
    expected[ADOPTION] = np.einsum("sacp,sap->c", days, rates[ADOPTION, ..., :bands])
    at_risk = np.maximum(in_care.sum(axis=(0, 1)), 1e-9)
    return np.asarray(expected / at_risk)


def _cumulative(hazard: Floats, grid: Floats) -> Floats:
    """Cumulative hazard (9,) by time in care on a grid of days."""
    widths = np.append(np.diff(CARE_BAND_STARTS_DAYS), np.inf)
    spent = np.clip(np.asarray(grid)[:, None] - CARE_BAND_STARTS_DAYS, 0, widths)
    return np.asarray(spent @ hazard)
