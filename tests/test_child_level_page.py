"""What docs/child-level-data.md tells an analyst to type works, in the order in which it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command_line import leave_out_the_report

from sufficiency import cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "child-level-data.md"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def of_a_small_council(text: str) -> str:
    """The same for a council that takes less time."""
    return text.replace("Wolverhampton", "Rutland").replace("2017-2023", "2020-2023")


def test_the_four_steps_on_practice_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    leave_out_the_report(monkeypatch)
    scenario, steps = (of_a_small_council(blocks(kind)[0]) for kind in ("yaml", "sh"))
    (tmp_path / "my-scenario.yaml").write_text(scenario, encoding="utf-8")
    typed = [shlex.split(line) for line in steps.strip().splitlines()]
    assert [words[1] for words in typed] == ["synthesise", "check", "calibrate", "run"]
    for words in typed:
        few = ["--replications", "2", "--months", "6"] if words[1] == "run" else []
        with pytest.raises(SystemExit) as stopped:
            cli.main([*words[1:], *few])
        assert stopped.value.code == 0, capsys.readouterr().err
    written = {path.name for path in tmp_path.iterdir()}
    assert {"practice", "practice-check", "my-la.yaml", "my.cohort.parquet"} <= written
    manifest = (tmp_path / "outputs" / "own-rates" / "manifest.json").read_text(encoding="utf-8")
    assert "OFFICIAL-SENSITIVE" in manifest


def test_the_snippet_prints_the_same_children_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(blocks("python")[0], names)
    histories, made = names["histories"], names["made"]
    still = histories.placements["ended"].isna().sum()
    assert still == made.stock().loc[2023, "all"]
    assert "set_aside" in capsys.readouterr().out
