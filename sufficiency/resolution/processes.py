"""What chance adds to the places that are planned: carers, closures, places held by others."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import Assumption, assumed
from sufficiency.domain import DAYS_PER_YEAR, MONTHS_PER_YEAR, begins
from sufficiency.resolution.pool import PoolSupply, label_of
from sufficiency.resolution.pool_checks import refused
from sufficiency.resolution.population import given_or
from sufficiency.scenario.carers import CarersPlan, HeldByOthers
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.simulation.carers import CarerProcess
from sufficiency.simulation.supply_paths import (
    ClosingAtRate,
    HeldPlaces,
    StepDownSlots,
    SupplyPlan,
)
from sufficiency.simulation.world import UNLIMITED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCKS = 2**16
_DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
_ASSUMED = {
    "places_per_household": ("places_per_household", "places"),
    "usable_share": ("usable_share_of_places", "share"),
    "days_to_approve": ("days_to_approve", "days"),
    "deregistrations_per_household_year": ("deregistrations_per_household_year", "a year"),
    "children_there_share": ("children_there_share", "share"),
}
"""By key: the assumption that stands in for it, and its unit."""
ONLY_OF_GIVEN_SUPPLY = (
    *(assumption for assumption, _ in _ASSUMED.values()),
    "stays_on_days",
    *(
        f"lead_time_days_{kind}"
        for kind in ("own_family", "own_home", "block", "framework", "spot")
    ),
)
"""Assumptions that are in use only where a scenario gives pools, carers or staying on."""
_FROM_A_DATE = {
    "approvals_per_month": "Households who come forward, and will be approved,",
    "deregistrations_per_household_year": "De-registrations a household a year",
}


def supply_plan(
    scenario: Scenario,
    found: Sequence[PoolSupply],
    start: date,
    step_down: StepDownSlots | None,
) -> SupplyPlan:
    """The processes of every pool that has any.

    Raises:
        ScenarioError: places held by others where there is no limit.
    """
    carers, held, closing = [], [], []
    blocks = _blocks([item.pool.name for item in found])
    for code, (item, block) in enumerate(zip(found, blocks, strict=True)):
        provider = item.provider
        if provider is not None:
            if provider.closes_rate_per_year is not None:
                rate = provider.closes_rate_per_year.value / DAYS_PER_YEAR
                closing.append(ClosingAtRate(code, block, rate))
            continue
        if item.written.carers is not None:
            carers.append(_carers(item, item.written.carers, code, block, start))
        if item.written.held_by_others is not None:
            held.append(_held(scenario, item, item.written.held_by_others, code, block))
    return SupplyPlan(tuple(carers), tuple(held), tuple(closing), step_down)


def _blocks(names: Sequence[str]) -> list[int]:
    """A block of random numbers for each pool by its name, so that a further pool changes no
    other's luck."""
    taken: list[int] = []
    for name in names:
        block = zlib.crc32(name.encode("utf-8")) % _BLOCKS
        while block in taken:
            block = (block + 1) % _BLOCKS
        taken.append(block)
    return taken


def value_of(carers: CarersPlan, key: str) -> float:
    """What a scenario says of its carers, or the assumption."""
    given = getattr(carers, key)
    return float(assumed(_ASSUMED[key][0]).number if given is None else given.value)


def _carers(
    item: PoolSupply, carers: CarersPlan, code: int, block: int, start: date
) -> CarerProcess:
    each, usable = value_of(carers, "places_per_household"), value_of(carers, "usable_share")
    held = item.written.held_by_others
    places = item.usable_at_start + (0 if held is None else held.at_start.value)
    given = carers.households_at_start
    number = round(places / (each * usable)) if given is None else given.value
    connected = 0.0 if carers.connected_share is None else carers.connected_share.value
    starts, approved = [0.0], [carers.approvals_per_month.value]
    ended = [value_of(carers, "deregistrations_per_household_year")]
    for change in carers.changes:
        day = begins(start, change.from_)
        came = change.approvals_per_month
        left = change.deregistrations_per_household_year
        rates = (approved[-1] if came is None else came, ended[-1] if left is None else left)
        if day <= 0:
            approved[-1], ended[-1] = rates
        else:
            starts.append(day)
            approved.append(rates[0])
            ended.append(rates[1])
    return CarerProcess(
        pool=code,
        block=block,
        places_of_first=_spread(places, number),
        starts_days=np.array(starts),
        approvals_per_day=np.array(approved) * (1 - connected) / _DAYS_PER_MONTH,
        deregistrations_per_day=np.array(ended) / DAYS_PER_YEAR,
        days_to_approve=value_of(carers, "days_to_approve"),
        places_per_household=each,
        usable_share=usable,
        children_there_share=value_of(carers, "children_there_share"),
    )


def _spread(places: int, households: int) -> Ints:
    """(h,): the usable places at the start, as evenly over households as whole places allow."""
    edges = np.arange(households + 1) * places // max(households, 1)
    spread: Ints = np.diff(edges)
    return spread


def _held(
    scenario: Scenario, item: PoolSupply, held: HeldByOthers, code: int, block: int
) -> HeldPlaces:
    if item.usable_at_start == UNLIMITED:
        raise refused(
            scenario,
            f"{item.key}.held_by_others",
            f'the places of "{item.pool.name}" have no limit, so that others hold some makes no '
            "difference. Say how many places there are, theirs included",
        )
    return HeldPlaces(
        pool=code,
        block=block,
        at_start=held.at_start.value,
        arrivals_per_day=held.arrivals_per_month.value / _DAYS_PER_MONTH,
        move_on_per_day=held.move_on_rate_per_year.value / DAYS_PER_YEAR,
    )


def stays_on(found: Sequence[PoolSupply]) -> tuple[Floats | None, Floats | None]:
    """(P,) share of those who turn 18 and stay on, and for how many days on average; None where
    nobody does."""
    share, days = np.zeros(len(found)), np.zeros(len(found))
    for code, item in enumerate(found):
        plan = item.written.stays_on
        if plan is not None:
            share[code] = plan.share.value
            given = plan.mean_days
            days[code] = assumed("stays_on_days").number if given is None else given.value
    return (share, days) if share.any() else (None, None)


def process_origins(found: Sequence[PoolSupply]) -> list[Origin]:
    """Every number of carers, of places held by others and of staying on, with its source."""
    origins: list[Origin] = []
    told: set[str] = set()
    for item in found:
        # What is said of providers' pool is said once, under the pool's key.
        key = item.key.partition(".providers")[0]
        if key in told:
            continue
        keys, name = item.written, label_of(item.pool)
        if item.provider is not None:
            name = name.removesuffix(f": {item.provider.name}")
        if item.provider is not None and keys.has_places_of_its_own:
            continue
        told.add(key)
        if keys.carers is not None:
            origins += _carer_origins(keys.carers, f"{key}.carers", name)
        if keys.held_by_others is not None:
            origins += _held_origins(keys.held_by_others, f"{key}.held_by_others", name)
        if keys.stays_on is not None:
            label = f"Share of those who turn 18 and stay on: {name}"
            share = keys.stays_on.share
            origins.append(
                given_or(share, f"{key}.stays_on.share", label, share.value, "share", "")
            )
            origins.append(
                _given_or_assumed(
                    keys.stays_on.mean_days,
                    f"{key}.stays_on.mean_days",
                    assumed("stays_on_days"),
                    "days",
                    name,
                )
            )
    return origins


def _carer_origins(carers: CarersPlan, key: str, name: str) -> list[Origin]:
    approvals = carers.approvals_per_month
    rows = [
        given_or(
            approvals,
            f"{key}.approvals_per_month",
            f"Households approved a month at the start: {name}",
            approvals.value,
            "households a month",
            "",
        )
    ]
    for field, label, unit in (
        ("households_at_start", "Approved households at the start", "households"),
        ("connected_share", "Share of approvals that bring no place for another child", "share"),
    ):
        given = getattr(carers, field)
        if given is not None:
            rows.append(
                given_or(given, f"{key}.{field}", f"{label}: {name}", given.value, unit, "")
            )
    rows += [
        _given_or_assumed(getattr(carers, field), f"{key}.{field}", assumed(assumption), unit, name)
        for field, (assumption, unit) in _ASSUMED.items()
    ]
    for position, change in enumerate(carers.changes):
        for field, unit in (
            ("approvals_per_month", "households a month"),
            ("deregistrations_per_household_year", "a year"),
        ):
            number = getattr(change, field)
            if number is not None:
                words = f"{_FROM_A_DATE[field]} from {change.from_.isoformat()}: {name}"
                at = f"{key}.changes.{position}.{field}"
                rows.append(given_or(number, at, words, number, unit, ""))
    return rows


def _held_origins(held: HeldByOthers, key: str, name: str) -> list[Origin]:
    who = held.who or "people who are not in care"
    return [
        given_or(given, f"{key}.{field}", f"{label} ({who}): {name}", given.value, unit, "")
        for field, label, unit, given in (
            ("at_start", "Places held by others at the start", "places", held.at_start),
            ("arrivals_per_month", "Others who come", "a month", held.arrivals_per_month),
            (
                "move_on_rate_per_year",
                "How often each moves on",
                "a year",
                held.move_on_rate_per_year,
            ),
        )
    ]


def _given_or_assumed(
    given: object, key: str, assumption: Assumption, unit: str, name: str
) -> Origin:
    """The origin of what a scenario gives, or of the assumption in its place."""
    label = f"{assumption.label}: {name}"
    if given is None:
        origin = assumed_origin(assumption, assumption.number, unit)
        return Origin(
            key, label, origin.value, unit, origin.kind, origin.source, "", origin.low, origin.high
        )
    return given_or(given, key, label, getattr(given, "value"), unit, "")  # noqa: B009
