"""A scenario resolved: what it gives holds, what it changes changes only that, all has a source."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fits import CITY_OF_LONDON, LEEDS, SOME, WOLVERHAMPTON, fit, resolved, scenario, shipped

from sufficiency.calibration.assumptions import assumptions
from sufficiency.calibration.calibrate import year_ahead
from sufficiency.domain import (
    AGE_GROUPS,
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    MONTHS_PER_YEAR,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
    MoveReason,
    NeedGroup,
    Sector,
    begins,
)
from sufficiency.errors import ScenarioError, UserError
from sufficiency.resolution.budgets import ONLY_OF_PROGRAMMES
from sufficiency.resolution.own_plans import ONLY_OF_A_COHORT
from sufficiency.resolution.processes import ONLY_OF_GIVEN_SUPPLY
from sufficiency.resolution.resolve import Resolved, calibration_year, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.world import UNLIMITED

START = date(2023, 3, 31)


def origin(found: Resolved, key: str) -> object:
    rows = [row for row in found.origins if row.key == key]
    assert len(rows) == 1, (key, rows)
    return rows[0].value


def expected_children_a_day(found: Resolved) -> float:
    """Groups a day times their mean size, on the first day, without parameter draws or drift."""
    entries = found.draw_world(1, 0, parameter=False, drift=False).entries
    sizes = np.arange(1, len(entries.group_size_probability) + 1)
    mean_size = float(entries.group_size_probability @ sizes)
    groups = entries.group_rate_per_day[:, 0]
    return float(groups[:-1].sum()) * mean_size + float(groups[-1])


# The children at the start.


@pytest.mark.parametrize("code", [*SOME, CITY_OF_LONDON])
def test_an_authority_starts_from_its_published_children(code: str) -> None:
    found = resolved(code)
    assert found.start == START
    assert len(found.plan.children.need) == round(fit(code).in_care)
    stock = np.bincount(found.plan.children.sector, minlength=6)
    assert (
        np.abs(stock - fit(code).sector_stock * stock.sum() / fit(code).sector_stock.sum()).max()
        < 1
    )


def test_counts_that_a_scenario_gives_hold() -> None:
    found = shipped("wolverhampton-2020")
    stock = np.bincount(found.plan.children.sector, minlength=6)
    assert dict(zip((str(s) for s in SECTORS), stock.tolist(), strict=True)) == {
        "internal_fostering": 215,
        "ifa": 150,
        "connected_persons": 86,
        "residential": 40,
        "supported_accommodation": 23,
        "other": 71,
    }
    adopted = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
    assert np.count_nonzero(found.plan.children.need == adopted) == 19


def test_bands_and_unaccompanied_children_that_a_scenario_gives_hold() -> None:
    bands = {"under_1": 30, "1_4": 70, "5_9": 100, "10_15": 180, "16_17": 120}
    found = resolved(population={"age_bands": bands, "uasc": 40})
    ages = np.bincount(found.plan.children.age_group, minlength=6)
    assert ages[:3].tolist() == [30, 70, 100]
    assert ages[5] == 40
    assert ages[3:].sum() == 300


@pytest.mark.parametrize(
    ("start", "said"), [("2025-03-31", ""), ("2025-04-30", "2.1 years before")]
)
def test_a_start_long_after_the_figures_is_said_to_be_so(start: str, said: str) -> None:
    later = resolved(start=date.fromisoformat(start), population={"in_care": 500})
    found = [warning for warning in later.warnings if "Rates are fitted" in warning]
    assert len(found) == bool(said)
    assert all("up to 31 March 2023" in warning and said in warning for warning in found)


def test_a_rescaled_cohort_keeps_its_shares_and_says_so() -> None:
    plain, larger = resolved(), resolved(population={"in_care": 996})
    assert len(larger.plan.children.need) == 996
    for kind in ("sector", "age_group"):
        before = np.bincount(getattr(plain.plan.children, kind), minlength=6) / 498
        after = np.bincount(getattr(larger.plan.children, kind), minlength=6) / 996
        np.testing.assert_allclose(after, before, atol=0.003)
    assert any("rescaled to 996" in warning for warning in larger.warnings)
    notes = {row.key: row.note for row in larger.origins}
    assert "rescaled from 498 to 996" in notes["population.sectors.ifa"]
    assert not any("rescaled" in warning for warning in plain.warnings)


def test_counts_that_leave_fewer_than_nobody_are_one_clear_message() -> None:
    with pytest.raises(ScenarioError, match=r"population\.sectors: .* add up to 600, but 498"):
        resolved(population={"sectors": {"ifa": 300, "residential": 300}})


def test_cumbria_starts_from_its_latest_children_and_says_that_ages_are_old() -> None:
    found = resolved("909")
    assert found.start == START
    assert any("no published ages" in warning for warning in found.warnings)


# Entries.


@pytest.mark.parametrize("per_month", [5.0, 12.0, 40.0])
def test_starters_a_month_are_exactly_that_many_children(per_month: float) -> None:
    found = resolved(entries={"starters_per_month": per_month})
    yearly = expected_children_a_day(found) * DAYS_PER_YEAR
    assert yearly == pytest.approx(per_month * MONTHS_PER_YEAR, rel=1e-9)
    for replication in range(5):
        world = found.draw_world(3, replication, parameter=True, drift=False)
        groups = world.entries.group_rate_per_day[:, 0]
        size = found.plan.siblings.mean_size
        drawn = (groups[:-1].sum() * size + groups[-1]) * DAYS_PER_YEAR
        assert drawn == pytest.approx(per_month * MONTHS_PER_YEAR, rel=1e-9)


def test_starters_a_month_change_no_other_flow() -> None:
    plain, more = resolved(), resolved(entries={"starters_per_month": 18})
    one, other = (found.draw_world(1, 0, parameter=False, drift=False) for found in (plain, more))
    np.testing.assert_array_equal(one.hazards.per_day, other.hazards.per_day)
    np.testing.assert_array_equal(one.hazards.destination, other.hazards.destination)
    np.testing.assert_array_equal(one.entries.first_need, other.entries.first_need)


def test_a_given_number_of_starters_follows_no_trend() -> None:
    trend = resolved(months=36).plan.calendar.entries
    assert trend[0, -1] > trend[0, 0] == 1
    flat = resolved(months=36, entries={"starters_per_month": 10}).plan.calendar.entries
    np.testing.assert_array_equal(flat, 1)


def test_without_damping_starters_are_the_recent_ones_and_stay() -> None:
    found = resolved(uncertainty={"damping": False})
    recent = fit().starters.mean.sum()
    returns = fit().damping.same_year_returns_share * fit().in_care
    assert found.plan.levels.starters_per_year.mean.sum() == pytest.approx(recent + returns)
    np.testing.assert_array_equal(found.plan.calendar.entries, 1)


def test_same_year_returns_can_be_left_out_or_given() -> None:
    totals = {
        share: resolved(
            calibration={"same_year_returns": share}, uncertainty={"damping": False}
        ).plan.levels.starters_per_year.mean.sum()
        for share in (False, 0.02)
    }
    assert totals[False] == pytest.approx(fit().starters.mean.sum())
    assert totals[0.02] - totals[False] == pytest.approx(0.02 * fit().in_care)


def test_sibling_groups_can_be_given() -> None:
    found = resolved(entries={"sibling_group_sizes": [0.5, 0.5], "sibling_same_band_share": 1})
    assert found.plan.siblings.mean_size == 1.5
    assert found.plan.siblings.same_band_share == 1
    plain = expected_children_a_day(resolved())
    assert expected_children_a_day(found) == pytest.approx(plain)


# Exits.


def test_an_annual_exit_rate_is_the_first_years_exits_per_child() -> None:
    found = resolved(exits={"annual_exit_rate": 0.1})
    ages = np.bincount(found.plan.children.age_group, minlength=6).astype(float)
    ahead = year_ahead(
        fit(), ages, found.plan.levels.starters_per_year.mean, found.plan.levels.exit_level
    )
    assert ahead.exits_before_18 / 498 == pytest.approx(0.1, rel=1e-3)
    one, other = (
        each.draw_world(1, 0, parameter=False, drift=False).hazards.per_day
        for each in (resolved(), found)
    )
    leaving = slice(0, len(EXIT_CAUSES))
    np.testing.assert_allclose(other[leaving], one[leaving] * found.plan.levels.exit_level)
    moves = slice(len(EXIT_CAUSES), len(CAUSES) - 1)
    np.testing.assert_array_equal(other[moves], one[moves])


def test_nobody_leaves_before_18_at_a_rate_of_zero() -> None:
    hazards = (
        resolved(exits={"annual_exit_rate": 0}).draw_world(1, 0, parameter=True, drift=True).hazards
    )
    assert not hazards.per_day[: len(EXIT_CAUSES)].any()


def test_the_next_needs_that_a_scenario_gives_hold() -> None:
    rows = {"planned": {"residential": {"family": 1}}}
    found = resolved(moves={"next_need": rows}).plan.tables.destination
    residential, family = (
        NEED_GROUPS.index(need) for need in (NeedGroup.RESIDENTIAL, NeedGroup.FAMILY)
    )
    planned = MOVE_REASONS.index(MoveReason.PLANNED)
    np.testing.assert_array_equal(found[planned, :, residential, family], 1)
    plain = resolved().plan.tables.destination
    assert (plain[planned, :, residential, family] < 1).all()


# The user's own table.


def own_table(folder: Path, starters: int, leavers: int) -> Resolved:
    rows = [f"2022-{month:02d},{starters},{leavers}" for month in range(1, 13)]
    (folder / "mine.csv").write_text("\n".join(["month,starters,leavers", *rows]), "utf-8")
    text = "name: own\nauthority: '336'\nstart: 2023-03-31\ncalibration: {table: mine.csv}\n"
    (folder / "own.yaml").write_text(text, "utf-8")
    return resolve(load_scenario(folder / "own.yaml"))


def test_the_users_own_months_set_the_levels(tmp_path: Path) -> None:
    found = own_table(tmp_path, starters=20, leavers=12)
    total = found.plan.levels.starters_per_year.mean.sum()
    assert total == pytest.approx(240, rel=0.001)
    np.testing.assert_array_equal(found.plan.calendar.entries, 1)
    assert "mine.csv" in str(origin(found, "entries.starters_per_month")) or any(
        "mine.csv" in row.source for row in found.origins if row.key.startswith("entries.")
    )


def test_birthdays_are_taken_out_of_the_users_leavers(tmp_path: Path) -> None:
    """About 65 of Wolverhampton's children turn 18 in a year: of 144 leavers, 79 are exits."""
    found = own_table(tmp_path, starters=11, leavers=12)
    ahead = year_ahead(fit(), fit().by_age_group, np.array([22.0, 22, 22, 22, 22, 22]))
    exits = 144 - ahead.turned_18
    level = found.plan.levels.exit_level
    assert level == pytest.approx(exits / ahead.exits_before_18, rel=0.1)
    # Fewer leavers than birthdays: hardly any exits are left, and never a negative rate.
    few = own_table(tmp_path, starters=11, leavers=3).plan.levels.exit_level
    assert 0 < few < 0.5 * level


# Places.


def places_of(found: Resolved, sector: Sector) -> int:
    return int(found.plan.places.usable_at_start[SECTORS.index(sector)])


def test_by_default_own_families_keep_their_places_and_others_are_not_limited() -> None:
    found = resolved()
    own = np.count_nonzero(found.plan.children.sector == SECTORS.index(Sector.INTERNAL_FOSTERING))
    assert places_of(found, Sector.INTERNAL_FOSTERING) == own
    assert places_of(found, Sector.IFA) == places_of(found, Sector.RESIDENTIAL) == UNLIMITED
    assert "keep the places you use today" in found.manifest_extras["places_statement"]
    spare = resolved(sectors={"internal_fostering": {"vacancy_share": 0.1}})
    assert places_of(spare, Sector.INTERNAL_FOSTERING) == round(1.1 * own)


def test_a_schedule_before_the_start_sets_the_start_and_a_later_one_its_day() -> None:
    schedule = [
        {"from": date(2022, 1, 1), "places": 150},
        {"from": START, "places": 160},
        {"from": date(2024, 1, 1), "places": "unlimited"},
    ]
    found = resolved(sectors={"residential": {"schedule": schedule}})
    assert places_of(found, Sector.RESIDENTIAL) == 160
    places = found.plan.places
    assert places.change_time.tolist() == [begins(START, date(2024, 1, 1))]
    assert places.change_usable.tolist() == [UNLIMITED]
    assert places.change_pool.tolist() == [SECTORS.index(Sector.RESIDENTIAL)]


def test_needs_use_sectors_in_the_scenarios_order() -> None:
    found = resolved(needs={"family": {"order": ["ifa", "internal_fostering"]}}).plan.places
    family = NEED_GROUPS.index(NeedGroup.FAMILY)
    ifa, own = SECTORS.index(Sector.IFA), SECTORS.index(Sector.INTERNAL_FOSTERING)
    assert found.preference[family, :3].tolist() == [ifa, own, -1]
    assert found.first_choice[family].tolist() == [row == ifa for row in range(6)]
    assert found.suitable[family, [ifa, own]].all()


# Where numbers come from.


@pytest.mark.parametrize("found", [resolved(), resolved(LEEDS), shipped("wolverhampton-2020")])
def test_every_number_has_a_key_a_label_and_a_source(found: Resolved) -> None:
    assert len(found.origins) > 60
    for row in found.origins:
        assert row.key, row
        assert row.label, row
        assert row.source.strip(), row
        assert row.kind in Kind
    named = [(row.key, row.label) for row in found.origins]
    assert len(named) == len(set(named))


def test_every_assumption_in_use_is_shown_as_assumed() -> None:
    shown = {(row.key, row.source) for row in resolved().origins if row.kind is Kind.ASSUMED}
    elsewhere = (*ONLY_OF_A_COHORT, *ONLY_OF_GIVEN_SUPPLY, *ONLY_OF_PROGRAMMES)
    for assumption in assumptions().values():
        in_use = assumption.name not in elsewhere
        # An amount that several keys take is shown with each of them.
        found = any(
            key.startswith(assumption.key) and source == assumption.source for key, source in shown
        )
        assert found == in_use, assumption.name


def test_an_assumption_can_be_replaced_for_one_scenario_only() -> None:
    before = resolved(LEEDS).plan.tables
    other = resolved(LEEDS, assumptions={"step_down_share": 0.5, "under_16_share_of_uasc": 0.4})
    step_down = CAUSES.index(MoveReason.STEP_DOWN)
    residential = SECTORS.index(Sector.RESIDENTIAL)
    np.testing.assert_allclose(
        other.plan.tables.per_day[step_down, residential],
        before.per_day[step_down, residential] * 0.5 / 0.3,
    )
    again = resolve(scenario(authority=LEEDS)).plan.tables
    np.testing.assert_array_equal(again.per_day, before.per_day)
    np.testing.assert_array_equal(again.first_need, before.first_need)


def test_what_a_scenario_gives_replaces_the_assumption_in_the_list() -> None:
    given = {"value": 0.4, "low": 0.3, "high": 0.5, "kind": "fitted", "source": "our own audit"}
    found = resolved(population={"overflow_share": {"ifa": given}})
    (row,) = [row for row in found.origins if row.key == "population.overflow_share.ifa"]
    assert (row.value, row.low, row.high, row.source) == (0.4, 0.3, 0.5, "our own audit")
    assert row.kind is Kind.FITTED
    family, ifa = NEED_GROUPS.index(NeedGroup.FAMILY), SECTORS.index(Sector.IFA)
    children = found.plan.children
    in_ifa = children.sector == ifa
    assert np.mean(children.need[in_ifa] == family) == pytest.approx(0.4, abs=0.01)


# Where children are placed.


@pytest.mark.parametrize("code", [WOLVERHAMPTON, LEEDS])
def test_shares_by_sector_give_the_published_share_of_all_children(code: str) -> None:
    found = resolved(code)
    stock = np.bincount(found.plan.children.sector, minlength=6)
    for name, shares in found.shares.items():
        assert ((shares >= 0) & (shares <= 1)).all(), name
        assert shares[-1] == shares[SECTORS.index(Sector.RESIDENTIAL)]
    outside = float(stock @ found.shares["outside_area_share"][:-1]) / stock.sum()
    source = next(
        row.source for row in found.origins if row.key == "sectors.ifa.outside_area_share"
    )
    assert f"{outside:.0%}" in source


def test_a_share_that_a_scenario_gives_holds() -> None:
    found = resolved(sectors={"ifa": {"outside_area_share": 0.9}})
    assert found.shares["outside_area_share"][SECTORS.index(Sector.IFA)] == 0.9


# What calibration may read.


@pytest.mark.parametrize(
    ("keys", "year"),
    [
        ({}, 2023),
        ({"start": date(2020, 3, 31)}, 2020),
        ({"start": date(2020, 6, 30)}, 2020),
        ({"start": date(2020, 3, 30)}, 2019),
        ({"start": date(2022, 6, 30), "calibration": {"history_to": date(2020, 3, 31)}}, 2020),
        ({"start": date(2030, 1, 1)}, 2023),
    ],
)
def test_calibration_reads_to_the_last_31_march_before_the_start(
    keys: dict[str, object], year: int
) -> None:
    assert calibration_year(scenario(**keys)) == year


def test_a_start_before_the_tables_is_a_users_mistake() -> None:
    with pytest.raises(UserError):
        resolved(start=date(2005, 3, 31))


def test_the_age_groups_are_all_there() -> None:
    levels = resolved().plan.levels
    assert levels.starters_per_year.mean.shape == (len(AGE_GROUPS),)
    np.testing.assert_allclose(
        levels.first_need_weights.sum(axis=1), assumptions()["prior_first_need"].number
    )
