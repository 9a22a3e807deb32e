"""Damage a clean return at stated rates, and keep the key to what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from sufficiency.synthesis.chances import chance_for
from sufficiency.synthesis.faults import cells, chains, children, extra_rows, oddities, stale
from sufficiency.synthesis.faults.draft import Draft, FaultMaker, draft_of, fault_kinds
from sufficiency.synthesis.faults.files import (
    FORMS,
    ONLY_EPISODES,
    STRAY,
    FileForm,
    bytes_of,
    line_of,
)
from sufficiency.synthesis.tables import DATES, TABLES, YearTables
from sufficiency.synthesis.writing import file_name

TWO_DIGITS = "dates_of_two_digit_years"
ODD_DATE = "date_in_another_form"
KEY = "injected_faults.csv"
KEY_COLUMNS = ("fault", "file", "line", "meaning")


def _makers() -> dict[str, FaultMaker]:
    """The functions that damage rows, by the name of their fault."""
    found: dict[str, FaultMaker] = {}
    for module in (stale, chains, cells, children, extra_rows, oddities):
        for name in fault_kinds():
            if hasattr(module, name):
                found[name] = getattr(module, name)
    return found


@dataclass(frozen=True)
class DamagedReturn:
    """The files of a messy return, and what was done to them."""

    files: Mapping[str, bytes]
    key: pd.DataFrame
    """`KEY_COLUMNS`: line 1 is that of the headings; blank for a row that was left out, and for
    a whole file."""


def damaged(years: list[YearTables], seed: int, factor: float = 1.0) -> DamagedReturn:
    """The files of a return with every kind of fault that its rows allow.

    A child has at most one fault, so that none hides another. ``factor`` multiplies the shares
    of `calibration/return_faults.yaml`; each fault is there at least once unless it is 0.
    """
    draft = draft_of(years, chance_for(seed, "faults"), factor)
    draft.short_years = _short_years(draft)
    makers = _makers()
    for name in fault_kinds():
        if name in makers:
            makers[name](draft)
    forms = _forms(draft)
    files, lines = _written(draft, forms)
    return DamagedReturn(files, _key(draft, forms, lines))


def _forms(draft: Draft) -> dict[tuple[str, int], FileForm]:
    """How each file is written: some with a fault of the file, few with two stray lines."""
    years = range(draft.first_year, draft.last_year + 1)
    forms = {
        (table, year): FileForm(file_name(year, table), year) for year in years for table in TABLES
    }
    free = [key for key in forms if len(_rows(draft, *key))]
    # The choosiest first, while there are files left for them.
    for fault in sorted(FORMS, key=lambda name: (name != TWO_DIGITS, name not in ONLY_EPISODES)):
        fitting = [key for key in free if _fits(draft, fault, *key)]
        order = draft.chance.permutation(len(fitting))
        for place in order[: draft.wanted(fault, len(forms))]:
            forms[fitting[place]] = FORMS[fault](forms[fitting[place]])
            free.remove(fitting[place])
    return _with_stray_lines(draft, forms)


def _short_years(draft: Draft) -> frozenset[int]:
    years = draft.last_year - draft.first_year + 1
    order = draft.first_year + draft.chance.permutation(years)
    return frozenset(order[: draft.wanted(TWO_DIGITS, years * len(TABLES))].tolist())


def _fits(draft: Draft, fault: str, table: str, year: int) -> bool:
    """Whether a file may have a fault."""
    if fault == TWO_DIGITS:
        return table == "episodes" and year in draft.short_years
    if fault == "dates_year_first":
        # Else the one date that is written so would be like all others.
        return all(
            (each.fault, each.table, each.year) != (ODD_DATE, table, year)
            for each in draft.injected
        )
    return table == "episodes" or fault not in ONLY_EPISODES


def _with_stray_lines(
    draft: Draft, forms: dict[tuple[str, int], FileForm]
) -> dict[tuple[str, int], FileForm]:
    for fault in STRAY:
        plain = [key for key, form in forms.items() if key[0] == "episodes" and not form.extra]
        order = draft.chance.permutation(len(plain))
        for place in order[: draft.wanted(fault, len(plain))]:
            key = plain[place]
            rows = _rows(draft, *key)
            position = int(draft.chance.integers(1, len(rows)))
            cells = [""] * len(TABLES["episodes"])
            if fault == "line_with_too_many_cells":
                cells = [str(rows["CHILD"].iloc[position]), *["?"] * len(cells), "?"]
            stray = (*forms[key].stray, (position, ",".join(cells)))
            forms[key] = replace(forms[key], stray=stray)
    return forms


def _rows(draft: Draft, table: str, year: int) -> pd.DataFrame:
    """The rows of one file, in its order."""
    rows = draft.tables[table]
    rows = rows[rows["year"] == year]
    order = ["life", "DECOM"] if table == "episodes" else ["life"]
    return rows.sort_values(order, kind="stable")


def _written(
    draft: Draft, forms: dict[tuple[str, int], FileForm]
) -> tuple[dict[str, bytes], dict[tuple[str, int], int]]:
    """The files by name, and by table and row the line on which each row stands."""
    files: dict[str, bytes] = {}
    lines: dict[tuple[str, int], int] = {}
    for (table, year), form in forms.items():
        rows = _rows(draft, table, year)
        for position, row in enumerate(rows.index):
            lines[table, int(row)] = line_of(form, position)
        files[form.name] = bytes_of(_text(draft, table, rows, form), form)
        if form.twice:
            files[form.name.replace(".csv", " (2).csv")] = files[form.name]
    return files, lines


def _text(draft: Draft, table: str, rows: pd.DataFrame, form: FileForm) -> pd.DataFrame:
    """The rows as text, dates in the form of the file, cells that hold something else with it."""
    text = rows[list(TABLES[table])].copy()
    for column in text.columns.intersection(list(DATES)):
        text[column] = text[column].dt.strftime(form.date_format).fillna("")
    text = text.astype(object)
    for column in text.columns:
        instead = draft.texts.get((table, str(column)), {})
        for row in text.index.intersection(list(instead)):
            text.loc[row, column] = instead[int(row)]
    return text


def _key(
    draft: Draft,
    forms: dict[tuple[str, int], FileForm],
    lines: Mapping[tuple[str, int], int],
) -> pd.DataFrame:
    """Every fault with its file and line, in the order of faults, files and lines."""
    found: list[tuple[str, str, int | None]] = [
        (
            each.fault,
            file_name(each.year, each.table),
            None if each.row is None else lines[each.table, each.row],
        )
        for each in draft.injected
    ]
    clean = FileForm("", 0)
    for fault, change in FORMS.items():
        for form in forms.values():
            plain = replace(form, stray=())
            wanted = change(replace(clean, name=form.name, year=form.year))
            if plain == wanted:
                found.append((fault, form.name, None))
    for form in forms.values():
        for position, line in form.stray:
            fault = STRAY[1] if "?" in line else STRAY[0]
            found.append((fault, form.name, line_of(form, position) - 1))
    order = {name: place for place, name in enumerate(fault_kinds())}
    found.sort(key=lambda each: (order[each[0]], each[1], each[2] or 0))
    key = pd.DataFrame(found, columns=["fault", "file", "line"]).astype({"line": "Int64"})
    return key.assign(meaning=key["fault"].map(lambda name: fault_kinds()[name].meaning))
