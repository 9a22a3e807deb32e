"""A forecast reads no month of the user's own table that ends after it begins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fits import fit

from sufficiency.calibration.calibrate import year_ahead
from sufficiency.errors import HistoryError
from sufficiency.history.monthly_table import MonthlyTable, read_monthly_table
from sufficiency.resolution.own_table import own_levels, table_notes


def table(folder: Path) -> MonthlyTable:
    """Ten start a month in 2022, a hundred in January 2023."""
    rows = [f"2022-{month:02d},10,9" for month in range(1, 13)]
    path = folder / "mine.csv"
    path.write_text("\n".join(["month,starters,leavers", *rows, "2023-01,100,9"]), "utf-8")
    return read_monthly_table(path)


@pytest.mark.parametrize(
    ("until", "last", "starters_per_month"),
    [
        (date(2023, 1, 31), "2023-01", (11 * 10 + 100) / 12),
        (date(2023, 1, 30), "2022-12", 10),
        (date(2022, 6, 30), "2022-06", 10),
    ],
)
def test_only_months_that_have_ended_set_the_levels(
    tmp_path: Path, until: date, last: str, starters_per_month: float
) -> None:
    found = own_levels(table(tmp_path), fit(), until)
    assert found.last_month == last
    assert found.months == min(12, int(last[-2:]) if last.startswith("2022") else 12)
    assert found.starters_per_month == pytest.approx(starters_per_month)


def test_a_table_of_the_future_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"first month is 2022-01, and none ends by 2021-12-31"):
        own_levels(table(tmp_path), fit(), date(2021, 12, 31))


@pytest.mark.parametrize("times", [0.7, 1.0, 1.5])
def test_leavers_are_set_against_the_children_in_care_at_the_start(
    tmp_path: Path, times: float
) -> None:
    """Half as many again, and the table's leavers are theirs: 60 more would leave otherwise."""
    rows = [f"2022-{month:02d},11,11" for month in range(1, 13)]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["month,starters,leavers", *rows]), "utf-8")
    ages = fit().by_age_group * times
    found = own_levels(read_monthly_table(path), fit(), date(2022, 12, 31), ages)
    ahead = year_ahead(fit(), ages, found.starters.mean, found.exit_level)
    # A prior of 20 events at the fitted rates keeps it some way from the 132 of the table.
    leavers = float(ahead.left.sum()) + ahead.adopted + ahead.uasc_left + ahead.turned_18
    assert leavers == pytest.approx(132, rel=0.13)


def test_months_that_are_old_or_not_read_are_said(tmp_path: Path) -> None:
    read = own_levels(table(tmp_path), fit(), date(2022, 10, 31))
    (left,) = table_notes(read, date(2022, 10, 31))
    assert "mine.csv: 3 months after October 2022 are not read" in left
    assert (
        table_notes(own_levels(table(tmp_path), fit(), date(2023, 3, 31)), date(2023, 3, 31)) == []
    )
    (old,) = table_notes(own_levels(table(tmp_path), fit(), date(2025, 3, 31)), date(2025, 3, 31))
    assert "ends in January 2023, 26 months before the forecast begins" in old
