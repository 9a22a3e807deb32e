"""Placements to find a year, counted from lives made by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from records import HORIZON, Spell, record

from sufficiency.domain import NEED_GROUPS, SECTORS, NeedGroup
from sufficiency.measures.rows import MOVED_REASONS
from sufficiency.planning.counting import count_children, count_held, count_usable
from sufficiency.planning.market import _add_nights, _cells, _quartiles
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.plan_tables import needs_table
from sufficiency.report.words import NEED_LABELS
from sufficiency.simulation.record import (
    BEGAN_ENTERED,
    BEGAN_PLACE_FOUND,
    ENDED_MOVED,
    HOLD_DTYPE,
    Record,
)

PLANNED, UNPLANNED, CARER_ENDS = (
    BEGAN_PLACE_FOUND + MOVED_REASONS.index(reason)
    for reason in ("planned", "unplanned_ending", "carer_ends")
)
YEAR_ENDS = np.array([365.0, 731.0, 1096.0])
FAMILY = NEED_GROUPS.index(NeedGroup.FAMILY)


def placed(*spells: Spell) -> list[tuple[int, ...]]:
    """Year, pool, need, age band, with siblings, planned, of every new placement."""
    cells = _cells(record(*spells), len(SECTORS), YEAR_ENDS)
    return [tuple(int(column[row]) for column in cells) for row in range(len(cells[0]))]


def test_placements_of_the_start_are_not_new() -> None:
    assert placed(Spell(0, "ifa", 0.0)) == []


def test_who_enters_is_counted_by_year_pool_need_and_age() -> None:
    found = placed(Spell(0, "ifa", 400.0, began=BEGAN_ENTERED, born_day=400 - 7 * 366))
    assert found == [(1, SECTORS.index("ifa"), FAMILY, 2, 0, 0)]


def test_a_child_without_a_place_is_counted_last() -> None:
    ((_, pool, *_rest),) = placed(Spell(0, "unplaced", 10.0, began=BEGAN_ENTERED))
    assert pool == len(SECTORS)


def test_brothers_and_sisters_come_together_only_when_they_enter() -> None:
    together = [
        Spell(child, "ifa", 10.0, 20.0, began=BEGAN_ENTERED, ended=ENDED_MOVED, group=7)
        for child in (0, 1)
    ]
    later = Spell(0, "residential", 20.0, began=PLANNED, group=7)
    alone = Spell(2, "ifa", 10.0, began=BEGAN_ENTERED, group=8)
    assert [cell[4] for cell in placed(*together, alone, later)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("began", "planned"),
    [(BEGAN_ENTERED, 0), (UNPLANNED, 0), (CARER_ENDS, 0), (PLANNED, 1), (BEGAN_PLACE_FOUND, 1)],
)
def test_entries_and_endings_nobody_planned_are_same_day(began: int, planned: int) -> None:
    ((*_, urgency),) = placed(Spell(0, "ifa", 10.0, began=began))
    assert urgency == planned


def test_days_in_a_pool_fall_into_their_years() -> None:
    nights = np.zeros((3, len(SECTORS) + 1))
    spells = record(Spell(0, "ifa", 360.0, 370.0), Spell(1, "unplaced", 1090.0))
    _add_nights(spells, len(SECTORS), YEAR_ENDS, nights)
    assert nights[:, SECTORS.index("ifa")].tolist() == [5.0, 5.0, 0.0]
    assert nights[:, -1].tolist() == [0.0, 0.0, HORIZON - 1090.0]


def test_the_usual_stay_counts_those_that_have_not_ended() -> None:
    # Kaplan-Meier by hand: of 4, one ends at 10 (3/4 left), one is last seen at 15, and of the two
    # that remain one ends at 20 (3/8 left): the median is 20, and the last quarter never ends.
    quartiles = _quartiles(np.array([10.0, 15.0, 20.0, 30.0]), np.array([True, False, True, False]))
    assert quartiles == [10.0, 20.0, np.inf]


def test_nobody_who_has_left_tells_no_stay() -> None:
    assert _quartiles(np.array([5.0, 6.0]), np.array([False, False])) == [np.inf] * 3


def test_children_are_counted_on_dates_as_in_the_forecast() -> None:
    days = np.array([0, 10, 20, HORIZON], dtype=np.int64)
    found = np.zeros((len(days), len(SECTORS) + 1, 3), dtype=np.int32)
    spells = record(
        Spell(0, "ifa", 0.0, 10.0, ended=ENDED_MOVED, fit="suitable"),
        Spell(0, "residential", 10.0, began=PLANNED, fit="unsuitable"),
        Spell(1, "unplaced", 10.5, 20.0, began=BEGAN_ENTERED, ended=0),
        Spell(2, "ifa", 20.0, began=BEGAN_ENTERED),
    )
    count_children(spells, days, found)
    ifa, home = SECTORS.index("ifa"), SECTORS.index("residential")
    expected = np.zeros_like(found)
    expected[0, ifa, 1] = 1
    expected[1:, home, 2] = 1
    expected[2:, ifa, 0] = 1
    assert (found == expected).all()


def test_places_and_places_held_are_those_of_the_day() -> None:
    days = np.array([0, 10, 20], dtype=np.int64)
    made = record(Spell(0, "ifa", 0.0), changes=[(0.0, 1, 5), (10.0, 1, 7), (20.5, 1, 2)])
    assert count_usable(made, days, 2).tolist() == [[-1, 5], [-1, 7], [-1, 7]]
    holds = np.array([(0, 1, 5.0, 20.0)], dtype=HOLD_DTYPE)
    held = Record(made.horizon_days, made.spells, made.pool_changes, holds)
    assert count_held(held, days, 2).tolist() == [[0, 0], [0, 1], [0, 0]]


def test_planning_groups_are_called_as_the_scenario_calls_them() -> None:
    nothing = pd.DataFrame()
    groups = [{"name": "complex_health", "label": "Complex needs, with health needs"}]
    row = {"age_band": "5_9", "siblings": "alone", "urgency": "planned", "placements": 3.0}
    report = PlanReport(
        manifest={"scenario": {"planning_groups": groups}},
        start=date(2024, 3, 31),
        end=date(2026, 3, 31),
        is_met=True,
        targets=(),
        places=(),
        options=(),
        table=nothing,
        market=(),
        needs=pd.DataFrame([{"need_group": name, **row} for name in ("complex_health", "family")]),
        market_table=nothing,
        reach=(),
        in_care_now=0.0,
        hindrances=(),
        notes=(),
    )
    table = needs_table(report)
    assert table is not None
    heads = [row.head for row in table.rows]
    assert heads == ["Complex needs, with health needs", NEED_LABELS["family"], "All"]
