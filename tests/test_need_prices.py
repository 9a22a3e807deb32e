"""Children of some needs cost a multiple of what others pay in the same place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from records import Spell, cost_plan, measured, record

from sufficiency.domain import NEED_GROUPS, NeedGroup
from sufficiency.errors import ScenarioError
from sufficiency.measures.money import CostPlan
from sufficiency.resolution.need_prices import with_prices_of_needs
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.model import Scenario

HEAD = "name: a\nauthority: Wolverhampton\ncosts:\n  price_multiple_by_need:\n"
HAPPENED = record(
    Spell(0, "residential", 0, need=NeedGroup.RESIDENTIAL),
    Spell(1, "residential", 0, need=NeedGroup.FAMILY, fit="unsuitable"),
    Spell(2, "ifa", 0, need=NeedGroup.RESIDENTIAL, fit="suitable"),
    Spell(3, "unplaced", 0, need=NeedGroup.RESIDENTIAL, fit="unsuitable"),
)


def paid(**multiples: float) -> tuple[list[float], float]:
    """GBP of the first month with agencies, in homes and unplaced; and the gap's extra cost."""
    found = tuple(multiples.get(str(need), 1.0) for need in NEED_GROUPS)
    costs = replace(cost_plan(), need_multiples=found if multiples else ())
    figures = measured(HAPPENED, months=1, costs=costs).figures
    by_pool = figures.cost_gbp.sum(axis=0)[:, 0]
    return [float(by_pool[pool]) for pool in (1, 3, 6)], float(figures.extra_cost_gbp.sum())


def test_a_multiple_is_paid_by_those_of_the_need_wherever_they_live() -> None:
    nights = 30
    plain, extra = paid()
    assert plain == pytest.approx([130 * nights, 2 * 600 * nights, 1000 * nights])
    assert extra == pytest.approx(((600 - 80) + (130 - 80) + (1000 - 80)) * nights)
    more, extra = paid(residential=1.5)
    assert more == pytest.approx([195 * nights, (900 + 600) * nights, 1500 * nights])
    # The first choice would cost these children half as much again too.
    assert extra == pytest.approx(((600 - 80) + 1.5 * (130 - 80) + 1.5 * (1000 - 80)) * nights)


def test_a_price_that_is_known_is_what_is_paid() -> None:
    happened = record(Spell(0, "residential", 0, need=NeedGroup.RESIDENTIAL))
    happened.spells["stream"] = -1
    multiples = tuple(2.0 if need is NeedGroup.RESIDENTIAL else 1.0 for need in NEED_GROUPS)
    costs = replace(cost_plan(), need_multiples=multiples, known_weekly_gbp=(7 * 100.0,))
    assert measured(happened, months=1, costs=costs).figures.cost_gbp.sum() == pytest.approx(3000)


def resolved(scenario: Scenario, names: tuple[str, ...]) -> tuple[CostPlan, list[str]]:
    costs, origins = with_prices_of_needs(cost_plan(), scenario, names)
    return costs, [f"{origin.key} {origin.value} {origin.low} {origin.kind}" for origin in origins]


def test_need_and_planning_groups_may_have_one_each_with_its_source(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    assumed = "{value: 1.6, low: 1.2, kind: assumed, source: a guess}"
    path.write_text(f"{HEAD}    family: 0.9\n    complex: {assumed}\n", encoding="utf-8")
    names = (*map(str, NEED_GROUPS), "complex")
    costs, origins = resolved(load_scenario(path), names)
    assert costs.need_multiples == tuple({"family": 0.9, "complex": 1.6}.get(n, 1.0) for n in names)
    assert origins == [
        "costs.price_multiple_by_need.family 0.9 None lever",
        "costs.price_multiple_by_need.complex 1.6 1.2 assumed",
    ]
    silent = Scenario.model_validate({"name": "a", "authority": "Wolverhampton"})
    assert resolved(silent, names) == (cost_plan(), [])


def test_a_group_that_does_not_exist_is_named_with_the_one_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(f"{HEAD}    residental: 2\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        with_prices_of_needs(
            cost_plan(), load_scenario(Path("a.yaml")), tuple(map(str, NEED_GROUPS))
        )
    assert str(caught.value) == (
        'a.yaml, line 5, costs.price_multiple_by_need.residental: found "residental", expected one '
        f'of {", ".join(NEED_GROUPS)}. Did you mean "residential"?'
    )
    for wrong, found in (("0", "0"), ("-1", "-1"), ("50%", '"50%"')):
        Path("a.yaml").write_text(f"{HEAD}    family: {wrong}\n", encoding="utf-8")
        with pytest.raises(ScenarioError, match=rf"found {found}, expected a ratio above 0"):
            load_scenario(Path("a.yaml"))


def test_with_a_multiple_of_one_nothing_changes() -> None:
    assert paid(residential=1.0) == paid()
    assert np.isclose(paid(family=2.0)[1] - paid()[1], (600 - 80) * 30)
