"""The tables of the backtest page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial

from sufficiency.history.counts import as_number
from sufficiency.report.backtest_figures import ALL, IN_CARE, BacktestFigures, Key
from sufficiency.report.backtest_words import (
    METHOD_LABELS,
    NO_CHANGE,
    OURS,
    SIZE_LABELS,
    TARGET_LABELS,
)
from sufficiency.report.formats import children, children_range, percent
from sufficiency.report.tables import Cell, Column, Row, Table

SHOWN_YEARS = (1, 2, 3, 5)
PART_YEARS = (1, 2, 3)
NOTHING = Cell("–")
SCORES_NOTE = (
    "Miss: the average, too high and too low alike. Score: of range and centre together, as a "
    "share of the score of “no change”; below 1.00 is better. Held: by the 8-in-10 range."
)
SLICES_NOTE = (
    "Held: by the 8-in-10 range, which should be 80%. Miss: the average. The last two columns are "
    "of forecasts a year ahead; width is of the 8-in-10 range, as a share of its middle."
)


def scoreboard_table(figures: BacktestFigures, origins: str) -> Table | None:
    """Every method beside ours, for children in care."""
    years = [
        year
        for year in SHOWN_YEARS
        if figures.score("mape", OURS, year, origins=origins) is not None
    ]
    if not years:
        return None
    columns = [Column("Method")]
    columns += [Column(f"Miss, {_ahead(year)}", "miss") for year in years]
    columns += [Column(f"Score, {_ahead(year)}", "crps") for year in years]
    columns += [Column("Held, 1 year", "held")]
    rows = []
    for method in (name for name in METHOD_LABELS if name in figures.methods):
        cells = [_share(figures.score("mape", method, year, origins=origins)) for year in years]
        cells += [
            _ratio(figures.score("ratio_crps", method, year, origins=origins)) for year in years
        ]
        cells.append(_held(figures, method, 1, origins=origins))
        rows.append(Row(METHOD_LABELS[method], cells, is_total=method == OURS))
    number = figures.score("mape", OURS, 1, origins=origins, column="forecasts")
    since = "Forecasts made from 2019 on" if origins != ALL else "All forecasts"
    return Table(
        f"scoreboard-{origins.replace('_', '-')}",
        f"{since}: children in care ({number or 0:,.0f} forecasts a year ahead)",
        columns,
        rows,
        note=SCORES_NOTE,
    )


def parts_table(figures: BacktestFigures) -> Table | None:
    """Ours beside "no change" for starters, leavers, ages and placement groups."""
    columns = [Column("Count")]
    years = [year for year in PART_YEARS if year in figures.years]
    for year in years:
        columns += [
            Column(f"Miss in children, {_ahead(year)}"),
            Column(f"“No change”, {_ahead(year)}"),
            Column(f"Score, {_ahead(year)}", "crps"),
        ]
    columns.append(Column("Held, 1 year", "held"))
    rows = []
    for target, label in TARGET_LABELS.items():
        if figures.score("mae", OURS, 1, target) is None:
            continue
        cells = []
        for year in years:
            cells += [
                _one_decimal(figures.score("mae", OURS, year, target)),
                _one_decimal(figures.score("mae", NO_CHANGE, year, target)),
                _ratio(figures.score("ratio_crps", OURS, year, target)),
            ]
        cells.append(_held(figures, OURS, 1, target))
        rows.append(Row(label, cells, is_total=target == IN_CARE))
    if not rows:
        return None
    caption = "This forecast beside “no change”"
    return Table("parts", caption, columns, rows, note=SCORES_NOTE)


def by_origin(figures: BacktestFigures) -> Table | None:
    """Coverage, miss and bias by the year that forecasts were made in."""
    return _sliced(
        figures,
        "by-origin",
        "By the year that forecasts were made in: children in care",
        [(f"31 March {origin}", str(origin), ALL) for origin in figures.origins],
        "Made on",
    )


def by_size(figures: BacktestFigures) -> Table | None:
    """The same by the size of the council."""
    return _sliced(
        figures,
        "by-size",
        "By the number of children in care at the origin",
        [(label, ALL, size) for size, label in SIZE_LABELS.items()],
        "Children in care",
    )


def _sliced(
    figures: BacktestFigures,
    key: str,
    caption: str,
    slices: list[tuple[str, str, str]],
    head: str,
) -> Table | None:
    years = [year for year in PART_YEARS if year in figures.years]
    columns = [Column(head), Column("Forecasts, 1 year")]
    for year in years:
        columns += [
            Column(f"Held, {_ahead(year)}", "held"),
            Column(f"Miss, {_ahead(year)}", "miss"),
            Column(f"“No change”, {_ahead(year)}"),
        ]
    columns += [Column("Too high or low", "bias"), Column("Width")]
    rows = []
    for label, origins, size in slices:
        get = partial(figures.score, origins=origins, size=size)
        number = get("mape", OURS, 1, column="forecasts")
        if number is None:
            continue
        cells = [Cell(f"{number:,.0f}")]
        for year in years:
            cells += [
                _held(figures, OURS, year, origins=origins, size=size),
                _share(get("mape", OURS, year)),
                _share(get("mape", NO_CHANGE, year)),
            ]
        cells += [
            _signed(get("bias_share", OURS, 1)),
            _share(get("width_share_80", OURS, 1)),
        ]
        rows.append(Row(label, cells))
    return Table(key, caption, columns, rows, note=SLICES_NOTE) if rows else None


def one_authority(figures: BacktestFigures) -> Table | None:
    """Every forecast of one authority's children in care beside what happened."""
    rows_of = figures.of_target()
    ours = rows_of[rows_of["method"] == OURS].set_index(["origin", "years_ahead"])
    if ours.empty:
        return None
    columns = [Column("Made on", "origin"), Column("In care then")]
    columns += [Column(f"{_ahead(year).capitalize()} ahead") for year in figures.years]
    rows = []
    for origin in figures.origins:
        if origin not in ours.index.get_level_values("origin"):
            continue
        mine = ours.xs(origin)
        cells = [Cell(children(float(mine["at_origin"].iloc[0])))]
        for year in figures.years:
            if year not in mine.index:
                cells.append(NOTHING)
                continue
            found = mine.loc[year]
            low, high, happened = (as_number(found[key]) for key in ("p10", "p90", "outcome"))
            said, inside = children_range(low, high), low <= happened <= high
            mark = "held" if inside else "missed"
            cells.append(Cell(said, f"was {children(happened)}: {mark}"))
        rows.append(Row(f"31 March {origin}", cells))
    return Table(
        "every-forecast", "Every forecast: the 8-in-10 range, and what happened", columns, rows
    )


def left_out_table(figures: BacktestFigures) -> Table | None:
    """What was not scored, by reason."""
    table = figures.left_out
    if table.empty:
        return None
    rows = []
    named = table[table["authority"].notna()]
    for reason, these in named.groupby("reason", sort=False):
        origins = sorted(int(year) for year in these["origin"].dropna().unique())
        names = ", ".join(dict.fromkeys(these["authority"]))
        when = f"{origins[0]} to {origins[-1]}" if len(origins) > 1 else "".join(map(str, origins))
        rows.append(Row(str(reason), [Cell(names), Cell(when), Cell("")]))
    counted = table[table["authority"].isna()]
    for reason, these in counted.groupby("reason", sort=False):
        labels = dict.fromkeys(
            TARGET_LABELS.get(_target(row), "") for row in these.to_dict("records")
        )
        number = int(these["forecasts"].sum())
        what = ", ".join(label for label in labels if label)
        rows.append(Row(str(reason), [Cell(what), Cell(""), Cell(f"{number:,}")]))
    columns = [
        Column("Why"),
        Column("Councils, or counts"),
        Column("Made on"),
        Column("Forecasts"),
    ]
    return Table("left-out", "What was left out", columns, rows)


def _target(row: Mapping[Hashable, object]) -> Key:
    return str(row["measure"]), str(row["placement_group"]), str(row["age_band"])


def _ahead(year: int) -> str:
    return "1 year" if year == 1 else f"{year} years"


def _share(value: float | None) -> Cell:
    return NOTHING if value is None else Cell(f"{value:.1%}")


def _signed(value: float | None) -> Cell:
    return NOTHING if value is None else Cell(f"{value:+.1%}")


def _ratio(value: float | None) -> Cell:
    return NOTHING if value is None else Cell(f"{value:.2f}")


def _one_decimal(value: float | None) -> Cell:
    return NOTHING if value is None else Cell(f"{value:.1f}")


def _held(
    figures: BacktestFigures,
    method: str,
    year: int,
    target: Key = IN_CARE,
    *,
    origins: str = ALL,
    size: str = ALL,
) -> Cell:
    found = figures.score("coverage_80", method, year, target, origins=origins, size=size)
    error = figures.score(
        "coverage_80", method, year, target, origins=origins, size=size, column="standard_error"
    )
    if found is None:
        return NOTHING
    return Cell(percent(found), f"give or take {error * 100:.0f}%" if error else "")
