"""From a folder of returns to a scored folder: `sufficiency backtest data/903`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sufficiency import __version__
from sufficiency.backtest.output import FORECASTS_FILE, PAGE_FILE, SCOREBOARD_FILE
from sufficiency.backtest.returns_study import (
    FEWEST_MONTHS,
    Progress,
    ReturnsStudy,
    backtest_returns,
)
from sufficiency.backtest.scoreboard import slice_scores, with_scores
from sufficiency.backtest.targets import ALL
from sufficiency.history.authorities import find_authority
from sufficiency.history.returns.frames import SourceFile
from sufficiency.history.returns.known_by import LEARNT_LATER
from sufficiency.history.returns.place_sectors import as_source, read_sectors
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.returns_backtest_page import ReturnsBacktest, write_returns_backtest_page
from sufficiency.report.run_folder import write_manifest, write_table, written_whole
from sufficiency.report.words import MARKING

SCOREBOARD_COLUMNS = [
    *("origins", "measure", "sector", "age_band", "months_ahead", "method"),
    *("score", "value", "standard_error", "forecasts"),
]
"""The columns of ``scoreboard.csv`` of a return."""
_OF_PUBLISHED = {"sector": "placement_group", "months_ahead": "years_ahead"}
"""What the published backtest calls the same columns."""


@dataclass(frozen=True)
class Asked:
    """What is to be scored."""

    returns: Sequence[Path]
    authority: str
    every_months: int = 6
    replications: int = 100
    seed: int = 1
    place_sectors: Path | None = None


def backtest_files(
    asked: Asked, *, command: str = "", started_at: str = "", progress: Progress | None = None
) -> ReturnsBacktest:
    """Read returns, make every past forecast again and score it; nothing is written.

    Raises:
        UserError: a path, an authority or the data will not do.
    """
    council = find_authority(asked.authority)
    mapping = read_sectors(asked.place_sectors) if asked.place_sectors else None
    returned, ledger = read_return(list(asked.returns))
    histories = rebuild(returned, ledger, mapping)
    study = ReturnsStudy(histories, council, asked.every_months, asked.replications, asked.seed)
    forecasts = backtest_returns(study, progress)
    own_table = (as_source(asked.place_sectors),) if asked.place_sectors else ()
    manifest = {
        **_about(study, (*returned.files, *own_table)),
        "command": command,
        "started_at": started_at,
        "origins": list(dict.fromkeys(forecasts["origin"])),
    }
    return ReturnsBacktest(manifest, forecasts, scoreboard_of(forecasts))


def _about(study: ReturnsStudy, files: Sequence[SourceFile]) -> dict[str, Any]:
    histories = study.histories
    return {
        "marking": MARKING,
        "kind": Results.RETURNS_BACKTEST,
        "package_version": __version__,
        "authority": study.authority.name,
        "old_la_code": study.authority.old_la_code,
        "every_months": study.every_months,
        "replications": study.replications,
        "seed": study.seed,
        "first_day": histories.first_day,
        "last_day": histories.last_day,
        "fewest_months_behind_an_origin": FEWEST_MONTHS,
        "learnt_later": list(LEARNT_LATER),
        "inputs": [{"file": file.name, "sha256": file.sha256} for file in files],
    }


def scoreboard_of(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Every score of every method by horizon and sector; columns `SCOREBOARD_COLUMNS`.

    The scores are those of the published backtest, but for the scaled error, which compares with
    yearly changes. Standard errors are a bootstrap over origins.
    """
    renamed = forecasts.rename(columns=_OF_PUBLISHED).assign(mean_yearly_change=float("nan"))
    board = slice_scores(with_scores(renamed)).assign(origins=ALL)
    board = board.rename(columns={theirs: ours for ours, theirs in _OF_PUBLISHED.items()})
    return board.loc[board["score"] != "mase", SCOREBOARD_COLUMNS].reset_index(drop=True)


def write_returns_backtest(result: ReturnsBacktest, out: Path, *, overwrite: bool = False) -> Path:
    """Write page, tables and manifest into a folder, whole or not at all; returns the page.

    Raises:
        OutputError: the folder exists already or cannot be written.
    """
    with written_whole(out, overwrite, Results.RETURNS_BACKTEST) as folder:
        write_table(result.forecasts, folder / FORECASTS_FILE)
        write_table(result.scoreboard, folder / SCOREBOARD_FILE)
        write_returns_backtest_page(result, folder / PAGE_FILE)
        write_manifest(result.manifest, folder / MANIFEST)
    return out / PAGE_FILE
