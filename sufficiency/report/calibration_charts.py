"""Charts of a calibration's page: the past again, curves of leaving, years against the fit."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from sufficiency.report.charts import BLUE, INK, SOFT_INK, VERMILLION, Chart, finished
from sufficiency.report.words import SETTING_LABELS

SHADE = "#a3cce6"
SMALLEST_SHOWN = 6
"""Counts of 1 to 5 children are not shown."""
FEWEST_EVENTS = 24
"""Of a kind, in the whole window: fewer say nothing year by year."""
MOST = 3.0
"""Ratios above this are drawn at it."""
KIND_WORDS = {
    "adoption": "Adoption, of children placed for it",
    "special_guardianship": "Special guardianship",
    "returned_home": "Returned home",
    "family_arrangement": "Family arrangement",
    "other_reason": "Other reason to leave",
    "uasc": "Leaving before 18, unaccompanied children",
    "placed_for_adoption": "Placed for adoption",
    "adoptive_ending": "Placement for adoption that ends",
    "planned": "Planned move",
    "step_down": "Step down to a family",
    "unplanned_ending": "Unplanned ending",
    "carer_ends": "The carer ends",
    "turning_16": "Move to supported accommodation at 16",
}
_LEAVING_ORDER = [
    "adoption",
    "special_guardianship",
    "returned_home",
    "family_arrangement",
    "other_reason",
]


def past_chart(check: pd.DataFrame, sector: str, *, small: bool) -> Chart:
    """Children in care as they were, over the range of simulated pasts."""
    rows = check[(check["measure"] == "in_care") & (check["sector"] == sector)].copy()
    rows["seen"] = rows["seen"].where((rows["seen"] == 0) | (rows["seen"] >= SMALLEST_SHOWN))
    name = "All children in care" if sector == "all" else SETTING_LABELS[sector]
    base = alt.Chart(_shown(rows, ["date", "seen", "mean", "low", "high"]))
    x = alt.X("date:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
    scale = alt.Scale(zero=small)
    drawing = alt.layer(
        base.mark_area(color=SHADE).encode(
            x=x, y=alt.Y("low:Q", title="children", scale=scale), y2="high:Q"
        ),
        base.mark_line(color=BLUE, strokeWidth=2).encode(x=x, y="mean:Q"),
        base.mark_point(color=INK, filled=True, size=50, opacity=1).encode(x=x, y="seen:Q"),
    ).properties(width=300 if small else 660, height=160 if small else 260)
    return finished(
        f"past-{sector}".replace("_", "-"),
        name,
        "Dots are what the returns say on each 31 March; the band holds 9 of 10 simulated pasts.",
        drawing,
        term="",
        caption="" if small else "Dots: what happened. Band: 9 of 10 simulated pasts. Line: mean.",
    )


def remaining_chart(curve: pd.DataFrame) -> Chart:
    """Still in care by time in care, seen and fitted."""
    shown = curve.assign(years=curve["days"] / 365.25)
    base = alt.Chart(_shown(shown, ["years", "seen", "seen_low", "seen_high", "fitted"]))
    x = alt.X("years:Q", title="years in care")
    y = alt.Y("seen_low:Q", title="still in care", axis=alt.Axis(format="%"))
    drawing = alt.layer(
        base.mark_area(color="#dfe3e8", interpolate="step-after").encode(
            x=x, y=y, y2="seen_high:Q"
        ),
        base.mark_line(color=INK, interpolate="step-after").encode(x=x, y="seen:Q"),
        base.mark_line(color=VERMILLION, strokeDash=[6, 3], strokeWidth=2).encode(
            x=x, y="fitted:Q"
        ),
    ).properties(width=660, height=260)
    return finished(
        "remaining",
        "Children still in care, by time in care",
        "Kaplan-Meier estimate with 95% interval, and the curve of the fitted rates.",
        drawing,
        term="",
        caption="Black: as seen (Kaplan-Meier, 95% interval in grey; turning 18 censors). Dashed: "
        "the fitted rates over the same children.",
    )


def reasons_chart(curves: pd.DataFrame) -> Chart:
    """Left by reason and time in care, seen and fitted."""
    shown = curves.assign(years=curves["days"] / 365.25, why=curves["reason"].map(KIND_WORDS))[
        curves["days"] % 28 == 0
    ]
    base = alt.Chart(_shown(shown, ["years", "why", "seen", "fitted"]))
    order = [KIND_WORDS[reason] for reason in _LEAVING_ORDER]
    x = alt.X("years:Q", title="years in care")
    colour = alt.Color(
        "why:N",
        sort=order,
        scale=alt.Scale(
            domain=order, range=["#0072B2", "#D55E00", "#009E73", "#E69F00", "#9b4f79"]
        ),
        legend=alt.Legend(orient="bottom", columns=2, title=None, labelLimit=320),
    )
    y = alt.Y("seen:Q", title="have left", axis=alt.Axis(format="%"))
    drawing = alt.layer(
        base.mark_line(interpolate="step-after").encode(x=x, y=y, color=colour),
        base.mark_line(strokeDash=[6, 3]).encode(x=x, y="fitted:Q", color=colour),
    ).properties(width=660, height=300)
    return finished(
        "reasons",
        "Children who have left, by reason and time in care",
        "Aalen-Johansen estimates of each reason, and the curves of the fitted rates.",
        drawing,
        term="",
        caption="Solid: as seen (Aalen-Johansen). Dashed: the fitted rates.",
    )


def years_charts(years: pd.DataFrame) -> list[Chart]:
    """Each year's events against those expected at the fitted rates, a chart a kind; kinds with
    few events are left out."""
    total = years.groupby("kind", sort=False)["events"].sum()
    kinds = [kind for kind in KIND_WORDS if total.get(kind, 0.0) >= FEWEST_EVENTS]
    return [_year_chart(str(kind), years[years["kind"] == kind]) for kind in kinds]


def _year_chart(kind: str, years: pd.DataFrame) -> Chart:
    rows = years.assign(high=years["high"].clip(upper=MOST), ratio=years["ratio"].clip(upper=MOST))
    base = alt.Chart(_shown(rows, ["year", "ratio", "low", "high"]))
    x = alt.X("year:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
    scale = alt.Scale(domain=[0, MOST])
    drawing = alt.layer(
        base.mark_rule(color=SOFT_INK).encode(y=alt.datum(1.0, title=None)),
        base.mark_rule(color=BLUE).encode(
            x=x, y=alt.Y("low:Q", title="against the fit", scale=scale), y2="high:Q"
        ),
        base.mark_point(color=BLUE, filled=True, opacity=1).encode(x=x, y="ratio:Q"),
    ).properties(width=300, height=130)
    return finished(
        f"year-{kind}".replace("_", "-"),
        KIND_WORDS[kind],
        "Ratio of each year's events to those expected at the fitted rates, with 90% intervals.",
        drawing,
        term="",
    )


def _shown(rows: pd.DataFrame, columns: list[str]) -> Any:
    """Rows as Altair takes them, dates as text."""
    frame = rows[columns].copy()
    for column in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[column]):
            frame[column] = frame[column].dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(frame[column]):
            frame[column] = frame[column].round(4)
    return alt.Data(values=frame.astype(object).where(frame.notna(), None).to_dict("records"))
