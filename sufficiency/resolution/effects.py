"""From a scenario's interventions to the effects that worlds are drawn with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    EXIT_CAUSES,
    MONTHS_PER_YEAR,
    MOVE_REASONS,
    SECTORS,
    ExitReason,
    MoveReason,
)
from sufficiency.errors import ScenarioError
from sufficiency.resolution.profiles import Profile, month_starts, profile
from sufficiency.resolution.release import leaving_for, release_factors
from sufficiency.scenario.distributions import Distribution
from sufficiency.scenario.intervention_parts import COURT_REASONS
from sufficiency.scenario.interventions import Intervention
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.effects import (
    HELD_BACK_GRID,
    EffectPlan,
    PlannedEffect,
    Prevented,
    Release,
    Target,
)
from sufficiency.simulation.world import Floats, Ints
from sufficiency.simulation.worlds import WorldPlan

Mask = NDArray[np.bool_]


class _Dated(NamedTuple):
    """An intervention that changes something, with its steps in time."""

    item: Intervention
    steps: Profile
    where: Mask
    """(S, N): the sectors and needs of children whose hazards it changes."""


def effect_plan(scenario: Scenario, plan: WorldPlan) -> EffectPlan | None:
    """The effects of a scenario's interventions; None where there are none.

    An intervention that surely changes nothing leaves no trace, so that a scenario with it equals
    its base to the last bit. Raises `ScenarioError` for one wholly outside the forecast.
    """
    dated = []
    for position, item in enumerate(scenario.interventions):
        steps = _within_horizon(scenario, position, item, plan)
        if not is_neutral(item):
            dated.append(_Dated(item, steps, _where(scenario, item, plan)))
    if not dated:
        return None
    starts = _period_starts(dated, plan)
    group, members = _groups([each.where for each in dated])
    effects = tuple(_planned(each, members[:, at], starts, plan) for at, each in enumerate(dated))
    return EffectPlan(starts, plan.horizon_days, effects, group, len(members))


def is_neutral(item: Intervention) -> bool:
    """Whether an intervention surely changes nothing."""
    if item.prevention is not None:
        links = [effect.drawn_from for _, effect in item.prevention.links()][:3]
        return any(not link.is_drawn and link.mean == 0 for link in links)
    effect = item.how_much.drawn_from
    return not effect.is_drawn and effect.mean == (1.0 if item.measured_in == "factor" else 0.0)


def _within_horizon(
    scenario: Scenario, position: int, item: Intervention, plan: WorldPlan
) -> Profile:
    """The steps of an intervention; refuses days that cannot be or that the forecast lacks."""
    wrong = item.disorder(plan.start)
    if wrong is not None:
        raise problem_at(scenario, position, *wrong)
    steps = profile(item, plan.start)
    first, _, after_last = item.timetable(plan.start)
    if steps.times_days[0] >= plan.horizon_days:
        raise problem_at(
            scenario,
            position,
            "start",
            f'"{item.name}" starts on {first}, after the forecast ends (it begins on '
            f"{plan.start} and lasts {scenario.months} months). Start it earlier, forecast more "
            "months or take it out",
        )
    if steps.over <= 0:
        key = "length_months" if item.length_months else "end"
        raise problem_at(
            scenario,
            position,
            key,
            f'"{item.name}" is over by {after_last}, before the forecast begins ({plan.start}), '
            "and leaves nothing to come. Take it out, or give it later dates",
        )
    return steps


def problem_at(scenario: Scenario, position: int, key: str, message: str) -> ScenarioError:
    """An error at a key of an intervention, with the file and line where it was written."""
    found = scenario.given.get(f"interventions.{position}.{key}") or scenario.given.get(
        f"interventions.{position}"
    )
    where = f"interventions[{position + 1}].{key}"
    if found is not None and found[1]:
        where = f"{found[0]}, line {found[1]}, {where}"
    return ScenarioError(f"{where}: {message}.")


def _where(scenario: Scenario, item: Intervention, plan: WorldPlan) -> Mask:
    """(S, N): the sectors and needs that an intervention is limited to."""
    who, names = item.who, plan.places.need_names
    base = {group.name: str(group.of) for group in scenario.planning_groups}
    sectors = np.array([not who.sectors or sector in who.sectors for sector in SECTORS])
    needs = [
        not who.need_groups or name in who.need_groups or base.get(name) in who.need_groups
        for name in map(str, names)
    ]
    if item.lever in ("places", "price", "entries"):
        return np.ones((len(SECTORS), len(names)), dtype=bool)
    where: Mask = sectors[:, None] & np.array(needs)
    return where


def _groups(where: Sequence[Mask]) -> tuple[Ints, Mask]:
    """The groups of sectors and needs that the same effects reach.

    Returns:
        (S, N): which group each belongs to; (G, J): which of J effects reach each group.
    """
    reached = np.stack([each.reshape(-1) for each in where], axis=1)
    members, group = np.unique(reached, axis=0, return_inverse=True)
    return group.reshape(where[0].shape).astype(np.int64), members


def _period_starts(dated: Sequence[_Dated], plan: WorldPlan) -> Floats:
    """(K,): when any effect changes."""
    cuts = {0.0}
    for item, steps, _ in dated:
        edges = [*steps.times_days, *(steps.release or ())]
        if item.prevention is not None:
            edges += list(plan.calendar.starts_days)
            if item.prevention.months_kept_out is not None:
                edges += month_starts(plan.start, plan.horizon_days)
        cuts |= {float(edge) for edge in edges if 0 < edge < plan.horizon_days}
    return np.array(sorted(cuts))


def _planned(dated: _Dated, members: Mask, starts: Floats, plan: WorldPlan) -> PlannedEffect:
    """One intervention on the common periods."""
    item, steps, _ = dated
    target = _target(item)
    rows = _rows(item, target, members)
    prevented = None if item.prevention is None else _prevented(item, rows, starts, plan)
    return PlannedEffect(
        name=item.name,
        target=target,
        amounts=_amounts(item),
        rows=rows,
        weight=steps.at(starts),
        held_back=item.measured_in == "share" and item.prevention is None,
        release=_release(dated, rows, starts, plan),
        prevented=prevented,
    )


def _amounts(item: Intervention) -> tuple[Distribution, ...]:
    chain = item.prevention
    if chain is None:
        return (item.how_much.drawn_from,)
    links = (chain.children_served_per_month, chain.would_enter_share, chain.kept_out_share)
    return tuple(link.drawn_from for link in links)


def _target(item: Intervention) -> Target:
    match item.lever:
        case "entries":
            return "entries"
        case "places":
            return "places_added" if item.measured_in == "places" else "places_factor"
        case "price":
            return "price_factor"
        case "approval_time":
            return "approval_days_added"
        case "approvals":
            return "approvals_factor"
        case _:
            return "causes"


def _rows(item: Intervention, target: Target, members: Mask) -> Mask:
    """Which rows of its target an intervention changes."""
    who = item.who
    ages = np.array([not who.age_bands or group in who.age_bands for group in AGE_GROUPS])
    sectors = np.array([not who.sectors or sector in who.sectors for sector in SECTORS])
    match target:
        case "entries":
            return ages
        case "causes":
            causes = hazards_named(_reasons(item), both_stages=item.lever != "court_delay")
            rows: Mask = members[:, None, None] & causes[:, None] & ages
            return rows
        case "price_factor":
            return np.append(sectors, not who.sectors)
        case "places_factor" | "places_added":
            return sectors
        case _:
            return np.array(True)


def _reasons(item: Intervention) -> list[str]:
    """The reasons that an intervention changes: those it names, else all of its lever's."""
    if item.who.reasons:
        return [str(reason) for reason in item.who.reasons]
    match item.lever:
        case "court_delay":
            return list(COURT_REASONS)
        case "exits":
            return [str(reason) for reason in EXIT_CAUSES]
        case "unplanned_endings":
            return [str(MoveReason.UNPLANNED_ENDING)]
        case _:
            return [str(r) for r in MOVE_REASONS if r is not MoveReason.PLACED_FOR_ADOPTION]


def hazards_named(reasons: Iterable[str], *, both_stages: bool = True) -> Mask:
    """(C,): the hazards that reasons to leave or move multiply.

    Adoption has two stages. A factor on it multiplies both, so that adoptions a year follow the
    factor at once (the order) and go on doing so (the children placed for adoption); a court that
    is closed holds back the order alone.
    """
    named = {str(reason) for reason in reasons}
    if both_stages and str(ExitReason.ADOPTION) in named:
        named.add(str(MoveReason.PLACED_FOR_ADOPTION))
    return np.array([cause in named for cause in CAUSES])


def expected_starters(plan: WorldPlan, times: Floats) -> Floats:
    """(A, K): starters a month that the base expects at some times, by age group."""
    levels = plan.levels
    a_year = levels.starters_per_year.mean
    if levels.starters_total_per_year is not None:
        a_year = a_year * levels.starters_total_per_year / a_year.sum()
    period = np.searchsorted(plan.calendar.starts_days, times, side="right") - 1
    factor = plan.calendar.entries[:, np.maximum(period, 0)]
    result: Floats = (a_year / MONTHS_PER_YEAR)[:, None] * factor
    return result


def _prevented(item: Intervention, ages: Mask, starts: Floats, plan: WorldPlan) -> Prevented:
    """The share of entries that one child a month is, and whether those kept out come later."""
    chain = item.prevention
    assert chain is not None
    together = expected_starters(plan, starts)[ages].sum(axis=0)
    share = np.divide(1.0, together, out=np.zeros_like(together), where=together > 0)
    return Prevented(
        per_child=ages[:, None] * share,
        return_share=None if chain.return_share is None else chain.return_share.drawn_from,
        months_kept_out=(
            None if chain.months_kept_out is None else chain.months_kept_out.drawn_from
        ),
    )


def _release(dated: _Dated, rows: Mask, starts: Floats, plan: WorldPlan) -> Release | None:
    """What comes after the end of what was held back."""
    item, steps, where = dated
    if steps.release is None:
        return None
    begins, over = steps.release
    share = item.afterwards.share
    returning = 1.0 if share is None else share.value
    closed = np.append(steps.times_days, [])[:-1]
    lengths, weights = np.diff(steps.times_days), steps.weights[:-1]
    if item.lever == "entries":
        coming = expected_starters(plan, closed)[rows].sum(axis=0)
        later = expected_starters(plan, np.array([begins]))[rows].sum()
        missed = (lengths * weights * coming).sum() / max(float(later), 1e-12)
        line = returning * HELD_BACK_GRID * missed / (over - begins)
        extra = np.repeat(line[None], int(rows.sum()), axis=0)
    else:
        by_cause = {
            cause: release_factors(
                leaving_for(plan, cause, where),
                HELD_BACK_GRID,
                lengths,
                weights,
                over - begins,
                returning,
            )
            - 1.0
            for cause in np.unique(np.nonzero(rows)[1])
        }
        extra = np.array([by_cause[cause] for cause in np.nonzero(rows)[1]])
    return Release((starts >= begins) & (starts < over), extra)
