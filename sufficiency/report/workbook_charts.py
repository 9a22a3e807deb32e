"""The workbook's own charts, drawn by Excel from the cells beside them."""

from __future__ import annotations

from typing import Any

from sufficiency.report.sheets import Book, Sheet
from sufficiency.report.words import SHORT_SETTING_LABELS

BLUE, BAND = "#0072B2", "#A3CCE6"
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
DATE, LOW, EXPECTED, SPREAD = 0, 1, 2, 4


def add_fan_chart(book: Book, sheet: Sheet, last_row: int, at_row: int) -> None:
    """Children in care by month: the expected line in the band of 8 of 10 futures.

    The band is the low end, drawn clear, with the width of the range stacked on it.
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
    area.set_title({"name": "Children in care, all settings", "name_font": {"size": 12}})
    _time_axes(area)
    area.set_legend({"position": "bottom", "delete_series": [0]})
    area.set_size(SIZE)
    sheet.worksheet.insert_chart(at_row, 0, area, _spoken("Children in care with the range"))


def add_settings_chart(
    book: Book, sheet: Sheet, last_row: int, first_column: int, settings: list[str], at_row: int
) -> None:
    """Expected children by setting, a line each."""
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
    sheet.worksheet.insert_chart(at_row, 7, chart, _spoken("Expected children by setting"))


def add_cost_chart(
    book: Book, sheet: Sheet, n_years: int, settings: list[str], at_row: int
) -> None:
    """Expected cost by setting, stacked, and the range of the year's total as error bars.

    A part year is a shorter column because it has fewer months; its label says how many.
    """
    name = sheet.worksheet.get_name()
    chart = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    n_settings = len(settings)
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
    total = book.workbook.add_chart({"type": "line"})
    total.add_series(
        {
            "name": "Total: expected, and 8 of 10 futures",
            "categories": [name, 1, 0, n_years, 0],
            "values": [name, 1, n_settings + 1, n_years, n_settings + 1],
            "line": {"none": True},
            "marker": {"type": "diamond", "size": 7, "fill": {"color": "#1f2933"}},
            "y_error_bars": {
                "type": "custom",
                "plus_values": [name, 1, n_settings + 5, n_years, n_settings + 5],
                "minus_values": [name, 1, n_settings + 4, n_years, n_settings + 4],
                "line": {"color": "#1f2933", "width": 1.5},
            },
        }
    )
    chart.combine(total)
    chart.set_title({"name": "Cost of placements by financial year", "name_font": {"size": 12}})
    chart.set_y_axis({"num_format": '£#,##0,,"m"', "major_gridlines": _GRID, "min": 0})
    chart.set_legend({"position": "right"})
    chart.set_size({"width": 900, "height": 420})
    sheet.worksheet.insert_chart(at_row, 0, chart, _spoken("Cost by financial year and setting"))


_GRID = {"visible": True, "line": {"color": "#D9DEE4"}}


def _column(sheet: Sheet, column: int, last_row: int) -> dict[str, Any]:
    """Where a series' dates and values stand."""
    name = sheet.worksheet.get_name()
    return {
        "categories": [name, 1, DATE, last_row, DATE],
        "values": [name, 1, column, last_row, column],
    }


def _time_axes(chart: Any) -> None:
    months_between_ticks = 6
    chart.set_x_axis(
        {
            "date_axis": True,
            "num_format": "mmm yy",
            "major_unit": months_between_ticks,
            "major_unit_type": "months",
        }
    )
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": _GRID, "min": 0})


def _spoken(description: str) -> dict[str, Any]:
    """Text for readers who do not see the chart."""
    return {"description": f"{description}; the numbers are in the cells of this sheet."}
