"""The folder of a plan: every file of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.run_folder import write_manifest, write_table, written_whole


def write_plan(report: PlanReport, out: Path, overwrite: bool = False) -> Path:
    """Write every file of a plan into the folder ``out``, whole or not at all.

    Raises `OutputError` as `sufficiency.report.run_folder.write_run` does.
    """
    # Charts take long to import, and a folder that cannot be written should be told at once.
    from sufficiency.report.plan_page import write_plan_page
    from sufficiency.report.plan_workbook import write_plan_workbook

    with written_whole(out, overwrite, Results.PLAN) as aside:
        write_table(report.table, aside / "plan.csv")
        write_table(places_frame(report), aside / "places_to_find.csv")
        write_table(report.market_table, aside / "market_position.csv")
        write_plan_workbook(report, aside / "workbook.xlsx")
        write_plan_page(report, aside / "report.html")
        write_manifest({"kind": Results.PLAN, **report.manifest}, aside / MANIFEST)
    return out


def places_frame(report: PlanReport) -> pd.DataFrame:
    """``places_to_find.csv``: each row places of a pool, by when, and when work must start."""
    columns = ["pool", "sector", "kind", "places", "needed_by", "lead_time_days", "start_by"]
    rows = [[getattr(line, name) for name in columns] for line in report.places]
    return pd.DataFrame(rows, columns=columns)
