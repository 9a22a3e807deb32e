"""What is paid for places whoever lives there: empty block places, fixed costs, carers, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sufficiency.domain import Sector, day_number, report_dates
from sufficiency.errors import ScenarioError
from sufficiency.measures.money_lines import (
    EmptyPlaces,
    FixedCost,
    OneOff,
    PlaceLine,
    RecruitedCarers,
)
from sufficiency.resolution.pool import Pool
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind, Pounds

if TYPE_CHECKING:
    from sufficiency.resolution.pool_prices import Line

COMMITTED, NEW = 0, 1
ANY_POOL = -1


def place_lines(
    scenario: Scenario,
    lines: Sequence[Line],
    pools: Sequence[Pool],
    rises_per_year: Sequence[float],
    start: date,
) -> tuple[tuple[PlaceLine, ...], list[Origin], list[str]]:
    """The lines of the placement total that are not of the child-night, origins and warnings.

    Raises:
        ScenarioError: empty or usable places are to be paid for where their number is not known.
    """
    found: list[PlaceLine] = []
    origins: list[Origin] = []
    for line, pool, rise in zip(lines, pools, rises_per_year, strict=False):
        for made, own in _of_pool(scenario, line, pool, rise):
            found.append(made)
            origins += own
    carers, carer_origins = _carers(scenario, pools, rises_per_year)
    once, once_origins, warnings = _one_off(scenario, start)
    return (*found, *carers, *once), [*origins, *carer_origins, *once_origins], warnings


def _of_pool(
    scenario: Scenario, line: Line, pool: Pool, rise: float
) -> Iterator[tuple[PlaceLine, list[Origin]]]:
    """What a pool costs though nobody lives there."""
    share, key = line.said(scenario, "empty_place_share")
    part = share.value if share is not None else float(pool.kind == "block")
    if part > 0:
        _check_limited(scenario, key or f"costs.prices.{pool.name}.empty_place_share", pool)
        label = f"Share of the price paid for empty places: {line.label}"
        origin = (
            given_or(share, key, label, part, "share", "")
            if share is not None
            else Origin(
                f"costs.prices.{pool.name}.empty_place_share",
                label,
                part,
                "share",
                Kind.ASSUMED,
                "Assumption: a block contract is paid whether it is used or not",
            )
        )
        name = f"{pool.name}: empty places"
        yield PlaceLine(name, line.sector, COMMITTED, EmptyPlaces(line.position, part)), [origin]
    each, each_key = line.said(scenario, "fixed_gbp_per_place_year")
    whole, whole_key = line.said(scenario, "fixed_gbp_per_year")
    if each is not None or whole is not None:
        if each is not None:
            _check_limited(scenario, each_key, pool)
        fixed = FixedCost(line.position, _value(each), _value(whole), rise)
        label = f"Fixed cost: {line.label}"
        yield (
            PlaceLine(f"{pool.name}: fixed cost", line.sector, COMMITTED, fixed),
            [
                given_or(own, own_key, label, own.value, unit, "")
                for own, own_key, unit in (
                    (each, each_key, "GBP a usable place a year"),
                    (whole, whole_key, "GBP a year"),
                )
                if own is not None
            ],
        )


def _value(own: Pounds | None) -> float:
    return 0.0 if own is None else float(own.value)


def _check_limited(scenario: Scenario, key: str, pool: Pool) -> None:
    """Places that are paid for must be counted."""
    if pool.places_at_start is not None:
        return
    file, line = scenario.given.get(key, ("", 0))
    where = f"{file}, line {line}, {key}" if file else key
    raise ScenarioError(
        f'{where}: usable places of "{pool.name}" are to be paid for whoever lives there, but '
        f"their number is not limited. Give the pool's places under sectors.{pool.sector}."
    )


def _carers(
    scenario: Scenario, pools: Sequence[Pool], rises_per_year: Sequence[float]
) -> tuple[list[PlaceLine], list[Origin]]:
    """What carers approved after the start cost."""
    costs = scenario.costs.carers
    once, yearly = costs.gbp_per_approval, costs.gbp_per_household_year
    if once is None and yearly is None:
        return [], []
    own = Sector.INTERNAL_FOSTERING
    rise = next(
        (rise for pool, rise in zip(pools, rises_per_year, strict=False) if pool.sector is own), 0.0
    )
    what = RecruitedCarers(ANY_POOL, _value(yearly), _value(once), rise)
    origins = [
        given_or(amount, f"costs.carers.{key}", label, amount.value, unit, "")
        for amount, key, label, unit in (
            (once, "gbp_per_approval", "Cost of recruiting a carer", "GBP an approval"),
            (yearly, "gbp_per_household_year", "Cost of a recruited household", "GBP a year"),
        )
        if amount is not None
    ]
    return [PlaceLine("recruited carers", str(own), NEW, what)], origins


def _one_off(scenario: Scenario, start: date) -> tuple[list[PlaceLine], list[Origin], list[str]]:
    """Amounts paid once; those outside the forecast are left out, and said."""
    last = report_dates(start, scenario.months)[-1]
    lines, origins, warnings = [], [], []
    for position, cost in enumerate(scenario.costs.one_off):
        night = day_number(start, cost.date)
        if not start < cost.date <= last:
            warnings.append(
                f'The one-off cost "{cost.name}" of {cost.date.isoformat()} is not in the '
                f"forecast, which goes from the day after {start.isoformat()} to "
                f"{last.isoformat()}."
            )
            continue
        what = OneOff(night, float(cost.amount_gbp.value))
        lines.append(PlaceLine(f"once: {cost.name}", str(cost.sector), NEW, what))
        label = f"One-off cost: {cost.name}, {cost.date.isoformat()}"
        key = f"costs.one_off.{position}.amount_gbp"
        origins.append(given_or(cost.amount_gbp, key, label, what.amount_gbp, "GBP", ""))
    return lines, origins, warnings
