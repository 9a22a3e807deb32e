"""Whether a scenario's interventions can all be true together, and what the user should know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from sufficiency.domain import AGE_GROUPS, SECTORS
from sufficiency.report.formats import long_date
from sufficiency.report.words import AGE_LABELS, SETTING_LABELS
from sufficiency.resolution.effects import expected_starters, problem_at
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.effects import DrawnEffects, EffectPlan, draw_effects
from sufficiency.simulation.world import UNLIMITED, Floats
from sufficiency.simulation.worlds import WorldPlan

_TINY = 1e-9


def check_effects(scenario: Scenario, plan: WorldPlan) -> list[str]:
    """What the user should know of the interventions together, at their expected effects.

    Raises `ScenarioError` where they would keep out more children than come, or take away more
    places than there are: each may be possible alone, but not all at once.
    """
    if plan.effects is None:
        return []
    return [*_kept_out(scenario, plan, plan.effects), *_places(scenario, plan, plan.effects)]


def _kept_out(scenario: Scenario, plan: WorldPlan, effects: EffectPlan) -> list[str]:
    """Prevention against the children who would come."""
    notes = []
    chains = [each for each in effects.effects if each.prevented is not None]
    others = tuple(each for each in effects.effects if each.target == "entries")
    left = _at_means(
        replace(effects, effects=tuple(each for each in others if each.prevented is None))
    ).entries
    shares: list[Floats] = []
    for chain in chains:
        assert chain.prevented is not None
        a_month = float(np.prod([link.mean for link in chain.amounts]))
        shares.append(a_month * chain.weight * chain.prevented.per_child)
    for chain, share in zip(chains, shares, strict=True):
        if (share > 1 + _TINY).any():
            notes.append(_capped(plan, effects, chain.name, share))
    together = np.sum([np.minimum(share, 1.0) for share in shares], axis=0) if shares else 0.0
    over = np.argwhere(np.broadcast_to(together, left.shape) > left + _TINY)
    if len(over) and len(others) > 1:
        age, period = over[0]
        names = [each.name for each in others if each.rows[age] and each.weight[period] > 0]
        if len(names) > 1:
            position = [item.name for item in scenario.interventions].index(names[-1])
            key = scenario.interventions[position].effect_key
            raise problem_at(
                scenario,
                position,
                key,
                f"{' and '.join(names)} together keep out "
                f"{float(np.broadcast_to(together, left.shape)[age, period]):.0%} of the children "
                f"({_age(age)}) who would start care, when {float(left[age, period]):.0%} are "
                "left: a rate cannot be negative. Lower one of them, or let them follow each other",
            )
    return notes


def _capped(plan: WorldPlan, effects: EffectPlan, name: str, share: Floats) -> str:
    period = int(np.argmax(share.max(axis=0)))
    ages = [int(age) for age in np.flatnonzero(share[:, period] > 1)]
    when = effects.starts_days[period]
    coming = expected_starters(plan, np.array([when]))[ages, 0].sum()
    day = plan.start + timedelta(days=int(when) + 1)
    return (
        f"{name}: by its chain it would keep out {coming * share[ages[0], period]:.1f} children a "
        f"month ({', '.join(_age(age) for age in ages)}) from {long_date(day)}, but only "
        f"{coming:.1f} are expected to start care, so it is taken to keep out all of those and no "
        "more. Check the numbers of the chain."
    )


def _age(code: int) -> str:
    return AGE_LABELS.get(AGE_GROUPS[code], AGE_GROUPS[code].upper())


def _places(scenario: Scenario, plan: WorldPlan, effects: EffectPlan) -> list[str]:
    """Places added to sectors that have no limit, or taken from those that have none left."""
    notes = []
    found = _at_means(effects)
    for position, item in enumerate(scenario.interventions):
        if item.lever != "places":
            continue
        for sector in item.who.sectors:
            code = SECTORS.index(sector)
            pools = plan.places.pool_sector == code
            at_start = plan.places.usable_at_start[pools]
            limited = at_start[at_start != UNLIMITED]
            if not len(limited):
                notes.append(
                    f"{item.name}: places in {SETTING_LABELS[sector].lower()} are not limited in "
                    f"this scenario, so it changes nothing there. Give sectors.{sector}.places to "
                    "limit them."
                )
            elif not len(plan.places.change_time):
                least = limited.sum() * found.places_factor[code] + found.places_added[code]
                if (least < 0).any():
                    raise problem_at(
                        scenario,
                        position,
                        item.effect_key,
                        f"the interventions take away more places in {sector} than the "
                        f"{limited.sum()} there are ({least.min():.0f} would be left). Take away "
                        "fewer",
                    )
    return notes


def _at_means(effects: EffectPlan) -> DrawnEffects:
    return draw_effects(effects, [Draws(0, 0)], drawn=False).of(0)
