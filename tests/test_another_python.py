"""Another Python runs the package of the one that started it, wherever that found it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sufficiency import another_python, cli

ASK = """
import subprocess
from sufficiency.another_python import running
subprocess.run(running("sufficiency.told", "a word"), check=True)
"""
TELLS = """
import random, sys
import simpy
import sufficiency
print(__name__, sufficiency.__file__, hasattr(random, "Random"), hasattr(simpy, "Environment"))
print(*sys.argv[1:])
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder of a copy of the package that can say where it is; another is installed."""
    copy = tmp_path / "copy" / "sufficiency"
    copy.mkdir(parents=True)
    (copy / "__init__.py").touch()
    (copy / "told.py").write_text(TELLS, encoding="utf-8")
    shutil.copy(another_python.__file__, copy)
    return copy.parent


def in_the_way(folder: Path, *names: str) -> None:
    """Files that end whoever imports them."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_text("raise SystemExit(3)\n", encoding="utf-8")


def told(folder: Path, path: Path | None = None) -> list[str]:
    """What the other Python tells, asked from a folder by one that may have been given a path."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found = {} if path is None else {"PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *(["-P"] if path else []), "-c", ASK],
        cwd=folder,
        env={**plain, **found},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_package_of_the_current_folder_is_found_and_nothing_else_there(package: Path) -> None:
    in_the_way(package, "random")
    says = f"__main__ {package / 'sufficiency' / '__init__.py'} True True"
    assert told(package) == [says, "a word"]


def test_a_package_found_elsewhere_minds_nothing_in_the_current_folder(
    package: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    in_the_way(here, "random", "simpy", "sufficiency")
    says = f"__main__ {package / 'sufficiency' / '__init__.py'} True True"
    assert told(here, package) == [says, "a word"]


def test_workers_of_a_command_mind_nothing_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is told what to do, a worker loads much of Python's own library."""
    in_the_way(tmp_path, "socket", "selectors", "tempfile")
    monkeypatch.chdir(tmp_path)
    codes: list[int | None] = []

    def works(typed: list[str]) -> int:
        worker = multiprocessing.get_context("spawn").Process(target=print)
        worker.start()
        worker.join()
        codes.append(worker.exitcode)
        return 0

    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(cli, "_status", works)
    with pytest.raises(SystemExit):
        cli.main([])
    assert codes == [0]
    assert "PYTHONSAFEPATH" not in os.environ
