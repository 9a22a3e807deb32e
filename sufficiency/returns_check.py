"""What `check` does with a folder of returns: read, rebuild, judge, say and write."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from sufficiency import __version__
from sufficiency.history.authorities import find_authority
from sufficiency.history.returns.frames import Return
from sufficiency.history.returns.place_sectors import read_sectors
from sufficiency.history.returns.quality import Quality, quality_report
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild
from sufficiency.report.kinds import MANIFEST, Results
from sufficiency.report.quality_page import ACTION_LABELS, fate_sentence, write_quality_page
from sufficiency.report.run_folder import (
    write_manifest,
    write_table,
    written_whole,
)
from sufficiency.report.words import MARKING
from sufficiency.terminal import PIPED_WIDTH

PAGE_FILE = "quality.html"
TABLES = ("files", "years", "rules", "set_aside", "counts", "periods")


def check_returns(
    paths: Sequence[Path], authority: str | None = None, place_sectors: Path | None = None
) -> tuple[Quality, Return]:
    """Read and rebuild a council's returns and say how good they are.

    ``place_sectors`` is a table of kinds of placement and providers instead of the shipped one.

    Raises:
        HistoryError: no return is there, or it or the table cannot be read.
        UnknownAuthority: no such authority.
    """
    council = find_authority(authority) if authority else None
    mapping = read_sectors(place_sectors) if place_sectors else None
    returned, ledger = read_return(list(paths))
    histories = rebuild(returned, ledger, mapping)
    return quality_report(returned, ledger, histories, council), returned


def write_quality(
    quality: Quality, returned: Return, out: Path, *, overwrite: bool = False
) -> Path:
    """Write the page, its tables as CSV and a manifest into a folder, whole or not at all.

    Raises:
        OutputError: the folder exists already or cannot be written.
    """
    with written_whole(out, overwrite, Results.QUALITY) as folder:
        for name in TABLES:
            write_table(getattr(quality, name), folder / f"{name}.csv")
        write_table(gates_table(quality), folder / "gates.csv")
        write_quality_page(quality, folder / PAGE_FILE)
        about = {
            "marking": MARKING,
            "kind": Results.QUALITY,
            "authority": quality.authority,
            "package_version": __version__,
            "inputs": [{"file": file.name, "sha256": file.sha256} for file in returned.files],
            "rows": quality.fates,
            "verdict": list(quality.verdict),
        }
        write_manifest(about, folder / MANIFEST)
    return out / PAGE_FILE


def gates_table(quality: Quality) -> pd.DataFrame:
    """gate, question, passed, stops, found, advice."""
    return pd.DataFrame(
        [
            (gate.name, gate.question, gate.passed, gate.stops, gate.found, gate.advice)
            for gate in quality.gates
        ],
        columns=["gate", "question", "passed", "stops", "found", "advice"],
    )


def show_quality(quality: Quality) -> None:
    """Print the verdict, the counts by year and the rules that found something."""
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    answer, *reasons = quality.verdict
    console.print(f"{answer}")
    for reason in reasons:
        console.print(f"- {reason}")
    console.print(fate_sentence(quality.fates))
    console.print(_files_sentence(quality))
    console.print(_counts(quality))
    console.print(_rules(quality))


def _files_sentence(quality: Quality) -> str:
    used = quality.files[quality.files["kind"] != "not_used"]
    kinds = used["kind"].value_counts()
    named = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    years = quality.years["year"]
    unused = len(quality.files) - len(used)
    rest = f"; {unused} not used" if unused else ""
    return f"Files by their columns: {named}{rest}. Years {years.min()} to {years.max()}."


def _counts(quality: Quality) -> Table:
    """By year: in care, started, ceased, with the published ones in brackets."""
    title = "Counted" + (f" (published for {quality.authority})" if quality.authority else "")
    table = Table(title=title, title_justify="left")
    table.add_column("Year to March")
    heads = {"in_care": "In care on 31 March", "started": "Started", "ceased": "Ceased"}
    for label in heads.values():
        table.add_column(label, justify="right")
    total = {
        (row["year"], row["measure"]): {name: float(row[name]) for name in ("counted", "published")}
        for row in quality.counts[quality.counts["group"] == "all"].to_dict("records")
    }
    for year in sorted(quality.counts["year"].unique()):
        cells = [_told(total.get((year, measure)), bool(quality.authority)) for measure in heads]
        table.add_row(str(year), *cells)
    return table


def _told(row: Mapping[str, float] | None, compared: bool) -> str:
    """A count, with the published one in brackets."""
    if row is None:
        return ""
    counted, published = f"{row['counted']:,.0f}", row["published"]
    if not compared:
        return counted
    return f"{counted} ({published:,.0f})" if published > 0 else f"{counted} (none)"


def _rules(quality: Quality) -> Table:
    table = Table(title="What was left out or repaired", title_justify="left")
    for head in ("What was done", "Rows", "What was found", "First rows"):
        table.add_column(head, justify="right" if head == "Rows" else "left", overflow="fold")
    told = quality.rules[quality.rules["action"] != "noted"]
    for row in told.to_dict("records"):
        table.add_row(
            ACTION_LABELS[str(row["action"])],
            f"{row['rows']:,}",
            str(row["meaning"]),
            str(row["first_rows"]),
        )
    more = len(quality.rules) - len(told)
    if more:
        table.caption = f"{more} more rules found rows that are used as they stand: see --out"
    return table
