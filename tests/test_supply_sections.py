"""Do the pictures and tables of supply say what the frames say, of nobody who is real?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from records import START, Spell, one_pool_a_sector, record
from sample_forecast import SampleForecast, sample_forecast

from sufficiency.domain import SETTINGS, day_number
from sufficiency.measures.histories import DESTINATIONS, ORIGINS
from sufficiency.measures.reporting import report_calendar
from sufficiency.measures.stories import STORY_COLUMNS, stories_table
from sufficiency.measures.summary import STATISTICS
from sufficiency.measures.supply_tables import moves_between_table, pools_table
from sufficiency.report.figures import Figures
from sufficiency.report.flow_picture import LABELS, NARROW_LABELS, flow_picture, moves_table
from sufficiency.report.formats import children, gbp, percent
from sufficiency.report.gap_tables import gap_where
from sufficiency.report.lives import lives, lives_picture
from sufficiency.report.places_section import MOST_CHARTS, occupancy_charts, occupancy_table
from sufficiency.report.stability import published_share, siblings_table, stability_table
from sufficiency.report.supply_sections import supply_sections
from sufficiency.report.suppression import shown
from sufficiency.report.svg import NARROW
from sufficiency.report.tables import gap_by_need
from sufficiency.report.words import NEED_LABELS, need_label

ENTERED, MOVED, ENDED_MOVED, RETURNED_HOME, TURNED_18 = 1, 3, 7, 2, 5


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast(months=9)


@pytest.fixture(scope="module")
def shown_figures(run: SampleForecast) -> Figures:
    return Figures.of(run)


# --- tables of a run --------------------------------------------------------------------------


def test_free_places_and_the_chance_of_none_are_of_each_future() -> None:
    calendar = report_calendar(START, 1)
    usable = np.array([[2.0, 2, 2, 2], [2, 2, 3, 3]])
    taken = np.array([[1.0, 2, 2, 3], [0, 2, 2, 3]])
    table = pools_table(["own"], [0], calendar, lambda pool: usable, lambda pool: taken)
    told = table.set_index(["date", "measure"])["mean"].unstack()
    assert table["sector"].unique().tolist() == ["internal_fostering"]
    assert told["free"].tolist() == [0.25, 0.75]
    assert told["full_probability"].tolist() == [0.75, 0.5]
    assert told["places"].tolist() == [2.0, 2.5]
    without = pools_table(["own"], [0], calendar, lambda pool: usable * np.nan, lambda pool: taken)
    kept = without.dropna(subset=["mean"])
    assert kept["measure"].unique().tolist() == ["occupied"]


def test_moves_are_a_row_for_each_pair_and_year() -> None:
    calendar = report_calendar(START, 24)
    summary = np.zeros((len(STATISTICS), len(ORIGINS), len(DESTINATIONS), 2))
    summary[0, ORIGINS.index("ifa"), DESTINATIONS.index("left_care"), 1] = 7.0
    table = moves_between_table(summary, calendar)
    assert len(table) == 2 * (8 * 8 - 1)
    (row,) = table[table["mean"] > 0].to_dict("records")
    assert (row["financial_year"], row["months"]) == ("2022-23", 12)
    assert (row["from_sector"], row["to_sector"]) == ("ifa", "left_care")


# --- simulated lives --------------------------------------------------------------------------


def told_of(*spells: Spell) -> pd.DataFrame:
    happened = record(*spells)
    happened.spells["stream"] = np.where(happened.spells["began"] == 0, -1, 2)
    for spell in happened.spells:
        if spell["child"] in {s.child for s in spells if s.began == ENTERED}:
            spell["stream"] = 2
    return stories_table(happened, one_pool_a_sector(), START)


def test_a_life_is_told_event_by_event_with_its_days() -> None:
    born = day_number(START, date(2011, 4, 20))
    told = told_of(
        Spell(5, "ifa", 4.5, 30.25, ENTERED, ENDED_MOVED, fit="suitable", born_day=born),
        Spell(5, "residential", 30.25, 60.0, MOVED, RETURNED_HOME, fit="none", born_day=born),
    )
    assert list(told.columns) == list(STORY_COLUMNS)
    assert told["event"].tolist() == ["came_into_care", "moved", "left_care"]
    days = [date(2021, 4, 5), date(2021, 5, 1), date(2021, 5, 30)]
    assert told["date"].tolist() == days
    assert told["until"].tolist() == [days[1], days[2], None]
    assert told["age_years"].tolist() == [9, 10, 10]
    assert told["reason"].tolist() == ["", "planned", "returned_home"]
    assert told["fit"].tolist() == ["in_house_shortfall", "unmet_need", "unmet_need"]
    assert told["child"].unique().tolist() == ["A"]


def test_nothing_is_told_of_the_children_of_the_start() -> None:
    told = told_of(Spell(0, "ifa", 0), Spell(1, "residential", 0, 50.0, ended=RETURNED_HOME))
    assert told.empty
    mixed = told_of(Spell(0, "ifa", 0), Spell(3, "other", 9.0, began=ENTERED))
    assert set(mixed["sector"]) == {"other"}
    assert mixed["event"].tolist() == ["came_into_care", "still_in_care"]


def test_lives_are_chosen_to_differ_and_are_at_most_six() -> None:
    plain = [Spell(n, "ifa", 10.0 + n, began=ENTERED) for n in range(20)]
    unplaced = Spell(30, "unplaced", 50.0, began=ENTERED, fit="none")
    grown_up = Spell(31, "ifa", 51.0, 90.0, ENTERED, TURNED_18)
    told = told_of(*plain, unplaced, grown_up)
    assert told["child"].nunique() == 6
    assert "unplaced" in set(told["sector"])
    assert "turned_18" in set(told["reason"])
    assert sorted(told.groupby("child")["date"].first()) == list(
        told.groupby("child")["date"].first()
    )


# --- what the page shows ----------------------------------------------------------------------


def text_of(picture: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def test_the_flow_picture_names_every_setting_with_its_moves(
    run: SampleForecast, shown_figures: Figures
) -> None:
    picture = flow_picture(shown_figures)
    assert picture is not None
    year = shown_figures.headline_year
    moves = run.moves_between[run.moves_between["financial_year"] == year.name]
    drawn = moves[moves["mean"] >= 0.5]
    for drawing in (picture.wide, picture.narrow):
        said = text_of(str(drawing))
        came = drawn.loc[drawn["from_sector"] == "came_into_care", "mean"].sum()
        assert f"Came into care: {children(came)}" in said
        to_homes = drawn.loc[drawn["to_sector"] == "residential", "mean"].sum()
        assert f"Children&#39;s homes: {children(to_homes)}" in said
        assert str(drawing).count("<path") == len(drawn)
    assert "<script" not in str(picture.wide)


def test_names_at_both_sides_of_a_narrow_picture_do_not_meet(shown_figures: Figures) -> None:
    picture = flow_picture(shown_figures)
    assert picture is not None
    bold_letter = 7.4
    longest = max(len(f"{name}: 1,999") for name in map(NARROW_LABELS.get, ORIGINS))
    assert 2 * longest * bold_letter < NARROW
    assert set(NARROW_LABELS) == set(LABELS)
    assert any(said.startswith("Agencies: ") for said in text_of(picture.narrow))
    assert not any(said.startswith("Agencies: ") for said in text_of(picture.wide))


def test_bands_are_as_thick_as_their_moves_and_fill_their_bars(shown_figures: Figures) -> None:
    picture = flow_picture(shown_figures)
    assert picture is not None
    bars = re.findall(r'<rect x="0.0" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', picture.wide)
    starts = re.findall(r'd="M10.0,([\d.]+)C.*? ([\d.]+),([\d.]+)V([\d.]+)C', picture.wide)
    for top, height in bars:
        inside = [
            float(bottom) - float(upper)
            for left, _, upper, bottom in starts
            if float(top) - 0.05 <= float(left) < float(top) + float(height)
        ]
        assert sum(inside) == pytest.approx(float(height), abs=0.15 * len(inside) + 0.1)


def test_moves_left_out_are_not_drawn(run: SampleForecast) -> None:
    moves = run.moves_between.copy()
    moves.loc[moves.index[3], ["mean", "p25", "p50", "p75"]] = 2.0
    moves.loc[moves.index[3], "sd"] = 0.0
    hidden = shown(replace(run, moves_between=moves, manifest={"personal_data": True}))
    figures = Figures.of(hidden)
    assert flow_picture(figures) is None
    table = moves_table(figures)
    assert table is not None
    assert any(cell.text == "c" for row in table.rows for cell in row.cells)
    assert not any(re.fullmatch("[1-5]", cell.text) for row in table.rows for cell in row.cells)


def test_the_gap_table_has_children_chances_nights_and_money(
    run: SampleForecast, shown_figures: Figures
) -> None:
    table = gap_where(shown_figures, "unmet_need", "Unmet need")
    end = max(run.forecast["date"])
    assert table.rows[0].head == "31 March 2021"
    rows = run.forecast.query("sector == 'residential' and age_band == 'all'")
    in_year = rows[(rows["date"] <= end) & (rows["date"] > min(run.forecast["date"]))]
    nights = in_year.loc[in_year["measure"] == "unmet_need_nights", "mean"].sum()
    cost = in_year.loc[in_year["measure"] == "unmet_need_extra_cost", "mean"].sum()
    (row,) = [row for row in table.rows if row.head == "Children's homes and secure homes"]
    assert [cell.text for cell in row.cells[1:]] == [percent(0.1), children(nights), gbp(cost)]
    heads = [row.head for row in table.rows]
    assert "Our own foster carers" not in heads


def test_each_limited_pool_has_a_chart_and_rows_by_its_name(shown_figures: Figures) -> None:
    charts = occupancy_charts(shown_figures)
    names = [chart.title for chart in charts]
    assert names == [
        "Our own foster carers",
        "Children's homes: own homes",
        "Children's homes: framework",
    ]
    table = occupancy_table(shown_figures)
    assert table is not None
    assert [row.head for row in table.rows] == [
        head for name in names for head in (name, "31 March 2021")
    ]
    assert [row.is_total for row in table.rows] == [True, False] * 3
    assert {len(row.cells) for row in table.rows} == {len(table.columns) - 1}
    assert table.rows[1].cells[0].text == "180"
    none_limited = shown_figures.pools.assign(mean=np.nan)
    assert occupancy_table(replace(shown_figures, pools=none_limited)) is None


def test_lives_are_told_in_sentences_and_drawn_in_their_colours(shown_figures: Figures) -> None:
    first, second = lives(shown_figures)
    assert first.summary == "Child A: comes into care aged 7, one placement"
    assert [said for _, said in first.events] == [
        "Aged 7, comes into care and lives with: foster carers from independent agencies, "
        "suitable, but not the first choice.",
        "Aged 7, returns home.",
    ]
    assert second.events[-1][1] == "Aged 17, still in care when the forecast ends."
    picture = lives_picture(shown_figures)
    assert picture is not None
    assert text_of(str(picture.wide))[:2] == ["Agency foster carers", "Children&#39;s homes"]
    assert str(picture.wide).count("<circle") == 1


def test_stability_stands_beside_what_was_published(run: SampleForecast) -> None:
    manifest = {**run.manifest, "authority": {"name": "Wolverhampton", "old_la_code": "336"}}
    table = stability_table(Figures.of(replace(run, manifest=manifest)))
    assert table is not None
    (march,) = [row for row in table.rows if row.head == "31 March 2021"]
    assert march.cells[1].text == percent(33 / 540)
    assert march.cells[2].text == percent(7400 / 80780)
    assert march.cells[4].text == percent(220 / 286)
    settled = ("stability_long_term", ("same_carer_2_years", "same_placement_2_years"))
    assert published_share("336", settled, 1999) is None
    assert march.cells[3].text == percent(0.27 / 0.4)


def test_planning_groups_are_called_as_the_scenario_calls_them_for_readers(
    run: SampleForecast,
) -> None:
    groups = [
        {"name": "complex_health", "label": "Complex needs, with health needs"},
        {"name": "edge_of_care", "label": None},
    ]
    scenario = {**run.manifest["scenario"], "planning_groups": groups}
    figures = Figures.of(replace(run, manifest={**run.manifest, "scenario": scenario}))
    labels = figures.own_need_labels
    assert need_label("complex_health", labels) == "Complex needs, with health needs"
    assert need_label("edge_of_care", labels) == "Edge of care"
    assert need_label("family", labels) == NEED_LABELS["family"]
    needs = figures.needs.replace({"need_group": {"family": "complex_health"}})
    table = gap_by_need(replace(figures, needs=needs))
    assert table is not None
    assert "Complex needs, with health needs" in [row.head for row in table.rows]
    told = figures.stories.assign(need_group="complex_health")
    told.loc[told["event"] == "came_into_care", "need_group"] = "family"
    told.loc[told["event"] == "still_in_care", "event"] = "moved"
    said = [words for life in lives(replace(figures, stories=told)) for _, words in life.events]
    assert any("Now needs: complex needs, with health needs." in words for words in said)


def test_splits_are_shown_only_where_siblings_are_placed_together(run: SampleForecast) -> None:
    assert siblings_table(Figures.of(run)) is None
    scenario = {**run.manifest["scenario"], "allocation": {"siblings_together": True}}
    together = replace(run, manifest={**run.manifest, "scenario": scenario})
    of_groups = run.forecast[run.forecast["measure"] == "sibling_groups"]
    flows = [
        of_groups.assign(measure=measure, mean=number)
        for measure, number in (
            ("sibling_groups_started", 4.0),
            ("sibling_groups_started_split", 1.0),
        )
    ]
    forecast = pd.concat([run.forecast, *flows], ignore_index=True)
    table = siblings_table(Figures.of(replace(together, forecast=forecast)))
    assert table is not None
    groups, split = (
        run.forecast[run.forecast["measure"] == measure].iloc[-1]
        for measure in ("sibling_groups", "sibling_groups_split")
    )
    came, of_these, _, now = (cell.text for cell in table.rows[-1].cells)
    assert (came, of_these) == ("36", "25%"), "nine months of four groups, one of them split"
    assert now == percent(split["mean"] / groups["mean"])
    assert {column.term for column in table.columns[1:]} == {"sibling_groups"}


def test_a_chance_that_no_place_is_free_is_not_told_where_there_are_none(
    run: SampleForecast,
) -> None:
    pools = run.pools.copy()
    closed = (pools["pool"] == "framework") & (pools["date"] == max(pools["date"]))
    pools.loc[closed & (pools["measure"] != "full_probability"), list(STATISTICS)] = 0.0
    pools.loc[closed & (pools["measure"] == "full_probability"), "mean"] = 1.0
    table = occupancy_table(Figures.of(replace(run, pools=pools)))
    assert table is not None
    assert [cell.text for cell in table.rows[-1].cells] == ["0", "0", "0", "no places"]
    assert "no places" not in [cell.text for row in table.rows[:-1] for cell in row.cells]


def test_pools_that_are_not_drawn_are_said_to_be_in_the_table(run: SampleForecast) -> None:
    names = [f"Home {number}" for number in range(MOST_CHARTS + 1)]
    one = run.pools[run.pools["pool"] == "framework"]
    for more, several in ((True, names), (False, names[1:])):
        pools = pd.concat([one.assign(pool=name) for name in several], ignore_index=True)
        figures = Figures.of(replace(run, pools=pools))
        sections = supply_sections(figures)
        assert sections["more_pools"] is more
        assert len(sections["occupancy_charts"]) == MOST_CHARTS


# --- small real counts ------------------------------------------------------------------------


def hidden_pool_rows(counts: dict[str, float], places: float = 32.0) -> pd.DataFrame:
    """The rows of one sector's pools on the start date that are shown, by pool and measure."""
    base = sample_forecast(months=2)
    start = base.pools["date"].min()
    rows: list[dict[str, Any]] = []
    for name, count in counts.items():
        free = max(places - count, 0.0)
        values = {"places": places, "occupied": count, "free": free}
        values["full_probability"] = float(free == 0)
        for measure, value in values.items():
            labels = {"date": start, "sector": "residential", "pool": name, "measure": measure}
            rows.append({**labels, **dict.fromkeys(STATISTICS, value), "sd": 0.0})
    forecast = base.forecast.copy()
    total = (forecast["measure"] == "in_care") & (forecast["sector"] == "residential")
    total &= (forecast["date"] == start) & (forecast["age_band"] == "all")
    forecast.loc[total, list(STATISTICS)] = sum(counts.values())
    forecast.loc[total, "sd"] = 0.0
    manifest = {**base.manifest, "personal_data": True}
    run = replace(base, pools=pd.DataFrame(rows), forecast=forecast, manifest=manifest)
    after = shown(run).pools
    return after.set_index(["pool", "measure"])["flag"].unstack()


def test_a_pool_with_few_real_children_is_left_out_with_what_would_tell_it() -> None:
    flags = hidden_pool_rows({"own": 3.0, "block": 20.0, "spot": 30.0})
    assert flags.loc["own"].to_dict() == {
        "places": "",
        "occupied": "c",
        "free": "c",
        "full_probability": "c",
    }
    assert (flags["occupied"] == "c").sum() == 2, "or the sector's total would give it away"
    assert (flags.loc["spot"] == "").all()


def test_places_set_to_as_many_as_live_there_do_not_tell_them() -> None:
    flags = hidden_pool_rows({"own": 3.0, "block": 20.0, "spot": 30.0}, places=3.0)
    assert flags.loc["own", "places"] == "c"
    assert flags.loc["spot", "places"] == ""


def test_large_pools_are_shown() -> None:
    assert (hidden_pool_rows({"own": 13.0, "block": 20.0}) == "").all().all()


def test_few_of_those_long_in_care_are_left_out_and_so_is_a_difference_of_few() -> None:
    base = sample_forecast(months=2)
    forecast = base.forecast.copy()
    start = forecast["date"].min()

    def put(measure: str, sector: str, value: float) -> None:
        row = (forecast["measure"] == measure) & (forecast["sector"] == sector)
        row &= (forecast["date"] == start) & (forecast["age_band"] == "all")
        forecast.loc[row, list(STATISTICS)] = value
        forecast.loc[row, "sd"] = 0.0

    for setting in SETTINGS:
        put("long_term", setting, 40.0)
        put("same_placement_2_years", setting, 20.0)
    put("long_term", "all", 280.0)
    put("same_placement_2_years", "all", 140.0)
    put("same_placement_2_years", "ifa", 37.0)
    put("long_term", "residential", 4.0)
    manifest = {**base.manifest, "personal_data": True}
    after = shown(replace(base, forecast=forecast, manifest=manifest)).forecast
    rows = after[(after["date"] == start) & (after["flag"] == "c")]
    told = set(zip(rows["measure"], rows["sector"], strict=True))
    assert {("long_term", "residential"), ("same_placement_2_years", "ifa")} <= told
    assert sum(measure == "long_term" for measure, _ in told) >= 2
