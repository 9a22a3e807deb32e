"""Wolverhampton's supply as scenarios: each file can be laid over any other, in any company."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sufficiency.domain import NEED_GROUPS, SECTORS, Sector
from sufficiency.resolution.planning_groups import planning_groups
from sufficiency.resolution.supply import Supply, supply
from sufficiency.scenario.files import load_scenario
from sufficiency.shipped import shipped_path

BASE = shipped_path("scenarios", "wolverhampton-2020.yaml")
FOLDER = shipped_path("scenarios", "supply")
FILES = sorted(FOLDER.glob("*.yaml"))
CARERS = FOLDER / "wolverhampton-carers.yaml"
CHILDREN = np.array([215, 150, 86, 40, 23, 71])
NEEDS_CARERS = "foster-families-united"


def laid(*overlays: Path) -> Supply:
    return supply(load_scenario(BASE, overlays), CHILDREN, date(2020, 6, 30))


def places(found: Supply) -> dict[str, int | None]:
    return {pool.name: pool.places_at_start for pool in found.pools}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_changes_something_and_says_where_its_numbers_are_from(path: Path) -> None:
    below = (CARERS,) if path.stem == NEEDS_CARERS else ()
    before, after = laid(*below), laid(*below, path)
    changed = {origin.key for origin in after.origins} ^ {o.key for o in before.origins}
    values = {origin.key: origin.value for origin in before.origins}
    changed |= {o.key for o in after.origins if values.get(o.key, o.value) != o.value}
    assert changed
    text = path.read_text(encoding="utf-8")
    for key in ("name:", "authority:"):
        assert not text.startswith(key)
        assert f"\n{key}" not in text
    for origin in after.origins:
        assert origin.source
        if origin.key in changed and origin.unit != "places":
            assert origin.source != "the scenario file" or origin.kind == "lever"


def test_all_together_keep_the_order_of_use() -> None:
    found = laid(CARERS, *(path for path in FILES if path != CARERS))
    names = [pool.name for pool in found.pools]
    assert names.index("Key 2 Inspiration") < names.index("External homes")
    for own in ("Housing Support flats", "Supported lodgings"):
        assert names.index(own) < names.index("External supported accommodation")
    assert places(found)["External homes"] is None


def test_the_carers_of_2020_have_the_places_that_were_used() -> None:
    found = laid(CARERS)
    assert abs(int(places(found)["internal_fostering"] or 0) - 215) <= 2
    (process,) = found.plan.carers
    assert len(process.places_of_first) == 180


def test_family_values_gains_the_households_that_were_still_wanted() -> None:
    (process,) = laid(FOLDER / "family-values.yaml").plan.carers
    # Net of de-registrations at the rate given, over the 13 months to July 2021, all carers: 48.
    approved = 5.4 * 13
    ended = 0.09 * (230 + 270) / 2 * 13 / 12
    assert abs(approved - ended - 48) < 3
    assert process.approvals_per_day[0] > 2 * process.approvals_per_day[1]
    back = process.starts_days[1] + process.days_to_approve
    assert abs(back - (date(2021, 7, 31) - date(2020, 6, 30)).days) <= 1


def test_upper_pendeford_farm_adds_no_places() -> None:
    found = laid(FOLDER / "key-2-inspiration.yaml")
    homes = [pool.name for pool in found.pools if pool.sector is Sector.RESIDENTIAL]
    assert homes == ["Key 2 Inspiration", "External homes"]


def test_what_the_page_about_places_shows_can_be_run(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "supply.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 3
    for number, text in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        head = "" if text.startswith("name:") else "name: a\nauthority: Wolverhampton\n"
        path.write_text(head + text, encoding="utf-8")
        assert supply(load_scenario(path), CHILDREN, date(2023, 3, 31)).pools


def test_the_policy_that_the_page_about_places_shows_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "supply.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    homes = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    Path("homes.yaml").write_text(f"months: 2\n{homes}", encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.replace("replications=20", "replications=2"), names)
    rows = {row["key"]: row["value"] for row in names["forecast"].manifest["origins"]}
    assert rows["allocation.policy"] == "NearestFirst"


def test_the_strategys_planning_groups_are_there_and_their_sizes_are_assumptions() -> None:
    scenario = load_scenario(shipped_path("scenarios", "wolverhampton-cohorts.yaml"))
    labels = {str(group.label).split(",")[0] for group in scenario.planning_groups}
    assert labels == {
        "Complex needs",
        "Leaving custody",
        "From the edge of care",
        "16 and 17 year olds",
        "Unaccompanied",
    }
    for group in scenario.planning_groups:
        assert {share.kind for share in group.share_by_age.values()} == {"assumed"}
    needs = np.ones((6, len(NEED_GROUPS), len(SECTORS)))
    groups = planning_groups(scenario, needs)
    assert groups is not None
    assert np.allclose(groups.first.sum(axis=2), 1)
    assert np.allclose(groups.after_a_move.sum(axis=3), 1)
