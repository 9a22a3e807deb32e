"""National shapes: one release a year, parts that sum, and what they are known to say."""

import numpy as np
import pandas as pd
import pytest

from sufficiency.history.national import (
    GROUPS,
    OTHER_CARER,
    RELATIVE,
    SPLIT_GROUPS,
    NationalShapes,
)
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import shipped_reference

ROUNDING = 10
NOT_COUNTS = {"mean_days", "median_days", "mean_years"}


@pytest.fixture(scope="module")
def national() -> NationalShapes:
    return PublishedHistory.as_at(2023).national


def tables() -> list[str]:
    return NationalShapes(shipped_reference().table("national")).names()


def sums_to_total(numbers: pd.Series) -> None:
    """Parts equal the total within 10 a part (suppressed ones count as a part)."""
    parts = numbers.drop(labels=["total", *NOT_COUNTS & set(numbers.index)])
    assert abs(parts.sum() - numbers["total"]) <= ROUNDING * len(parts), numbers.to_dict()


@pytest.mark.parametrize("name", tables())
def test_parts_sum_to_the_total_in_every_year(national: NationalShapes, name: str) -> None:
    checked = 0
    for _, table in national.by_year(name).groupby("year"):
        assert not table.duplicated(["row", "column"]).any(), "two releases of one year"
        wide = table.pivot(index="row", columns="column", values="number")
        if "total" in wide.columns:
            for _, row in wide.iterrows():
                if pd.notna(row["total"]):
                    sums_to_total(row.dropna())
                    checked += 1
        elif "total" in wide.index and name != "placement_by_provider_all":
            sums_to_total(wide["number"].dropna())
            checked += 1
        if "total" in wide.index and "total" in wide.columns and len(wide) > 1:
            sums_to_total(wide["total"].dropna())
    assert checked


def test_every_table_has_five_years_and_one_total_a_year(national: NationalShapes) -> None:
    for name in national.names():
        years = sorted(national.by_year(name)["year"].unique())
        assert years == [2019, 2020, 2021, 2022, 2023], name


def test_two_releases_would_be_noticed(national: NationalShapes) -> None:
    table = national.by_year("leavers_by_last_placement")
    year = table[table["year"] == 2021].set_index("row")["number"]
    both = pd.concat([year, pd.Series({"homes_and_semi_independent": 5_310.0})])
    with pytest.raises(AssertionError):
        sums_to_total(both)


def test_tables_of_one_flow_agree(national: NationalShapes) -> None:
    leavers = national.leavers_by_age()["total"]
    assert national.shape("leavers_by_duration").loc["total", "number"] == leavers
    assert national.leavers_by_reason()["total"] == leavers
    assert national.leavers_by_duration()["leavers"].sum() == pytest.approx(leavers, abs=90)
    reason, age = national.leavers_by_reason(), national.adoptions()
    adopted = age[(age["dimension"] == "age") & (age["cell"] == "total")]["number"].item()
    assert reason["adopted"] == adopted
    counted = national.shape("leavers_by_number_of_placements").loc["total", "total"]
    assert counted == pytest.approx(leavers, abs=10)


@pytest.mark.parametrize(
    "method", ["first_placements", "leavers_by_last_placement", "stock_by_placement"]
)
def test_split_of_fostering(national: NationalShapes, method: str) -> None:
    split = getattr(national, method)()
    table = {
        "first_placements": "starters_by_first_placement",
        "leavers_by_last_placement": "leavers_by_last_placement",
        "stock_by_placement": "stock_by_placement",
    }[method]
    headings = national.shape(table)["number"]
    assert split.index.tolist() == SPLIT_GROUPS
    assert split[[RELATIVE, OTHER_CARER]].sum() == pytest.approx(headings["fostering"], abs=20)
    assert split.sum() == pytest.approx(headings["total"], abs=10 * len(split))


def test_kin_share(national: NationalShapes) -> None:
    share = national.kin_share()
    assert share.loc["stock", "all"] == pytest.approx(12_390 / (12_390 + 44_557.5))
    assert (share["inside"] > share["outside"]).all()
    assert share.loc["last", "all"] > share.loc["first", "all"] > share.loc["stock", "all"]


def test_durations(national: NationalShapes) -> None:
    frame = national.placement_durations()
    averages = national.placement_duration_averages()
    for group in GROUPS:
        bands = frame[frame["placement"] == group]
        assert bands["from_days"].tolist()[1:] == bands["to_days"].tolist()[:-1]
        assert bands["to_days"].iloc[-1] == np.inf
        assert bands["placements"].sum() == pytest.approx(averages.loc[group, "placements"], abs=80)
    # The printed mean lies between the means of lower and upper edges.
    closed = frame[(frame["placement"] == "fostering") & np.isfinite(frame["to_days"])]
    total = frame[frame["placement"] == "fostering"]["placements"].sum()
    lowest = (closed["from_days"] * closed["placements"]).sum() / total
    assert lowest < averages.loc["fostering", "mean_days"]


def test_status_changes_are_apart(national: NationalShapes) -> None:
    moves = national.moves_by_placement_type()
    assert moves.loc["total", "status_only"] / moves.loc["total", "total"] == pytest.approx(
        0.173, abs=0.01
    )
    for frame in (moves, national.moves_by_age(), national.moves_by_duration()):
        reasons = frame.drop(columns=["total", "from_days", "to_days"], errors="ignore")
        assert np.all(np.abs(reasons.sum(axis=1) - frame["total"]) <= 10 * reasons.shape[1])


def test_provider_table_has_structural_zeros_and_sums(national: NationalShapes) -> None:
    frame = national.placement_by_provider()
    assert not frame["children"].isna().any()
    parents = frame[(frame["placement"] == "with_parents") ^ (frame["provider"] == "parents")]
    assert (parents["children"] == 0).all()
    stock = national.shape("stock_by_placement")["number"]
    summed = frame.groupby("placement")["children"].sum()
    for group in GROUPS[:-1]:
        assert summed[group] == pytest.approx(stock[group], abs=100)
    fostering = frame[frame["placement"] == "fostering"].groupby("provider")["children"].sum()
    assert (fostering["private"] + fostering["voluntary"]) / fostering.sum() == pytest.approx(
        0.38, abs=0.03
    )


def test_a_suppressed_national_cell_is_small_not_nothing(national: NationalShapes) -> None:
    printed = national.by_year("placement_durations")
    hidden = printed[(printed["row"] == "residential_schools") & printed["suppressed"].astype(bool)]
    assert len(hidden)
    shape = national.shape("placement_durations")
    assert shape.loc["residential_schools", "5_years_and_over"] == 3


def test_other_shapes_are_whole(national: NationalShapes) -> None:
    uasc = national.uasc_placements()
    assert uasc.drop("total").sum() == pytest.approx(uasc["total"], abs=40)
    assert national.uasc_by_age()["16_and_over"] > 4 * national.uasc_by_age()["under_16"]
    assert national.placements_in_year("under_12_months").loc["total", "total"] == pytest.approx(
        national.placements_in_year().loc["total", "total"]
        - national.placements_in_year("12_months_and_over").loc["total", "total"],
        abs=10,
    )
    guardians = national.special_guardianship().set_index(["dimension", "cell"])["number"]
    assert guardians["duration"].drop(["total", "mean_years"]).sum() == pytest.approx(
        guardians["duration", "total"], abs=40
    )
    series = PublishedHistory.as_at(2023).england_time_series()
    assert series.index[0] == 1994
    assert series.loc[2023, "in_care"] == 83_760
    with pytest.raises(KeyError):
        national.by_year("no such table")
