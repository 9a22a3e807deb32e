"""What is counted, when: hand-made records with answers that can be counted on fingers."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from records import (
    FAR_SHARE,
    HORIZON,
    OUTSIDE_SHARE,
    START,
    Spell,
    measured,
    one_pool_a_sector,
    record,
    surroundings,
)
from worlds import a_council

from sufficiency.domain import (
    AGE_BANDS,
    NEED_GROUPS,
    SETTINGS,
    TICK,
    AgeBand,
    NeedGroup,
    begins,
    birthday,
    day_number,
)
from sufficiency.measures.ages import band_at, band_start_times
from sufficiency.measures.monthly import FLOW_ROWS, FORECAST_ROWS, Figures, figures
from sufficiency.measures.reporting import report_calendar
from sufficiency.simulation.record import Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.world import UNLIMITED, World

RETURNED_HOME, TURNED_18 = 2, 5
ENTERED, FOUND_A_PLACE, MOVED_UNPLANNED = 1, 2, 5
PLACE_FOUND, ENDED_UNPLANNED = 6, 9
APRIL, MAY, JUNE = 30, 61, 91
NAN = float("nan")


def same(found: list[float], expected: list[float]) -> bool:
    return np.array_equal(found, expected, equal_nan=True)


@pytest.fixture(scope="module")
def council() -> tuple[World, Record, Figures]:
    """Three years of a simulated council in which places run short."""
    world = a_council(scarce=True)
    happened = simulate(world, 7, 0)
    return world, happened, figures(happened, world.places, surroundings())


def test_a_stock_counts_events_at_or_before_the_date() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 0, APRIL, ended=RETURNED_HOME),
            Spell(1, "ifa", APRIL, MAY + TICK, began=ENTERED, ended=RETURNED_HOME),
            Spell(2, "ifa", APRIL + TICK, began=ENTERED),
        ),
        months=3,
    )
    assert found.forecast("in_care") == [1, 1, 2, 1]


def test_a_flow_counts_events_after_the_previous_date_up_to_the_date() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 0, APRIL, ended=RETURNED_HOME),
            Spell(1, "residential", APRIL, MAY + TICK, began=ENTERED, ended=RETURNED_HOME),
            Spell(2, "ifa", APRIL + TICK, began=ENTERED),
        ),
        months=3,
    )
    assert same(found.forecast("starters"), [NAN, 1, 1, 0])
    assert same(found.forecast("starters", "residential"), [NAN, 1, 0, 0])
    assert same(found.forecast("leavers"), [NAN, 1, 0, 1])
    assert same(found.forecast("leavers", "ifa"), [NAN, 1, 0, 0])


def test_a_stay_open_at_the_horizon_is_in_care_on_the_last_date_and_one_that_ended_is_not() -> None:
    found = measured(
        record(
            Spell(0, "ifa", 0, JUNE),
            Spell(1, "ifa", 0, JUNE, ended=RETURNED_HOME),
            horizon=JUNE,
        ),
        months=3,
    )
    assert found.forecast("in_care") == [2, 2, 2, 1]
    assert same(found.forecast("leavers"), [NAN, 0, 0, 1])


def test_a_life_in_three_spells_is_counted_whole() -> None:
    found = measured(
        record(
            Spell(0, "internal_fostering", 5, 40, began=ENTERED, ended=ENDED_UNPLANNED),
            Spell(0, "unplaced", 40, 70, MOVED_UNPLANNED, PLACE_FOUND, fit="none"),
            Spell(0, "ifa", 70, began=FOUND_A_PLACE, fit="suitable"),
        ),
        months=4,
    )
    assert found.forecast("in_care") == [0, 1, 1, 1, 1]
    assert same(found.forecast("moves"), [NAN, 0, 1, 1, 0])
    assert same(found.forecast("moves", "unplaced"), [NAN, 0, 1, 0, 0])
    assert same(found.forecast("moves", "ifa"), [NAN, 0, 0, 1, 0])
    assert same(found.flow("moves", "unplanned_ending"), [NAN, 0, 1, 0, 0])
    assert same(found.flow("moves", "place_found"), [NAN, 0, 0, 1, 0])
    assert found.forecast("unmet_need", "unplaced") == [0, 0, 1, 0, 0]
    assert found.forecast("in_house_shortfall", "ifa") == [0, 0, 0, 1, 1]
    assert found.forecast("occupied") == [0, 1, 0, 1, 1]
    assert found.need("family", "unplaced", "unmet_need") == [0, 0, 1, 0, 0]
    assert found.need("all", "ifa", "in_house_shortfall") == [0, 0, 0, 1, 1]


def test_the_two_gaps_are_never_mixed() -> None:
    found = measured(
        record(
            Spell(0, "internal_fostering", 0),
            Spell(1, "ifa", 0, fit="suitable"),
            Spell(2, "residential", 0, fit="none"),
            Spell(3, "unplaced", 0, fit="none"),
        ),
        months=1,
    )
    assert found.forecast("in_house_shortfall") == [1, 1]
    assert found.forecast("unmet_need") == [2, 2]
    assert found.forecast("unmet_need", "residential") == [1, 1]


def test_age_is_by_real_birthdays_and_at_the_event_for_flows() -> None:
    first_birthday = date(2021, 4, 30)
    born_day = day_number(START, date(2020, 4, 30))
    turns_one = begins(START, first_birthday)
    found = measured(
        record(
            Spell(0, "ifa", 0, born_day=born_day),
            Spell(1, "ifa", turns_one - TICK, 40, ENTERED, RETURNED_HOME, born_day=born_day),
            Spell(2, "ifa", turns_one, began=ENTERED, born_day=born_day + 1),
        ),
        months=2,
    )
    assert found.forecast("in_care", age_band="under_1") == [1, 1, 0]
    assert found.forecast("in_care", age_band="1_4") == [0, 2, 2]
    assert same(found.forecast("starters", age_band="under_1"), [NAN, 2, 0])
    assert same(found.forecast("leavers", age_band="1_4"), [NAN, 0, 1])


def test_leaving_at_18_counts_as_16_to_17() -> None:
    eighteenth = date(2021, 5, 10)
    leaves = begins(START, eighteenth)
    found = measured(
        record(
            Spell(
                0, "ifa", 0, leaves, ended=TURNED_18,
                born_day=day_number(START, date(2003, 5, 10)), uasc=True,
            )
        ),
        months=2,
    )  # fmt: skip
    assert same(found.flow("leavers", "turned_18"), [NAN, 0, 1])
    assert same(found.flow("leavers", age_band="16_17"), [NAN, 0, 1])
    assert same(found.flow("leavers", group="uasc"), [NAN, 0, 1])
    assert same(found.flow("leavers", group="not_uasc"), [NAN, 0, 0])


@pytest.mark.parametrize("born", [date(2016, 2, 29), date(2015, 12, 31), date(2020, 3, 1)])
def test_band_starts_agree_with_the_calendar(born: date) -> None:
    starts = band_start_times(START, np.array([day_number(START, born)]))[0]
    expected = [begins(START, birthday(born, years)) for years in (1, 5, 10, 16)]
    assert starts[1:].tolist() == expected
    assert starts[0] == -math.inf


def test_a_29_february_child_changes_band_on_1_march() -> None:
    born_day = np.array([day_number(START, date(2016, 2, 29))])
    turns_five = begins(START, date(2021, 3, 1))
    starts = band_start_times(START, born_day)
    bands = [AGE_BANDS[band_at(starts, np.array([t]))[0]] for t in (turns_five - TICK, turns_five)]
    assert bands == [AgeBand.AGE_1_4, AgeBand.AGE_5_9]


def test_places_follow_the_schedule_and_are_empty_without_a_limit() -> None:
    places = one_pool_a_sector((10, UNLIMITED, 3, 4, 5, 6))
    opens = begins(START, date(2021, 5, 1))
    happened = record(changes=[(0.0, 0, 10), (opens, 0, 14), (APRIL, 1, 20)])
    found = measured(happened, months=2, places=places)
    assert found.forecast("places", "internal_fostering") == [10, 10, 14]
    assert same(found.forecast("places", "ifa"), [NAN, 20, 20])
    assert same(found.forecast("places"), [NAN, 48, 52])


def test_distance_is_the_share_of_each_setting() -> None:
    found = measured(record(Spell(0, "ifa", 0), Spell(1, "residential", 0)), months=1)
    assert found.forecast("outside_area") == pytest.approx([OUTSIDE_SHARE[[1, 3]].sum()] * 2)
    assert found.forecast("over_20_miles", "ifa") == pytest.approx([FAR_SHARE[1]] * 2)
    assert found.forecast("outside_area", age_band="10_15") == pytest.approx([1.4, 1.4])


def test_the_rate_is_per_10_000_children() -> None:
    found = measured(record(*(Spell(child, "ifa", 0) for child in range(20))), months=1)
    assert found.forecast("in_care_rate_per_10k") == pytest.approx([4.0, 4.0])


def test_a_record_of_nobody_has_figures() -> None:
    found = measured(record(), months=2)
    assert found.forecast("in_care") == [0, 0, 0]
    assert same(found.forecast("starters"), [NAN, 0, 0])
    assert found.figures.nights.sum() == 0


@pytest.mark.parametrize(
    ("from_time", "to_time", "ended", "nights"),
    [
        (0.0, 10.0, RETURNED_HOME, 9),
        (0.0, 10.0 + TICK, RETURNED_HOME, 10),
        (0.0, JUNE, RETURNED_HOME, JUNE - 1),
        (0.0, JUNE, -1, JUNE),
        (5.0, 6.0, RETURNED_HOME, 1),
        (5.0 + TICK, 6.0, RETURNED_HOME, 0),
        (5.25, 5.75, RETURNED_HOME, 0),
        (JUNE, JUNE, -1, 1),
    ],
)
def test_child_nights_are_midnights_lived_through(
    from_time: float, to_time: float, ended: int, nights: int
) -> None:
    happened = record(Spell(0, "ifa", from_time, to_time, ended=ended), horizon=JUNE)
    assert measured(happened, months=3).figures.nights.sum() == nights


def test_nights_sum_to_the_midnight_stock(council: tuple[World, Record, Figures]) -> None:
    world, happened, found = council
    spells = happened.spells
    still_open = spells["ended"] == -1
    for month, (after, through) in enumerate(zip(found_days()[:-1], found_days()[1:], strict=True)):
        stock = 0
        for midnight in range(after + 1, through + 1):
            there = (spells["from_time"] <= midnight) & (
                (midnight < spells["to_time"]) | still_open
            )
            stock += np.bincount(spells["pool"][there] % 7, minlength=7)
        assert found.nights[:, :, month].sum(axis=0).tolist() == stock.tolist()
    assert world.horizon_days == HORIZON


def found_days() -> list[int]:
    return report_calendar(START, 36).days.tolist()


def test_stocks_agree_with_counting_children_one_by_one(
    council: tuple[World, Record, Figures],
) -> None:
    _, happened, found = council
    expected = np.zeros((len(SETTINGS) + len(AGE_BANDS), 37))
    for column, day in enumerate(found_days()):
        today = START + timedelta(days=day)
        for spell in happened.spells:
            gone = spell["ended"] != -1 and spell["to_time"] <= day
            if spell["from_time"] > day or gone:
                continue
            born = START + timedelta(days=int(spell["born_day"]))
            band = sum(birthday(born, years) <= today for years in (1, 5, 10, 16))
            expected[spell["sector"], column] += 1
            expected[len(SETTINGS) + band, column] += 1
    first = FORECAST_ROWS.index(("in_care", "internal_fostering", "all"))
    assert np.array_equal(found.forecast[first : first + len(expected)], expected)


@pytest.mark.parametrize(
    "measure",
    ["in_care", "starters", "leavers", "moves", "in_house_shortfall", "unmet_need", "outside_area"],
)
def test_settings_and_age_bands_add_up_to_the_total(
    council: tuple[World, Record, Figures], measure: str
) -> None:
    _, _, found = council
    rows = dict(zip(FORECAST_ROWS, found.forecast, strict=True))
    total = rows[measure, "all", "all"]
    by_setting = sum(rows[measure, setting, "all"] for setting in SETTINGS)
    by_age = sum(rows[measure, "all", band] for band in AGE_BANDS)
    np.testing.assert_allclose(by_setting, total, rtol=1e-6)
    np.testing.assert_allclose(by_age, total, rtol=1e-6)
    assert total[1:].sum() > 0


def test_the_stock_changes_by_the_flows(council: tuple[World, Record, Figures]) -> None:
    _, _, found = council
    rows = dict(zip(FORECAST_ROWS, found.forecast, strict=True))
    change = np.diff(rows["in_care", "all", "all"])
    flows = rows["starters", "all", "all"] - rows["leavers", "all", "all"]
    assert np.array_equal(change, flows[1:])


def test_reasons_groups_and_needs_add_up(council: tuple[World, Record, Figures]) -> None:
    _, _, found = council
    flows = dict(zip(FLOW_ROWS, found.flows, strict=True))
    forecast = dict(zip(FORECAST_ROWS, found.forecast, strict=True))
    for flow in ("starters", "leavers", "moves"):
        total = flows[flow, "all", "all", "all"]
        assert same(list(total), list(forecast[flow, "all", "all"]))
        reasons = [v for (f, r, *_), v in flows.items() if f == flow and r != "all"]
        groups = [v for (f, *_, g), v in flows.items() if f == flow and g != "all"]
        assert not reasons or same(list(sum(reasons)), list(total))
        assert same(list(sum(groups)), list(total))
    needs = found.needs.reshape(3, len(NEED_GROUPS) + 1, len(SETTINGS) + 1, -1)
    assert np.array_equal(needs[:, 0], needs[:, 1:].sum(axis=1))
    assert np.array_equal(needs[:, :, 0], needs[:, :, 1:].sum(axis=2))
    assert np.array_equal(needs[0, 0, 0], forecast["in_care", "all", "all"])


def test_a_record_of_another_length_than_the_report_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1096 days .* 30 days"):
        figures(record(), one_pool_a_sector(), surroundings(months=1))


def test_needs_are_where_the_child_lives_now() -> None:
    found = measured(record(Spell(0, "other", 0, need=NeedGroup.PLACED_FOR_ADOPTION)), months=1)
    assert found.need("placed_for_adoption", "other") == [1, 1]
    assert found.need("family", "all") == [0, 0]


def test_a_month_is_whole_if_the_forecast_has_each_of_its_nights() -> None:
    """A forecast begins at the midnight that ends its first date: one night of April is before."""
    for start, whole in ((date(2021, 3, 31), True), (date(2021, 4, 1), False)):
        assert report_calendar(start, 2).month_is_whole == (whole, True)
