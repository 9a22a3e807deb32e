"""Why the outturn moved: each line by hand, and the change to the pound."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records import Spell, cost_plan, record

from sufficiency.domain import month_end, report_dates
from sufficiency.errors import UserError
from sufficiency.finance.movement import Movement, explain
from sufficiency.finance.vintages import Vintages, vintages
from sufficiency.measures.money import nightly_prices_gbp
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.kinds import Results, check_replaceable

AUGUST, SEPTEMBER = date(2020, 8, 31), date(2020, 9, 30)
CHILDREN, A_MONTH = 10.0, 1_000.0
"""What one child in ten costs a month, in a world where nothing changes."""


def a_run(
    folder: Path,
    start: date,
    *,
    actual: float | None = 10_000.0,
    committed: float = 8_000.0,
    new: float = 2_000.0,
    price: float = 1.0,
    children: float = CHILDREN,
    foretold: float = CHILDREN,
    told: Vintages | None = None,
    code: str = "336",
) -> Path:
    """A run folder: so much a month before the start, and in each month after it."""
    ends = [month_end(date(2020, month, 1)) for month in range(4, 13)]
    ends += [month_end(date(2021, month, 1)) for month in range(1, 4)]
    rows: list[tuple[Any, ...]] = []
    for day in ends:
        if day <= start and actual is not None:
            rows.append((day, "all", "all", "actual", "cost", actual))
        if day <= start:
            continue
        for basis, amount in (("committed", committed), ("new", new)):
            for sector in ("all", "ifa"):
                rows.append((day, sector, "all", basis, "cost", amount))
                rows.append((day, sector, "all", basis, "nights", amount / (100 * price)))
    names = ["date", "sector", "pool", "basis", "measure", "mean"]
    later = [day for day in report_dates(start, 18) if day > start]
    stocks = [(start, children), *((day, foretold) for day in later)]
    forecast = pd.DataFrame(
        [(day, "in_care", "ifa", "all", number) for day, number in stocks],
        columns=["date", "measure", "sector", "age_band", "mean"],
    )
    folder.mkdir()
    pd.DataFrame(rows, columns=names).to_csv(folder / "finance_monthly.csv", index=False)
    forecast.to_csv(folder / "forecast.csv", index=False)
    manifest: Mapping[str, Any] = {
        "authority": {"old_la_code": code},
        **({"vintages": told.told()} if told else {}),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def moved(tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> Movement:
    return explain(
        a_run(tmp_path / "2020-08", AUGUST, **before),
        a_run(tmp_path / "2020-09", SEPTEMBER, **after),
    )


def test_a_month_that_went_as_foretold_moves_nothing(tmp_path: Path) -> None:
    found = moved(tmp_path, {}, {})
    assert (found.year, found.before_gbp, found.after_gbp) == ("2020-21", 120_000, 120_000)
    assert set(found.lines.values()) == {0}


def test_a_dear_month_is_actuals_replacing_forecast(tmp_path: Path) -> None:
    # What was spent in September only: earlier months are as they were.
    before = a_run(tmp_path / "2020-08", AUGUST)
    after = a_run(tmp_path / "2020-09", SEPTEMBER)
    monthly = pd.read_csv(after / "finance_monthly.csv")
    is_september = (monthly["date"] == "2020-09-30") & (monthly["basis"] == "actual")
    monthly.loc[is_september, "mean"] = 11_500.0
    monthly.to_csv(after / "finance_monthly.csv", index=False)
    found = explain(before, after)
    assert found.lines["actuals"] == found.change_gbp == 1_500
    assert "restated" not in found.lines


def test_an_earlier_month_that_was_restated_is_a_line_of_its_own(tmp_path: Path) -> None:
    found = moved(tmp_path, {}, {"actual": 10_100.0})
    assert (found.lines["actuals"], found.lines["restated"]) == (100, 500)
    assert found.change_gbp == 600


def test_dearer_nights_are_price_alone(tmp_path: Path) -> None:
    dearer = {"committed": 8_800.0, "new": 2_200.0, "price": 1.1}
    found = moved(tmp_path, {}, dearer)
    assert found.lines["price"] == found.change_gbp == 6 * 1_000
    assert found.lines["children_at_start"] == found.lines["still_to_come"] == 0


def test_more_children_than_foretold_are_told_from_more_to_come(tmp_path: Path) -> None:
    found = moved(tmp_path, {}, {"children": 11.0, "committed": 8_800.0, "new": 2_300.0})
    # One child in eleven of the committed money, which nobody had foretold.
    assert found.lines["children_at_start"] == 6 * 800
    assert found.lines["still_to_come"] == found.change_gbp - 6 * 800
    assert any("are one line" in note for note in found.notes)


def test_a_start_within_a_month_is_not_told_by_whole_months(tmp_path: Path) -> None:
    """Vintages are months: from the end of August to 15 October is no number of them."""
    months = 12
    vintages = told(np.full((13, months), 10.0), np.triu(np.full((months, months), 100.0)))
    before = a_run(tmp_path / "2020-08", AUGUST, told=vintages)
    after = a_run(tmp_path / "within", date(2020, 10, 15), told=vintages)
    assert "leavers" not in explain(before, after).lines


def told(committed: np.ndarray, new: np.ndarray) -> Vintages:
    return Vintages(committed, new)


def test_leavers_and_children_placed_since_are_told_apart_by_vintage(tmp_path: Path) -> None:
    """£8,000 a month in the placements of the start: £500 in those of the month before it, £250 in
    those of the month before that."""
    months = 12
    old = np.zeros((13, months))
    old[0], old[1], old[12] = 500.0, 250.0, 7_250.0
    to_come = np.triu(np.full((months, months), 100.0))
    as_foretold = told(old, to_come)
    later = old.copy()
    later[0], later[1], later[12] = 900.0, 480.0, 6_520.0
    found = moved(
        tmp_path,
        {"told": as_foretold, "committed": 8_000.0},
        {"told": told(later, to_come), "committed": 7_900.0},
    )
    remaining = 6
    # Placed in September: 900 a month, where 100 was foretold for those who came in September.
    raw = {
        "placed_since": remaining * (900 - 100),
        "leavers": remaining * (7_000 - 8_000),
    }
    to_come_then = sum(100.0 * number for number in range(1, 7))
    to_come_now = sum(100.0 * number for number in range(1, 7))
    assert found.lines["placed_since"] == raw["placed_since"]
    assert found.lines["leavers"] == raw["leavers"]
    assert found.lines["still_to_come"] == to_come_now - to_come_then
    # The tables of these folders say 7,900 and 2,000 a month, vintages another sum: the rest.
    assert sum(found.lines.values()) == found.change_gbp


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_lines_add_up_to_the_pound(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    def any_run() -> dict[str, float]:
        amounts = st.integers(0, 10**8).map(lambda pence: pence / 100)
        return {
            "actual": data.draw(amounts),
            "committed": data.draw(amounts),
            "new": data.draw(amounts),
            "price": data.draw(st.floats(0.1, 10)),
            "children": float(data.draw(st.integers(0, 500))),
        }

    found = moved(tmp_path_factory.mktemp("runs"), any_run(), any_run())
    assert sum(found.lines.values()) == found.change_gbp
    assert abs(found.lines["rounding"]) <= len(found.lines)
    table = found.table()
    assert table["amount_gbp"].iloc[:-1].sum() == table["amount_gbp"].iloc[-1]


def test_months_in_neither_run_are_said(tmp_path: Path) -> None:
    before = a_run(tmp_path / "2020-08", AUGUST, actual=None)
    after = a_run(tmp_path / "2020-09", SEPTEMBER)
    found = explain(before, after)
    assert "5 of the 12 months (April 2020 to August 2020)" in found.notes[0]


def test_compare_of_two_months_writes_why_the_outturn_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = a_run(tmp_path / "2020-08", AUGUST)
    after = a_run(tmp_path / "2020-09", SEPTEMBER, actual=10_100.0)
    out = tmp_path / "moved"
    assert status("compare", str(before), str(after), "--out", str(out)) == 0
    assert "rose by £600, from £120,000 to £120,600." in capsys.readouterr().out
    table = pd.read_csv(out / "movement.csv")
    check_replaceable(out, Results.COMPARISON)
    assert table["line"].iloc[[0, -1]].tolist() == ["before", "after"]
    assert table["amount_gbp"].iloc[:-1].sum() == table["amount_gbp"].iloc[-1] == 120_600
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Earlier months restated" in page
    assert "£120,600" in page


def test_runs_that_do_not_explain_each_other_are_refused(tmp_path: Path) -> None:
    before = a_run(tmp_path / "2020-08", AUGUST)
    after = a_run(tmp_path / "2020-09", SEPTEMBER)
    with pytest.raises(UserError, match="Give the earlier run first"):
        explain(after, before)
    with pytest.raises(UserError, match="another authority"):
        explain(before, a_run(tmp_path / "leeds", SEPTEMBER, code="383"))
    with pytest.raises(UserError, match="says nothing of what was spent in April 2020"):
        explain(before, a_run(tmp_path / "no ledger", SEPTEMBER, actual=None))
    with pytest.raises(UserError, match="not the folder of a run"):
        explain(before, tmp_path)
    with pytest.raises(UserError, match="forecasts no month of 2019-20"):
        explain(before, after, "2019-20")


def test_the_money_of_a_month_is_shared_out_over_when_placements_began() -> None:
    """Two children placed before the start and two after, at £130 a night with an agency.

    Who comes at the midnight that ends a month has come in that month.
    """
    calendar = report_calendar(date(2021, 3, 31), 3)
    happened = record(
        Spell(0, "ifa", 0.0, 91.0, placed=-20.0),
        Spell(1, "ifa", 0.0, 30.5, placed=-400.0),
        Spell(2, "ifa", 40.5, 91.0, began=1),
        Spell(3, "ifa", 30.0, 91.0, began=1),
        horizon=91,
    )
    nightly = nightly_prices_gbp(cost_plan(), calendar)
    committed, new = np.array([60.0, 31.0, 30.0]), np.array([1.0, 52.0, 60.0])
    found = vintages([happened], nightly, calendar, 130.0 * np.array([committed, new]))
    assert found.committed[0] == pytest.approx(130 * np.array([30, 31, 30]))
    assert found.committed[12] == pytest.approx([130 * 30, 0, 0])
    assert found.committed[1:12].sum() == 0
    assert found.new[0] == pytest.approx(130 * np.array([1, 31, 30]))
    assert found.new[1] == pytest.approx([0, 130 * 21, 130 * 30])
    # Twice as much is expected over all futures: the shares stay.
    twice = vintages([happened], nightly, calendar, 260.0 * np.array([committed, new]))
    assert twice.committed == pytest.approx(2 * found.committed)
    assert math.isclose(twice.new.sum(), 260 * 113)
    again = Vintages.read(twice.told())
    assert again is not None
    assert again.committed == pytest.approx(twice.committed, abs=0.5)
