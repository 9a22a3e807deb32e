"""A forecast says so where it begins with far more starters than the latest year had."""

from __future__ import annotations

import re

import pytest
from fits import WOLVERHAMPTON, fit, resolved

from sufficiency.resolution.resolve import Resolved


def said(found: Resolved) -> list[str]:
    return [warning for warning in found.warnings if "expected to start care" in warning]


def test_a_large_pull_is_said_with_both_numbers() -> None:
    """Numbers have fallen for years in Wolverhampton: the pull adds a quarter to its starters."""
    found = resolved(WOLVERHAMPTON)
    (warning,) = said(found)
    numbers = re.match(
        r"(\d+) .* at first, (\d+)% more than the (\d+) of .*, and (\d+) a year at the end",
        warning,
    )
    assert numbers is not None, warning
    expected, more, latest, last = map(int, numbers.groups())
    assert expected == pytest.approx(found.plan.levels.starters_per_year.mean.sum(), abs=0.5)
    growth = found.plan.calendar.entries[:, -1] / found.plan.calendar.entries[:, 0]
    assert last == pytest.approx(expected * growth[0], abs=1)
    assert last > expected + 10
    assert latest == fit(WOLVERHAMPTON).counts.started_total[-1]
    assert more == pytest.approx(100 * (expected / latest - 1), abs=1)


@pytest.mark.parametrize(
    "keys", [{"entries": {"starters_per_month": 30}}, {"uncertainty": {"damping": False}}]
)
def test_nothing_is_said_where_nothing_pulls(keys: dict[str, object]) -> None:
    assert said(resolved(WOLVERHAMPTON, **keys)) == []
