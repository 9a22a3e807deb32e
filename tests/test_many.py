"""Many variants in the same worlds: what `run` gives, whoever works, and wherever it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_council import SmallCouncil

from sufficiency.chunk_folder import ChunkFolder
from sufficiency.comparison.many import run_many
from sufficiency.comparison.totals import COST_LINES, Total, Totals, cost_by_setting_gbp
from sufficiency.domain import SECTORS
from sufficiency.errors import UserError
from sufficiency.experiment import run
from sufficiency.identity import Identity
from sufficiency.measures.monthly import Figures, Surroundings

COUNCIL = SmallCouncil()
CALM = replace(COUNCIL, drift=False)
SERIAL: Any = {"executor": "serial", "workers": 1}
IN_CARE, COST = Total("in_care"), Total("cost")
WANTED = Totals(
    (IN_CARE, COST, Total("starters", financial_year="2021-22"), Total("in_care", sector="ifa"))
)


def test_each_variant_has_the_figures_of_a_run_of_its_own() -> None:
    many = run_many([COUNCIL, CALM], 12, 5, WANTED, **SERIAL).together("totals")
    for variant, council in enumerate((COUNCIL, CALM)):
        forecast = run(council, replications=12, seed=5, workers=1)
        values = forecast.replications
        last = values[values["date"] == values["date"].max()]
        row = (last["measure"] == "in_care") & (last["age_band"] == "all")
        for column, sector in ((0, "all"), (3, "ifa")):
            mine = last[row & (last["sector"] == sector)].sort_values("replication")["value"]
            np.testing.assert_array_equal(many[variant, :, column], mine)
        cost = forecast.finance.query("measure == 'cost' and sector == 'all' and pool == 'all'")
        np.testing.assert_allclose(many[variant, :, 1].mean(), cost["mean"].sum(), rtol=1e-12)


def test_cost_by_setting_adds_up_to_all() -> None:
    def cost(figures: Figures, around: Surroundings) -> Mapping[str, NDArray[Any]]:
        return {"cost": cost_by_setting_gbp(figures, around)}

    found = run_many([COUNCIL], 8, 1, cost, **SERIAL).of(0, "cost")
    assert found.shape == (8, len(COST_LINES), COUNCIL.months)
    np.testing.assert_allclose(found[:, 1:].sum(axis=1), found[:, 0], rtol=1e-12)
    assert (found[:, 1 + SECTORS.index(SECTORS[0])] > 0).all()


def test_workers_and_neighbours_change_nothing() -> None:
    alone = run_many([CALM], 60, 3, WANTED, **SERIAL).of(0, "totals")
    crowd = run_many([COUNCIL, CALM, COUNCIL], 60, 3, WANTED, workers=2, executor="threads")
    np.testing.assert_array_equal(crowd.of(1, "totals"), alone)
    np.testing.assert_array_equal(crowd.of(0, "totals"), crowd.of(2, "totals"))


def test_what_was_finished_is_used_and_not_simulated_again(tmp_path: Path) -> None:
    identity = Identity("many", "0", "1", 3)
    undisturbed = run_many([COUNCIL, CALM], 60, 3, WANTED, **SERIAL).together("totals")

    def stop(done: int, total: int) -> None:
        if done >= 70:
            raise KeyboardInterrupt

    folder = ChunkFolder(tmp_path / "out", identity, resume=False)
    with pytest.raises(KeyboardInterrupt):
        run_many([COUNCIL, CALM], 60, 3, WANTED, **SERIAL, progress=stop, store=folder)
    seen: list[tuple[int, int]] = []
    again = ChunkFolder(tmp_path / "out", identity, resume=True)
    resumed = run_many(
        [COUNCIL, CALM],
        60,
        3,
        WANTED,
        **SERIAL,
        progress=lambda done, total: seen.append((done, total)),
        store=again,
    )
    np.testing.assert_array_equal(resumed.together("totals"), undisturbed)
    assert seen[0] == (110, 120)
    assert seen[-1] == (120, 120)


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (Total("in_car"), "total: found in_car, all, all, expected a row of the forecast table"),
        (Total("in_care", at=date(2020, 7, 1)), "at: found 2020-07-01, expected a report date"),
        (Total("cost", financial_year="1999-00"), "financial_year: found 1999-00, expected one of"),
        (Total("cost", sector="houses"), "cost: found houses"),
    ],
)
def test_a_total_that_is_none(total: Total, said: str) -> None:
    with pytest.raises(UserError, match=said):
        run_many([COUNCIL], 1, 1, Totals((total,)), **SERIAL)


def test_numbers_that_make_no_sense() -> None:
    with pytest.raises(UserError, match="replications: found 0"):
        run_many([COUNCIL], 0, 1, WANTED)
    with pytest.raises(UserError, match="seed: found -1"):
        run_many([COUNCIL], 1, -1, WANTED)
