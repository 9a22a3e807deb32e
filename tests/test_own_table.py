"""A forecast reads no month of the user's own table that ends after it begins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fits import fit

from sufficiency.errors import HistoryError
from sufficiency.history.monthly_table import MonthlyTable, read_monthly_table
from sufficiency.resolution.own_table import own_levels


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
