"""What kinds of results are written, how a folder of each is known, and when one may be replaced.

Only what this program wrote, and can make again, is ever replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

from sufficiency.errors import OutputError

MANIFEST = "manifest.json"
_MOST_NAMED = 3
_NOBODYS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What the system itself puts into a folder that is looked at."""


class Results(StrEnum):
    """What a folder of results is, as its manifest says under ``kind``."""

    RUN = "run"
    PUBLISHED = "published copy"
    COMPARISON = "comparison"
    PLAN = "plan"
    SENSITIVITY = "sensitivity study"
    BACKTEST = "backtest"
    RETURNS_BACKTEST = "backtest of child-level returns"
    QUALITY = "data quality of a return"

    @property
    def said(self) -> str:
        """One of them, in a sentence."""
        return "a check of returns" if self is Results.QUALITY else f"a {self}"


_PAGE_AND_BOOK = (MANIFEST, "report.html", "workbook.xlsx")
_RUN = (
    *_PAGE_AND_BOOK,
    *("forecast.csv", "flows.csv", "needs.csv", "finance.csv", "finance_monthly.csv", "pools.csv"),
    *("moves_between.csv", "dearest_placements.csv", "stories.csv", "replications.parquet"),
)
FILES: dict[Results, frozenset[str]] = {
    kind: frozenset(names)
    for kind, names in {
        Results.RUN: _RUN,
        Results.PUBLISHED: _RUN,
        Results.COMPARISON: (
            *_PAGE_AND_BOOK,
            *("comparison.csv", "scenarios.csv", "waterfall.csv", "movement.csv"),
        ),
        Results.PLAN: (*_PAGE_AND_BOOK, "plan.csv", "places_to_find.csv", "market_position.csv"),
        Results.SENSITIVITY: (
            *_PAGE_AND_BOOK,
            *("sensitivity.csv", "indices.csv", "information.csv"),
        ),
        Results.BACKTEST: (
            *(MANIFEST, "backtest.html", "backtest.csv", "scoreboard.csv", "left_out.csv"),
            "backtest_lines.csv",
        ),
        Results.RETURNS_BACKTEST: (MANIFEST, "backtest.html", "backtest.csv", "scoreboard.csv"),
        Results.QUALITY: (
            *(MANIFEST, "quality.html", "files.csv", "years.csv", "rules.csv", "set_aside.csv"),
            *("counts.csv", "periods.csv", "gates.csv"),
        ),
    }.items()
}
"""Every file that is ever written for a kind."""
_TELLING = {
    "forecast.csv": Results.RUN,
    "comparison.csv": Results.COMPARISON,
    "movement.csv": Results.COMPARISON,
    "plan.csv": Results.PLAN,
    "sensitivity.csv": Results.SENSITIVITY,
    "backtest.csv": Results.BACKTEST,
}
"""Which file tells of what kind a folder is whose manifest does not say."""
_ALWAYS = ({"package_version"}, {"financial_year", "before_start", "after_start"})
"""Keys that every manifest of ours has; why an outturn moved once had those of the second."""


def check_replaceable(out: Path, kind: Results, reads: Iterable[Path] = ()) -> None:
    """Refuse to replace the folder ``out`` unless it holds results of this kind and nothing else.

    Raises `OutputError`, also if what the command ``reads`` is in it.
    """
    for path in reads:
        if _is_within(path, out):
            what = "is" if path.resolve() == out.resolve() else f"holds {path}, which is"
            raise OutputError(
                f"{out}: the folder {what} read by this command, so it will not be replaced. "
                "Choose another with --out."
            )
    found = _found_instead(out, kind)
    if found:
        raise OutputError(
            f"{out}: found a folder that {found}, so it will not be replaced. Choose another with "
            "--out."
        )
    strange = sorted(path.name for path in out.iterdir() if not _is_of(path, kind))
    if strange:
        named = ", ".join(strange[:_MOST_NAMED])
        more = len(strange) - _MOST_NAMED
        raise OutputError(
            f"{out}: found {named}{f' and {more:,} more' if more > 0 else ''} in the folder, which "
            f"no {kind} has, so it will not be replaced. Move what is yours, or choose another "
            "folder with --out."
        )


def _found_instead(out: Path, kind: Results) -> str:
    """What a folder is, if it is no folder of this kind."""
    if not (out / MANIFEST).is_file():
        return f"is not {kind.said} (it has no {MANIFEST})"
    found = kind_of(out)
    if found is None:
        return f"is not {kind.said} (its {MANIFEST} is of another program)"
    return "" if found is kind else f"holds {found.said}, not {kind.said}"


def kind_of(folder: Path) -> Results | None:
    """Of what kind the results in a folder are; None if they are not ours."""
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or not any(keys <= manifest.keys() for keys in _ALWAYS):
        return None
    if "kind" in manifest:
        return next((kind for kind in Results if kind == manifest["kind"]), None)
    told = (kind for name, kind in _TELLING.items() if (folder / name).is_file())
    found = next(told, None)
    return Results.PUBLISHED if found is Results.RUN and manifest.get("published") else found


def _is_of(path: Path, kind: Results) -> bool:
    """Whether a file is one that results of this kind have, or nobody's."""
    return path.name in _NOBODYS or (path.name in FILES[kind] and not path.is_dir())


def _is_within(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or inside it, by whatever name."""
    ways = (path.absolute(), path.resolve())
    return any(one.exists() and one.samefile(folder) for way in ways for one in (way, *way.parents))
