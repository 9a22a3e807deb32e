"""Budgets and ledgers in a scenario file: what may be written, and what is said of a mistake."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from sufficiency.errors import UserError
from sufficiency.resolution.budgets import budget_origins
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.options import with_options

TOP = "name: desk\nauthority: Wolverhampton\nstart: 2020-09-30\nmonths: 18\ncosts:\n"


def resolved(folder: Path, costs: str, **options: int) -> Resolved:
    path = folder / "desk.yaml"
    path.write_text(TOP + costs, encoding="utf-8")
    return resolve(with_options(load_scenario(path), **options))


def ledger(folder: Path, *rows: str) -> None:
    text = "\n".join(["month,sector,cost,nights", *rows, ""])
    (folder / "ledger.csv").write_text(text, encoding="utf-8")


def test_a_budget_is_one_sum_or_one_for_each_sector(tmp_path: Path) -> None:
    found = resolved(
        tmp_path,
        "  budget:\n"
        '    "2020-21": {value: 30000000, source: cabinet paper}\n'
        '    "2021-22":\n'
        "      residential: 12000000\n"
        "      ifa: {value: 8000000, kind: assumed, source: service plan}\n",
    )
    assert found.costs.budget_gbp == {"2020-21": 30e6}
    assert found.costs.sector_budget_gbp == {"2021-22": {"residential": 12e6, "ifa": 8e6}}
    origins = {origin.key: origin for origin in budget_origins(found.scenario)}
    assert origins["costs.budget.2020-21"].source == "cabinet paper"
    assert origins["costs.budget.2021-22.ifa"].kind == "assumed"
    assert "Foster carers from independent agencies" in origins["costs.budget.2021-22.ifa"].label


def test_the_ledger_is_found_beside_the_scenario_and_ends_where_the_forecast_begins(
    tmp_path: Path,
) -> None:
    ledger(tmp_path, *(f"2020-{month:02d},all,2500000," for month in range(4, 10)))
    found = resolved(tmp_path, "  actuals: ledger.csv\n")
    assert found.actuals is not None
    assert found.actuals.last_day == date(2020, 9, 30)
    assert [path.name for path in found.scenario.named_paths.values()] == ["ledger.csv"]


MISTAKES = {
    "text in a number": (
        '  budget: {"2020-21": plenty}\n',
        'desk.yaml, line 6, costs.budget.2020-21: found "plenty", expected an amount in pounds',
    ),
    "text in a sector's number": (
        '  budget:\n    "2020-21":\n      ifa: plenty\n',
        'desk.yaml, line 8, costs.budget.2020-21.ifa: found "plenty", expected an amount',
    ),
    "a negative budget": (
        '  budget: {"2020-21": -1}\n',
        "costs.budget.2020-21: found -1, expected an amount in pounds, 0 or more",
    ),
    "an unknown sector": (
        '  budget:\n    "2020-21":\n      fostering: 1\n',
        "line 8, costs.budget.2020-21.fostering: unknown key. Did you mean",
    ),
    "a year that is none": (
        '  budget: {"2020": 1}\n',
        'expected a financial year such as "2020-21"',
    ),
    "a year before the forecast": (
        '  budget: {"2019-20": 1}\n',
        "desk.yaml, line 6, costs.budget.2019-20: found a budget for 2019-20, but the forecast "
        "goes from 2020-09-30 to 2022-03-31; expected a year from 2020-21 to 2021-22. Take it out.",
    ),
    "a year after the forecast": (
        '  budget: {"2022-23": 1}\n',
        "expected a year from 2020-21 to 2021-22. Take it out or forecast more months.",
    ),
    "no ledger": (
        "  actuals: absent.csv\n",
        'desk.yaml, line 6, costs.actuals: found "absent.csv", but there is no such file',
    ),
    "a ledger of months that are forecast": (
        "  actuals: ledger.csv\n",
        "ledger.csv, row 2: 2020-10 overlaps the forecast, which starts when 2020-09-30 ends. "
        "Leave out 2020-10 and later, or start the forecast on 2020-10-31.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_clear_message(tmp_path: Path, name: str) -> None:
    ledger(tmp_path, "2020-10,all,1,")
    costs, said = MISTAKES[name]
    with pytest.raises(UserError, match=re.escape(said)) as refused:
        resolved(tmp_path, costs)
    assert "\n" not in str(refused.value)


def test_a_forecast_shortened_when_it_is_run_leaves_later_budgets_behind(tmp_path: Path) -> None:
    found = resolved(tmp_path, '  budget: {"2021-22": 1}\n', months=3)
    assert found.months == 3
