"""The finance sheets: does a spreadsheet program, by their formulas, find what the run found?"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from sufficiency import load_scenario, simulate
from sufficiency.forecast import Forecast
from sufficiency.report.page import render_page
from sufficiency.report.run_folder import write_table
from sufficiency.report.workbook import write_workbook
from sufficiency.shipped import shipped_path

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
FORMULA_SHEETS = {"Budget", "Bridge", "Monthly profile", "Invest to save", "Audit"}
PENNY = 0.01


@pytest.fixture(scope="module")
def run() -> Forecast:
    """The shipped example, as `sufficiency run` makes it."""
    example = load_scenario(shipped_path("scenarios", "budget-and-invest-to-save.yaml"))
    return simulate(example, replications=20, seed=1, workers=1)


@pytest.fixture(scope="module")
def written(run: Forecast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "workbook.xlsx"
    write_workbook(run, path)
    return path


@pytest.fixture(scope="module")
def recalculated(written: Path) -> Any:
    """What LibreOffice makes of the same formulas without knowing what we found."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not installed, so nothing else can work the formulas out")
    blank, out = written.parent / "blank.xlsx", written.parent / "by LibreOffice"
    without_results(written, blank)
    profile = (written.parent / "profile").as_uri()
    arguments = [OFFICE, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "xlsx"]
    subprocess.run(
        [*arguments, "--outdir", str(out), str(blank)], check=True, capture_output=True, timeout=240
    )
    return openpyxl.load_workbook(out / "blank.xlsx", read_only=True, data_only=True)


def without_results(path: Path, target: Path) -> None:
    """A copy in which formulas have no value that a program could show instead of its own."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            text = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text = re.sub(rb"(<f>[^<]*</f>)<v>[^<]*</v>", rb"\1", text)
            copy.writestr(name, text)


def rows_of(book: Any, sheet: str) -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def after(book: Any, sheet: str, label: str) -> Any:
    """The cell beside the first that says so."""
    return next(row[1] for row in rows_of(book, sheet) if row and row[0] == label)


def test_no_formula_ends_in_an_error_and_every_check_agrees(recalculated: Any) -> None:
    for sheet in FORMULA_SHEETS:
        cells = [cell for row in rows_of(recalculated, sheet) for cell in row]
        assert not [cell for cell in cells if isinstance(cell, str) and cell.startswith("#")]
    verdicts = [row[6] for row in rows_of(recalculated, "Audit") if len(row) > 6 and row[6]]
    assert len(verdicts) >= 10
    assert set(verdicts) == {"agrees"}
    assert after(recalculated, "Audit", "All checks") == "All agree"


def test_libreoffice_finds_the_bridges_to_the_pound(run: Forecast, recalculated: Any) -> None:
    rows = run.manifest["bridge"]
    assert {row["from_year"] for row in rows} == {"2020-21"}
    ours = [row["mean"] for row in rows if row["sector"] == "all"]
    body = rows_of(recalculated, "Bridge")
    heads = [place for place, row in enumerate(body) if row[0] == "Step"]
    theirs = [row[1] for place in heads for row in body[place + 1 : place + 13]]
    assert theirs == pytest.approx(ours, abs=PENNY)
    assert sum(theirs[:9]) == pytest.approx(theirs[9], abs=PENNY)


def test_libreoffice_finds_the_present_value_and_the_payback(
    run: Forecast, recalculated: Any
) -> None:
    told = run.manifest["invest_to_save"]
    sheet = "Invest to save"
    ours = told["net_present_value_gbp"]["mean"]
    assert after(recalculated, sheet, "Net present value") == pytest.approx(ours, abs=PENNY)
    by_function = after(recalculated, sheet, "The same by the function NPV")
    assert by_function == pytest.approx(ours, abs=PENNY)
    assert after(recalculated, sheet, "Payback month, expected") == told["payback_month"]
    avoided = after(recalculated, sheet, "Cost avoided against doing nothing")
    assert avoided == pytest.approx(told["cost_avoided_gbp"]["mean"], abs=PENNY)
    (multiple,) = (
        row[1] for row in rows_of(recalculated, sheet) if str(row[0]).startswith("Effect at which")
    )
    assert multiple == pytest.approx(told["break_even_multiple"], rel=1e-9)


def test_what_we_wrote_beside_each_formula_is_what_it_comes_to(
    written: Path, recalculated: Any
) -> None:
    ours = openpyxl.load_workbook(written, read_only=True, data_only=True)
    for sheet in FORMULA_SHEETS:
        for here, there in zip(rows_of(ours, sheet), rows_of(recalculated, sheet), strict=False):
            for one, other in zip(here, there, strict=False):
                if isinstance(one, int | float) and isinstance(other, int | float):
                    assert other == pytest.approx(one, rel=1e-9, abs=PENNY), (sheet, here)


def test_the_budget_sheet_is_the_finance_table(run: Forecast, recalculated: Any) -> None:
    finance = run.finance[(run.finance["sector"] == "all") & (run.finance["pool"] == "all")]
    of_year = finance[finance["financial_year"] == "2020-21"].set_index("measure")["mean"]
    body = rows_of(recalculated, "Budget")
    (first,) = (n for n, row in enumerate(body) if row[0] == "Financial year 2020-21")
    total = next(row for row in body[first:] if row[0] == "All placements")
    assert total[1] == of_year["budget"]
    assert total[4] == pytest.approx(of_year["cost"], abs=PENNY)
    assert total[5] == pytest.approx(of_year["over_budget"], abs=PENNY)
    assert total[6] == of_year["over_budget_probability"]
    assert total[9:12] == pytest.approx(
        [of_year[f"contingency_p{at}"] for at in (50, 80, 95)], abs=PENNY
    )
    assert total[12] == pytest.approx(of_year["budget"] + of_year["contingency_p80"], abs=PENNY)


def test_totals_agree_to_the_penny_between_table_workbook_and_page(
    run: Forecast, recalculated: Any, tmp_path: Path
) -> None:
    write_table(run.finance, tmp_path / "finance.csv")
    table = pd.read_csv(tmp_path / "finance.csv", keep_default_na=False, na_values=[""])
    of_cost = table[(table["measure"] == "cost") & (table["pool"] == "all")]
    page = render_page(run)
    for year in ("2020-21", "2021-22"):
        rows = of_cost[of_cost["financial_year"] == year]
        total = float(rows.loc[rows["sector"] == "all", "mean"].iloc[0])
        settings = float(rows.loc[rows["sector"] != "all", "mean"].sum())
        assert settings == pytest.approx(total, abs=PENNY)
        months = [row for row in rows_of(recalculated, "Monthly profile") if row[0] == year]
        assert months[-1][7] == pytest.approx(total, abs=PENNY)
    of_all = {r["step"]: r["mean"] for r in run.manifest["bridge"] if r["sector"] == "all"}
    assert of_all["need"] - of_all["programme_costs"] == round(total)
    assert f"£{of_all['need']:,.0f}" in page


def test_a_check_fails_when_a_figure_is_changed(run: Forecast, tmp_path: Path) -> None:
    finance = run.finance.copy()
    ifa = (finance["sector"] == "ifa") & (finance["measure"] == "cost") & (finance["pool"] == "all")
    finance.loc[ifa, "mean"] += 1.0
    changed = Forecast(
        **{**{name: getattr(run, name) for name in run.__dataclass_fields__}, "finance": finance}
    )
    write_workbook(changed, tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True, data_only=True)
    verdicts = [row[6] for row in rows_of(book, "Audit") if len(row) > 6 and row[6]]
    assert verdicts.count("DIFFERS") == 2
