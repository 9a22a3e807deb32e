"""Nights, chances, stability, siblings, moves and places: lives that can be counted on fingers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import (
    HORIZON,
    OUTSIDE_SHARE,
    START,
    Spell,
    cost_plan,
    measured,
    one_pool_a_sector,
    record,
    surroundings,
)

from sufficiency.domain import SETTINGS, NeedGroup, begins, day_number
from sufficiency.measures.histories import DESTINATIONS, ORIGINS
from sufficiency.measures.monthly import figures, need_rows
from sufficiency.measures.rows import NEED_ROWS
from sufficiency.simulation.record import HOLD_DTYPE, Record
from sufficiency.simulation.world import UNLIMITED, Places

RETURNED_HOME = 2
ENTERED, FOUND_A_PLACE, MOVED = 1, 2, 3
PLACE_FOUND, ENDED_MOVED = 6, 7
APRIL, MAY, JUNE = 30, 61, 91
NAN = float("nan")
IN_APRIL_2022 = 370.0
"""In the first month of the second financial year."""
LONG_AGO = -1200.0
"""A day of entry that makes a child one long in care at the start."""


def same(found: list[float], expected: list[float]) -> bool:
    return np.array_equal(found, expected, equal_nan=True)


def two_pools() -> Places:
    """Own foster carers in two pools, the others as they are."""
    places = one_pool_a_sector()
    return replace(
        places,
        pool_names=(*places.pool_names, "second pool"),
        pool_sector=np.append(places.pool_sector, 0),
        usable_at_start=np.array([2, *(UNLIMITED,) * 5, 1]),
        preference=np.tile(np.arange(7), (len(places.preference), 1)),
    )


def plan_of_two_pools() -> object:
    plan = cost_plan()
    return replace(
        plan,
        pool_names=(*plan.pool_names, "second pool"),
        pool_sector=(*plan.pool_sector, 0),
        weekly_cost_gbp=(*plan.weekly_cost_gbp, 700.0),
    )


# --- nights, money and chances of the gaps ---------------------------------------------------


def test_nights_of_each_gap_are_counted_by_setting_and_month() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 10.0, 40.0, ENTERED, RETURNED_HOME, fit="suitable"),
            Spell(1, "residential", 0, fit="none"),
            Spell(2, "unplaced", 20.0, 25.0, ENTERED, RETURNED_HOME, fit="none"),
            Spell(3, "internal_fostering", 0),
        ),
        months=3,
    )
    # Midnights 10 to 30, then 31 to 39; the midnight on which it ends is not one of them.
    assert same(found.forecast("in_house_shortfall_nights", "ifa"), [NAN, 21, 9, 0])
    assert same(found.forecast("in_house_shortfall_nights"), [NAN, 21, 9, 0])
    assert same(found.forecast("unmet_need_nights", "residential"), [NAN, 30, 31, 30])
    assert same(found.forecast("unmet_need_nights", "unplaced"), [NAN, 5, 0, 0])
    assert same(found.forecast("unmet_need_nights"), [NAN, 35, 31, 30])


def test_the_extra_cost_of_each_gap_is_its_nights_at_the_difference_of_prices() -> None:
    """GBP 80 a night is the first choice's price, 130 an agency's, 600 a home's."""
    found = measured(
        record(
            Spell(0, "ifa", 10.0, 40.0, ENTERED, RETURNED_HOME, fit="suitable"),
            Spell(1, "residential", 0, fit="none"),
        ),
        months=2,
    )
    assert same(found.forecast("in_house_shortfall_extra_cost"), [NAN, 21 * 50, 9 * 50])
    assert same(found.forecast("unmet_need_extra_cost", "residential"), [NAN, 30 * 520, 31 * 520])
    both = found.figures.extra_cost_gbp.sum(axis=0)
    kinds = [
        found.forecast(f"{gap}_extra_cost")[1:] for gap in ("in_house_shortfall", "unmet_need")
    ]
    np.testing.assert_allclose(np.sum(kinds, axis=0), both)


spells_of_children = st.lists(
    st.tuples(
        st.sampled_from(SETTINGS),
        st.sampled_from(["first choice", "suitable", "none"]),
        st.floats(0, 90),
        st.floats(0, 90),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(spells_of_children)
def test_nights_of_a_gap_are_its_children_at_every_midnight(
    drawn: list[tuple[str, str, float, float]],
) -> None:
    spells = [
        Spell(n, setting, min(a, b), max(a, b), ENTERED, RETURNED_HOME, fit=fit)
        for n, (setting, fit, a, b) in enumerate(drawn)
    ]
    found = measured(record(*spells), months=3)
    for gap, fits in (("in_house_shortfall", ["suitable"]), ("unmet_need", ["none"])):
        for setting in SETTINGS:
            expected = sum(
                spell.from_time <= midnight < spell.to_time
                for spell in spells
                for midnight in range(1, JUNE + 1)
                if spell.setting == setting and kind(spell) in fits
            )
            assert np.nansum(found.forecast(f"{gap}_nights", setting)) == expected


def kind(spell: Spell) -> str:
    return "none" if spell.setting == "unplaced" else spell.fit


# --- stability, as the Department for Education counts it ------------------------------------


def three_placements(second: float, third: float, **more: object) -> Record:
    return record(
        Spell(0, "internal_fostering", 5.0, second, ENTERED, ENDED_MOVED),
        Spell(0, "ifa", second, third, MOVED, ENDED_MOVED),
        Spell(0, "residential", third, began=MOVED, **more),
    )


def test_three_placements_count_while_the_first_of_them_ended_within_the_year() -> None:
    found = measured(three_placements(100.0, 200.0)).forecast("three_or_more_placements")
    assert all(np.isnan(found[:12]))
    days = [day_number(START, day) for day in (date(2022, 6, 30), date(2022, 7, 31))]
    assert days[0] - 365 < 100.0 < days[1] - 365
    assert found[12:17] == [1, 1, 1, 1, 0]
    by_setting = measured(three_placements(100.0, 200.0))
    assert by_setting.forecast("three_or_more_placements", "residential")[12:17] == [1, 1, 1, 1, 0]
    assert by_setting.forecast("three_or_more_placements", "ifa")[12:17] == [0] * 5


def test_a_child_who_has_left_is_not_counted_however_often_it_moved() -> None:
    found = measured(three_placements(100.0, 200.0, to_time=380.0, ended=RETURNED_HOME))
    assert found.forecast("three_or_more_placements")[12:15] == [1, 0, 0]


def test_a_year_that_begins_before_the_start_is_not_known() -> None:
    """From mid June a whole year lies behind at the end of the second June, not of the first."""
    found = measured(three_placements(100.0, 200.0), start=date(2021, 6, 15), months=15)
    values = found.forecast("three_or_more_placements")
    assert [np.isnan(value) for value in values].index(False) == 13


def test_no_time_between_two_moves_is_no_placement() -> None:
    """A child who is found a place in the instant in which it needs one waits for none."""
    found = measured(
        record(
            Spell(0, "ifa", 5.0, 100.0, ENTERED, ENDED_MOVED),
            Spell(0, "unplaced", 100.0, 100.0, MOVED, PLACE_FOUND, fit="none"),
            Spell(0, "residential", 100.0, began=FOUND_A_PLACE),
        )
    )
    assert found.forecast("three_or_more_placements")[12:] == [0] * 25


def long_stay(**more: object) -> Record:
    return record(Spell(0, "ifa", 0.0, entered=LONG_AGO, **more))


def test_two_years_in_one_place_count_time_before_the_start() -> None:
    two_years_on = 2 * 365.25
    for placed, months in ((-800.0, 0), (-700.0, 1), (-400.0, 11)):
        found = measured(long_stay(placed=placed))
        assert found.forecast("long_term") == [1] * 37
        days = [0, *np.flatnonzero(found.forecast("same_placement_2_years"))]
        expected = next(
            n
            for n, day in enumerate(surroundings().calendar.days)
            if day >= max(placed + two_years_on, 0)
        )
        assert expected in (months, months + 1)
        assert days[1] == expected


def test_a_move_begins_the_two_years_again() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 0.0, 40.0, ended=ENDED_MOVED, entered=LONG_AGO, placed=LONG_AGO),
            Spell(0, "residential", 40.0, began=MOVED, entered=LONG_AGO),
        )
    )
    assert found.forecast("same_placement_2_years")[:3] == [1, 1, 0]
    assert found.forecast("same_placement_2_years")[24:27] == [0, 0, 1]
    assert found.forecast("long_term") == [1] * 37


def test_placed_for_adoption_counts_with_the_placement_before() -> None:
    adoptive = NeedGroup.PLACED_FOR_ADOPTION
    before = Spell(0, "ifa", 0.0, 40.0, ended=ENDED_MOVED, entered=LONG_AGO, placed=-900.0)
    after = Spell(0, "other", 40.0, began=MOVED, entered=LONG_AGO, need=adoptive)
    found = measured(record(before, after))
    assert found.forecast("same_placement_2_years") == [1] * 37
    not_adoptive = measured(record(before, replace(after, need=NeedGroup.FAMILY)))
    assert sum(not_adoptive.forecast("same_placement_2_years")[2:24]) == 0


def test_long_term_are_under_16_and_two_and_a_half_years_in_care() -> None:
    turns_16 = begins(START, date(2022, 5, 10))
    born_day = day_number(START, date(2006, 5, 10))
    found = measured(long_stay(born_day=born_day, placed=LONG_AGO))
    until = next(n for n, day in enumerate(surroundings().calendar.days) if day >= turns_16)
    assert found.forecast("long_term") == [1] * until + [0] * (37 - until)
    assert found.forecast("same_placement_2_years") == found.forecast("long_term")
    entered = measured(record(Spell(0, "ifa", 5.0, began=ENTERED)))
    first = next(n for n, day in enumerate(surroundings().calendar.days) if day >= 5 + 913.125)
    assert entered.forecast("long_term") == [0] * first + [1] * (37 - first)


# --- brothers and sisters --------------------------------------------------------------------


def test_siblings_are_split_while_two_in_care_live_in_different_pools() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 5.0, 40.0, ENTERED, ENDED_MOVED, group=7),
            Spell(1, "ifa", 5.0, 100.0, ENTERED, RETURNED_HOME, group=7),
            Spell(2, "ifa", 5.0, began=ENTERED, group=8),
            Spell(0, "residential", 40.0, 130.0, MOVED, RETURNED_HOME, group=7),
        ),
        months=5,
    )
    assert found.forecast("sibling_groups") == [0, 1, 1, 1, 0, 0]
    assert found.forecast("sibling_groups_split") == [0, 0, 1, 1, 0, 0]
    assert same(found.forecast("sibling_groups_started"), [NAN, 1, 0, 0, 0, 0])
    assert same(found.forecast("sibling_groups_started_split"), [NAN, 0, 0, 0, 0, 0])


def test_two_pools_of_one_sector_split_siblings_and_children_of_the_start_are_in_no_group() -> None:
    found = measured(
        record(
            Spell(0, "internal_fostering", 0, group=3),
            Spell(1, "ifa", 0, group=3),
            Spell(2, "internal_fostering", 5.0, began=ENTERED, group=4),
            Spell(3, "internal_fostering", 5.0, began=ENTERED, group=4, pool=6),
            Spell(4, "internal_fostering", 5.0, began=ENTERED, group=4, pool=6),
        ),
        months=2,
        places=two_pools(),
        costs=plan_of_two_pools(),
    )
    assert found.forecast("sibling_groups") == [0, 1, 1]
    assert found.forecast("sibling_groups_split") == [0, 1, 1]
    assert same(found.forecast("sibling_groups_started_split"), [NAN, 1, 0])


# --- moves between settings ------------------------------------------------------------------


def test_moves_are_counted_from_where_to_where_by_financial_year() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 0, 100.0, ended=ENDED_MOVED),
            Spell(0, "residential", 100.0, 400.0, MOVED, RETURNED_HOME),
            Spell(1, "internal_fostering", 50.0, IN_APRIL_2022, ENTERED, ENDED_MOVED),
            Spell(1, "internal_fostering", IN_APRIL_2022, began=MOVED),
        )
    ).figures.between
    expected = np.zeros_like(found)

    def at(origin: str, to: str) -> tuple[int, int]:
        return ORIGINS.index(origin), DESTINATIONS.index(to)

    expected[(*at("ifa", "residential"), 0)] = 1
    expected[(*at("residential", "left_care"), 1)] = 1
    expected[(*at("came_into_care", "internal_fostering"), 0)] = 1
    expected[(*at("internal_fostering", "internal_fostering"), 1)] = 1
    assert np.array_equal(found, expected)


# --- places ----------------------------------------------------------------------------------


def test_places_taken_and_usable_are_counted_by_pool() -> None:
    happened = record(
        Spell(0, "internal_fostering", 0),
        Spell(1, "internal_fostering", 0, APRIL, ended=RETURNED_HOME, pool=6),
        Spell(2, "unplaced", 0, fit="none"),
        changes=[(float(APRIL), 6, 4)],
    )
    places, plan = two_pools(), plan_of_two_pools()
    found = measured(happened, months=2, places=places, costs=plan)
    assert found.figures.occupied[[0, 6]].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert found.figures.usable[[0, 6]].tolist() == [[2, 2, 2], [1, 4, 4]]
    assert np.isnan(found.figures.usable[1:6]).all()
    assert found.forecast("occupied", "internal_fostering") == [2, 1, 1]
    assert found.forecast("places", "internal_fostering") == [3, 6, 6]


def test_who_stays_on_after_18_takes_a_place_and_is_not_in_care() -> None:
    happened = record(Spell(0, "ifa", 0, 10.0, ended=5), Spell(1, "ifa", 0, 20.0, ended=5))
    holds = np.array([(0, 1, 10.0, float(MAY)), (1, 1, 20.0, HORIZON)], dtype=HOLD_DTYPE)
    found = measured(replace(happened, holds=holds), months=3)
    assert found.forecast("occupied", "ifa") == [2, 2, 1, 1]
    assert found.forecast("in_care") == [2, 0, 0, 0]


def test_the_share_outside_the_area_is_the_pools_own_where_it_is_known() -> None:
    happened = record(Spell(0, "internal_fostering", 0), Spell(1, "internal_fostering", 0, pool=6))
    own = np.array([0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5])
    places, plan = two_pools(), plan_of_two_pools()
    by_sector = measured(happened, months=1, places=places, costs=plan)
    by_pool = measured(
        happened, months=1, places=replace(places, outside_area_share=own), costs=plan
    )
    expected = pytest.approx([2 * OUTSIDE_SHARE[0]] * 2)
    assert by_sector.forecast("outside_area", "internal_fostering") == expected
    assert by_pool.forecast("outside_area", "internal_fostering") == [1, 1]
    assert by_pool.forecast("outside_area", age_band="10_15") == [1, 1]


# --- need groups of a scenario's own ---------------------------------------------------------


def test_a_scenarios_own_need_groups_have_rows_after_the_seven() -> None:
    places = one_pool_a_sector()
    names = (*places.need_names, "edge of care")

    def one_more(table: np.ndarray) -> np.ndarray:
        return np.concatenate([table, table[:1]])

    places = replace(
        places,
        need_names=names,
        preference=one_more(places.preference),
        first_choice=one_more(places.first_choice),
        suitable=one_more(places.suitable),
    )
    happened = record(Spell(0, "ifa", 0, fit="suitable"))
    happened.spells["need"] = len(names) - 1
    around = replace(surroundings(months=1), need_names=names)
    found = figures(replace(happened, horizon_days=APRIL), places, around)
    rows = need_rows(names)
    assert len(found.needs) == len(rows) == len(NEED_ROWS) + 3 * 8
    told = {row: values.tolist() for row, values in zip(rows, found.needs, strict=True)}
    assert told["edge of care", "ifa", "in_house_shortfall"] == [1, 1]
    assert told["all", "all", "in_care"] == [1, 1]
    assert told["family", "all", "in_care"] == [0, 0]
