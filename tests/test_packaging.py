"""What is installed carries all it needs, and what README says works."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from command_line import (
    COLUMNS,
    FILES,
    ROOT,
    in_a_process,
    leave_out_the_report,
    measure_for_moments,
    status,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sufficiency import cli

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = {
    canonicalize_name(name): version
    for name, version in (
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
}
COME_WITH = {"markupsafe": "jinja2", "pydantic-core": "pydantic"}
"""Packages that are part of another in all but name."""


@pytest.fixture(autouse=True)
def _keep_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of the wheel, outside the checkout, in a folder with spaces."""
    folder = tmp_path_factory.mktemp("programs of the council")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    site = folder / "site packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_the_wheel_holds_what_ships_and_nothing_else(installed: Path) -> None:
    shipped = installed / "sufficiency" / "shipped"
    for kind in ("scenarios", "calibration"):
        here = {path.relative_to(ROOT / kind) for path in (ROOT / kind).rglob("*.*")}
        there = {path.relative_to(shipped / kind) for path in (shipped / kind).rglob("*.*")}
        assert there == {path for path in here if path.suffix != ".pyc"}
    assert (installed / "sufficiency" / "report" / "templates" / "page.html.j2").is_file()
    assert not list(installed.rglob("*.pyc"))
    tops = {path.name.partition("-")[0] for path in installed.iterdir()}
    assert tops == {"sufficiency"}


def test_an_installed_copy_forecasts_what_ships_outside_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    """Not compiled, which takes long for a copy that is used once."""
    arguments = ["run", "wolverhampton-2020-best", "--replications", "2", "--months", "3"]
    plain = {"NUMBA_DISABLE_JIT": "1"}
    done = in_a_process(arguments, tmp_path, package=installed, environment=plain)
    assert done.returncode == 0, done.stderr
    (written,) = (tmp_path / "outputs").iterdir()
    assert {path.name for path in written.iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


def requirements() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    written = [*PROJECT["project"]["dependencies"], *(each for extra in extras for each in extra)]
    return [Requirement(each) for each in (*written, *PROJECT["build-system"]["requires"])]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_has_a_lower_bound_and_a_pin_that_meets_it(
    requirement: Requirement,
) -> None:
    assert [each.operator for each in requirement.specifier] == [">="]
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_constraints_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text, re.MULTILINE)


def test_what_the_package_imports_is_what_it_requires() -> None:
    imported = set()
    for path in (ROOT / "sufficiency").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    others = imported - set(sys.stdlib_module_names) - {"sufficiency"}
    owners = packages_distributions()
    used = {canonicalize_name(owners[name][0]) for name in others - {"ruamel"}}
    used |= {"ruamel-yaml"} & {f"{name}-yaml" for name in others}
    project = PROJECT["project"]
    extras = [each for name, each in project["optional-dependencies"].items() if name != "dev"]
    required = {
        canonicalize_name(Requirement(each).name)
        for each in chain(project["dependencies"], *extras)
    }
    assert {COME_WITH.get(name, name) for name in used} == required


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()
]


@pytest.fixture
def as_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with README's own scenario in it."""
    leave_out_the_report(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (scenario,) = blocks("yaml")
    (tmp_path / "more-carers.yaml").write_text(scenario, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_in_readme_works(
    as_readme_says: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, verb, *rest = command
    assert program == "sufficiency"
    measure_for_moments(monkeypatch)
    few = ["--replications", "2", "--workers", "1"] if verb in ("run", "compare") else []
    if verb == "backtest":
        few = ["--origins", "2022", "--replications", "20", "--workers", "1"]
    if verb == "bench":
        few = ["--months", "1"]
    assert status(verb, *rest, *few) == 0
    wrote = (as_readme_says / "outputs").is_dir()
    assert wrote == (verb in ("run", "backtest", "compare") and "--help" not in rest)


def test_the_python_in_readme_works(
    as_readme_says: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snippet,) = blocks("python")
    exec(compile(snippet.replace("replications=200", "replications=2"), "README.md", "exec"), {})
    assert "2025-03-31" in capsys.readouterr().out


def test_readme_names_every_file_and_column() -> None:
    rows = re.findall(r"^\| `([a-z_]+\.[a-z]+)` \|.*\| (.*?) ?\|$", README, re.MULTILINE)
    assert {name for name, _ in rows} == FILES
    (statistics,) = re.findall(r"The statistics are `(.*?)`", README)
    said = {name: columns for name, columns in rows if name in COLUMNS}
    for name, columns in said.items():
        assert columns.replace("`", "").replace(" + statistics", f",{statistics}") == COLUMNS[name]


def test_readme_shows_every_command() -> None:
    shown = set(re.findall(r"\bsufficiency ([a-z]+)", README))
    assert set(cli.VERBS) <= shown


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(
        r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    pages = [README, *((ROOT / name).read_text(encoding="utf-8") for name in OTHER_PAGES)]
    named = {name for page in pages for name in re.findall(r"^ *make ([a-z]+)", page, re.MULTILINE)}
    assert named >= {"demo", "test", "lint", "types"}
    assert named <= set(targets)


OTHER_PAGES = ("CONTRIBUTING.md", ".ci/run")


@pytest.mark.skipif(os.name == "nt", reason="no such permission there")
def test_the_check_of_a_change_can_be_started() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
