"""The command line as a user meets it: its exit status, and runs whose report takes no time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import sufficiency.report.page
import sufficiency.report.workbook
from sufficiency import cli, speed
from sufficiency.resolution.resolve import Resolved

ROOT = Path(__file__).resolve().parents[1]
QUANTILES = "p05,p10,p25,p50,p75,p90,p95"
COLUMNS = {
    "forecast.csv": f"date,measure,sector,age_band,mean,sd,{QUANTILES}",
    "flows.csv": f"date,flow,reason,age_band,group,mean,sd,{QUANTILES}",
    "needs.csv": f"date,need_group,sector,measure,mean,sd,{QUANTILES}",
    "finance.csv": f"financial_year,months,sector,pool,measure,mean,sd,{QUANTILES}",
    "finance_monthly.csv": f"date,period,sector,pool,basis,measure,mean,sd,{QUANTILES}",
    "dearest_placements.csv": f"financial_year,months,measure,mean,sd,{QUANTILES}",
    "pools.csv": f"date,sector,pool,measure,mean,sd,{QUANTILES}",
    "moves_between.csv": f"financial_year,months,from_sector,to_sector,mean,sd,{QUANTILES}",
    "stories.csv": "child,date,until,age_years,event,reason,sector,pool,need_group,fit",
}
FILES = {*COLUMNS, "manifest.json", "replications.parquet", "workbook.xlsx", "report.html"}


def status(*arguments: str) -> int:
    """The exit status of ``sufficiency`` with these arguments, in this process."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def found_first(package: Path) -> dict[str, str]:
    """The environment of a process that finds the package in a folder before any other."""
    paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": os.pathsep.join(paths)}


def in_a_process(
    arguments: Sequence[str],
    folder: Path,
    package: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """``python -m sufficiency`` in ``folder``, with the package found in ``package``."""
    return subprocess.run(
        [sys.executable, "-m", "sufficiency", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**found_first(package), **(environment or {})},
        cwd=folder,
        check=False,
    )


def leave_out_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and a workbook of one line, which take most of a short run's time."""

    def one_line(run: Any, path: Path) -> None:
        path.write_text("one line", encoding="utf-8")

    monkeypatch.setattr(sufficiency.report.page, "write_page", one_line)
    monkeypatch.setattr(sufficiency.report.workbook, "write_workbook", one_line)


def measure_for_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speeds measured for a twentieth of a second each, however long was asked for."""
    measure = speed.measure

    def briefly(resolved: Resolved, engine: str, workers: int, seconds: float) -> speed.Speed:
        return measure(resolved, engine, workers, 0.05)

    monkeypatch.setattr(speed, "measure", briefly)
    monkeypatch.setattr(speed, "FEW_FUTURES", 2)
