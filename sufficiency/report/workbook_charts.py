"""The workbook's own charts, drawn by Excel from the cells beside them."""

from __future__ import annotations

import math
from typing import Any

from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.words import SHORT_SETTING_LABELS

BLUE, BAND, INK = "#0072B2", "#A3CCE6", "#1F2933"
SETTING_COLOURS = {
    "internal_fostering": "#0072B2",
    "ifa": "#56B4E9",
    "connected_persons": "#009E73",
    "residential": "#D55E00",
    "supported_accommodation": "#E69F00",
    "other": "#999999",
    "unplaced": "#000000",
}
SIZE = {"width": 760, "height": 380}
ROWS_PER_CHART = 20
DATE, LOW, EXPECTED, SPREAD = 0, 1, 2, 4


def add_fan_chart(book: Book, sheet: Sheet, last_row: int, lowest: float, at_row: int) -> None:
    """Children in care by month: the expected line in the band of 8 of 10 futures.

    The band is the low end, drawn clear, with the width of the range stacked on it. The axis
    begins a little under ``lowest``, the least low end, or the range would not be seen.
    """
    area = book.workbook.add_chart({"type": "area", "subtype": "stacked"})
    for name, column, fill in (
        ("Low end", LOW, {"none": True}),
        ("8 of 10 simulated futures", SPREAD, {"color": BAND}),
    ):
        area.add_series({**_column(sheet, column, last_row), "name": name, "fill": fill})
    line = book.workbook.add_chart({"type": "line"})
    line.add_series(
        {
            **_column(sheet, EXPECTED, last_row),
            "name": "Expected",
            "line": {"color": BLUE, "width": 2.25},
        }
    )
    area.combine(line)
    area.set_title(
        {
            "name": "Children in care, all settings (axis does not start at 0)",
            "name_font": {"size": 12},
        }
    )
    bottom = math.floor(lowest * 0.9 / 50) * 50
    _time_axes(area, bottom)
    area.set_legend({"position": "bottom", "delete_series": [0]})
    area.set_size(SIZE)
    sheet.worksheet.insert_chart(at_row, 0, area, _spoken("Children in care with the range"))


def add_settings_chart(
    book: Book, sheet: Sheet, last_row: int, first_column: int, settings: list[str], at_row: int
) -> None:
    """Expected children by setting, a line each; no chart where nobody is in care."""
    if not settings:
        return
    chart = book.workbook.add_chart({"type": "line"})
    for n, setting in enumerate(settings):
        chart.add_series(
            {
                **_column(sheet, first_column + n, last_row),
                "name": SHORT_SETTING_LABELS[setting],
                "line": {"color": SETTING_COLOURS[setting], "width": 2},
            }
        )
    chart.set_title({"name": "Expected children by setting", "name_font": {"size": 12}})
    _time_axes(chart)
    chart.set_legend({"position": "bottom"})
    chart.set_size(SIZE)
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("Expected children by setting"))


def add_cost_chart(
    book: Book, sheet: Sheet, n_years: int, settings: list[str], at_row: int
) -> None:
    """Expected cost by setting, stacked, and the range of the year's total.

    A part year is a shorter column because it has fewer months; its label says how many. There is
    no chart where nobody is in care.
    """
    if not settings:
        return
    name = sheet.worksheet.get_name()
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column, setting in enumerate(settings, start=1):
        chart.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, n_years, 0],
                "values": [name, 1, column, n_years, column],
                "fill": {"color": SETTING_COLOURS[setting]},
                "gap": 60,
            }
        )
    chart.combine(_yearly_totals(book, name, n_years, len(settings) + 1))
    chart.set_title({"name": "Cost of placements by financial year", "name_font": {"size": 12}})
    chart.set_y_axis({"num_format": '£#,##0,,"m"', "major_gridlines": _GRID, "min": 0})
    chart.set_legend({"position": "right"})
    chart.set_size({"width": 900, "height": 420})
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("Cost by financial year and setting"))


def _yearly_totals(book: Book, name: str, n_years: int, first_column: int) -> Any:
    """Marks for what all placements cost in a year, joined from the low to the high end."""
    total = book.workbook.add_chart({"type": "line"})
    marks = (
        ("All: expected", "diamond"),
        ("All: low end", "long_dash"),
        ("All: high end", "long_dash"),
    )
    for column, (label, marker) in enumerate(marks, start=first_column):
        total.add_series(
            {
                "name": label,
                "categories": [name, 1, 0, n_years, 0],
                "values": [name, 1, column, n_years, column],
                "line": {"none": True},
                "marker": {
                    "type": marker,
                    "size": 8,
                    "fill": {"color": INK},
                    "border": {"color": INK},
                },
            }
        )
    total.set_high_low_lines({"line": {"color": INK, "width": 1.5}})
    return total


def add_profile_chart(book: Book, sheet: Sheet, n_months: int, at_row: int) -> None:
    """What each month costs: spent, in the placements of the start, in later ones; stacked."""
    name = sheet.worksheet.get_name()
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column, label, colour in (
        (3, "Spent", "#52606D"),
        (4, "Children placed at the start", BLUE),
        (5, "Later placements", "#E69F00"),
    ):
        chart.add_series(
            {
                "name": label,
                "categories": [name, 1, 2, n_months, 2],
                "values": [name, 1, column, n_months, column],
                "fill": {"color": colour},
                "gap": 30,
            }
        )
    chart.set_title({"name": "Cost of placements a month", "name_font": {"size": 12}})
    _time_axes(chart)
    chart.set_y_axis({"num_format": '£#,##0.0,,"m"', "major_gridlines": _GRID, "min": 0})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 380})
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("Cost of placements a month"))


def add_bridge_chart(
    book: Book, sheet: Sheet, rows: tuple[int, int], lowest: float, at_row: int
) -> None:
    """A waterfall from the cells of a sheet: an unseen base, then whole, up and down columns.

    ``rows`` are the first and the last; their names stand in the third column, and base, ends,
    rises and falls in the four after it. The axis begins a little under ``lowest``, the least that
    a column ends at, or the steps would not be seen.
    """
    name = sheet.worksheet.get_name()
    first, last = rows
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column, (label, fill) in enumerate(
        (
            ("Base", {"none": True}),
            ("Budget and need", {"color": INK}),
            ("More", {"color": "#D55E00"}),
            ("Less", {"color": "#009E73"}),
        ),
        start=3,
    ):
        chart.add_series(
            {
                "name": label,
                "categories": [name, first, 2, last, 2],
                "values": [name, first, column, last, column],
                "fill": fill,
                "gap": 40,
            }
        )
    step = 10 ** math.floor(math.log10(max(abs(lowest), 10.0)))
    bottom = max(0.0, math.floor(lowest * 0.95 / step * 2) * step / 2)
    title = "From budget to need" + (" (axis does not start at 0)" if bottom else "")
    chart.set_title({"name": title, "name_font": {"size": 12}})
    axis = {"num_format": '£#,##0.0,,"m"', "major_gridlines": _GRID, "min": bottom}
    chart.set_y_axis(axis)
    chart.set_legend({"position": "bottom", "delete_series": [0]})
    chart.set_size({"width": 1000, "height": 400})
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("The steps from budget to need"))


def add_payback_chart(
    book: Book, sheet: Sheet, rows: tuple[int, int], columns: tuple[int, int, int], at_row: int
) -> None:
    """The running present value of a programme: expected, and the ends of 8 of 10 futures."""
    name = sheet.worksheet.get_name()
    first, last = rows
    chart = book.workbook.add_chart({"type": "line"})
    for column, label, line in zip(
        columns,
        ("Expected", "Low end", "High end"),
        (
            {"color": BLUE, "width": 2.25},
            {"color": BAND, "width": 1.25},
            {"color": BAND, "width": 1.25},
        ),
        strict=True,
    ):
        chart.add_series(
            {
                "name": label,
                "categories": [name, first, 1, last, 1],
                "values": [name, first, column, last, column],
                "line": line,
            }
        )
    chart.set_title({"name": "Saved less spent so far, present values", "name_font": {"size": 12}})
    chart.set_x_axis({"date_axis": True, "num_format": "mmm yy", "label_position": "low"})
    chart.set_y_axis({"num_format": '£#,##0.0,,"m"', "major_gridlines": _GRID})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 380})
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("When the programme pays back"))


_GRID = {"visible": True, "line": {"color": "#D9DEE4"}}


def _column(sheet: Sheet, column: int, last_row: int) -> dict[str, Any]:
    """Where a series' dates and values stand."""
    name = sheet.worksheet.get_name()
    return {
        "categories": [name, 1, DATE, last_row, DATE],
        "values": [name, 1, column, last_row, column],
    }


def _time_axes(chart: Any, bottom: float = 0) -> None:
    months_between_ticks = 6
    chart.set_x_axis(
        {
            "date_axis": True,
            "num_format": "mmm yy",
            "major_unit": months_between_ticks,
            "major_unit_type": "months",
        }
    )
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": _GRID, "min": bottom})


def _spoken(description: str) -> dict[str, Any]:
    """Text for readers who do not see the chart."""
    return {"description": f"{description}; the numbers are in the cells of this sheet."}
