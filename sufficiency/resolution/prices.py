"""What placements cost at the start: published unit costs, parted and uprated, or the scenario's.

The published fostering cost blends own, agency and family-and-friends placements; it is parted by
two assumed ratios. Prices of an earlier year are uprated by the index named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.calibrate import Calibration
from sufficiency.domain import SECTORS, Sector, financial_year
from sufficiency.history.counts import as_number
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.budgets import budget_origins, budgets_gbp, sector_budgets_gbp
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind, Pounds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_INDEX_YEARS = 4
_FAR_FROM_PUBLISHED = 5.0
"""A council's own price is seldom so many times the published one, or so small a part of it."""
_FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)
_FOSTERING_COLUMN, _RESIDENTIAL_COLUMN = (
    "fostering_weekly_cost_gbp",
    "residential_weekly_cost_gbp",
)
INDEX = "England's median weekly unit costs (section 251), fostering and residential"


@dataclass(frozen=True)
class _Published:
    """Published unit costs of one financial year."""

    weekly_gbp: Mapping[str, float]
    """By column of `PublishedHistory.unit_costs`."""
    year: str
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Price:
    """A weekly price with its origin, of a financial year."""

    weekly_gbp: float
    year: str
    kind: Kind
    source: str
    low: float | None = None
    high: float | None = None
    note: str = ""

    def at(self, year: str, inflation: float) -> _Price:
        """The price brought to another financial year; one that changes says so."""
        uplift = (1 + inflation) ** (_first_year(year) - _first_year(self.year))
        if year == self.year or not self.weekly_gbp:
            return replace(self, year=year)
        return replace(
            self,
            note=f"brought from {self.year} to {year} prices by {inflation:.1%} a year",
            weekly_gbp=self.weekly_gbp * uplift,
            year=year,
            low=None if self.low is None else self.low * uplift,
            high=None if self.high is None else self.high * uplift,
        )


def cost_plan(
    scenario: Scenario,
    calibration: Calibration,
    history: PublishedHistory,
    by_sector: Ints,
    start: date,
) -> tuple[CostPlan, list[Origin], list[str]]:
    """Prices brought to the start with their origins, and what the user should know about them.

    The scenario's prices, ratios, inflation and budget replace the defaults. ``by_sector``, (6,)
    children at the start, parts the published fostering cost, which blends three sectors.
    """
    published = _published(history, calibration)
    rises, rise_origins = _rises(scenario, history, by_sector, published.weekly_gbp)
    ratios, ratio_origins = _fostering_ratios(scenario)
    weekly = _default_weekly(ratios, published.weekly_gbp, by_sector)
    year = financial_year(start)
    known = {sector: _price(scenario, sector, weekly, published, year) for sector in SECTORS}
    ages = {sector: _first_year(year) - _first_year(price.year) for sector, price in known.items()}
    prices = {sector: price.at(year, rises[sector]) for sector, price in known.items()}
    as_residential = rises[Sector.RESIDENTIAL]
    without_place = _unplaced(scenario, known[Sector.RESIDENTIAL], year)
    unplaced_age = _first_year(year) - _first_year(without_place.year)
    unplaced = without_place.at(year, as_residential)
    origins = [
        *rise_origins,
        *ratio_origins,
        *(
            _origin(f"weekly_cost_gbp.{sector}", f"Weekly cost: {SETTING_LABELS[sector]}", price)
            for sector, price in prices.items()
        ),
        _origin(
            "unplaced_weekly_cost_gbp",
            "Weekly cost of a child with no registered place found",
            unplaced,
        ),
        *budget_origins(scenario),
    ]
    plan = CostPlan(
        pool_names=tuple(str(sector) for sector in SECTORS),
        pool_sector=tuple(range(len(SECTORS))),
        weekly_cost_gbp=tuple(prices[sector].weekly_gbp for sector in SECTORS),
        unplaced_weekly_cost_gbp=unplaced.weekly_gbp,
        inflation_per_year=(*(rises[sector] for sector in SECTORS), as_residential),
        price_age_years=(*ages.values(), unplaced_age),
        budget_gbp=budgets_gbp(scenario),
        sector_budget_gbp=sector_budgets_gbp(scenario),
    )
    return plan, origins, [*published.warnings, *_far_from_published(scenario, weekly)]


def _far_from_published(scenario: Scenario, weekly: Mapping[Sector, float]) -> list[str]:
    """Said of a price that may be a year's or a month's, or in thousands."""
    far = [
        (sector, own.value, weekly[sector])
        for sector, own in scenario.costs.weekly_cost_gbp.items()
        if own.value > 0 and weekly.get(sector, 0.0) > 0
        if not 1 / _FAR_FROM_PUBLISHED < own.value / weekly[sector] < _FAR_FROM_PUBLISHED
    ]
    return [
        f"costs.weekly_cost_gbp.{sector} is £{own:,.10g} a week, and the council's published costs "
        f"say about £{usual:,.0f}. Look whether it is pounds, and a week's."
        for sector, own, usual in far
    ]


def _price(
    scenario: Scenario,
    sector: Sector,
    weekly: Mapping[Sector, float],
    published: _Published,
    year: str,
) -> _Price:
    """A sector's price in the year it is for: the scenario's, an assumption or the published."""
    own = scenario.costs.weekly_cost_gbp.get(sector)
    if own is not None:
        return _own_price(scenario, own, year)
    if sector is Sector.SUPPORTED_ACCOMMODATION:
        cost = assumed("supported_accommodation_weekly_cost_gbp")
        return _Price(
            cost.number, str(cost.price_year), Kind.ASSUMED, cost.source, cost.low, cost.high
        )
    if sector is Sector.OTHER:
        source = "Assumption: settings outside the placement market are priced at 0"
        return _Price(0.0, year, Kind.ASSUMED, source)
    if sector in _FOSTERING:
        blend = f"{published.source}: {published.weekly_gbp[_FOSTERING_COLUMN]:,.0f} a week for"
        source = f"{blend} all fostering, parted by assumed ratios of the three kinds' prices"
        return _Price(weekly[sector], published.year, Kind.ASSUMED, source)
    return _Price(weekly[sector], published.year, Kind.FITTED, published.source)


def _own_price(scenario: Scenario, own: Pounds, year: str) -> _Price:
    """A price that the scenario gives, of its price year or of the start's."""
    price_year = scenario.costs.price_year or year
    return _Price(own.value, price_year, own.kind, own.source, own.low, own.high)


def _unplaced(scenario: Scenario, residential: _Price, year: str) -> _Price:
    """What a child without a registered place costs; by default as residential at the start."""
    own = scenario.costs.unplaced_weekly_cost_gbp
    if own is not None:
        return _own_price(scenario, own, year)
    source = "Assumption: the dearest residential price of the scenario"
    return _Price(residential.weekly_gbp, residential.year, Kind.ASSUMED, source)


def _origin(key: str, label: str, price: _Price) -> Origin:
    return Origin(
        key=f"costs.{key}",
        label=label,
        value=round(price.weekly_gbp, 2),
        unit="GBP a week at the start",
        kind=price.kind,
        source=price.source,
        note=price.note,
        low=None if price.low is None else round(price.low, 2),
        high=None if price.high is None else round(price.high, 2),
    )


def _published(history: PublishedHistory, calibration: Calibration) -> _Published:
    """Fostering and residential cost of the authority, or of England's median council."""
    costs = history.unit_costs(calibration.authority)
    columns = [_FOSTERING_COLUMN, _RESIDENTIAL_COLUMN]
    known = costs[columns].dropna() if len(costs) else pd.DataFrame(columns=columns)
    known = known[(known > 0).all(axis=1)]
    if len(known):
        row, year = known.iloc[-1], str(known.index[-1])
        source = f"DfE, section 251 outturn, {calibration.authority.name}, {year}"
        return _Published({name: float(row[name]) for name in columns}, year, source)
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
    source = f"DfE, section 251 outturn, England's median council, {year}"
    return _Published(found, year, source, (warning,))


def _rises(
    scenario: Scenario, history: PublishedHistory, by_sector: Ints, published: Mapping[str, float]
) -> tuple[dict[Sector, float], list[Origin]]:
    """The yearly rise of each sector's price: the scenario's for all, else as the index rose.

    Fostering and residential prices have risen at very different rates. Sectors that the index
    does not cover rise as the council's spend on the two together.
    """
    own = scenario.costs.inflation_per_year
    key, label = "costs.inflation_per_year", "Rise of prices each 1 April"
    if own is not None:
        origin = given_or(own, key, label, own.value, "share a year", "")
        return dict.fromkeys(SECTORS, own.value), [origin]
    index = history.england_unit_cost_index().dropna().iloc[-_INDEX_YEARS - 1 :]
    growth = (index.iloc[-1] / index.iloc[0]) ** (1 / (len(index) - 1)) - 1
    fostering, residential = (
        round(as_number(growth[name]), 4) for name in ("fostering", "residential")
    )
    fostered = float(by_sector[[SECTORS.index(sector) for sector in _FOSTERING]].sum())
    in_homes = float(by_sector[SECTORS.index(Sector.RESIDENTIAL)])
    spend = np.array(
        [fostered * published[_FOSTERING_COLUMN], in_homes * published[_RESIDENTIAL_COLUMN]]
    )
    blend = round(float(spend @ [fostering, residential] / max(spend.sum(), 1e-9)), 4)
    rises = {sector: fostering if sector in _FOSTERING else blend for sector in SECTORS}
    rises[Sector.RESIDENTIAL] = residential
    source = (
        f"Assumption that prices go on rising as they did: {INDEX}, {index.index[0]} to "
        f"{index.index[-1]}"
    )
    rows = (
        ("fostering", fostering, ""),
        ("residential, and no registered place found", residential, ""),
        ("other sectors", blend, "the two, weighted by this council's spend on each"),
    )
    return rises, [
        Origin(key, f"{label}: {what}", rise, "share a year", Kind.ASSUMED, source, note)
        for what, rise, note in rows
    ]


def _fostering_ratios(scenario: Scenario) -> tuple[dict[Sector, float], list[Origin]]:
    """Prices of the kinds of fostering as multiples of own fostering's, with their origins."""
    split = scenario.costs.fostering_split
    given = {
        Sector.IFA: ("ifa_to_internal_ratio", split.ifa_to_internal_ratio),
        Sector.CONNECTED_PERSONS: (
            "connected_to_internal_ratio",
            split.connected_to_internal_ratio,
        ),
    }
    ratios, origins = {Sector.INTERNAL_FOSTERING: 1.0}, []
    for sector, (name, own) in given.items():
        assumption = assumed(name)
        if own is None:
            ratios[sector] = assumption.number
            origins.append(assumed_origin(assumption, assumption.number, "ratio"))
        else:
            ratios[sector] = own.value
            key, label = assumption.key, assumption.label
            origins.append(given_or(own, key, label, own.value, "ratio", ""))
    return ratios, origins


def _default_weekly(
    ratios: Mapping[Sector, float], published: Mapping[str, float], by_sector: Ints
) -> dict[Sector, float]:
    """Weekly prices by sector in the published year: fostering parted so that its blend holds."""
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
