"""A small random forecast in the shape of a run, for tests of the page and the workbook.

Children enter by Poisson chance and leave by binomial chance, setting by setting, so stocks and
flows are consistent; nothing here is a calibrated figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sample_manifest import sample_manifest

from sufficiency.domain import (
    AGE_BANDS,
    NEED_GROUPS,
    SECTORS,
    SETTINGS,
    financial_year,
    report_dates,
)
from sufficiency.measures.finance import dearest_table
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.stories import STORY_COLUMNS

Floats = NDArray[np.float64]

START = date(2020, 6, 30)
MONTHS = 36
REPLICATIONS = 120
STARTING_CHILDREN = (171, 190, 92, 58, 30, 44, 0)
MONTHLY_ENTRIES = (4.0, 4.4, 2.1, 1.3, 1.1, 1.2, 0.05)
WEEKLY_COST_GBP = (620.0, 940.0, 390.0, 4600.0, 1100.0, 250.0, 6200.0)
SHORT_OF_FIRST_CHOICE = (0.02, 0.08, 0.0, 0.0, 0.0, 0.0, 0.0)
UNSUITABLE = (0.0, 0.0, 0.0, 0.15, 0.0, 0.0, 1.0)
OUTSIDE = (0.3, 0.75, 0.4, 0.7, 0.3, 0.4, 0.5)
FAR = (0.05, 0.2, 0.1, 0.3, 0.1, 0.1, 0.3)
AGE_SHARE = (0.05, 0.14, 0.18, 0.4, 0.23)
GAPS = ("in_house_shortfall", "unmet_need")
OF_GAPS = tuple(f"{gap}_{what}" for what in ("nights", "extra_cost") for gap in GAPS)
BY_AGE = (
    *("in_care", "starters", "leavers", "moves", "occupied", *GAPS, "outside_area"),
    "over_20_miles",
)
QUANTILES = {"p05": 5, "p10": 10, "p25": 25, "p50": 50, "p75": 75, "p90": 90, "p95": 95}


@dataclass(frozen=True)
class SampleForecast:
    """What a run gives the report: the manifest and its tidy frames."""

    manifest: dict[str, Any]
    forecast: pd.DataFrame
    flows: pd.DataFrame
    needs: pd.DataFrame
    finance: pd.DataFrame
    finance_monthly: pd.DataFrame
    layers: pd.DataFrame
    pools: pd.DataFrame
    moves_between: pd.DataFrame
    stories: pd.DataFrame
    dearest_placements: pd.DataFrame


def sample_forecast(months: int = MONTHS, seed: int = 1, **manifest: Any) -> SampleForecast:
    """A forecast of ``months`` months; keyword arguments replace keys of the manifest."""
    dates = report_dates(START, months)
    stock, entered, left = _paths(len(dates), np.random.default_rng(seed))
    finance, monthly = _finance(stock, dates)
    layers = _layers(dates)
    return SampleForecast(
        manifest={**sample_manifest(dates, layers, REPLICATIONS), **manifest},
        forecast=_forecast(stock, entered, left, dates),
        flows=_flows(entered, left, dates),
        needs=_needs(stock, dates),
        finance=finance,
        finance_monthly=monthly,
        layers=layers,
        pools=_pools(stock, dates),
        moves_between=_moves_between(entered, left, dates),
        stories=_stories(dates),
        dearest_placements=_dearest(stock, dates),
    )


def with_ledger(run: SampleForecast, months: int, budget_gbp: float) -> SampleForecast:
    """A run whose first financial year a ledger has begun: it has these months and a quarter of
    the budget, comes to a million less than the budget, and is overspent in 1 future of 4."""
    costs = run.finance[(run.finance["measure"] == "cost") & (run.finance["sector"] == "all")]
    row = costs[costs["pool"] == "all"].iloc[:1]
    outturn = budget_gbp - 1e6
    added = {
        "actual": (months, budget_gbp / 4),
        "outturn": (12, outturn),
        "budget": (12, budget_gbp),
        "over_budget_probability": (12, 0.25),
    }
    rows = [
        row.assign(measure=measure, months=n, mean=mean, p10=mean - 2e6, p90=mean + 1e6)
        for measure, (n, mean) in added.items()
    ]
    return replace(run, finance=pd.concat([run.finance, *rows]))


def _dearest(stock: Floats, dates: list[date]) -> pd.DataFrame:
    """A tenth of the children in homes is over £10,000 a week, a third over £5,000."""
    homes = stock[:, list(SETTINGS).index("residential"), 1:].mean(axis=1, keepdims=True)
    calendar = report_calendar(dates[0], len(dates) - 1)
    part = np.array([0.5, 0.33, 90_000.0, 0.15, 0.1, 60_000.0]) * homes
    tenth = np.array([0.5, 4_000.0]) * np.ones((REPLICATIONS, 2))
    values = np.concatenate([part, tenth], axis=1)
    return dearest_table(np.repeat(values[..., None], len(calendar.financial_years), 2), calendar)


def _paths(n_dates: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """In care, entries and exits by (replication, setting, date)."""
    shape = (REPLICATIONS, len(SETTINGS), n_dates)
    stock, entered, left = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    stock[:, :, 0] = STARTING_CHILDREN
    pace = rng.lognormal(0.0, 0.12, (REPLICATIONS, 1))
    for n in range(1, n_dates):
        entered[:, :, n] = rng.poisson(pace * np.asarray(MONTHLY_ENTRIES))
        left[:, :, n] = rng.binomial(stock[:, :, n - 1].astype(int), 0.0245)
        stock[:, :, n] = stock[:, :, n - 1] + entered[:, :, n] - left[:, :, n]
    return stock, entered, left


def _summary(values: Floats) -> dict[str, float]:
    """Mean, sd and quantiles of one number over replications."""
    ends = {name: float(np.percentile(values, p)) for name, p in QUANTILES.items()}
    return {"mean": float(values.mean()), "sd": float(values.std(ddof=1)), **ends}


def _rows(values: Floats, dates: list[date], **labels: str) -> list[dict[str, Any]]:
    """One row a date from (replication, date) values."""
    return [
        {"date": day.isoformat(), **labels, **_summary(values[:, n])} for n, day in enumerate(dates)
    ]


def _forecast(stock: Floats, entered: Floats, left: Floats, dates: list[date]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    by_setting = {
        "in_care": stock,
        "starters": entered,
        "leavers": left,
        "moves": entered * 0.5,
        "occupied": stock * 1.01,
        "in_house_shortfall": stock * np.reshape(SHORT_OF_FIRST_CHOICE, (1, -1, 1)),
        "unmet_need": stock * np.reshape(UNSUITABLE, (1, -1, 1)),
        "outside_area": stock * np.reshape(OUTSIDE, (1, -1, 1)),
        "over_20_miles": stock * np.reshape(FAR, (1, -1, 1)),
    }
    by_setting |= _of_gaps(stock)
    by_setting |= {
        "three_or_more_placements": stock * 0.1,
        "long_term": stock * 0.4,
        "same_placement_2_years": stock * 0.27,
    }
    for measure, values in by_setting.items():
        labels = {"measure": measure, "age_band": "all"}
        rows += _rows(values.sum(axis=1), dates, **labels, sector="all")
        for s, setting in enumerate(SETTINGS):
            rows += _rows(values[:, s], dates, **labels, sector=setting)
        for band, share in zip(AGE_BANDS, AGE_SHARE, strict=True) if measure in BY_AGE else ():
            by_age = values.sum(axis=1) * share
            rows += _rows(by_age, dates, measure=measure, sector="all", age_band=band)
    rate = stock.sum(axis=1) / 6.45
    rows += _rows(rate, dates, measure="in_care_rate_per_10k", sector="all", age_band="all")
    for setting in (*SECTORS, "all"):
        limited = setting == "internal_fostering"
        places = np.full((REPLICATIONS, len(dates)), 180.0 if limited else np.nan)
        rows += _rows(places, dates, measure="places", sector=setting, age_band="all")
    for measure, share in (("sibling_groups", 0.08), ("sibling_groups_split", 0.02)):
        groups = np.round(stock.sum(axis=1) * share)
        rows += _rows(groups, dates, measure=measure, sector="all", age_band="all")
    for gap in GAPS:
        for setting in ("all", *SETTINGS):
            chance = {"mean": 0.9 if setting in ("all", "ifa") else 0.1}
            labels = {"measure": f"{gap}_probability", "sector": setting, "age_band": "all"}
            rows += [{"date": day.isoformat(), **labels, **chance} for day in dates]
    columns = ["date", "measure", "sector", "age_band", "mean", "sd", *QUANTILES]
    frame = pd.DataFrame(rows)[columns]
    flow = frame["measure"].isin(["starters", "leavers", "moves", *OF_GAPS])
    frame.loc[flow & (frame["date"] == START.isoformat()), ["mean", "sd", *QUANTILES]] = np.nan
    return frame


def _of_gaps(stock: Floats) -> dict[str, Floats]:
    """Nights and extra cost of both gaps, as if a month had 30 nights."""
    shares = (SHORT_OF_FIRST_CHOICE, UNSUITABLE)
    nights = [stock * np.reshape(share, (1, -1, 1)) * 30 for share in shares]
    cost = [one * 90.0 for one in nights]
    return dict(zip(OF_GAPS, [*nights, *cost], strict=True))


def _pools(stock: Floats, dates: list[date]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for s, sector in enumerate(SECTORS):
        names = ("own homes", "framework") if sector == "residential" else (str(sector),)
        limited = sector in ("internal_fostering", "residential")
        for name in names:
            labels = {"sector": str(sector), "pool": name}
            taken = np.round(stock[:, s] / len(names))
            places = np.full_like(
                taken, (180.0 if len(names) == 1 else 32.0) if limited else np.nan
            )
            free = np.maximum(places - taken, 0)
            for measure, values in (("places", places), ("occupied", taken), ("free", free)):
                rows += _rows(values, dates, measure=measure, **labels)
            full = np.where(np.isnan(free), np.nan, free == 0).mean(axis=0)
            labels["measure"] = "full_probability"
            rows += [
                {"date": day.isoformat(), **labels, "mean": full[n]} for n, day in enumerate(dates)
            ]
    columns = ["date", "sector", "pool", "measure", "mean", "sd", *QUANTILES]
    return pd.DataFrame(rows)[columns]


def _moves_between(entered: Floats, left: Floats, dates: list[date]) -> pd.DataFrame:
    years = [financial_year(day) for day in dates[1:]]
    rows: list[dict[str, Any]] = []
    for year in dict.fromkeys(years):
        within = [n for n, named in enumerate(years, 1) if named == year]
        came, went = entered[:, :, within].sum(axis=2), left[:, :, within].sum(axis=2)
        labels = {"financial_year": year, "months": len(within)}
        for s, setting in enumerate(SETTINGS):
            ends = {"from_sector": "came_into_care", "to_sector": setting}
            rows.append({**labels, **ends, **_summary(came[:, s])})
            ends = {"from_sector": setting, "to_sector": "left_care"}
            rows.append({**labels, **ends, **_summary(went[:, s])})
            for other, to in enumerate(SETTINGS):
                ends = {"from_sector": setting, "to_sector": to}
                rows.append({**labels, **ends, **_summary(came[:, other] * 0.2)})
    return pd.DataFrame(rows)


def _stories(dates: list[date]) -> pd.DataFrame:
    """Two lives by hand: one that moves and leaves, one that goes on."""
    days = [dates[n] for n in (1, 1, 2, 2)]
    a = ("A", days[0], days[2], 7, "came_into_care", "", "ifa", "ifa", "family")
    b = ("A", days[2], None, 7, "left_care", "returned_home", "ifa", "ifa", "family")
    c = ("B", days[1], None, 15, "came_into_care", "", "residential", "own homes", "residential")
    d = ("B", dates[-1], None, 17, "still_in_care", "", "residential", "own homes", "residential")
    fits = ("in_house_shortfall", "in_house_shortfall", "first_choice", "first_choice")
    rows = [(*row, fit) for row, fit in zip((a, b, c, d), fits, strict=True)]
    return pd.DataFrame(rows, columns=list(STORY_COLUMNS))


def _flows(entered: Floats, left: Floats, dates: list[date]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for flow, values, reasons in (
        ("starters", entered, ("all",)),
        ("leavers", left, ("all", "turned_18", "returned_home")),
    ):
        for reason in reasons:
            share = 1.0 if reason == "all" else 0.4
            rows += _rows(
                values.sum(axis=1)[:, 1:] * share,
                dates[1:],
                flow=flow,
                reason=reason,
                age_band="all",
                group="all",
            )
    return pd.DataFrame(rows)


def _needs(stock: Floats, dates: list[date]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for measure, rate in (("in_care", 1.0), ("in_house_shortfall", 0.03), ("unmet_need", 0.02)):
        for need in NEED_GROUPS:
            values = stock.sum(axis=1) * rate / len(NEED_GROUPS)
            rows += _rows(values, dates, need_group=need, sector="all", measure=measure)
    return pd.DataFrame(rows)


def _finance(stock: Floats, dates: list[date]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Annual and monthly money: children at the month's end x its nights x price."""
    nights = np.diff([day.toordinal() for day in dates])
    child_nights = stock[:, :, 1:] * nights
    prices = np.reshape(WEEKLY_COST_GBP, (1, -1, 1)) / 7
    years = [financial_year(day) for day in dates[1:]]
    annual: list[dict[str, Any]] = []
    monthly: list[dict[str, Any]] = []
    for s, setting in [*enumerate(SETTINGS), (slice(None), "all")]:
        for measure, values in (("cost", child_nights * prices), ("nights", child_nights)):
            chosen = values[:, s]
            series = chosen.sum(axis=1) if chosen.ndim == 3 else chosen
            for year in dict.fromkeys(years):
                within = [n for n, named in enumerate(years) if named == year]
                labels = {"financial_year": year, "months": len(within), "sector": setting}
                total = _summary(series[:, within].sum(axis=1))
                for pool in ("own", "spot") if setting == "residential" else ():
                    half = _summary(series[:, within].sum(axis=1) / 2)
                    annual.append({**labels, "pool": pool, "measure": measure, **half})
                annual.append({**labels, "pool": "all", "measure": measure, **total})
            for n, day in enumerate(dates[1:]):
                labels = {"date": day.isoformat(), "period": (day.month - 4) % 12 + 1}
                names = {"sector": setting, "pool": "all", "basis": "new", "measure": measure}
                monthly.append({**labels, **names, **_summary(series[:, n])})
    for year in dict.fromkeys(years):
        labels = {"financial_year": year, "months": years.count(year), "sector": "all"}
        extra = _summary(stock.sum(axis=1)[:, 0:12].sum(axis=1) * 90.0)
        annual.append({**labels, "pool": "all", "measure": "extra_cost_of_gap", **extra})
        for measure in ("income", "net_cost", "after_care_cost"):
            annual.append({**labels, "pool": "all", "measure": measure, **extra})
        for measure, pool in (
            ("income", "uasc_grant"),
            ("after_care_cost", "special_guardianship_allowances"),
            ("after_care_cost", "staying_put"),
        ):
            annual.append({**labels, "pool": pool, "measure": measure, **extra})
        if years.count(year) == 12:
            budget = dict.fromkeys(["mean", *QUANTILES], 31_000_000.0)
            annual.append({**labels, "pool": "all", "measure": "budget", **budget, "sd": 0.0})
            over = {"pool": "all", "measure": "over_budget_probability", "mean": 0.62}
            annual.append({**labels, **over})
    return pd.DataFrame(annual), pd.DataFrame(monthly)


def _layers(dates: list[date]) -> pd.DataFrame:
    rows = []
    for n in range(12, len(dates), 12):
        row = {"date": dates[n].isoformat(), "process": 300.0, "parameter": 90.0 * n / 12}
        rows.append({**row, "drift": 900.0 * n / 12})
    return pd.DataFrame(rows, columns=["date", "process", "parameter", "drift"])
