"""The page of a calibration: what was fitted, to how much, how well, and what to doubt.

One self-contained file that asks no network. It is of the council's own children: counts of 1 to
5 are not shown in it, and it is marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from sufficiency.calibration.children.assumptions import child_assumptions
from sufficiency.calibration.children.diagnostics import (
    by_year,
    left_by_reason,
    rate_table,
    remaining_in_care,
)
from sufficiency.calibration.children.file import MARKING
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.domain import AGE_GROUPS, SECTORS
from sufficiency.history.returns.frames import CareHistories
from sufficiency.report.calibration_charts import (
    KIND_WORDS,
    SMALLEST_SHOWN,
    past_chart,
    reasons_chart,
    remaining_chart,
    years_charts,
)
from sufficiency.report.charts import drawing_library
from sufficiency.report.formats import long_date
from sufficiency.report.html import rendered
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import AGE_LABELS, SETTING_LABELS

UNDER_6 = "under 6"
_MANY_THIN = 0.5
_OFTEN_MISSED = 0.25
"""A range of 9 in 10 misses one year in ten; more than one in four is a sign."""


@dataclass(frozen=True)
class CalibrationReport:
    """What the page is made from."""

    histories: CareHistories
    fit: ChildCalibration
    check: pd.DataFrame
    """Of `predictive_check`."""
    about: Mapping[str, Any]
    """Head of the calibrated file."""
    doubts: tuple[str, ...] = ()
    """Why nobody should forecast from these returns before looking again."""


def render_calibration_page(report: CalibrationReport) -> str:
    """The page as HTML."""
    fit = report.fit
    window = fit.counts.window
    rates = rate_table(fit)
    return rendered(
        "calibration",
        title=f"{fit.authority}: rates from its own children",
        marking=MARKING,
        kicker=f"Returns from {long_date(window.after)} to {long_date(window.until)}",
        lead=_lead(report, rates),
        cautions=_cautions(report, rates),
        rates_note=RATES_NOTE,
        rate_tables=[_rate_table(kind, rows) for kind, rows in rates.groupby("kind", sort=False)],
        starters_table=_starters(fit),
        assumed=_assumed(report.about),
        facts=_facts(report.about),
        drawing_library=Markup(drawing_library()),
        **_charts(report),
    )


RATES_NOTE = (
    "A rate is events a year per child. Each is pooled toward the rate published for the council, "
    "as strongly as cells of its kind agree with one another: where there are few events it is "
    f"mostly the published one. Events are not shown where there are fewer than {SMALLEST_SHOWN}; "
    "cells without children are left out."
)


def _charts(report: CalibrationReport) -> dict[str, Any]:
    check = report.check
    inside = check[check["sector"] != "all"]["inside"].mean()
    return {
        "check_words": (
            "We began with the children of the first day, let as many enter as did, applied the "
            f"fitted rates, and did so many times. {inside:.0%} of the children counted by sector "
            "lie in the range of 9 in 10 pasts (about 90% is right). The council's own families "
            "take as many children as they did."
        ),
        "total_chart": past_chart(check, "all", small=False),
        "sector_charts": [past_chart(check, str(sector), small=True) for sector in SECTORS],
        "flows_table": _flows(check),
        **_curves(report),
        "years_charts": years_charts(by_year(report.fit)),
    }


def _curves(report: CalibrationReport) -> dict[str, Any]:
    """Curves of leaving; those of few children, whose steps would tell of each, are left out."""
    left = report.about["counts"]["leavers_before_18"]
    remaining = remaining_in_care(report.histories, report.fit)
    if sum(left.values()) < SMALLEST_SHOWN:
        remaining[["seen", "seen_low", "seen_high"]] = np.nan
    by_reason = left_by_reason(report.histories, report.fit)
    few = [reason for reason, count in left.items() if count < SMALLEST_SHOWN]
    by_reason.loc[by_reason["reason"].isin(few), "seen"] = np.nan
    return {
        "remaining_chart": remaining_chart(remaining),
        "reasons_chart": reasons_chart(by_reason),
    }


def _lead(report: CalibrationReport, rates: pd.DataFrame) -> list[str]:
    counts = report.about["counts"]
    leavers = sum(counts["leavers_before_18"].values())
    moves = sum(counts["moves"].values())
    starters = sum(counts["starters"].values())
    lived = rates[rates["child_years"] > 0]
    season = report.fit.fitted.season
    return [
        f"Over {counts['child_years']:,.0f} child-years in care, {starters:,} children started, "
        f"{leavers:,} left before 18, {counts['turned_18']:,} turned 18, and {moves:,} moves were "
        f"made. {(~lived['thin']).mean():.0%} of {len(lived)} rates rest on five events or more.",
        "Starters differ by month of the year."
        if season.supported
        else "Starters differ by month no more than by chance, so no season is forecast.",
    ]


def _cautions(report: CalibrationReport, rates: pd.DataFrame) -> list[str]:
    counts, cautions = report.about["counts"], list(report.doubts)
    known = counts["child_years_with_time_in_care_known"] / max(counts["child_years"], 1e-9)
    if known < 0.95:
        cautions.append(
            f"{1 - known:.0%} of the child-years are of children whose care began before the first "
            "return. How long they had been there is not known, so they count for moves and not "
            "for leaving. Returns of earlier years would help."
        )
    lived = rates[rates["child_years"] > 0]
    thin = lived.groupby("kind")["thin"].mean()
    mostly = [KIND_WORDS[str(kind)].lower() for kind in thin.index[thin > _MANY_THIN]]
    if mostly:
        cautions.append(
            f"Most rates of these rest on fewer than five events each, so they are mostly the "
            f"published ones: {'; '.join(mostly)}."
        )
    totals = report.check[report.check["sector"] == "all"]
    for measure, rows in totals.groupby("measure"):
        missed, years = int((~rows["inside"]).sum()), len(rows)
        if missed > max(1, _OFTEN_MISSED * years):
            cautions.append(
                f"The simulated pasts miss {str(measure).replace('_', ' ')} in {missed} of {years} "
                "years: rates changed within the window. A shorter --window follows the latest."
            )
    return cautions


def _flows(check: pd.DataFrame) -> Table:
    rows = check[check["measure"] != "in_care"]
    return Table(
        "flows",
        "Starters and leavers of each year: what happened, and 9 of 10 simulated pasts",
        [Column("Year to"), Column("Flow"), Column("Happened"), Column("Simulated pasts")],
        [
            Row(
                long_date(row["date"].date()),
                [
                    Cell(str(row["measure"])),
                    Cell(_count(row["seen"])),
                    Cell(f"{row['mean']:,.0f}", f"{row['low']:,.0f} to {row['high']:,.0f}"),
                ],
            )
            for _, row in rows.iterrows()
        ],
    )


def _starters(fit: ChildCalibration) -> Table:
    """Starters by age and year of the window."""
    whole = fit.arrivals_whole
    year = [int(month[:4]) + (int(month[5:7]) > 3) for month in whole.months]
    counts = pd.DataFrame(whole.by_month).groupby(year).sum()
    labels = [*(AGE_LABELS[str(group)] for group in AGE_GROUPS[:-1]), "Unaccompanied"]
    return Table(
        "starters",
        "Starters by age, by financial year",
        [Column("Year to 31 March"), *(Column(label) for label in labels)],
        [
            Row(str(name), [Cell(_count(value)) for value in row.to_numpy()])
            for name, row in counts.iterrows()
        ],
    )


def _count(value: float) -> str:
    return UNDER_6 if round(value) < SMALLEST_SHOWN else f"{value:,.0f}"


def _rate_table(kind: Any, rows: pd.DataFrame) -> Table:
    lived = rows[rows["child_years"] > 0]
    return Table(
        f"rates-{kind}".replace("_", "-"),
        KIND_WORDS[str(kind)],
        [
            Column("Whom, and how long"),
            Column("Events"),
            Column("Child-years"),
            Column("Published"),
            Column("Fitted (90% interval)"),
        ],
        [
            Row(
                f"{_who(str(row['who']))}, {row['time']}",
                [
                    Cell(_count(row["events"])),
                    Cell(f"{row['child_years']:,.0f}"),
                    Cell(f"{row['published']:.3f}"),
                    Cell(f"{row['rate']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}"),
                ],
            )
            for _, row in lived.iterrows()
        ],
    )


def _who(name: str) -> str:
    if name == "all":
        return "All"
    return SETTING_LABELS.get(name) or AGE_LABELS.get(name) or "Unaccompanied children"


def _assumed(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (item.label, f"{about['assumptions'].get(name, item.value):g}. {item.source}")
        for name, item in child_assumptions().items()
    ]


def _facts(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = about["rows"]
    files = [str(source["file"]) for source in about["sources"]]
    return [
        ("Files", ", ".join(files) or "none: made from tables"),
        (
            "Rows",
            f"{rows['used']:,} used as they are, {rows['repaired']:,} repaired, "
            f"{rows['set_aside']:,} set aside (`sufficiency check` says why)",
        ),
        (
            "Level of entries",
            f"counted from {about['window']['entries_after']} to {about['window']['until']}",
        ),
        ("Made with", str(about["made_with"])),
    ]
