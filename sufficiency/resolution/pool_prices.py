"""What is known of prices beyond one a sector: by pool, by placement, by date, under pressure.

What a scenario says of a pool stands before what it says of the pool's sector, and both before the
sector's price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import numpy as np

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import SECTORS, UNPLACED, Sector, day_number, financial_year
from sufficiency.history.price_list import PriceList, read_price_list
from sufficiency.history.published import PublishedHistory
from sufficiency.measures.money import CostPlan, PriceChange
from sufficiency.measures.reporting import ReportCalendar, report_calendar
from sufficiency.measures.spread import (
    gamma_factors,
    list_factors,
    lognormal_factors,
    triangular_factors,
)
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.place_money import place_lines
from sufficiency.resolution.pool import Pool
from sufficiency.resolution.pool_checks import refused
from sufficiency.resolution.population import given_or
from sufficiency.resolution.price_indexes import named_index
from sufficiency.scenario.costs import PriceSpread
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind

SPREAD_ASSUMPTIONS = {
    Sector.IFA: "price_spread_ifa",
    Sector.RESIDENTIAL: "price_spread_residential",
    Sector.SUPPORTED_ACCOMMODATION: "price_spread_supported_accommodation",
}
_THE_LIST = "The council's list of current prices"


@dataclass
class _Priced:
    """The plan as it is put together, a pool after another."""

    weekly: list[float]
    rises_per_year: list[float]
    age_years: list[int]
    rises: dict[int, tuple[float, ...]] = field(default_factory=dict)
    changes: list[PriceChange] = field(default_factory=list)
    factors: dict[int, tuple[float, ...]] = field(default_factory=dict)
    premium: dict[int, float] = field(default_factory=dict)
    pressed_above: dict[int, float] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """A pool, or no registered place, and what a scenario may call it."""

    position: int
    sector: str
    label: str
    names: tuple[str, ...]
    """Itself, the pool that its provider is of, its sector."""

    def said(self, scenario: Scenario, field: str) -> tuple[Any, str]:
        """What the scenario says of it, and the key that says it; None and no key if nothing."""
        for name in self.names:
            plan = scenario.costs.prices.get(name)
            if plan is not None and field in plan.model_fields_set:
                return getattr(plan, field), f"costs.prices.{name}.{field}"
        return None, ""


def lines_of(pools: Sequence[Pool]) -> list[Line]:
    """Each pool, then no registered place."""
    lines = []
    for position, pool in enumerate(pools):
        names = dict.fromkeys((pool.name, pool.name.partition(": ")[0], str(pool.sector)))
        label = SETTING_LABELS[pool.sector]
        named = label if pool.name == str(pool.sector) else f"{label}, {pool.name}"
        lines.append(Line(position, str(pool.sector), named, tuple(names)))
    label = SETTING_LABELS[UNPLACED]
    return [*lines, Line(len(pools), UNPLACED, label, (UNPLACED,))]


def with_pool_prices(
    costs: CostPlan,
    scenario: Scenario,
    history: PublishedHistory,
    pools: Sequence[Pool],
    start: date,
) -> tuple[CostPlan, list[Origin], list[str]]:
    """The plan with all that is known of the price of each pool, its origins, and warnings.

    Raises:
        ScenarioError: a price for a pool that does not exist, an index that does not reach the
            end, or a payment for empty places where no number of places is known.
        HistoryError: the list of current prices is wrong.
    """
    _check_names(scenario, pools)
    path = scenario.price_list_path
    prices = None if path is None else read_price_list(path, [pool.name for pool in pools])
    calendar = report_calendar(start, scenario.months)
    rise = np.broadcast_to(np.array(costs.inflation_per_year, dtype=float), (len(pools) + 1,))
    found = _Priced(
        weekly=[*costs.weekly_cost_gbp, costs.unplaced_weekly_cost_gbp],
        rises_per_year=rise.tolist(),
        age_years=list(costs.price_age_years),
    )
    lines = lines_of(pools)
    for line in lines:
        if line.sector == UNPLACED:
            _unplaced_as_the_dearest(found, scenario, lines)
        _set_rise(found, line, scenario, history, calendar)
        _set_price(found, line, scenario, prices, calendar)
        _set_spread(found, line, scenario, prices)
        _set_premium(found, line, scenario)
    rises = tuple(found.rises_per_year)
    places, place_origins, warnings = place_lines(scenario, lines, pools, rises, start)
    plan = replace(
        costs,
        weekly_cost_gbp=tuple(found.weekly[:-1]),
        unplaced_weekly_cost_gbp=found.weekly[-1],
        inflation_per_year=rises,
        rises=found.rises,
        price_age_years=tuple(found.age_years),
        changes=tuple(sorted(found.changes, key=lambda change: change.night)),
        factors=found.factors,
        premium=found.premium,
        premium_above_occupied_share=found.pressed_above,
        place_lines=places,
    )
    return plan, [*found.origins, *place_origins], warnings


def with_the_latest(older: Sequence[Origin], newer: Sequence[Origin]) -> list[Origin]:
    """Both, without those of the older that a newer one of the same label replaces."""
    labels = {origin.label for origin in newer}
    return [*(origin for origin in older if origin.label not in labels), *newer]


def _check_names(scenario: Scenario, pools: Sequence[Pool]) -> None:
    known = list(dict.fromkeys(name for line in lines_of(pools) for name in line.names))
    known += [str(sector) for sector in SECTORS if str(sector) not in known]
    for name in scenario.costs.prices:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            message = (
                f'found "{name}", expected a sector, a pool or unplaced: {", ".join(known)}.{hint}'
            )
            raise refused(scenario, f"costs.prices.{name}", message)


def _unplaced_as_the_dearest(found: _Priced, scenario: Scenario, lines: Sequence[Line]) -> None:
    """No registered place costs what the dearest residential pool does, unless the file says; and
    its price goes the same way."""
    homes = [line for line in lines if line.sector == Sector.RESIDENTIAL]
    if scenario.costs.unplaced_weekly_cost_gbp is not None or not homes:
        return
    dearest = max(homes, key=lambda line: found.weekly[line.position]).position
    last = len(found.weekly) - 1
    found.rises_per_year[last] = found.rises_per_year[dearest]
    found.age_years[last] = found.age_years[dearest]
    if dearest in found.rises:
        found.rises[last] = found.rises[dearest]
    found.changes += [replace(c, pool=last) for c in found.changes if c.pool == dearest]
    if found.weekly[last] != found.weekly[dearest]:
        found.weekly[last] = found.weekly[dearest]
        found.origins.append(
            Origin(
                "costs.unplaced_weekly_cost_gbp",
                "Weekly cost of a child with no registered place found",
                round(found.weekly[last], 2),
                "GBP a week at the start",
                Kind.ASSUMED,
                "Assumption: the dearest residential price of the scenario",
            )
        )


def _set_rise(
    found: _Priced,
    line: Line,
    scenario: Scenario,
    history: PublishedHistory,
    calendar: ReportCalendar,
) -> None:
    """How the price rises each 1 April: by a share, or as an index does."""
    own, key = line.said(scenario, "uplift_per_year")
    index, index_key = line.said(scenario, "uplift_index")
    label = f"Rise of prices each 1 April: {line.label}"
    if own is not None and line.names.index(key.split(".")[2]) <= _depth(line, index_key):
        found.rises_per_year[line.position] = own.value
        found.origins.append(given_or(own, key, label, own.value, "share a year", ""))
    elif index is not None:
        years = [financial_year(calendar.start), *calendar.financial_years]
        years = list(dict.fromkeys(years))
        numbers = named_index(scenario, history, index, index_key, years)
        rises = tuple(after / before - 1 for before, after in pairwise(numbers))
        found.rises[line.position] = rises
        source = f'The index "{index}"'
        words = ", ".join(f"{year} {rise:.1%}" for year, rise in zip(years[1:], rises, strict=True))
        found.origins.append(Origin(index_key, label, words, "", Kind.LEVER, source))


def _depth(line: Line, key: str) -> int:
    """How far from the pool itself a key is said; beyond all if it is not."""
    return line.names.index(key.split(".")[2]) if key else len(line.names)


def _set_price(
    found: _Priced,
    line: Line,
    scenario: Scenario,
    prices: PriceList | None,
    calendar: ReportCalendar,
) -> None:
    """The price at the start, and later prices."""
    at_start = financial_year(calendar.start)
    own, key = line.said(scenario, "weekly_cost_gbp")
    spread, spread_key = line.said(scenario, "spread")
    listed = prices.of(*line.names) if prices is not None else ()
    rise = found.rises_per_year[line.position]
    label = f"Weekly cost: {line.label}"
    if own is not None or listed or (spread is not None and spread.shape == "triangular"):
        found.age_years[line.position] = 0
    if own is not None:
        year, _ = line.said(scenario, "price_year")
        year = year or scenario.costs.price_year or at_start
        years = int(at_start[:4]) - int(year[:4])
        found.age_years[line.position] = years
        found.weekly[line.position] = own.value * (1 + rise) ** years
        note = f"brought from {year} to {at_start} prices by {rise:.1%} a year" if years else ""
        value = round(found.weekly[line.position], 2)
        origin = given_or(own, key, label, value, "GBP a week at the start", "")
        found.origins.append(replace(origin, note=note))
    elif spread is not None and spread.shape == "triangular":
        found.weekly[line.position] = (spread.low_gbp + spread.mode_gbp + spread.high_gbp) / 3
        found.origins.append(_of_list(spread_key, label, found, line, "The mean of its spread"))
    elif listed:
        found.weekly[line.position] = float(np.mean(listed))
        source = f"{_THE_LIST}: the mean of {len(listed)}"
        found.origins.append(_of_list("costs.price_list", label, found, line, source))
    changes, changes_key = line.said(scenario, "changes")
    for change in changes or ():
        night = day_number(calendar.start, change.from_)
        if night <= 0:
            # Known before the start: the 1 Aprils since have raised it.
            years = int(at_start[:4]) - int(financial_year(change.from_)[:4])
            found.weekly[line.position] = change.weekly_cost_gbp * (1 + rise) ** years
            found.age_years[line.position] = years
        else:
            found.changes.append(PriceChange(line.position, night, change.weekly_cost_gbp))
        found.origins.append(
            Origin(
                changes_key,
                f"{label}, from {change.from_.isoformat()}",
                change.weekly_cost_gbp,
                "GBP a week",
                Kind.LEVER,
                "the scenario file",
            )
        )


def _of_list(key: str, label: str, found: _Priced, line: Line, source: str) -> Origin:
    value = round(found.weekly[line.position], 2)
    return Origin(key, label, value, "GBP a week at the start", Kind.LEVER, source)


def _set_spread(found: _Priced, line: Line, scenario: Scenario, prices: PriceList | None) -> None:
    """How the prices of placements differ: said, listed, or assumed."""
    own, key = line.said(scenario, "spread")
    listed = prices.of(*line.names) if prices is not None else ()
    label = f"Spread of weekly prices: {line.label}"
    if own is not None:
        if own.shape != "none":
            found.factors[line.position] = _factors(own)
        share = own.sd_share
        value = own.shape if share is None else f"{own.shape}, {share.value:g}"
        found.origins.append(given_or(share or own, key, label, value, "sd over mean", ""))
    elif len(listed) > 1 and sum(listed) > 0:
        found.factors[line.position] = tuple(list_factors(listed).tolist())
        source = f"{_THE_LIST}: {len(listed)} prices, drawn with equal chances"
        found.origins.append(Origin("costs.price_list", label, "as listed", "", Kind.LEVER, source))
    else:
        sector = Sector.RESIDENTIAL if line.sector == UNPLACED else Sector(line.sector)
        name = SPREAD_ASSUMPTIONS.get(sector)
        if name is not None:
            assumption = assumed(name)
            found.factors[line.position] = tuple(lognormal_factors(assumption.number).tolist())
            if line.names[0] in (assumption.key.split(".")[2],):
                found.origins.append(
                    assumed_origin(assumption, assumption.number, "sd over mean, lognormal")
                )


def _factors(spread: PriceSpread) -> tuple[float, ...]:
    match spread.shape:
        case "triangular":
            ends = (spread.low_gbp or 0.0, spread.mode_gbp or 0.0, spread.high_gbp or 0.0)
            return tuple(triangular_factors(*ends).tolist())
        case "gamma":
            made = gamma_factors
        case _:
            made = lognormal_factors
    assert spread.sd_share is not None
    return tuple(made(spread.sd_share.value).tolist())


def _set_premium(found: _Priced, line: Line, scenario: Scenario) -> None:
    """What placements that begin under pressure cost more."""
    own, key = line.said(scenario, "spot_premium")
    if own is None or line.sector == UNPLACED:
        return
    found.premium[line.position] = own.rise.value
    code = SECTORS.index(Sector(line.sector))
    earlier = found.pressed_above.setdefault(code, own.above_occupied_share.value)
    if earlier != own.above_occupied_share.value:
        message = (
            f"found {own.above_occupied_share.value:g} for the occupied share, but another pool of "
            f"{line.sector} has {earlier:g}; expected one share for a sector, whose pools are full "
            "together."
        )
        raise refused(scenario, key, message)
    for name, number, unit in (
        ("rise", own.rise, "share of the price"),
        ("above_occupied_share", own.above_occupied_share, "share of limited places"),
    ):
        label = f"Spot premium under pressure ({name.replace('_', ' ')}): {line.label}"
        found.origins.append(given_or(number, f"{key}.{name}", label, number.value, unit, ""))
