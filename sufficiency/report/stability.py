"""How settled children are: many placements in a year, and years in one place, beside what is
published by the Department for Education."""

from __future__ import annotations

from datetime import date
from functools import cache

from sufficiency.history.reference import ENGLAND_CODE, shipped_reference
from sufficiency.report.figures import FLAG, LAST_MONTH_OF_FINANCIAL_YEAR, Figures
from sufficiency.report.formats import children, children_range, long_date, percent
from sufficiency.report.gap_tables import sum_of_year
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.track_record import code_of
from sufficiency.report.words import HIDDEN_COUNTS

SEVERAL = ("stability_in_year", ("three_or_more_in_year",))
SETTLED = ("stability_long_term", ("same_carer_2_years", "same_placement_2_years"))
"""Published tables and the cells of the numerator; to 2018 of the placement, from 2019 of the
carer."""
NOTHING = Cell("–")


@cache
def _published() -> dict[tuple[str, str, str, int], float]:
    """Numbers by authority, table, cell and year."""
    table = shipped_reference().table("placements")
    rows = table[table["table"].isin([SEVERAL[0], SETTLED[0]]) & table["number"].notna()]
    keys = zip(rows["old_la_code"], rows["table"], rows["cell"], rows["year"], strict=True)
    numbers = (float(number) for number in rows["number"])
    return {
        (str(code), str(name), str(cell), int(year)): number
        for (code, name, cell, year), number in zip(keys, numbers, strict=True)
    }


def published_share(code: str, of: tuple[str, tuple[str, ...]], year: int) -> float | None:
    """A published share of children on 31 March of a year; None if it is not published."""
    name, cells = of
    known = _published()
    total = known.get((code, name, "total", year))
    part = next((known[key] for cell in cells if (key := (code, name, cell, year)) in known), None)
    return part / total if part is not None and total else None


def stability_table(figures: Figures) -> Table | None:
    """Both measures at each 31 March and the end, beside the published ones of the same date;
    None for a run that does not have them."""
    if figures.series("three_or_more_placements").empty:
        return None
    code = code_of(figures.manifest)
    rows = [
        Row(
            long_date(day),
            [
                _share(figures, "three_or_more_placements", "in_care", day),
                *_beside(code, SEVERAL, day),
                _share(figures, "same_placement_2_years", "long_term", day),
                *_beside(code, SETTLED, day),
            ],
        )
        for day in [figures.start, *figures.year_ends]
    ]
    note = (
        "Shares are expected figures, with children in 8 of 10 futures below. Placements before "
        "the start are not known, so the first column begins a year after it. Published figures "
        "are of the authority and of England on the same 31 March, where they are in the data that "
        "ship; those since 2019 count a change of home with the same carer as no change."
    )
    return Table(
        key="stability",
        caption="How settled children are",
        columns=[
            Column("Date"),
            Column("Three or more placements in the year", "three_or_more_placements"),
            Column("Published"),
            Column("England"),
            Column("Same placement for two years", "same_placement_2_years"),
            Column("Published"),
            Column("England"),
        ],
        rows=rows,
        note=f"{note} {HIDDEN_COUNTS}" if figures.hides_children else note,
    )


def _share(figures: Figures, part: str, whole: str, day: date, what: str = "children") -> Cell:
    """A share of children at a date, and how many they are."""
    if figures.is_hidden(part, day) or figures.is_hidden(whole, day):
        return Cell(FLAG)
    some, every = figures.at(part, day), figures.at(whole, day)
    if some is None or every is None or every.mean == 0:
        return NOTHING
    return Cell(percent(some.mean / every.mean), f"{children_range(some.p10, some.p90)} {what}")


def _beside(code: str, of: tuple[str, tuple[str, ...]], day: date) -> list[Cell]:
    """The published share of the authority and of England on that 31 March."""
    if day.month != LAST_MONTH_OF_FINANCIAL_YEAR:
        return [NOTHING, NOTHING]
    shares = [published_share(area, of, day.year) for area in (code, ENGLAND_CODE)]
    return [NOTHING if share is None else Cell(percent(share)) for share in shares]


def siblings_table(figures: Figures) -> Table | None:
    """Sibling groups that are split, at each 31 March and the end; None for a run in which
    brothers and sisters are not placed together, whose splits say nothing."""
    if not _placed_together(figures):
        return None
    rows = [
        Row(
            long_date(day),
            [
                *_of_those_who_came(figures, day),
                _counted(figures, "sibling_groups", day),
                _share(figures, "sibling_groups_split", "sibling_groups", day, "groups"),
            ],
        )
        for day in figures.year_ends
    ]
    return Table(
        key="siblings",
        caption="Brothers and sisters who came into care together after the start",
        columns=[
            Column("Date"),
            Column("Came into care in the year", "sibling_groups"),
            Column("Of these, split when they came", "sibling_groups"),
            Column("Two or more in care on the date", "sibling_groups"),
            Column("Of these, split now", "sibling_groups"),
        ],
        rows=rows,
        note="Groups, not children. Split: not all in the same pool of places, which need not be "
        "the same home. Those who came are expected figures of the financial year up to the date, "
        "as far as the forecast covers it. Later moves are each child's own, so more are split "
        "the longer they are in care.",
    )


def _of_those_who_came(figures: Figures, day: date) -> list[Cell]:
    """Groups who started to be looked after in a date's financial year up to it, and the share of
    them that was split then."""
    sums = [
        sum_of_year(figures, measure, day, "all")
        for measure in ("sibling_groups_started", "sibling_groups_started_split")
    ]
    if FLAG in sums:
        return [Cell(FLAG), Cell(FLAG)]
    started, split = sums
    if not isinstance(started, float) or not isinstance(split, float):
        return [NOTHING, NOTHING]
    return [Cell(children(started)), Cell(percent(split / started)) if started else NOTHING]


def _placed_together(figures: Figures) -> bool:
    scenario = figures.manifest.get("scenario") or {}
    return bool((scenario.get("allocation") or {}).get("siblings_together"))


def _counted(figures: Figures, measure: str, day: date) -> Cell:
    found = figures.at(measure, day)
    return NOTHING if found is None else Cell(children_range(found.p10, found.p90))
