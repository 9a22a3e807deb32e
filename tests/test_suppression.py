"""Can a small real count be read, or got back, from what people send on?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.domain import AGE_BANDS, SECTORS
from sufficiency.report.figures import STATISTICS
from sufficiency.report.page import marking_of, render_page
from sufficiency.report.suppression import hidden_parts, is_small, shown
from sufficiency.report.workbook import write_workbook
from tests.sample_forecast import SampleForecast, sample_forecast

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=6)


def answers(counts: np.ndarray, hidden: np.ndarray) -> list[tuple[int, ...]]:
    """What the hidden parts can be, for one who knows the total, the shown parts and the rule
    that none of the hidden is 0: every way to make up the rest.
    """
    rest = int(counts[hidden].sum())
    ways = product(range(1, rest + 1), repeat=int(hidden.sum()) - 1)
    return [(*way, rest - sum(way)) for way in ways if sum(way) < rest]


@settings(max_examples=200, deadline=None)
@given(COUNTS.filter(lambda counts: sum(counts) <= 40))
def test_no_part_can_be_got_back_from_its_total(parts: list[int]) -> None:
    counts = np.array(parts, dtype=np.float64)
    hidden, total_is_shown = hidden_parts(counts, is_small(counts), True)
    assert (hidden | ~is_small(counts)).all()
    assert not hidden[counts == 0].any()
    if not total_is_shown or not hidden.any():
        return
    possible = np.array(answers(counts, hidden))
    assert all(len(set(column)) > 1 for column in possible.T)
    if is_small(counts[hidden]).all():
        low = possible[(possible <= 5).all(axis=1)]
        assert all(len(set(column)) > 1 for column in low.T), "known to be 1 to 5 each"


@pytest.mark.parametrize(
    ("parts", "hidden", "total_is_shown"),
    [
        ([12, 40, 0, 6], [0, 0, 0, 0], True),
        ([3, 40, 7, 0], [1, 0, 1, 0], True),
        ([3, 4, 40], [1, 1, 0], True),
        ([1, 1, 40, 9], [1, 1, 0, 1], True),
        ([5, 5, 40, 9], [1, 1, 0, 1], True),
        ([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], False),
        ([0, 0, 0], [0, 0, 0], True),
    ],
)
def test_which_parts_are_hidden(parts: list[int], hidden: list[int], total_is_shown: bool) -> None:
    counts = np.array(parts, dtype=np.float64)
    found, shows_total = hidden_parts(counts, is_small(counts), True)
    assert found.astype(int).tolist() == hidden
    assert shows_total is total_is_shown


def started_from(by_sector: list[int], by_age: list[int], **manifest: Any) -> SampleForecast:
    """A run of real children whose start has these counts."""
    run = sample_forecast(months=6, personal_data=True, **manifest)
    forecast = run.forecast.copy()
    first = forecast["date"] == forecast["date"].min()
    cells = dict(zip([(str(s), "all") for s in SECTORS], by_sector, strict=True))
    cells |= dict(zip([("all", str(b)) for b in AGE_BANDS], by_age, strict=True))
    cells |= {("all", "all"): sum(by_sector), ("unplaced", "all"): 0}
    for measure, share in (("in_care", 1.0), ("occupied", 1.0), ("outside_area", 0.25)):
        for (sector, band), count in cells.items():
            row = first & (forecast["measure"] == measure)
            row &= (forecast["sector"] == sector) & (forecast["age_band"] == band)
            forecast.loc[row, list(STATISTICS)] = count * share
            forecast.loc[row, "sd"] = 0.0
    return replace(run, forecast=forecast)


def at_start(run: Any, measure: str) -> pd.DataFrame:
    rows = run.forecast
    return rows[(rows["date"] == rows["date"].min()) & (rows["measure"] == measure)]


def test_small_counts_of_the_start_are_left_out_of_every_figure_of_the_same_children() -> None:
    run = shown(started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48]))
    for measure in ("in_care", "occupied", "outside_area"):
        rows = at_start(run, measure).set_index(["sector", "age_band"])
        hidden = {key for key, flag in rows["flag"].items() if flag == "c"}
        expected = {("connected_persons", "all"), ("supported_accommodation", "all")}
        expected |= {("all", "under_1"), ("all", "16_17")} & set(rows.index)
        if measure == "outside_area":
            expected |= {("all", "all")}
        assert hidden == expected, measure
        assert rows.loc[list(hidden), list(STATISTICS)].isna().all().all()
        assert rows.drop(list(hidden))["mean"].notna().all()


def test_later_rows_are_left_as_they_are() -> None:
    before = started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48])
    after = shown(before)
    days = sorted(set(before.forecast["date"]))
    later = before.forecast["date"] > days[0]
    # Nights of the first month are mostly the children of the start, times its nights.
    told = before.forecast["measure"].str.contains("_nights|_extra_cost")
    later &= ~(told & (before.forecast["date"] == days[1]))
    kept = after.forecast[later.to_numpy()]
    pd.testing.assert_frame_equal(kept[before.forecast.columns], before.forecast[later])
    assert (kept["flag"] == "").all()


def test_one_certain_small_count_among_expected_ones_is_not_given_away_by_sums() -> None:
    """Expected values add up too: where only one sector is certain, another is hidden with it."""
    run = started_from([100, 120, 30, 40, 9, 20], [40, 60, 80, 91, 48])
    forecast = run.forecast.copy()
    last = forecast["date"] == forecast["date"].max()
    row = last & (forecast["measure"] == "in_care") & (forecast["sector"] == "other")
    forecast.loc[row, list(STATISTICS)] = 2.0
    forecast.loc[row, "sd"] = 0.0
    after = shown(replace(run, forecast=forecast)).forecast
    rows = after[last.to_numpy() & (after["measure"] == "in_care").to_numpy()]
    assert (rows["flag"] == "c").sum() == 2
    assert rows.loc[rows["sector"] == "other", "flag"].tolist() == ["c"]


def test_a_small_count_that_nine_futures_in_ten_repeat_is_left_out() -> None:
    run = started_from([100, 120, 30, 40, 9, 20], [40, 60, 80, 91, 48])
    forecast = run.forecast.copy()
    second = forecast["date"] == sorted(set(forecast["date"]))[1]
    row = second & (forecast["measure"] == "in_care") & (forecast["sector"] == "other")
    forecast.loc[row, list(STATISTICS)] = 3.0
    forecast.loc[row, ["mean", "sd"]] = [2.96, 0.2]
    after = shown(replace(run, forecast=forecast)).forecast
    assert after.loc[row, "flag"].tolist() == ["c"]


def test_a_run_without_real_children_is_unchanged() -> None:
    run = replace(started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48]), manifest={})
    assert shown(run) is run


def test_places_set_to_the_children_of_the_start_do_not_tell_them() -> None:
    run = started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48])
    row = run.forecast[run.forecast["measure"] == "in_care"].iloc[[0]]
    same = row.assign(measure="places", sector="connected_persons", age_band="all")
    same[list(STATISTICS)] = 3.0
    same["sd"] = 0.0
    after = shown(replace(run, forecast=pd.concat([run.forecast, same], ignore_index=True)))
    assert after.forecast["flag"].iloc[-1] == "c"


def test_how_many_turn_18_in_a_month_is_left_out_where_months_of_birth_tell_it() -> None:
    """Expected values add up: with one reason all others are left out, but not their total."""
    run = started_from([100, 120, 30, 40, 9, 20], [40, 60, 80, 91, 48])
    flows = run.flows.copy()
    month = flows["date"] == sorted(set(flows["date"]))[3]
    row = month & (flows["reason"] == "turned_18") & (flows["age_band"] == "all")
    row &= flows["group"] == "all"
    assert row.sum() == 1
    flows.loc[row, list(STATISTICS)] = 2.0
    flows.loc[row, ["mean", "sd", "p05", "p95"]] = [1.95, 0.34, 1.0, 3.0]
    after = shown(replace(run, flows=flows)).flows
    assert set(after.loc[after["flag"] == "c", "date"]) == set(flows.loc[month, "date"])
    assert after.loc[after["flag"] == "c", "mean"].isna().all()
    same = month & (flows["flow"] == "leavers") & (flows["mean"] > 0)
    total = (flows[["reason", "age_band", "group"]] == "all").all(axis=1)
    assert (after.loc[same & ~total, "flag"] == "c").all()
    assert (after.loc[same & total, "flag"] == "").all()


@pytest.mark.parametrize(
    ("priced", "told"), [(("other", "residential"), {"cost"}), (("other",), set())]
)
def test_nights_of_those_who_stay_do_not_tell_how_many_they_are(
    priced: tuple[str, ...], told: set[str]
) -> None:
    """In a first month, 2 children are at most, and mostly, 60 nights."""
    run = started_from([100, 120, 20, 2, 40, 3], [40, 60, 80, 100, 5])
    monthly = run.finance_monthly.assign(basis="committed")
    free = ~monthly["sector"].isin([*priced, "all"]) & (monthly["measure"] == "cost")
    monthly.loc[free, list(STATISTICS)] = 0.0
    after = shown(replace(run, finance_monthly=monthly)).finance_monthly
    left_out = after[after["flag"] == "c"].groupby("measure")["sector"].agg(set)
    assert left_out["nights"] == {"other", "residential", "all"}
    assert left_out["cost"] == {*priced, "all"} - ({"all"} if "cost" in told else set())
    news = shown(run).finance_monthly
    assert (news["flag"] == "").all()


def test_counts_among_the_assumptions_are_left_out() -> None:
    origins = [
        {"key": "population.in_care", "value": 292, "unit": "children", "kind": "fitted"},
        {"key": "population.by_sector.ifa", "value": 289, "unit": "children", "kind": "fitted"},
        {"key": "population.by_sector.other", "value": 3, "unit": "children", "kind": "fitted"},
        {"key": "sectors.connected_persons.places", "value": 3, "note": "3 children", "unit": ""},
        {"key": "sectors.ifa.places", "value": 120, "unit": "places", "kind": "assumed"},
        {"key": "costs.ifa", "value": 3, "unit": "gbp_per_week", "kind": "assumed"},
    ]
    run = shown(started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48], origins=origins))
    assert [row["value"] for row in run.manifest["origins"]] == [292, "c", "c", "c", 120, 3]
    assert run.manifest["origins"][3]["note"] == ""


def test_page_and_workbook_of_real_children_are_marked_and_hold_no_small_count(
    tmp_path: Path,
) -> None:
    run = shown(started_from([100, 120, 3, 40, 9, 20], [4, 60, 80, 100, 48]))
    page = render_page(run)
    assert page.count("OFFICIAL-SENSITIVE") >= 2
    assert "c: left out, because it is a real count of 1 to 5 children" in page
    path = tmp_path / "book.xlsx"
    write_workbook(run, path)
    book = openpyxl.load_workbook(path)
    assert book["Summary"]["A1"].value == "OFFICIAL-SENSITIVE"
    assert all(sheet.oddHeader.center.text == "&BOFFICIAL-SENSITIVE" for sheet in book)
    rows = list(book["forecast"].iter_rows(values_only=True))
    columns = {name: place for place, name in enumerate(rows[0])}
    flagged = [row for row in rows[1:] if row[columns["flag"]] == "c"]
    assert flagged
    assert all(row[columns[name]] is None for row in flagged for name in STATISTICS)
    wide = list(book["In care by sector"].iter_rows(values_only=True, max_row=2))
    assert wide[1][wide[0].index("c: left out")] is not None


def test_a_run_of_published_figures_is_not_marked() -> None:
    assert marking_of(sample_forecast(months=6).manifest) == ""
    assert marking_of({"personal_data": True}) == "OFFICIAL-SENSITIVE"
    assert marking_of({"personal_data": True, "published": True}) == ""
