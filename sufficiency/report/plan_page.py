"""The page of a plan: what to find by when, how sure it is, what else would do.

One self-contained file in the look of a run's report, with the same rule: it asks no network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from sufficiency.report import plan_tables as tables
from sufficiency.report.charts import drawing_library
from sufficiency.report.formats import long_date
from sufficiency.report.html import rendered
from sufficiency.report.page import authority_name, marking_of, scenario_name
from sufficiency.report.plan_charts import measure_charts
from sufficiency.report.plan_report import PlanReport
from sufficiency.report.plan_words import (
    HOW_JUDGED,
    HOW_LEAST,
    IT_IS_ARITHMETIC,
    NO_MOVING_BACK,
    reach_sentences,
    summary_sentences,
)
from sufficiency.report.words import NOT_A_TARGET


def write_plan_page(report: PlanReport, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_plan_page(report), encoding="utf-8", newline="\n")


def render_plan_page(report: PlanReport) -> str:
    """The page as HTML."""
    manifest = report.manifest
    return rendered(
        "plan",
        title=title_of(report),
        marking=marking_of(manifest),
        kicker=f"Sufficiency plan · {scenario_name(manifest)} · {long_date(report.start)} to "
        f"{long_date(report.end)}",
        asked=[str(text) for text in manifest["targets"]],
        summary=summary_sentences(report),
        is_met=report.is_met,
        places_table=tables.places_table(report),
        targets_table=tables.targets_table(report),
        options_table=tables.options_table(report),
        needs_table=tables.needs_table(report),
        market_table=tables.market_table(report),
        charts=measure_charts(report),
        reach=[reach_sentences(line, report.in_care_now) for line in report.reach],
        it_is_arithmetic=IT_IS_ARITHMETIC,
        how=[HOW_LEAST[str(manifest["least"])], HOW_JUDGED, NO_MOVING_BACK],
        notes=[*report.notes, *(str(line) for line in manifest.get("warnings") or ())],
        facts=run_facts(report),
        not_a_target=NOT_A_TARGET,
        drawing_library=Markup(drawing_library()),
    )


def title_of(report: PlanReport) -> str:
    """What the plan is for."""
    return f"{authority_name(report.manifest)}: which places to find, and by when"


def run_facts(report: PlanReport) -> list[tuple[str, str]]:
    """How the plan was made, so that it can be made again."""
    manifest = report.manifest
    named: tuple[tuple[str, Any], ...] = (
        ("Command", manifest.get("command")),
        ("Pools that may change", ", ".join(manifest["pools"])),
        ("Futures that plans were judged on", f"{manifest['replications']:,}"),
        ("Further futures", f"{manifest['further_replications']:,}"),
        ("Seed", manifest.get("seed")),
        ("Version of sufficiency", manifest.get("package_version")),
        ("Made at", manifest.get("started_at")),
        ("Files read", ", ".join(str(each["file"]) for each in manifest.get("inputs") or ())),
    )
    return [(label, str(value)) for label, value in named if value not in (None, "")]
