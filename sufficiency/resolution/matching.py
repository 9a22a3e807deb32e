"""How children and places are matched: settling, step-down, emergencies, as a world takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR, NEED_GROUPS, SECTORS, begins
from sufficiency.resolution.pool import Pool
from sufficiency.resolution.pool_checks import refused
from sufficiency.resolution.population import given_or
from sufficiency.scenario.matching import Emergency
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.supply_paths import StepDownSlots
from sufficiency.simulation.world import Emergencies, StepDown


def settling_days(scenario: Scenario) -> float:
    """After how many days outside the first choice a child moves back; infinite for never."""
    given = scenario.allocation.settling_days
    return math.inf if given is None else given.value


def step_down(scenario: Scenario) -> StepDown | None:
    """The programme without its slots, which each replication draws."""
    plan = scenario.allocation.step_down
    if plan is None:
        return None
    return StepDown(
        time=np.empty(0),
        chance=np.empty(0),
        from_sector=SECTORS.index(plan.from_sector),
        to_need=NEED_GROUPS.index(plan.to_need),
        success_share=plan.success_share.value,
        return_days=plan.return_days.value,
    )


def step_down_slots(scenario: Scenario, start: date) -> StepDownSlots | None:
    """When the programme can take children on."""
    plan = scenario.allocation.step_down
    if plan is None:
        return None
    first = 0.0 if plan.start is None else begins(start, plan.start)
    last = math.inf if plan.end is None else begins(start, plan.end + timedelta(days=1))
    return StepDownSlots(first, last, plan.places_a_year.value / DAYS_PER_YEAR)


def emergencies(scenario: Scenario, pools: Sequence[Pool]) -> Emergencies | None:
    """Who needs a bed the same day, and which pools give one.

    Raises:
        ScenarioError: no pool takes them.
    """
    plan = scenario.allocation.emergency
    if plan is None:
        return None
    taken_by = np.array([pool.takes_emergencies for pool in pools])
    if not taken_by.any():
        raise refused(
            scenario,
            "allocation.emergency",
            "no pool takes a child the same day, so there is nowhere for an emergency placement. "
            "Write takes_emergencies: true for at least one pool",
        )
    return Emergencies(_emergency_share(plan), taken_by, plan.days.value)


def _emergency_share(plan: Emergency) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(A,): by age group."""
    everyone = 0.0 if plan.share is None else plan.share.value
    listed = {str(age): share.value for age, share in plan.share_by_age.items()}
    return np.array([listed.get(str(group), everyone) for group in AGE_GROUPS])


def allocation_origins(scenario: Scenario, own_policy: str | None = None) -> list[Origin]:
    """The numbers of matching, each with its source, and the policy by name.

    ``own_policy`` is the name of one that was passed from Python.
    """
    plan = scenario.allocation
    kind = Kind.LEVER if "allocation.policy" in scenario.given else Kind.ASSUMED
    source = (
        "the scenario file"
        if kind is Kind.LEVER
        else "Assumption: places are offered in the order of the need group's sectors, internal "
        "first, as councils describe their rule"
    )
    name: str = plan.policy
    if own_policy is not None:
        name, kind, source = own_policy, Kind.LEVER, "a policy passed from Python"
    origins = [Origin("allocation.policy", "How places are offered", name, "", kind, source)]
    rows: list[tuple[str, str, object, str]] = [
        ("settling_days", "Days before a move back to the first choice", plan.settling_days, "days")
    ]
    if plan.emergency is not None:
        rows += [
            ("emergency.share", "Share placed the same day", plan.emergency.share, "share"),
            ("emergency.days", "Days of an emergency placement", plan.emergency.days, "days"),
            *(
                (f"emergency.share_by_age.{age}", f"Share placed the same day, {age}", own, "share")
                for age, own in plan.emergency.share_by_age.items()
            ),
        ]
    programme = plan.step_down
    if programme is not None:
        rows += [
            (f"step_down.{key}", f"Step-down programme: {label}", given, unit)
            for key, label, given, unit in (
                ("places_a_year", "children a year", programme.places_a_year, "a year"),
                ("success_share", "share for whom it lasts", programme.success_share, "share"),
                ("return_days", "days until the others go back", programme.return_days, "days"),
            )
        ]
    return origins + [
        given_or(given, f"allocation.{key}", label, given.value, unit, "")  # type: ignore[attr-defined]
        for key, label, given, unit in rows
        if given is not None
    ]
