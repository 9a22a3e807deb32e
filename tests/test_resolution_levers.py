"""What a scenario changes on dates: interventions and factors, and nothing beside them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from fits import LEEDS, fit, resolved, scenario, shipped

from sufficiency.domain import (
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    SECTORS,
    ExitReason,
    MoveReason,
    Sector,
    begins,
)
from sufficiency.resolution.calendar import calendar
from sufficiency.resolution.effects import effect_plan
from sufficiency.resolution.intervention_words import intervention_origins
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.effects import DrawnEffects, draw_effects

START, HORIZON_DAYS = date(2023, 3, 31), 1096


def changed(*interventions: dict[str, object]) -> DrawnEffects:
    """What interventions do to a forecast of 36 months from 31 March 2023."""
    plan = effect_plan(scenario(interventions=list(interventions)), resolved().plan)
    assert plan is not None
    return draw_effects(plan, [Draws(1, 0)], drawn=True).of(0)


def test_an_intervention_changes_only_its_reasons_ages_and_dates() -> None:
    first, last = date(2023, 7, 1), date(2024, 3, 31)
    found = changed(
        {
            "name": "more returns home",
            "lever": "exits",
            "reasons": ["returned_home"],
            "age_bands": ["5_9", "10_15"],
            "start": first,
            "end": last,
            "factor": 1.5,
        }
    )
    during = (found.starts_days >= begins(START, first)) & (
        found.starts_days < begins(START, date(2024, 4, 1))
    )
    where = np.zeros(found.causes.shape, dtype=bool)
    where[0, CAUSES.index(ExitReason.RETURNED_HOME), 2:4] = during
    assert during.any()
    np.testing.assert_array_equal(found.causes[where], 1.5)
    np.testing.assert_array_equal(found.causes[~where], 1)
    np.testing.assert_array_equal(found.entries, 1)
    assert begins(START, first) in found.starts_days
    assert begins(START, date(2024, 4, 1)) in found.starts_days


def test_each_year_has_its_own_expected_starters_and_the_last_goes_on() -> None:
    found = calendar(scenario(), np.array([1.0, 1.1]), HORIZON_DAYS)
    year = np.minimum(found.starts_days // DAYS_PER_YEAR, 1)
    np.testing.assert_allclose(found.entries, np.tile(np.where(year > 0, 1.1, 1.0), (6, 1)))


def test_an_intervention_without_an_end_lasts_and_begins_with_its_first_day() -> None:
    found = changed({"name": "fewer", "lever": "entries", "start": date(2024, 1, 1), "factor": 0.5})
    later = found.starts_days >= begins(START, date(2024, 1, 1))
    np.testing.assert_array_equal(found.entries[:, later], 0.5)
    np.testing.assert_array_equal(found.entries[:, ~later], 1)
    np.testing.assert_array_equal(found.causes, 1)


def test_a_factor_on_adoption_acts_on_both_its_stages() -> None:
    found = calendar(scenario(exits={"factor": {"adoption": 0.5}}), np.ones(1), HORIZON_DAYS)
    for cause in (ExitReason.ADOPTION, MoveReason.PLACED_FOR_ADOPTION):
        np.testing.assert_array_equal(found.causes[CAUSES.index(cause)], 0.5)
    others = [
        row
        for row, cause in enumerate(CAUSES)
        if cause not in (ExitReason.ADOPTION, MoveReason.PLACED_FOR_ADOPTION)
    ]
    np.testing.assert_array_equal(found.causes[others], 1)


def test_a_lever_on_moves_leaves_adoption_alone() -> None:
    found = changed({"name": "calm", "lever": "moves", "start": START, "factor": 0.8})
    (causes,) = found.causes
    np.testing.assert_array_equal(causes[: len(EXIT_CAUSES)], 1)
    np.testing.assert_array_equal(causes[CAUSES.index(MoveReason.PLACED_FOR_ADOPTION)], 1)
    np.testing.assert_array_equal(causes[CAUSES.index(MoveReason.PLANNED)], 0.8)


def test_factors_multiply() -> None:
    found = changed(
        {"name": "a", "lever": "entries", "start": START, "factor": 0.5},
        {"name": "b", "lever": "entries", "age_bands": ["uasc"], "start": START, "factor": 3},
    )
    np.testing.assert_allclose(found.entries[-1], 1.5)
    np.testing.assert_allclose(found.entries[:-1], 0.5)


def test_each_shipped_case_changes_only_its_flow() -> None:
    base = shipped("wolverhampton-2020")
    exits = shipped("wolverhampton-2020-covid-crisis-exits")
    until = begins(date(2020, 6, 30), date(2021, 4, 1))
    assert exits.plan.effects is not None
    found = draw_effects(exits.plan.effects, [Draws(1, 0)], drawn=True).of(0)
    later = found.starts_days >= until
    np.testing.assert_array_equal(found.causes[..., later], 1)
    assert (found.causes[0, 0, :, ~later] < 0.55).any()
    assert base.plan.effects is None
    np.testing.assert_array_equal(base.plan.tables.per_day, exits.plan.tables.per_day)


def test_an_intervention_is_shown_with_whom_it_concerns_and_its_evidence() -> None:
    item = {
        "name": "Edge of care",
        "lever": "entries",
        "age_bands": ["10_15", "uasc"],
        "start": "2023-10-01",
        "factor": {"value": 0.9, "kind": "assumed", "source": "our plan"},
        "evidence": "a pilot in two teams",
    }
    (row,) = intervention_origins(scenario(interventions=[item]))
    assert row.label == (
        "Edge of care: children starting care (10 to 15, UASC), factor from 1 October 2023 on"
    )
    assert (row.value, row.source, row.note) == (0.9, "our plan", "a pilot in two teams")


def test_how_moves_come_with_age_and_with_the_level_can_be_assumed_otherwise() -> None:
    before = resolved(LEEDS)
    planned, ifa = CAUSES.index(MoveReason.PLANNED), SECTORS.index(Sector.IFA)
    at_16, long_settled = 4, 7
    settled = before.plan.tables.per_day[planned, ifa, at_16, long_settled]
    # What turns 16 into supported accommodation comes with age whatever else does.
    least = resolved(LEEDS, assumptions={"moves_with_age_share": 0.35}).plan.tables
    assert least.per_day[planned, ifa, at_16, long_settled] < settled / 3
    assert least.per_day[planned, ifa, at_16 - 1] == pytest.approx(
        before.plan.tables.per_day[planned, ifa, at_16 - 1]
    )
    apart = resolved(LEEDS, assumptions={"early_moves_by_level": 0.0})
    level = fit(LEEDS).moves.mean[0]
    worlds = [
        found.draw_world(1, 0, parameter=False, drift=False).hazards.per_day
        for found in (before, apart)
    ]
    early = [per_day[planned, ifa, 3, 0] for per_day in worlds]
    assert early[0] / early[1] == pytest.approx(1 + 1.25 * (level - 1))
    assert abs(level - 1) > 0.02
    share = before.plan.children.placement_share[ifa]
    assert not np.allclose(share, apart.plan.children.placement_share[ifa])
