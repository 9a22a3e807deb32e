"""The folder of a backtest: its tables, its page, how it was made. All of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sufficiency.backtest.lines import lines_table
from sufficiency.backtest.pieces import LINES_FILE, Settings
from sufficiency.backtest.scoreboard import scoreboard
from sufficiency.backtest.study import Backtest, Study, left_out_table
from sufficiency.history.published import FROZEN_SET
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.run_folder import write_manifest, write_table, written_whole

FORECASTS_FILE = "backtest.csv"
SCOREBOARD_FILE = "scoreboard.csv"
LEFT_OUT_FILE = "left_out.csv"
PAGE_FILE = "backtest.html"


@dataclass(frozen=True)
class Result:
    """A finished backtest, ready to be written."""

    manifest: dict[str, Any]
    forecasts: pd.DataFrame
    scoreboard: pd.DataFrame
    left_out: pd.DataFrame
    lines: pd.DataFrame


def result_of(
    study: Study,
    found: Backtest,
    settings: Settings,
    *,
    command: str,
    started_at: str,
    not_scored: Sequence[Mapping[str, object]],
) -> Result:
    """The tables of a backtest with what is said about them.

    ``not_scored`` lists authorities left out altogether.
    """
    one = study.authorities[0] if len(study.authorities) == 1 else None
    return Result(
        manifest={
            "kind": Results.BACKTEST,
            "package_version": settings.version,
            "command": command,
            "started_at": started_at,
            "authority": one.name if one else "",
            "old_la_code": one.old_la_code if one else "",
            "authorities": len(study.authorities),
            "origins": list(study.origins),
            **{key: value for key, value in asdict(settings).items() if key != "version"},
            "frozen_set": list(FROZEN_SET),
        },
        forecasts=found.forecasts,
        scoreboard=scoreboard(found.forecasts),
        left_out=left_out_table([*not_scored, *found.left_out]),
        lines=lines_table(found.forecasts, settings),
    )


def write_result(result: Result, out: Path, *, overwrite: bool) -> Path:
    """Write every file of a backtest, whole or not at all.

    Raises `OutputError` if the folder exists already (unless ``overwrite`` and it is a
    backtest's) or cannot be written.
    """
    # Charts take seconds to import.
    from sufficiency.report.backtest_page import write_backtest_page

    with written_whole(out, overwrite, Results.BACKTEST) as folder:
        write_table(result.forecasts, folder / FORECASTS_FILE)
        write_table(result.scoreboard, folder / SCOREBOARD_FILE)
        write_table(result.left_out, folder / LEFT_OUT_FILE)
        write_table(result.lines, folder / LINES_FILE)
        write_backtest_page(result, folder / PAGE_FILE)
        write_manifest(result.manifest, folder / MANIFEST)
    return out
