"""The charts of a plan: each gap over time, with and without it."""

from __future__ import annotations

import pandas as pd

from sufficiency.report.charts import INK, Chart, Line, fan_chart, finished
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.words import SHORT_SETTING_LABELS

TITLES = {
    "unmet_need": "Children with unmet need",
    "in_house_shortfall": "Suitable, but not the first choice",
    "unplaced": "No registered place found",
    "in_house_share": "The council's own places, share of placements",
    "in_area_share": "Placed inside the boundary",
    "occupancy": "Places in use, share of usable places",
}
SHARES = frozenset({"in_house_share", "in_area_share", "occupancy"})
ALWAYS = ("unmet_need", "in_house_shortfall", "unplaced")
_PERCENT = 100.0


def measure_charts(report: PlanReport) -> list[Chart]:
    """A chart of each measure that a target names, then of the gaps and those without a place."""
    table = report.table
    named = [str(key) for key in report.manifest["measures_named"]]
    kinds = dict.fromkeys([*named, *(f"{measure} all" for measure in ALWAYS)])
    charts = []
    for kind in kinds:
        measure, sector = kind.split(" ")
        chosen = table[(table["measure"] == measure) & (table["sector"] == sector)]
        if measure not in TITLES or chosen.empty:
            continue
        charts.append(_chart(report, measure, sector, chosen))
    return charts


def _chart(report: PlanReport, measure: str, sector: str, chosen: pd.DataFrame) -> Chart:
    scale = _PERCENT if measure in SHARES else 1.0
    numbers = chosen.select_dtypes("number").columns
    scaled = chosen.assign(**{name: chosen[name] * scale for name in numbers})
    with_plan = scaled[scaled["plan"] == "plan"]
    without = scaled[scaled["plan"] == "no-change"]
    days = [day.date() for day in without["date"]]
    line = Line("If nothing changes", days, list(without["mean"]), INK, (4, 2), False)
    names = [SHORT_SETTING_LABELS[each] for each in sector.split("+") if sector != "all"]
    title = TITLES[measure] + (f": {' and '.join(names)}" if names else "")
    last_with, last_without = with_plan["mean"].iloc[-1], without["mean"].iloc[-1]
    unit = "%" if measure in SHARES else ""
    return finished(
        f"{measure}-{sector.replace('+', '-')}",
        title,
        f"At the end {last_with:,.0f}{unit} on average with the plan, {last_without:,.0f}{unit} "
        "without.",
        fan_chart(
            with_plan,
            [line],
            height=230,
            width=420,
            from_zero=measure not in SHARES,
            axis_title="Per cent" if measure in SHARES else "Children",
        ),
        term="",
    )
