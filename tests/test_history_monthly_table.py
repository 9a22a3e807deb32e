"""A user's CSV of monthly starters and leavers: what is accepted, and each fault's message."""

from datetime import date
from pathlib import Path

import pytest

from sufficiency.errors import HistoryError, UserError
from sufficiency.history.monthly_table import BANDS, read_monthly_table

GOOD = "month,starters,leavers\n2020-04,10,8\n2020-05,12,9\n2020-06,7,11\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "flows.csv"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def message(folder: Path, text: str | bytes) -> str:
    path = write(folder, text)
    with pytest.raises(HistoryError) as fault:
        read_monthly_table(path)
    assert isinstance(fault.value, UserError)
    assert str(fault.value).startswith(str(path))
    return str(fault.value).removeprefix(str(path))


def test_reads_months_in_order_whatever_the_order_of_rows_and_columns(tmp_path: Path) -> None:
    text = "Leavers , Month,note,STARTERS\n11,2020-06,x,7\n8,2020-04,,10\n\n9,2020-05,,12\n,,,\n"
    table = read_monthly_table(write(tmp_path, text))
    assert table.months == [date(2020, 4, 1), date(2020, 5, 1), date(2020, 6, 1)]
    assert table.counts["starters"].tolist() == [10, 12, 7]
    assert table.counts["leavers"].tolist() == [8, 9, 11]
    assert not table.by_age_band


@pytest.mark.parametrize(
    "month",
    [
        *("2020-04", "2020-4", "2020-04-01", "2020/04/30", "2020-04-01 00:00:00"),
        *("Apr 2020", "APRIL 2020", "Apr-2020", "Apr-20", "01/04/2020", "1.4.2020", "04/2020"),
        *("1 April 2020", "30-Apr-2020", "2020 Apr"),
    ],
)
def test_ways_to_write_a_month(tmp_path: Path, month: str) -> None:
    table = read_monthly_table(write(tmp_path, f"month,starters,leavers\n{month},1,2\n"))
    assert table.months == [date(2020, 4, 1)]


def test_september_and_thousands_and_whole_decimals(tmp_path: Path) -> None:
    text = 'month,starters,leavers\nSept 2020,"1,204",8.0\n'
    row = read_monthly_table(write(tmp_path, text)).counts.iloc[0]
    assert (row["month"], row["starters"], row["leavers"]) == (date(2020, 9, 1), 1204, 8)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_from_spreadsheets(tmp_path: Path, encoding: str, newline: str) -> None:
    text = f"month,starters,leavers,remark{newline}2020-04,10,8,Café – £5{newline}"
    table = read_monthly_table(write(tmp_path, text.encode(encoding)))
    assert table.totals().to_numpy().tolist() == [[10, 8]]


def test_age_bands_in_long_form(tmp_path: Path) -> None:
    names = ["Under 1", "1 to 4 years", "5-9", "10_15", "16+"]
    rows = [f"2020-{m:02d},{name},{i},{i + 1}" for m in (4, 5) for i, name in enumerate(names)]
    text = "month,Age band,starters,leavers\n" + "\n".join(rows)
    table = read_monthly_table(write(tmp_path, text))
    assert table.by_age_band
    assert table.counts["age_band"].tolist() == [*BANDS, *BANDS]
    assert table.totals()["leavers"].tolist() == [15, 15]


FAULTS = {
    "empty": ("", ": the file is empty; expected the columns month,starters,leavers."),
    "blank": ("\n\n,,\n", ": the file is empty; expected the columns month,starters,leavers."),
    "header only": (
        "month,starters,leavers\n",
        ": there are no rows under the column names; expected months.",
    ),
    "missing column": (
        "month,starters\n2020-04,1\n",
        ': the column "leavers" is missing; found month, starters; expected '
        "month,starters,leavers.",
    ),
    "semicolons": (
        "month;starters;leavers\n2020-04;1;2\n",
        ': the column "month" is missing; found month;starters;leavers; expected '
        "month,starters,leavers. The columns are not parted by commas: save it as "
        '"CSV UTF-8 (comma delimited)".',
    ),
    "near column": (
        "month,starter,leavers\n2020-04,1,2\n",
        ': the column "starters" is missing; found month, starter, leavers; expected '
        'month,starters,leavers. Is it the column "starter"? Call it starters.',
    ),
    "column twice": (
        "month,starters,leavers,starters\n2020-04,1,2,3\n",
        ': the column "starters" is there twice; keep one.',
    ),
    "near age band": (
        "month,starters,leavers,ageband\n2020-04,1,2,5-9\n",
        ': the column "ageband" looks like "age_band". Call it age_band, or give it another '
        "name if it is not an age band.",
    ),
    "text": (
        "month,starters,leavers\n2020-04,10,8\n2020-05,ten,9\n",
        ', row 3, column starters: found "ten", which is not a number; expected a whole number '
        "of children, 0 or more.",
    ),
    "nothing": (
        "month,starters,leavers\n2020-04,10,\n",
        ", row 2, column leavers: nothing there; expected a whole number of children, 0 or more "
        "(0 if none).",
    ),
    "short row": (
        "month,starters,leavers\n2020-04,10\n",
        ", row 2, column leavers: nothing there; expected a whole number of children, 0 or more "
        "(0 if none).",
    ),
    "negative": (
        "month,starters,leavers\n2020-04,10,-8\n",
        ', row 2, column leavers: found "-8", a negative number; expected a whole number of '
        "children, 0 or more.",
    ),
    "fraction": (
        "month,starters,leavers\n2020-04,10.5,8\n",
        ', row 2, column starters: found "10.5", part of a child; expected a whole number of '
        "children, 0 or more.",
    ),
    "bad month": (
        "month,starters,leavers\nsometime,10,8\n",
        ', row 2, column month: found "sometime", which is not a month; write months as 2020-04, '
        "2020-04-01, Apr 2020 or 01/04/2020 (day/month/year).",
    ),
    "month 13": (
        "month,starters,leavers\n2020-13,10,8\n",
        ', row 2, column month: found "2020-13", which is not a month; write months as 2020-04, '
        "2020-04-01, Apr 2020 or 01/04/2020 (day/month/year).",
    ),
    "duplicate": (
        "month,starters,leavers\n2020-04,1,2\n2020-05,1,2\nApr 2020,3,4\n",
        ", row 4: 2020-04 is there twice (first in row 2); give each month once.",
    ),
    "gap": (
        "month,starters,leavers\n2020-11,1,2\n2021-02,3,4\n",
        ": there is a gap: no row for 2020-12, 2021-01. Add these months, with 0 where nobody "
        "started or left.",
    ),
    "bad band": (
        "month,age_band,starters,leavers\n2020-04,teens,1,2\n",
        ', row 2, column age_band: found "teens"; expected one of under_1, 1_4, 5_9, 10_15, 16_17.',
    ),
    "absent band": (
        "month,age_band,starters,leavers\n2020-04,under_1,1,2\n2020-04,1_4,1,2\n2020-04,5_9,1,2\n",
        ": 2020-04 has no row for age band 10_15, 16_17. Add it, with 0 where nobody started or "
        "left.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_message(tmp_path: Path, fault: str) -> None:
    text, expected = FAULTS[fault]
    assert message(tmp_path, text) == expected


def test_a_spreadsheet_saved_under_the_wrong_name(tmp_path: Path) -> None:
    assert "not text" in message(tmp_path, b"PK\x03\x04\x00\x00" + b"\x00" * 40)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no such file"):
        read_monthly_table(tmp_path / "absent.csv")
    with pytest.raises(HistoryError, match=r"cannot be read|no such file"):
        read_monthly_table(tmp_path)


def test_a_long_gap_is_not_listed_in_full(tmp_path: Path) -> None:
    text = "month,starters,leavers\n2010-01,1,2\n2020-01,3,4\n"
    assert "2010-07 and 113 more. Add" in message(tmp_path, text)


def test_counts_are_children_as_given(tmp_path: Path) -> None:
    table = read_monthly_table(write(tmp_path, GOOD))
    assert table.totals()["starters"].sum() == 29
    assert table.totals()["leavers"].sum() == 28
