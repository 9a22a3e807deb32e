"""Published history: totals, suppression, the hidden future, and every authority usable."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sufficiency.errors import HistoryError
from sufficiency.history.authorities import ENGLAND, Authority, all_authorities, find_authority
from sufficiency.history.counts import Counts, tabulate
from sufficiency.history.published import FROZEN_SET, PublishedHistory
from sufficiency.history.reference import ReferenceData, shipped_reference
from sufficiency.shipped import shipped_path

COUNTS: dict[str, Callable[[PublishedHistory, Authority], Counts]] = {
    "starters_by_age": PublishedHistory.starters_by_age,
    "starters_uasc": PublishedHistory.starters_uasc,
    "leavers_uasc": PublishedHistory.leavers_uasc,
    "leavers_by_published_reason": PublishedHistory.leavers_by_published_reason,
    "stock_by_age": PublishedHistory.stock_by_age,
    "stock_by_placement": PublishedHistory.stock_by_placement,
    "stock_by_provider": PublishedHistory.stock_by_provider,
    "stock_by_locality": PublishedHistory.stock_by_locality,
    "stock_by_distance": PublishedHistory.stock_by_distance,
}
FRAMES: dict[str, Callable[[PublishedHistory, Authority], pd.DataFrame]] = {
    "panel": PublishedHistory.panel,
    "leavers_by_reason": PublishedHistory.leavers_by_reason,
    "placements_in_year": PublishedHistory.placements_in_year,
    "unit_costs": PublishedHistory.unit_costs,
}
WOLVERHAMPTON = find_authority("336")
SOME = [find_authority(code) for code in ("336", "201", "420", "839", "330", "941")]


def history(year: int = 2023) -> PublishedHistory:
    return PublishedHistory.as_at(year)


def test_wolverhampton_as_printed() -> None:
    known = history(2020)
    panel = known.panel(WOLVERHAMPTON)
    assert panel.loc[2020, ["in_care", "started", "ceased", "uasc"]].tolist() == [588, 123, 163, 9]
    assert panel.loc[2020, "population_0_17"] == 61_173
    starters = known.starters_by_age(WOLVERHAMPTON).number.loc[2020]
    assert starters.tolist() == [32, 32, 20, 27, 12, 123]
    placement = known.stock_by_placement(WOLVERHAMPTON).number.loc[2020]
    assert placement[["fostering", "secure_and_childrens_homes", "supported"]].tolist() == [
        *(444, 38, 25)
    ]
    assert known.stock_by_locality(WOLVERHAMPTON).number.loc[2020].tolist() == [285, 303, 588]
    moves = known.placements_in_year(WOLVERHAMPTON).loc[2020]
    assert moves[["new_placements", "changing"]].tolist() == [421, 296]
    reasons = known.leavers_by_reason(WOLVERHAMPTON).loc[2020]
    assert reasons["turned_18"] == 58
    assert reasons.drop("total").sum() == reasons["total"] == 163


@pytest.mark.parametrize("name", COUNTS)
def test_parts_never_exceed_totals_and_equal_them_when_nothing_is_held_back(name: str) -> None:
    known = history()
    for authority in all_authorities():
        counts = COUNTS[name](known, authority)
        recent = counts.number.index >= 2020
        parts = counts.number[counts.cells].sum(axis=1)[recent]
        total = counts.number["total"][recent]
        open_years = ~counts.suppressed.any(axis=1)[recent] & total.notna()
        np.testing.assert_array_equal(parts[open_years], total[open_years])
        assert (parts[~open_years] <= total[~open_years].fillna(np.inf)).all()
        assert (counts.number.min(axis=None) >= 0) or counts.number.isna().all(axis=None)


@pytest.mark.parametrize("name", COUNTS)
def test_england_sums_within_rounding(name: str) -> None:
    counts = COUNTS[name](history(), ENGLAND)
    number = counts.number
    parts = number[counts.cells].sum(axis=1)
    allowed = 10 * number[counts.cells].notna().sum(axis=1)
    known = number["total"].notna()
    if name == "stock_by_locality":
        known &= number.index >= 2015
    assert known.any()
    assert (parts - number["total"]).abs()[known].le(allowed[known]).all()


def test_authorities_add_up_to_england() -> None:
    known = history()
    for name in ("starters_by_age", "stock_by_age"):
        england = COUNTS[name](known, ENGLAND).number.loc[2023]
        summed = sum(
            COUNTS[name](known, authority).number.loc[2023].fillna(0)
            for authority in all_authorities()
            if 2023 in COUNTS[name](known, authority).number.index
        )
        assert summed.to_numpy() == pytest.approx(england.to_numpy(), rel=0.03)


def test_a_lone_suppressed_cell_comes_back_as_the_total_less_the_rest() -> None:
    panel = pd.Series({2012: 100.0, 2013: 100.0, 2014: 100.0, 2015: 100.0})
    rows = pd.DataFrame(
        [
            *[(2012, "a", 57, False), (2012, "b", np.nan, True), (2012, "c", 40, False)],
            *[(2013, "a", 57, False), (2013, "b", np.nan, True), (2013, "c", np.nan, True)],
            *[(2014, "a", 37, False), (2014, "b", np.nan, True), (2014, "c", 40, False)],
            *[(2015, "a", 57, False), (2015, "b", 3, False), (2015, "c", 41, False)],
            *[(2016, "a", 20, False), (2016, "b", np.nan, True), (2016, "c", 10, False)],
            (2016, "total", 42, False),
        ],
        columns=["year", "cell", "number", "suppressed"],
    )
    counts = tabulate(rows, ["a", "b", "c"], panel)
    assert counts.number.loc[2012, "b"] == 3
    assert counts.recovered.loc[2012, "b"]
    assert not counts.suppressed.loc[2012, "b"]
    assert counts.number.loc[2013, ["b", "c"]].isna().all()
    assert counts.suppressed.loc[2013, ["b", "c"]].all()
    # A revised total leaves 23 where 1 to 5 were held back: not believed.
    assert np.isnan(counts.number.loc[2014, "b"])
    # A table's own parts beat a revised total, and its own printed total is exact.
    assert counts.number.loc[2015, "total"] == 101
    assert counts.number.loc[2016, "b"] == 12
    assert np.isnan(tabulate(rows, ["a", "b", "c"], panel, recover=False).number.loc[2012, "b"])


def test_years_and_cells_that_a_table_lacks_are_missing_and_not_held_back() -> None:
    rows = pd.DataFrame(
        [
            *[(2012, "a", 7, False), (2012, "b", np.nan, True), (2012, "total", 9, False)],
            *[(2014, "a", 5, False), (2014, "b", 6, False)],
        ],
        columns=["year", "cell", "number", "suppressed"],
    )
    counts = tabulate(rows, ["a", "b"], pd.Series(dtype=float))
    asked = counts.in_years(np.array([2014, 2013, 2012])).select(["b", "c", "a"])
    np.testing.assert_array_equal(asked.years, [2014, 2013, 2012])
    np.testing.assert_array_equal(
        asked.numbers, [[6, np.nan, 5], [np.nan, np.nan, np.nan], [2, np.nan, 7]]
    )
    assert asked.recovered.loc[2012].tolist() == [True, False, False]
    assert not asked.held_back.any()
    assert counts.renamed("b", "z").cells == ["a", "z"]


def test_leavers_by_age_at_16_and_over() -> None:
    leavers = history(2020).leavers_by_age(WOLVERHAMPTON)
    number = leavers.number
    # 2019 and 2020 hold ages 16 and 17 back, but not their sum; 2015 prints nothing over 15.
    assert number.loc[2020, ["16", "17"]].isna().all()
    assert leavers.suppressed.loc[2020, ["16", "17"]].all()
    assert number.loc[2020, "16_17"] == 163 - 9 - 49 - 20 - 19 - 58
    assert leavers.recovered.loc[2020, "16_17"]
    assert number.loc[2015, "16_and_over"] == 234 - 17 - 76 - 31 - 38
    assert number.loc[2015, ["16", "17", "16_17", "18_plus"]].isna().all()
    assert number.loc[2015, "total"] == 234


def test_leavers_parts_and_totals_everywhere() -> None:
    known = history()
    found = 0
    for authority in all_authorities():
        number = known.leavers_by_age(authority).number.loc[2018:]
        young = number[["under_1", "1_4", "5_9", "10_15"]].sum(axis=1, skipna=False)
        whole = (young + number["16_17"] + number["18_plus"]).dropna()
        np.testing.assert_array_equal(whole, number["total"].loc[whole.index])
        found += len(whole)
    assert found > 600


def altered_future(year: int) -> ReferenceData:
    """The shipped tables with every figure after ``year`` changed."""
    shipped = shipped_reference()
    frames = {}
    for name in ("panel", "starters", "leavers", "stock", "placements", "england_time_series"):
        table = shipped.table(name).copy()
        later = table["year"] > year
        for column in table.select_dtypes("float").columns:
            table.loc[later, column] = table.loc[later, column] * 3 + 77
        if "suppressed" in table:
            table.loc[later, "suppressed"] = ~table.loc[later, "suppressed"]
        frames[name] = table
    costs = shipped.table("unit_costs").copy()
    later = costs["financial_year"].str.slice(0, 4).astype(int) + 1 > year
    costs.loc[later, costs.select_dtypes("float").columns] *= 9
    frames["unit_costs"] = costs
    return ReferenceData(shipped_path("calibration", "reference"), frames)


@pytest.mark.parametrize("year", [2016, 2020, 2022])
def test_a_wrong_future_changes_nothing(year: int) -> None:
    real, wrong = history(year), PublishedHistory(year, altered_future(year))
    for authority in (WOLVERHAMPTON, find_authority("330"), ENGLAND):
        for counts in COUNTS.values():
            pd.testing.assert_frame_equal(
                counts(real, authority).number, counts(wrong, authority).number
            )
            pd.testing.assert_frame_equal(
                counts(real, authority).suppressed, counts(wrong, authority).suppressed
            )
        pd.testing.assert_frame_equal(
            real.leavers_by_age(authority).number, wrong.leavers_by_age(authority).number
        )
        for frame in FRAMES.values():
            pd.testing.assert_frame_equal(frame(real, authority), frame(wrong, authority))
    pd.testing.assert_frame_equal(real.england_time_series(), wrong.england_time_series())
    pd.testing.assert_frame_equal(real.england_unit_cost_index(), wrong.england_unit_cost_index())
    assert real.neighbours(WOLVERHAMPTON) == wrong.neighbours(WOLVERHAMPTON)
    later = PublishedHistory(2023, altered_future(year)).panel(WOLVERHAMPTON)
    assert not later.equals(history(2023).panel(WOLVERHAMPTON)), "the planted future is not seen"


def test_no_frame_holds_a_later_year() -> None:
    known = history(2019)
    for authority in (WOLVERHAMPTON, ENGLAND):
        for counts in COUNTS.values():
            assert (
                counts(known, authority).number.index.max() <= 2019
                or counts(known, authority).number.empty
            )
        for name, frame in FRAMES.items():
            last = frame(known, authority).index.max()
            assert last == "2018-19" if name == "unit_costs" else last <= 2019
    assert known.england_time_series().index.max() == 2019
    assert len(FROZEN_SET) == 6


@pytest.mark.parametrize("authority", SOME, ids=lambda authority: str(authority))
def test_small_and_new_authorities_are_usable(authority: Authority) -> None:
    known = history()
    for counts in COUNTS.values():
        table = counts(known, authority)
        assert table.number.shape == table.suppressed.shape == table.recovered.shape
        assert table.number.dtypes.eq(float).all()
    for frame in FRAMES.values():
        frame(known, authority)
    assert len(known.panel(authority)) >= 2


def test_an_authority_without_figures_yet_says_so() -> None:
    new = find_authority("West Northamptonshire")
    with pytest.raises(HistoryError, match=r"no published figures up to 31 March 2020.*2021"):
        history(2020).panel(new)
    assert new not in history(2020).neighbours(find_authority("Swindon"))
    with pytest.raises(HistoryError, match="begin on 31 March 2011"):
        history(1999)


def test_unit_costs() -> None:
    known = history(2020)
    costs = known.unit_costs(WOLVERHAMPTON)
    assert costs.loc["2019-20", "fostering_weekly_cost_gbp"] == 565
    assert costs.loc["2019-20", "residential_weekly_cost_gbp"] == 4490
    index = known.england_unit_cost_index()
    assert index.index.tolist() == ["2015-16", "2016-17", "2017-18", "2018-19", "2019-20"]
    assert 500 < index.loc["2019-20", "fostering"] < 750
    assert 3500 < index.loc["2019-20", "residential"] < 4800
    prices = shipped_reference().table("published_prices")
    assert prices["trust"].notna().all()
    assert not prices["source"].str.contains("same").any()
    assert prices["weekly_gbp"].between(100, 10_000).all()


def test_what_ships_is_small_and_every_file_has_its_source() -> None:
    folder = shipped_path("calibration", "reference")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_500_000
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    assert "Open Government Licence v3.0" in sources
    for path in files:
        named = f"`{path.name}`" in sources or f"`{path.parent.name}/*.csv`" in sources
        assert named or path.name == "SOURCES.md", path
