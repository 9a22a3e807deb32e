"""What placements cost at the start: published unit costs, parted and uprated, or the scenario's.

The published fostering cost blends own, agency and family-and-friends placements; it is parted by
two assumed ratios. Prices of an earlier year are uprated by the index named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration
from sufficiency.domain import SECTORS, Sector, financial_year
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_INDEX_YEARS = 4
_FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)
_FOSTERING_COLUMN, _RESIDENTIAL_COLUMN = (
    "fostering_weekly_cost_gbp",
    "residential_weekly_cost_gbp",
)
INDEX = "England's median weekly unit costs (section 251), fostering and residential"


def cost_plan(
    scenario: Scenario,
    calibration: Calibration,
    history: PublishedHistory,
    by_sector: Ints,
    start: date,
) -> tuple[CostPlan, list[Origin], list[str]]:
    """Prices at the start with their origins, and what the user should know about them.

    Args:
        scenario: whose prices, ratios, inflation and budget replace the defaults.
        calibration: whose authority.
        history: the published unit costs that may be read.
        by_sector: (6,) children at the start, which part the blended fostering cost.
        start: the date that prices are brought to.
    """
    published, year, price_source, warnings = _published(history, calibration)
    origins: list[Origin] = []
    inflation, inflation_origin = _inflation(scenario, history, by_sector, published)
    origins.append(inflation_origin)
    weekly = _default_weekly(scenario, published, by_sector, origins)
    uplift = (1 + inflation) ** (_first_year(financial_year(start)) - _first_year(year))
    own_year = scenario.costs.price_year
    own_uplift = (
        1.0
        if own_year is None
        else (1 + inflation) ** (_first_year(financial_year(start)) - _first_year(own_year))
    )
    supported = assumed("supported_accommodation_weekly_cost_gbp")
    supported_uplift = (1 + inflation) ** (
        _first_year(financial_year(start)) - _first_year(str(supported.price_year))
    )
    prices = []
    for sector in SECTORS:
        own = scenario.costs.weekly_cost_gbp.get(sector)
        if own is not None:
            price, source, kind = own.value * own_uplift, own.source, own.kind
        elif sector is Sector.SUPPORTED_ACCOMMODATION:
            price, source, kind = (
                supported.number * supported_uplift,
                supported.source,
                Kind.ASSUMED,
            )
        elif sector is Sector.OTHER:
            price, kind = 0.0, Kind.ASSUMED
            source = "Assumption: settings outside the placement market are priced at 0"
        else:
            price, kind = weekly[sector] * uplift, Kind.FITTED
            source = price_source
        prices.append(price)
        origins.append(
            Origin(
                f"costs.weekly_cost_gbp.{sector}", f"Weekly cost of {sector}", round(price, 2),
                "GBP a week at the start", kind, source,
                f"brought to {financial_year(start)} prices by {inflation:.1%} a year ({INDEX})",
                low=getattr(own, "low", None), high=getattr(own, "high", None),
            )
        )  # fmt: skip
    unplaced = scenario.costs.unplaced_weekly_cost_gbp
    dearest = prices[SECTORS.index(Sector.RESIDENTIAL)]
    unplaced_price = dearest if unplaced is None else unplaced.value * own_uplift
    origins.append(
        Origin("costs.unplaced_weekly_cost_gbp",
               "Weekly cost of a child with no registered place found", round(unplaced_price, 2),
               "GBP a week at the start", Kind.ASSUMED if unplaced is None else unplaced.kind,
               "Assumption: the dearest residential price of the scenario"
               if unplaced is None else unplaced.source)
    )  # fmt: skip
    budget = {year: amount.value for year, amount in scenario.costs.budget.items()}
    origins += [
        given_or(
            amount, f"costs.budget.{year}", f"Placements budget {year}", amount.value, "GBP", ""
        )
        for year, amount in scenario.costs.budget.items()
    ]
    plan = CostPlan(
        pool_names=tuple(str(sector) for sector in SECTORS),
        pool_sector=tuple(range(len(SECTORS))),
        weekly_cost_gbp=tuple(prices),
        unplaced_weekly_cost_gbp=unplaced_price,
        inflation_per_year=inflation,
        budget_gbp=budget,
    )
    return plan, origins, warnings


def _published(
    history: PublishedHistory, calibration: Calibration
) -> tuple[dict[str, float], str, str, list[str]]:
    """Fostering and residential cost, their financial year, the source, and warnings."""
    costs = history.unit_costs(calibration.authority)
    columns = [_FOSTERING_COLUMN, _RESIDENTIAL_COLUMN]
    known = costs[columns].dropna() if len(costs) else pd.DataFrame(columns=columns)
    known = known[(known > 0).all(axis=1)]
    if len(known):
        row, year = known.iloc[-1], str(known.index[-1])
        source = f"DfE, section 251 outturn, {calibration.authority.name}, {year}"
        return {name: float(row[name]) for name in columns}, year, source, []
    index = history.england_unit_cost_index().dropna()
    row, year = index.iloc[-1], str(index.index[-1])
    found = {
        _FOSTERING_COLUMN: float(row["fostering"]),
        _RESIDENTIAL_COLUMN: float(row["residential"]),
    }
    warning = (
        f"{calibration.authority.name} has no published unit costs; England's median of {year} is "
        "used. Give your own under costs.weekly_cost_gbp."
    )
    return found, year, f"DfE, section 251 outturn, England's median council, {year}", [warning]


def _inflation(
    scenario: Scenario, history: PublishedHistory, by_sector: Ints, published: Mapping[str, float]
) -> tuple[float, Origin]:
    """The yearly rise of prices: the scenario's, else the index's over the last years.

    Fostering and residential rose at different rates: the two are weighted by what the council
    spends on each at the start.
    """
    own = scenario.costs.inflation_per_year
    key, label = "costs.inflation_per_year", "Rise of prices each 1 April"
    if own is not None:
        return own.value, given_or(own, key, label, own.value, "a year", "")
    index = history.england_unit_cost_index().dropna().iloc[-_INDEX_YEARS - 1 :]
    years = len(index) - 1
    growth = (index.iloc[-1] / index.iloc[0]) ** (1 / years) - 1
    fostered = float(by_sector[[SECTORS.index(sector) for sector in _FOSTERING]].sum())
    residential = float(by_sector[SECTORS.index(Sector.RESIDENTIAL)])
    spend = np.array(
        [fostered * published[_FOSTERING_COLUMN], residential * published[_RESIDENTIAL_COLUMN]]
    )
    rate = float(spend @ growth[["fostering", "residential"]].to_numpy() / max(spend.sum(), 1e-9))
    rate = round(rate, 4)
    return rate, Origin(
        key, label, rate, "a year", Kind.ASSUMED,
        f"Assumption that prices go on rising as they did: {INDEX}, {index.index[0]} to "
        f"{index.index[-1]}, weighted by this council's spend on each",
    )  # fmt: skip


def _default_weekly(
    scenario: Scenario, published: Mapping[str, float], by_sector: Ints, origins: list[Origin]
) -> dict[Sector, float]:
    """Weekly prices by sector in the published year: fostering parted so that its blend holds."""
    split = scenario.costs.fostering_split
    ratios = {Sector.INTERNAL_FOSTERING: 1.0}
    for sector, name, own in (
        (Sector.IFA, "ifa_to_internal_ratio", split.ifa_to_internal_ratio),
        (
            Sector.CONNECTED_PERSONS,
            "connected_to_internal_ratio",
            split.connected_to_internal_ratio,
        ),
    ):
        assumption = assumed(name)
        ratios[sector] = assumption.number if own is None else own.value
        origin = own if own is not None else assumption
        origins.append(
            Origin(assumption.key, assumption.label, ratios[sector], "ratio",
                   Kind.ASSUMED if own is None else own.kind, origin.source,
                   low=origin.low, high=origin.high)
        )  # fmt: skip
    children = {sector: float(by_sector[SECTORS.index(sector)]) for sector in _FOSTERING}
    weighted = sum(children[sector] * ratios[sector] for sector in _FOSTERING)
    internal = published[_FOSTERING_COLUMN] * (
        sum(children.values()) / weighted if weighted > 0 else 1.0
    )
    prices = {sector: internal * ratios[sector] for sector in _FOSTERING}
    prices[Sector.RESIDENTIAL] = published[_RESIDENTIAL_COLUMN]
    return prices


def _first_year(year: str) -> int:
    return int(year[:4])
