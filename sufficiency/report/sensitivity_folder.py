"""The folder of a study of the assumptions: every file of it, or nothing."""

from __future__ import annotations

from pathlib import Path

from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.run_folder import write_manifest, write_table, written_whole
from sufficiency.report.sensitivity_report import SensitivityResult


def write_sensitivity(result: SensitivityResult, out: Path, overwrite: bool = False) -> Path:
    """Write every file of a study into the folder ``out``, whole or not at all.

    Raises `OutputError` as `sufficiency.report.run_folder.write_run` does.
    """
    # Charts take long to import, and a folder that cannot be written should be told at once.
    from sufficiency.report.sensitivity_page import write_sensitivity_page
    from sufficiency.report.sensitivity_workbook import write_sensitivity_workbook

    with written_whole(out, overwrite, Results.SENSITIVITY) as aside:
        write_table(result.sensitivity, aside / "sensitivity.csv")
        if not result.indices.empty:
            write_table(result.indices, aside / "indices.csv")
            write_table(result.information, aside / "information.csv")
        write_sensitivity_workbook(result, aside / "workbook.xlsx")
        write_sensitivity_page(result, aside / "report.html")
        write_manifest({"kind": Results.SENSITIVITY, **result.manifest}, aside / MANIFEST)
    return out
