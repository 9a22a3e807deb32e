"""The audit sheet: what was run, and checks by live formulas that totals agree across sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sufficiency.report.figures import Figures
from sufficiency.report.formats import long_date
from sufficiency.report.sheets import Book, Formula, Sheet, cell_at
from sufficiency.report.workbook_bridge import BRIDGE_SHEET

AUDIT_SHEET = "Audit"
AGREES, DIFFERS = "agrees", "DIFFERS"
PENNY = 0.005
_STYLES = ("wrapped", "wrapped", "pence", "wrapped", "pence", "pence", "check")
_HEADS = ("What", "One sheet", "says", "Another", "says", "Difference", "")


@dataclass(frozen=True)
class _Table:
    """A tidy sheet as formulas see it: a range for each column."""

    name: str
    frame: pd.DataFrame

    def column(self, column: str) -> str:
        at = list(self.frame.columns).index(column)
        last = max(len(self.frame), 1)
        return f"{self.name}!{cell_at(1, at, fixed=True)}:{cell_at(last, at, fixed=True)}"

    def sum_where(self, wanted: Mapping[str, str], more: str = "") -> str:
        """The expected values of the rows in which columns are as wanted (``<>x``: are not)."""
        criteria = ",".join(f'{self.column(name)},"{value}"' for name, value in wanted.items())
        return f"SUMIFS({self.column('mean')},{criteria}{more})"

    def value_where(self, wanted: Mapping[str, str]) -> float:
        """What `sum_where` comes to."""
        rows = self.frame
        for name, value in wanted.items():
            if value.startswith("<>"):
                rows = rows[rows[name].astype(str) != value[2:]]
            else:
                rows = rows[rows[name].astype(str) == value]
        return float(rows["mean"].sum())


def add_audit_sheet(book: Book, figures: Figures) -> None:
    """How the run was made, and checks that its totals agree to the penny."""
    sheet = book.sheet(AUDIT_SHEET, (50, 44, 18, 44, 18, 14, 12))
    sheet.line("Audit", "title")
    manifest = figures.manifest
    for key in ("command", "package_version", "engine", "seed", "replications", "started_at"):
        if manifest.get(key) not in (None, ""):
            sheet.cells([key.replace("_", " ").capitalize(), str(manifest[key])], ["text", "text"])
    for row in manifest.get("inputs") or ():
        sheet.cells([f"Input: {row['file']} (SHA-256)", row["sha256"]], ["text", "text"])
    sheet.gap()
    verdict = sheet.row
    sheet.gap()
    sheet.line(
        "Each check adds up figures of two sheets with formulas, so it goes on checking when a "
        "figure is changed. Expected values add up; percentiles do not.",
        "note",
        across=4,
    )
    sheet.head(_HEADS, _STYLES)
    first = sheet.row
    _checks(sheet, figures)
    marks = f"{cell_at(first, 6)}:{cell_at(max(sheet.row - 1, first), 6)}"
    sheet.put(verdict, 0, "All checks", "section")
    said = f'=IF(COUNTIF({marks},"{DIFFERS}")=0,"All agree","See {DIFFERS} below")'
    sheet.put(verdict, 1, Formula(said, "All agree"), "section")


def _checks(sheet: Sheet, figures: Figures) -> None:
    finance = _Table("finance", figures.finance)
    monthly = _Table("finance_monthly", figures.finance_monthly)
    for year in figures.years:
        for measure, words in (("cost", "Cost"), ("nights", "Nights")):
            key = {"financial_year": year.name, "measure": measure, "pool": "all"}
            whole = {**key, "sector": "all"}
            if not figures.hides_children:
                _sums(sheet, f"{words} {year.name}: settings and total", finance, key, whole)
            _by_month(sheet, f"{words} {year.name}: months and year", finance, monthly, whole)
    if not figures.hides_children:
        forecast = _Table("forecast", figures.forecast)
        for day in figures.year_ends:
            _children(sheet, f"Children on {long_date(day)}", forecast, day)
    if figures.manifest.get("bridge_inputs"):
        _bridges(sheet, figures)


def _sums(
    sheet: Sheet, what: str, table: _Table, key: Mapping[str, str], whole: Mapping[str, str]
) -> None:
    """The settings of a measure add up to the total."""
    parts = {**key, "sector": "<>all"}
    _check(
        sheet,
        what,
        (f"{table.name}: by setting", table.sum_where(parts), table.value_where(parts)),
        (f"{table.name}: all", table.sum_where(whole), table.value_where(whole)),
    )


def _by_month(
    sheet: Sheet, what: str, finance: _Table, monthly: _Table, whole: Mapping[str, str]
) -> None:
    """The forecast months of a year add up to the year."""
    first = int(whole["financial_year"][:4])
    wanted = {"measure": whole["measure"], "sector": "all", "pool": "all", "basis": "<>actual"}
    dates = monthly.column("date")
    within = f',{dates},">="&DATE({first},4,1),{dates},"<="&DATE({first + 1},3,31)'
    days = pd.to_datetime(monthly.frame["date"])
    in_year = (days >= pd.Timestamp(first, 4, 1)) & (days <= pd.Timestamp(first + 1, 3, 31))
    of_year = _Table(monthly.name, monthly.frame[in_year])
    _check(
        sheet,
        what,
        (f"{monthly.name}: months", monthly.sum_where(wanted, within), of_year.value_where(wanted)),
        (f"{finance.name}: year", finance.sum_where(whole), finance.value_where(whole)),
    )


def _children(sheet: Sheet, what: str, table: _Table, day: object) -> None:
    """Children by setting add up to all."""
    at = pd.Timestamp(str(day))
    criterion = f",{table.column('date')},DATE({at.year},{at.month},{at.day})"
    of_day = _Table(table.name, table.frame[pd.to_datetime(table.frame["date"]) == at])
    whole = {"measure": "in_care", "sector": "all", "age_band": "all"}
    parts = {**whole, "sector": "<>all"}
    _check(
        sheet,
        what,
        ("forecast: by setting", table.sum_where(parts, criterion), of_day.value_where(parts)),
        ("forecast: all", table.sum_where(whole, criterion), of_day.value_where(whole)),
    )


def _bridges(sheet: Sheet, figures: Figures) -> None:
    """Each bridge ends at what the finance sheet expects, to the pound."""
    finance = _Table("finance", figures.finance)
    rows = pd.DataFrame(figures.manifest["bridge"])
    for turn in figures.manifest["bridge_inputs"]:
        key = {"financial_year": turn["to_year"], "measure": "cost", "pool": "all", "sector": "all"}
        chosen = rows[(rows["to_year"] == turn["to_year"]) & (rows["sector"] == "all")]
        need = float(chosen.loc[chosen["step"] == "need", "mean"].iloc[0])
        programme = float(chosen.loc[chosen["step"] == "programme_costs", "mean"].iloc[0])
        label = f"Need of {turn['to_year']}"
        looked_up = f'INDEX({BRIDGE_SHEET}!$B:$B,MATCH("{label}",{BRIDGE_SHEET}!$A:$A,0))'
        _check(
            sheet,
            f"{label}, to the pound",
            (
                f"{BRIDGE_SHEET}: need less programme costs",
                f"{looked_up}-{programme!r}",
                need - programme,
            ),
            (
                "finance: year",
                f"ROUND({finance.sum_where(key)},0)",
                float(round(finance.value_where(key))),
            ),
        )


def _check(
    sheet: Sheet, what: str, one: tuple[str, str, float], other: tuple[str, str, float]
) -> None:
    """A line that compares two sums."""
    row = sheet.row
    first, second, gap = (cell_at(row, column) for column in (2, 4, 5))
    difference = one[2] - other[2]
    verdict = AGREES if abs(difference) < PENNY else DIFFERS
    sheet.cells(
        [
            what,
            one[0],
            Formula(f"={one[1]}", one[2]),
            other[0],
            Formula(f"={other[1]}", other[2]),
            Formula(f"={first}-{second}", difference),
            Formula(f'=IF(ABS({gap})<{PENNY},"{AGREES}","{DIFFERS}")', verdict),
        ],
        _STYLES,
    )
