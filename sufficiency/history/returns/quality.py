"""How good a return is: every rule with its rows, beside the published figures, with a verdict.

Frames in, frames out: no file is read or written here. Rows are told by file and line, never by
what stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from sufficiency.history.authorities import Authority
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import shipped_reference
from sufficiency.history.returns.frames import CareHistories, Return, SourceFile
from sufficiency.history.returns.gates import Gate, gates_of, gates_that_stop, verdict_of
from sufficiency.history.returns.ledger import Action, RowLedger, Rows
from sufficiency.history.returns.stocks import (
    ALL,
    FIRST_YEAR_OF_KINDS,
    flows_by_year,
    stock_by_published_kind,
    stock_by_sector,
    uasc_stock,
    years_seen,
)

FIRST_ROWS_SHOWN = 5
SET_ASIDE_AS_SHOULD_BE = frozenset(
    (
        "short_breaks",
        "amended_in_later_year",
        "end_amended_in_later_year",
        "inside_a_later_years_episode",
        "open_copy_with_another_start",
        "open_in_rewritten_history",
        "twice_in_one_year",
        "after_turning_18",
        "ended_before_first_year",
        "header_row_repeated",
        "blank_row",
    )
)
"""Rules that set aside rows of which another row tells, or that are not wanted: nothing is lost."""


@dataclass(frozen=True)
class Quality:
    """The data-quality report of a return, as frames."""

    files: pd.DataFrame
    """file, kind, year, rows, encoding, dates, note."""
    years: pd.DataFrame
    """year, episode_rows, children, header_rows, uasc_rows, repaired, set_aside."""
    fates: dict[str, int]
    """Rows used, repaired and set aside; they sum to the rows read."""
    rules: pd.DataFrame
    """rule, action, expected, rows, meaning, codes, first_rows (text: file and lines)."""
    set_aside: pd.DataFrame
    """file, line, rule, meaning: each row that is not used."""
    counts: pd.DataFrame
    """year, measure, group, counted, published, difference (share of the published)."""
    periods: pd.DataFrame
    """what, number: times in care by how they begin and end."""
    gates: tuple[Gate, ...]
    verdict: tuple[str, ...]
    """Sentences, the first of which is the answer."""
    authority: str
    """Whose published figures are beside; blank if none was named."""


def quality_report(
    returned: Return,
    ledger: RowLedger,
    histories: CareHistories,
    authority: Authority | None = None,
) -> Quality:
    """The data-quality report of a return.

    Args:
        returned: as it was read.
        ledger: of reading and rebuilding.
        histories: rebuilt from it.
        authority: whose published figures to set beside the counts; None for none.
    """
    rules = rules_table(ledger, returned.files)
    counts = counts_table(histories, authority)
    gates = gates_of(returned, ledger, histories, counts, rejected_rows(ledger))
    return Quality(
        files=files_table(returned),
        years=years_table(returned, ledger),
        fates=ledger.counts(),
        rules=rules,
        set_aside=set_aside_table(ledger, returned.files),
        counts=counts,
        periods=periods_table(histories),
        gates=gates,
        verdict=verdict_of(gates),
        authority=authority.name if authority else "",
    )


def reasons_to_stop(
    returned: Return, ledger: RowLedger, histories: CareHistories, authority: Authority
) -> tuple[str, ...]:
    """Why nobody should forecast from a return yet; empty if nothing stands against it."""
    counts = counts_table(histories, authority)
    gates = gates_of(returned, ledger, histories, counts, rejected_rows(ledger))
    return tuple(f"{gate.found} {gate.advice}" for gate in gates_that_stop(gates))


def rejected_rows(ledger: RowLedger) -> int:
    """Rows set aside because something was wrong with them."""
    wrong = [
        rows
        for rule, rows in ledger.rules()
        if rule.action is Action.SET_ASIDE and rule.name not in SET_ASIDE_AS_SHOULD_BE
    ]
    return len(np.unique(np.concatenate(wrong))) if wrong else 0


def files_table(returned: Return) -> pd.DataFrame:
    """What was found, file by file."""
    return pd.DataFrame(
        {
            "file": [file.name for file in returned.files],
            "kind": [file.kind for file in returned.files],
            "year": pd.array([file.year for file in returned.files], dtype="Int64"),
            "rows": [file.n_rows for file in returned.files],
            "encoding": [file.encoding for file in returned.files],
            "dates": [file.date_format for file in returned.files],
            "note": [file.note for file in returned.files],
        }
    )


def years_table(returned: Return, ledger: RowLedger) -> pd.DataFrame:
    """Rows of each table by collection year, and what became of its episodes."""
    fate = pd.Series(ledger.fate())
    rows = pd.DataFrame(
        {
            "year": returned.episodes["year"].to_numpy(),
            "fate": fate.reindex(returned.episodes["row"]).to_numpy(),
            "child": returned.episodes["child"].to_numpy(),
        }
    )
    by_year = rows.groupby("year")
    table = pd.DataFrame({"episode_rows": by_year.size(), "children": by_year["child"].nunique()})
    table["header_rows"] = returned.header["year"].value_counts()
    table["uasc_rows"] = returned.uasc["year"].value_counts()
    for name in ("repaired", "set_aside"):
        table[name] = rows[rows["fate"] == name].groupby("year").size()
    return table.fillna(0).astype(int).rename_axis("year").reset_index()


def rules_table(ledger: RowLedger, files: tuple[SourceFile, ...]) -> pd.DataFrame:
    """Every rule that touched a row: rows set aside first, then repairs, then notes."""
    order = [Action.SET_ASIDE, Action.REPAIRED, Action.NOTED]
    found = sorted(ledger.rules(), key=lambda pair: (order.index(pair[0].action), -len(pair[1])))
    return pd.DataFrame(
        [
            (
                rule.name,
                str(rule.action),
                rule.name in SET_ASIDE_AS_SHOULD_BE or rule.action is Action.NOTED,
                len(rows),
                rule.meaning,
                rule.codes,
                told_rows(rows[:FIRST_ROWS_SHOWN], files),
            )
            for rule, rows in found
        ],
        columns=["rule", "action", "expected", "rows", "meaning", "codes", "first_rows"],
    )


def where_rows_stand(rows: Rows, files: tuple[SourceFile, ...]) -> pd.DataFrame:
    """The ``file`` and ``line`` of rows; the number of the child's block or row where no lines."""
    used = sorted((file for file in files if file.n_rows), key=lambda file: file.first_row)
    starts = np.array([file.first_row for file in used], dtype=np.int64)
    names = np.array([*(file.name for file in used), ""], dtype=object)
    first_lines = np.array([*(max(file.first_line, 1) for file in used), 0], dtype=np.int64)
    place = np.searchsorted(starts, rows, side="right") - 1
    into = rows - starts[place] if len(starts) else rows
    return pd.DataFrame({"file": names[place], "line": first_lines[place] + into})


def told_rows(rows: Rows, files: tuple[SourceFile, ...]) -> str:
    """Rows in words: ``episodes.csv 12, 40; header.csv 7``."""
    stand = where_rows_stand(rows, files)
    parts = [
        f"{name} {', '.join(f'{line}' for line in lines)}".strip()
        for name, lines in stand.groupby("file", sort=False)["line"]
    ]
    return "; ".join(parts)


def set_aside_table(ledger: RowLedger, files: tuple[SourceFile, ...]) -> pd.DataFrame:
    """Each row that is not used, with why; a row may have several reasons."""
    parts = [
        where_rows_stand(rows, files).assign(rule=rule.name, meaning=rule.meaning)
        for rule, rows in ledger.rules()
        if rule.action is Action.SET_ASIDE
    ]
    columns = ["file", "line", "rule", "meaning"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).sort_values(["file", "line"], kind="stable")[columns]


def counts_table(histories: CareHistories, authority: Authority | None) -> pd.DataFrame:
    """Children in care on each 31 March, and started and ceased in each year, beside published.

    Measures: ``in_care`` (groups: all, the six sectors, uasc, and the published kinds of
    placement as ``kind: ...`` from 2020), ``started``, ``ceased``.
    """
    years = years_seen(histories)
    rows: list[tuple[int, str, str, int]] = []
    for row in flows_by_year(histories).reset_index().to_dict("records"):
        rows += [(int(row["year"]), name, ALL, int(row[name])) for name in ("started", "ceased")]
    for year in years:
        day = date(year, 3, 31)
        if day > histories.last_day:
            continue
        for row in stock_by_sector(histories, [day]).to_dict("records"):
            rows.append((year, "in_care", str(row["sector"]), int(row["children"])))
        rows.append((year, "in_care", "uasc", uasc_stock(histories, day)))
        if year >= FIRST_YEAR_OF_KINDS:
            kinds = stock_by_published_kind(histories, day)
            rows += [(year, "in_care", f"kind: {kind}", int(n)) for kind, n in kinds.items()]
    table = pd.DataFrame(rows, columns=["year", "measure", "group", "counted"])
    table["published"] = _published(table, authority)
    table["difference"] = (table["counted"] - table["published"]) / table["published"].where(
        table["published"] > 0
    )
    return table


def _published(table: pd.DataFrame, authority: Authority | None) -> pd.Series[float]:
    """The published figure of each row; missing where there is none."""
    if authority is None:
        return pd.Series(np.nan, index=table.index)
    reference = shipped_reference()
    history = PublishedHistory.as_at(int(reference.table("panel")["year"].max()))
    panel = history.panel(authority)
    kinds = history.stock_by_placement(authority).number
    found: dict[tuple[int, str, str], float] = {}
    for year, row in panel.iterrows():
        for measure in ("in_care", "started", "ceased"):
            found[int(str(year)), measure, ALL] = float(row[measure])
        found[int(str(year)), "in_care", "uasc"] = float(row["uasc"])
    for year, row in kinds.iterrows():
        for kind in row.index:
            found[int(str(year)), "in_care", f"kind: {kind}"] = float(row[kind])
    keys = zip(table["year"], table["measure"], table["group"], strict=True)
    return pd.Series([found.get(key, np.nan) for key in keys], index=table.index)


def periods_table(histories: CareHistories) -> pd.DataFrame:
    """Times in care by how they begin and end, and how they are known."""
    periods = histories.periods
    words = {
        ("start_type", "observed"): "begin with a start (S)",
        ("start_type", "inferred"): "begin without the code for a start, by their dates",
        ("start_type", "left_truncated"): "began before the first year, on a day not known",
        ("end_type", "observed"): "end by leaving care",
        ("end_type", "aged_out"): "end by turning 18",
        ("end_type", "imputed"): "end in a way not known (followed no further)",
        ("end_type", "censored"): "go on at the end of what is known",
    }
    rows = [(said, int((periods[name] == kind).sum())) for (name, kind), said in words.items()]
    rows.append(("without a date of birth", int(periods["born"].isna().sum())))
    rows.append(("of unaccompanied asylum-seeking children", int(periods["uasc"].sum())))
    return pd.DataFrame(rows, columns=["what", "number"])
