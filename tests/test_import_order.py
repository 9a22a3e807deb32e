"""Imports run one way, in the order in which data flow."""

from __future__ import annotations

import ast
from pathlib import Path

import sufficiency

STAGES = ("history", "calibration", "scenario", "simulation", "measures", "finance", "report")
COMMON = {"domain", "errors", "shipped"}
PACKAGE = Path(sufficiency.__file__).parent


def parts_imported(path: Path) -> set[str]:
    """The parts of the package that a module imports, in functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "sufficiency":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).removeprefix("sufficiency."))
        elif isinstance(node, ast.Import):
            found |= {name.name.removeprefix("sufficiency.") for name in node.names}
    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    return {name.partition(".")[0] for name in found} & modules


def test_no_stage_imports_a_later_one_or_what_stands_beside() -> None:
    for place, stage in enumerate(STAGES):
        paths = list((PACKAGE / stage).rglob("*.py"))
        assert paths, stage
        for path in paths:
            wrong = parts_imported(path) - COMMON - set(STAGES[: place + 1])
            assert not wrong, f"{stage}/{path.name} imports {', '.join(sorted(wrong))}"


def test_the_vocabulary_stands_alone() -> None:
    for name in sorted(COMMON):
        assert not parts_imported(PACKAGE / f"{name}.py") - COMMON, name
