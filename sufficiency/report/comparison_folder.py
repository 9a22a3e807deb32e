"""The folder of a comparison: every file of it, or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from sufficiency.report.comparison_figures import ComparisonResult
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.run_folder import write_manifest, write_table, written_whole

TABLES = ("comparison", "scenarios", "waterfall")


def write_comparison(result: ComparisonResult, out: Path, overwrite: bool = False) -> Path:
    """Write every file of a comparison into the folder ``out``, whole or not at all.

    Raises `OutputError` as `sufficiency.report.run_folder.write_run` does.
    """
    # Charts take long to import, and a folder that cannot be written should be told at once.
    from sufficiency.report.comparison_page import write_comparison_page
    from sufficiency.report.comparison_workbook import write_comparison_workbook

    with (
        written_whole(out, overwrite, Results.COMPARISON) as aside,
        ThreadPoolExecutor(1, "writing") as beside,
    ):
        # Half of the work on a page goes on outside Python's lock.
        page = beside.submit(write_comparison_page, result, aside / "report.html")
        for name in TABLES:
            table: pd.DataFrame = getattr(result, name)
            if not table.empty:
                write_table(table, aside / f"{name}.csv")
        write_comparison_workbook(result, aside / "workbook.xlsx")
        page.result()
        write_manifest({"kind": Results.COMPARISON, **result.manifest}, aside / MANIFEST)
    return out
