"""How full places are, beside those that are usable, and how far away they are by setting."""

from __future__ import annotations

from datetime import date

import pandas as pd

from sufficiency.report.charts import VERMILLION, Chart, Line, fan_chart, finished
from sufficiency.report.figures import FLAG, FLAG_COLUMN, Figures, Spread, spread_of
from sufficiency.report.formats import children, children_range, long_date, percent
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import HIDDEN_COUNTS, SHORT_SETTING_LABELS, setting_label

SMALL_WIDTH, SMALL_HEIGHT = 400, 190
MOST_CHARTS = 12
"""Pools drawn; the table has them all."""
NO_PLACES = "no places"
_COLUMNS_OF_FIGURES = 4


def pool_label(sector: str, pool: str, several: bool) -> str:
    """What a pool is called: its setting, and its own name where the setting has several."""
    name = SHORT_SETTING_LABELS.get(sector, sector)
    return f"{name}: {pool}" if several else name


def limited_pools(figures: Figures) -> list[tuple[str, str, str]]:
    """Sector, pool and name of the pools with a limit on places, in the order of the run."""
    pools = figures.pools
    if pools.empty:
        return []
    names = pools[["sector", "pool"]].drop_duplicates()
    several = names["sector"].duplicated(keep=False)
    limited = set(pools.loc[(pools["measure"] == "places") & (pools["mean"] >= 0), "pool"])
    hidden = set(pools.loc[pools[FLAG_COLUMN] == FLAG, "pool"]) if FLAG_COLUMN in pools else set()
    return [
        (str(sector), str(pool), pool_label(str(sector), str(pool), bool(many)))
        for sector, pool, many in zip(names["sector"], names["pool"], several, strict=True)
        if pool in limited | (hidden & limited)
    ]


def _rows(figures: Figures, pool: str, measure: str) -> pd.DataFrame:
    rows = figures.pools
    return rows[(rows["pool"] == pool) & (rows["measure"] == measure)].sort_values("date")


def _at(figures: Figures, pool: str, measure: str, day: date) -> Spread | None:
    rows = _rows(figures, pool, measure)
    return spread_of(rows[rows["date"] == day])


def occupancy_charts(figures: Figures) -> list[Chart]:
    """A fan of the places taken in each pool with a limit, beside its usable places."""
    charts = []
    for number, (_, pool, name) in enumerate(limited_pools(figures)[:MOST_CHARTS]):
        taken = _rows(figures, pool, "occupied")
        if taken["mean"].isna().all():
            continue
        places = _rows(figures, pool, "places").dropna(subset=["mean"])
        limit = Line(
            "Usable places",
            list(places["date"]),
            [float(value) for value in places["p50"]],
            VERMILLION,
            (6, 3),
            False,
        )
        words, caption = _in_words(figures, pool, name), ""
        if (places["p90"] > places["p10"]).any():
            last = spread_of(places.iloc[[-1]])
            caption = "Usable places differ between futures; their middle is drawn."
            if last is not None:
                caption += f" At the end: {children_range(last.p10, last.p90)}."
        drawing = fan_chart(
            taken,
            [limit],
            height=SMALL_HEIGHT,
            width=SMALL_WIDTH,
            from_zero=True,
            axis_title="Places taken",
        )
        charts.append(
            finished(f"pool-{number}", name, words, drawing, term="occupied", caption=caption)
        )
    return charts


def _in_words(figures: Figures, pool: str, name: str) -> str:
    taken, places = (_at(figures, pool, what, figures.end) for what in ("occupied", "places"))
    if taken is None or places is None:
        return f"Places taken with: {name}."
    return (
        f"On {long_date(figures.end)} {children_range(taken.p10, taken.p90)} places are taken in "
        f"8 of 10 simulated futures, {children(taken.mean)} expected, of "
        f"{children(places.mean)} usable places."
    )


def occupancy_table(figures: Figures) -> Table | None:
    """Usable places, places taken and the chance that none is free, by pool at each 31 March and
    the end; None where no pool has a limit."""
    limited = limited_pools(figures)
    if not limited:
        return None
    rows = []
    for _, pool, name in limited:
        if len(limited) > 1:
            rows.append(Row(name, [Cell("")] * _COLUMNS_OF_FIGURES, is_total=True))
        rows += [Row(long_date(day), _cells(figures, pool, day)) for day in figures.year_ends]
    note = "Free places are those that nobody has, on average over all futures."
    return Table(
        key="occupancy",
        caption="How full places are: 8 of 10 simulated futures",
        columns=[
            Column("Places and date" if len(limited) > 1 else limited[0][2], "places"),
            Column("Usable places", "places"),
            Column("Places taken", "occupied"),
            Column("Free places, expected", "places"),
            Column("Chance that none is free", "full"),
        ],
        rows=rows,
        note=f"{note} {HIDDEN_COUNTS}" if figures.hides_children else note,
    )


def _cells(figures: Figures, pool: str, day: date) -> list[Cell]:
    found = {what: _at(figures, pool, what, day) for what in ("places", "occupied", "free")}
    chance = _at(figures, pool, "full_probability", day)
    cells = [_ranged(found["places"]), _ranged(found["occupied"])]
    free = found["free"]
    cells.append(Cell(children(free.mean)) if free else Cell("–"))
    has_places = found["places"] is not None and found["places"].p95 > 0
    never = NO_PLACES if found["places"] is not None and not has_places else "–"
    cells.append(Cell(percent(chance.mean)) if chance and has_places else Cell(never))
    rows = figures.pools
    mine = rows[(rows["pool"] == pool) & (rows["date"] == day)]
    if FLAG_COLUMN in mine and bool((mine[FLAG_COLUMN] == FLAG).any()):
        cells = [cell if cell.text != "–" else Cell(FLAG) for cell in cells]
    return cells


def _ranged(spread: Spread | None) -> Cell:
    """A number where all futures agree, else its range and the expected one."""
    if spread is None:
        return Cell("–")
    ends = children_range(spread.p10, spread.p90)
    if spread.p05 == spread.p95:
        return Cell(ends)
    return Cell(ends, f"expected {children(spread.mean)}")


def distance_by_setting(figures: Figures) -> Table | None:
    """Shares outside the boundary and over 20 miles by setting at the headline date; None where
    nothing is known."""
    day = figures.headline_date
    rows = []
    for setting in figures.settings:
        whole, *parts = (
            figures.at(measure, day, setting)
            for measure in ("in_care", "outside_area", "over_20_miles")
        )
        if whole is None or whole.mean == 0 or any(part is None for part in parts):
            continue
        cells = [
            Cell(percent(part.mean / whole.mean), f"{children(part.mean)} children")
            for part in parts
            if part is not None
        ]
        rows.append(Row(setting_label(setting), cells))
    if not rows:
        return None
    return Table(
        key="distance-by-setting",
        caption=f"The same by setting, {long_date(day)}: expected",
        columns=[
            Column("Setting", "settings"),
            Column("Outside the council's boundary", "outside_area"),
            Column("Over 20 miles from home", "over_20_miles"),
        ],
        rows=rows,
    )
