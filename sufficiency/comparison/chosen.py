"""What is compared: scenarios or runs, at least two, each once, and never both kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sufficiency.errors import UserError

if TYPE_CHECKING:
    from sufficiency.scenario.model import Scenario

SCENARIO_ENDINGS = (".yaml", ".yml")


def is_run(compared: Scenario | str | Path) -> bool:
    """Whether the folder of a run is meant, rather than a scenario or its file."""
    if not isinstance(compared, str | Path):
        return False
    path = Path(compared)
    return path.is_dir() or (not path.is_file() and path.suffix.lower() not in SCENARIO_ENDINGS)


def check_chosen(compared: Sequence[Scenario | str | Path]) -> None:
    """Refuse what cannot be compared, before anything is read.

    Raises `UserError`: fewer than two, scenarios and folders mixed, one given twice, or two
    scenarios of the same name.
    """
    if len(compared) < 2:
        raise UserError(
            f"compare: found {len(compared)} to compare, expected at least two, the base first: "
            "scenario files, or folders of runs."
        )
    kinds = [is_run(one) for one in compared]
    _check_there(compared, kinds)
    if any(kinds) and not all(kinds):
        folder = compared[kinds.index(True)]
        file = compared[kinds.index(False)]
        raise UserError(
            f"compare: found both a scenario ({_named(file)}) and the folder of a run "
            f"({_named(folder)}). Give scenarios only, or folders only."
        )
    _check_once(compared)
    _check_names([one.name for one in compared if not isinstance(one, str | Path)])


def _check_there(compared: Sequence[Scenario | str | Path], runs: Sequence[bool]) -> None:
    """Refuse the name of nothing beside scenarios: a scenario is meant, and misspelt."""
    for one, is_folder in zip(compared, runs, strict=True):
        if is_folder and not all(runs) and not Path(str(one)).exists():
            raise UserError(
                f"compare: there is no scenario {one}. Check the name and the folder; files end in "
                f"{' or '.join(SCENARIO_ENDINGS)}, and those that ship are in scenarios/."
            )


def _check_once(compared: Sequence[Scenario | str | Path]) -> None:
    """Refuse a file or folder that is given twice, however its path is written."""
    paths = [Path(one).resolve() for one in compared if isinstance(one, str | Path)]
    for path, times in Counter(paths).items():
        if times > 1:
            raise UserError(
                f"{path.name}: found it {times} times, expected each file or folder once. A "
                "scenario does not differ from itself."
            )


def _check_names(names: Sequence[str]) -> None:
    """Refuse scenarios that tables and charts could not tell apart."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UserError(
                f"compare: found {times} scenarios with the name {name!r}, expected each to have "
                "its own. Change `name:` in one of the files."
            )


def _named(one: Scenario | str | Path) -> str:
    return str(one) if isinstance(one, str | Path) else one.name
