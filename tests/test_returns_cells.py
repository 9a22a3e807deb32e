"""Are dates and codes of children's files read in whatever form they are written?"""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.history.returns.coded import Coded
from sufficiency.history.returns.codes import PLACE_CODES, UNKNOWN, VALID, code_of
from sufficiency.history.returns.dates import order_of, parse, parse_one


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("%Y-%m-%d", "yyyy-mm-dd"),
        ("%Y-%m-%d 00:00:00", "yyyy-mm-dd"),
        ("%Y-%m-%dT00:00:00.000Z", "yyyy-mm-dd"),
        ("%d/%m/%Y", "dd/mm/yyyy"),
        ("%d/%m/%Y 00:00", "dd/mm/yyyy"),
        ("%d-%m-%Y", "dd/mm/yyyy"),
        ("%d.%m.%Y", "dd/mm/yyyy"),
        ("%d/%m/%y", "dd/mm/yy"),
        ("%m/%d/%Y", "mm/dd/yyyy"),
        ("%d %b %Y", "dd mmm yyyy"),
        ("%d-%b-%y", "dd mmm yyyy"),
        ("%Y%m%d", "yyyymmdd"),
    ],
)
def test_each_form_of_date_is_read(pattern: str, said: str) -> None:
    expected = pd.date_range("1999-01-25", "2024-03-31", freq="37D")
    column = Coded.of(expected.strftime(pattern).tolist())
    order = order_of([column])
    found, unlike = parse(column, order)
    assert order.shape == said
    assert (found == expected.to_numpy().astype("datetime64[D]")).all()
    assert not unlike.any()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dates(pd.Timestamp("1995-01-01").date(), pd.Timestamp("2030-01-01").date())),
    st.booleans(),
)
def test_the_order_of_day_and_month_is_the_files(dates: list, month_first: bool) -> None:
    """One cell with one reading decides for all; with none, the day is first."""
    pattern = "%m/%d/%Y" if month_first else "%d/%m/%Y"
    column = Coded.of([day.strftime(pattern) for day in dates] or [""])
    found, _ = parse(column, order_of([column]))
    decided = any(day.day > 12 for day in dates) or not month_first
    if decided and dates:
        assert found.tolist() == dates


def test_a_cell_is_never_read_against_its_file() -> None:
    column = Coded.of(["25/12/2020", "03/04/2021", "12/25/2020"])
    found, _ = parse(column, order_of([column]))
    assert found.astype(str).tolist() == ["2020-12-25", "2021-04-03", "NaT"]


@pytest.mark.parametrize(
    "text", ["31/02/2020", "2020-13-01", "soon", "00/00/0000", "1/1/1", "12", "2020", "99999"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_one(text, month_first=False)[0] is None


def test_day_numbers_of_a_spreadsheet() -> None:
    found, shape = parse_one("43555", month_first=False)
    assert str(found) == "2019-03-31"
    assert shape == "spreadsheet day numbers"
    assert str(parse_one("43555.0", month_first=False)[0]) == "2019-03-31"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("PLACE", " u4 ", "U4"),
        ("PLACE", "Z11", "Z11"),
        ("PLACE", "K3", "K3"),
        ("PLACE", "H5", "H5"),
        ("PLACE", "U4 - Foster placement, long term", "U4"),
        ("PLACE", "XX", UNKNOWN),
        ("PLACE_PROVIDER", "pr1", "PR1"),
        ("PLACE_PROVIDER", "1", "PR1"),
        ("REC", "e4a", "E4A"),
        ("REC", "E43", "E43"),
        ("REC", "E 4 A", "E4A"),
        ("REC", "X1.0", "X1"),
        ("SEX", "1.0", "M"),
        ("SEX", "female", "F"),
        ("SEX", "F", "F"),
        ("REASON_PLACE_CHANGE", "carpl ", "CARPL"),
        ("CIN", "N0", UNKNOWN),
        ("LS", "c2", "C2"),
        ("LS", "Short break", "V4"),
        ("RNE", "", ""),
    ],
)
def test_codes_in_every_spelling(name: str, text: str, code: str) -> None:
    assert code_of(name, text.strip()) == code


@given(st.sampled_from(sorted(VALID)), st.text(max_size=12))
def test_a_code_is_one_of_the_list_or_unknown(name: str, text: str) -> None:
    assert code_of(name, text) in ("", UNKNOWN, *VALID[name])


def test_old_and_new_codes_are_all_readable() -> None:
    for old_or_new in ("H5", "P2", "K3", "Z1", "Z11", "Z14", "Q1"):
        assert old_or_new in PLACE_CODES
    for rec in ("E43", "E44", "E45", "E48", "E99", "E17"):
        assert rec in VALID["REC"]
