"""Actuals: is a ledger read as it is meant, and each mistake in it named with its row?"""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import pytest

from sufficiency.errors import HistoryError
from sufficiency.history.actuals import Actuals, read_actuals

START = date(2020, 9, 30)


def ledger(folder: Path, text: str, start: date = START) -> Actuals:
    path = folder / "spend so far.csv"
    path.write_text(text, encoding="utf-8")
    return read_actuals(path, start)


def test_a_ledger_as_people_keep_it_is_read(tmp_path: Path) -> None:
    found = ledger(
        tmp_path,
        "Nights,Month,Sector,Cost (£),Who\n"
        ",Aug 2020,Residential,£310000.50,x\n"
        '900,2020-08,IFA,"120,000",x\n\n'
        "870,01/09/2020,ifa,0,x\n"
        "120,Sep-20,residential,300000,x\n",
    )
    assert found.file == "spend so far.csv"
    assert found.months == (date(2020, 8, 1), date(2020, 9, 1))
    assert found.sectors == ("ifa", "residential")
    assert found.cost_gbp == ((120_000, 310_000.5), (0, 300_000))
    assert found.nights[0][0] == 900
    assert math.isnan(found.nights[0][1])
    assert found.last_day == START


def test_a_ledger_that_does_not_part_the_sectors_is_read(tmp_path: Path) -> None:
    found = ledger(tmp_path, "month,sector,cost\n2020-09,all,2500000\n")
    assert (found.sectors, found.cost_gbp) == (("all",), ((2_500_000,),))


HEAD = "month,sector,cost,nights\n"
MISTAKES = {
    "text in a number": ("2020-09,ifa,lots,1\n", 'row 2, column cost: found "lots", which is not'),
    "another currency": ("2020-09,ifa,€100,1\n", 'found "€100", which is not a number in pounds'),
    "negative money": ("2020-09,ifa,-5,1\n", 'row 2, column cost: found "-5", a negative amount'),
    "negative money in brackets": ("2020-09,ifa,(5),1\n", "a negative amount"),
    "negative nights": ("2020-09,ifa,5,-1\n", "column nights: found"),
    "no money": ("2020-09,ifa,,1\n", "row 2, column cost: nothing there; expected pounds"),
    "a month twice": (
        "2020-09,ifa,5,1\nSep 2020,ifa,6,1\n",
        "row 3: 2020-09, ifa, is there twice (first in row 2)",
    ),
    "all beside a sector": (
        "2020-09,ifa,5,1\n2020-09,all,6,1\n",
        'row 3: found "all", but row 2 says "ifa"',
    ),
    "a month that is forecast": (
        "2020-09,ifa,5,1\n2020-10,ifa,5,1\n",
        "row 3: 2020-10 overlaps the forecast, which starts when 2020-09-30 ends. Leave out",
    ),
    "a gap": ("2020-06,ifa,5,1\n2020-09,ifa,5,1\n", "no row for 2020-07, 2020-08"),
    "a sector missing in a month": (
        "2020-08,ifa,5,1\n2020-08,other,5,1\n2020-09,ifa,5,1\n",
        "2020-09 has no row for other",
    ),
    "an unknown sector": ("2020-09,foster,5,1\n", 'column sector: found "foster", expected one of'),
    "no month": ("soon,ifa,5,1\n", 'column month: found "soon", which is not a month'),
    "nothing": ("", "there are no rows under the column names"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_its_row(tmp_path: Path, name: str) -> None:
    rows, said = MISTAKES[name]
    with pytest.raises(HistoryError, match=re.escape(said)):
        ledger(tmp_path, HEAD + rows)


def test_a_ledger_that_ends_within_the_month_of_the_start_is_told_what_to_do(
    tmp_path: Path,
) -> None:
    with pytest.raises(
        HistoryError, match=r"starts within that month, .* start the forecast on 2020-09-30"
    ):
        ledger(tmp_path, f"{HEAD}2020-09,ifa,5,1\n", start=date(2020, 9, 15))


def test_a_price_list_instead_of_a_ledger_is_refused_with_the_columns(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match='"cost" is missing; found month, sector, weekly_cost'):
        ledger(tmp_path, "month,sector,weekly_cost\n2020-09,ifa,5\n")
    with pytest.raises(HistoryError, match='"cost_eur" is not in pounds: turn it into pounds'):
        ledger(tmp_path, "month,sector,cost_eur\n2020-09,ifa,5\n")
    with pytest.raises(HistoryError, match="not parted by commas"):
        ledger(tmp_path, "month;sector;cost\n2020-09;ifa;5\n")
    with pytest.raises(HistoryError, match="no such file"):
        read_actuals(tmp_path / "absent.csv", START)
