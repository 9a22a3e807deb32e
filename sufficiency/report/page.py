"""The report: one self-contained page that a board can read and a scrutiny panel can question.

Everything is inside the file, styles, scripts and pictures, and its own policy forbids it to ask
the network for anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sufficiency.report import page_charts, tables
from sufficiency.report.charts import Chart, drawing_library
from sufficiency.report.figures import Figures, RunResult, day_of
from sufficiency.report.finance_section import finance_section
from sufficiency.report.formats import children, gbp, long_date, plausible_range, value_with_unit
from sufficiency.report.headline import headline, places_statement
from sufficiency.report.html import rendered
from sufficiency.report.interventions_section import interventions_section
from sufficiency.report.money_section import money_section
from sufficiency.report.overflow_table import overflow_table
from sufficiency.report.planned_ends import plans_sentences, plans_table
from sufficiency.report.supply_sections import supply_sections
from sufficiency.report.track_record import (
    code_of,
    nearest_years,
    record_table,
    sentence,
    shipped_lines,
)
from sufficiency.report.words import (
    GLOSSARY,
    HIDDEN_COUNTS,
    HOW_TO_READ,
    KIND_LABELS,
    KIND_ORDER,
    MARKING,
    NOT_A_TARGET,
    NOT_SAID,
    PERCENTILES_DO_NOT_ADD,
    in_plain_words,
)

KEY_ASSUMPTIONS_SHOWN = 3
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Assumption:
    """One number that the run rests on, as people read it."""

    label: str
    value: str
    plausible: str
    kind: str
    source: str
    note: str
    key: str


def write_page(forecast: RunResult, path: Path) -> None:
    """Write a run's report as one HTML file.

    Args:
        forecast: a run: its manifest and tidy frames.
        path: the file to write; it is replaced if it exists.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_text(render_page(forecast), encoding="utf-8", newline="\n")


def render_page(forecast: RunResult) -> str:
    """A run's report as HTML."""
    figures = Figures.of(forecast)
    return rendered(
        "page",
        **_front(figures),
        **_sections(figures),
        **_standing_words(),
        drawing_library=Markup(drawing_library()),
    )


def authority_name(manifest: Mapping[str, Any]) -> str:
    """The authority's name, or the scenario's where no authority is named."""
    named = (manifest.get("authority") or {}).get("name")
    return str(named or scenario_name(manifest))


def marking_of(manifest: Mapping[str, Any]) -> str:
    """How a run must be marked: what comes from real children is sensitive, small counts or not."""
    if manifest.get("published"):
        return ""
    return MARKING if manifest.get("personal_data") else ""


def scenario_name(manifest: Mapping[str, Any]) -> str:
    """The scenario's name."""
    return str((manifest.get("scenario") or {}).get("name") or "Forecast")


def assumption(origin: Mapping[str, Any]) -> Assumption:
    """A number of the manifest in words."""
    label = in_plain_words(str(origin.get("label") or origin.get("key") or ""))
    unit = str(origin.get("unit") or ("share" if label.startswith("Share ") else ""))
    kind = str(origin.get("kind") or "")
    return Assumption(
        label=label,
        value=value_with_unit(origin.get("value"), unit),
        plausible=plausible_range(origin.get("low"), origin.get("high"), unit),
        kind=KIND_LABELS.get(kind, kind),
        source=_without_its_kind(str(origin.get("source") or "")),
        note=str(origin.get("note") or ""),
        key=str(origin.get("key") or ""),
    )


def _without_its_kind(source: str) -> str:
    """A source that begins by saying "Assumption", which stands beside it already, without."""
    words = re.sub(r"^Assumption[.:]\s*", "", source)
    return words[:1].upper() + words[1:]


def key_assumptions(figures: Figures) -> list[Assumption]:
    """The assumptions that matter most, in the order that the run names them."""
    origins = figures.manifest.get("origins") or ()
    by_key = {row.get("key"): row for row in reversed(list(origins))}
    named = [key for key in figures.manifest.get("key_assumptions") or () if key in by_key]
    return [assumption(by_key[key]) for key in named[:KEY_ASSUMPTIONS_SHOWN]]


def monte_carlo_sentence(figures: Figures) -> str:
    """How far the ends of the headline range could move with other random numbers."""
    errors = (figures.manifest.get("monte_carlo") or {}).get("in_care") or {}
    low, high = errors.get("p10_se"), errors.get("p90_se")
    runs = figures.manifest.get("replications")
    if low is None or high is None:
        return f"Too few futures were simulated ({runs}) to say how sure the ends of the range are."
    said = (
        f"The model was played {runs:,} times. Played again with other random numbers, the low "
        f"end of the range of children in care would move by at most about "
        f"{children(NORMAL_95 * low)} and the high end by {children(NORMAL_95 * high)}"
    )
    cost = (figures.manifest.get("monte_carlo") or {}).get("cost") or {}
    if cost.get("p10_se") is not None and cost.get("p90_se") is not None:
        said += (
            f", those of the cost of {cost.get('financial_year', 'the year')} by "
            f"{gbp(NORMAL_95 * cost['p10_se'])} and {gbp(NORMAL_95 * cost['p90_se'])}"
        )
    return f"{said}, 19 times out of 20."


def track_record_sentence(figures: Figures) -> str:
    """How good forecasts made this way were, about as many years ahead as the headline looks."""
    years = nearest_years((figures.headline_date - figures.start).days)
    return sentence(code_of(figures.manifest), years, shipped_lines())


def _front(figures: Figures) -> dict[str, Any]:
    """The first screen."""
    manifest = figures.manifest
    authority = authority_name(manifest)
    return {
        "authority": authority,
        "scenario": scenario_name(manifest),
        "description": str((manifest.get("scenario") or {}).get("description") or ""),
        "title": f"{authority}: children in care to {long_date(figures.end)}",
        "start": long_date(figures.start),
        "end": long_date(figures.end),
        "headline": headline(figures)[:-1],
        "places_statement": places_statement(figures),
        "track_record": track_record_sentence(figures),
        "main_chart": page_charts.in_care_chart(figures),
        "manifest": manifest,
        "marking": marking_of(manifest),
        "hidden_note": HIDDEN_COUNTS if figures.hides_children else "",
    }


def _sections(figures: Figures) -> dict[str, Any]:
    """Everything below the first screen; what a run does not have is None or empty."""
    manifest = figures.manifest
    comparisons = [
        row
        for row in manifest.get("comparisons") or ()
        if isinstance(row.get("value"), int | float)
    ]
    return {
        "rate_chart": page_charts.rate_chart(figures, authority_name(manifest)),
        "history_table": tables.rates_beside_others(figures, authority_name(manifest)),
        "key_assumptions": key_assumptions(figures),
        "data_age": str(manifest.get("data_age") or ""),
        "starting_figures": _starting_figures(manifest),
        "comparison_chart": page_charts.comparison_chart(figures, comparisons),
        "comparisons": _comparisons(figures, comparisons),
        "plans_sentences": plans_sentences(figures),
        "plans_table": plans_table(figures),
        "overflow_table": overflow_table(figures),
        "setting_charts": page_charts.setting_charts(figures),
        "setting_table": tables.children_by_setting(figures),
        "month_table": tables.children_by_month(figures),
        "flows_table": tables.flows_by_year(figures),
        "gap_charts": page_charts.gap_charts(figures),
        **supply_sections(figures),
        **interventions_section(figures),
        "need_table": tables.gap_by_need(figures),
        "cost_charts": _present(
            page_charts.cost_chart(figures), page_charts.cost_by_setting_chart(figures)
        ),
        "cost_table": tables.cost_by_year(figures),
        **money_section(figures),
        **finance_section(figures),
        "distance_table": tables.distance_by_date(figures),
        "layers_chart": page_charts.layers_chart(figures),
        "monte_carlo": monte_carlo_sentence(figures),
        "record_table": record_table(code_of(manifest), shipped_lines()),
        "assumptions": {
            KIND_LABELS[kind]: [assumption(row) for row in figures.origins(kind)]
            for kind in KIND_ORDER
        },
        "frozen_set": [str(line) for line in manifest.get("frozen_set") or ()],
        "run_facts": _run_facts(manifest),
        "inputs": list(manifest.get("inputs") or ()),
        "warnings": [str(line) for line in manifest.get("warnings") or ()],
    }


def _standing_words() -> dict[str, Any]:
    return {
        "not_a_target": NOT_A_TARGET,
        "not_said": NOT_SAID,
        "how_to_read": HOW_TO_READ,
        "glossary": GLOSSARY,
        "percentiles_note": PERCENTILES_DO_NOT_ADD,
    }


def _present(*charts: Chart | None) -> list[Chart]:
    return [chart for chart in charts if chart is not None]


def _starting_figures(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "date": long_date(day_of(row["date"])),
            "figure": children(float(row["figure"])),
            "source": str(row.get("source") or ""),
        }
        for row in manifest.get("starting_figures") or ()
    ]


def _comparisons(figures: Figures, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Other figures beside ours, and what is noted of them, each note once."""
    notes = list(dict.fromkeys(str(row["note"]) for row in rows if row.get("note")))
    lines = [
        {
            "label": page_charts.comparison_label(row),
            "date": long_date(day_of(row["date"])),
            "value": children(float(row["value"])),
            "ours": tables.counted(figures.at("in_care", day_of(row["date"]))).text,
            "note": notes.index(str(row["note"])) + 1 if row.get("note") else 0,
        }
        for row in rows
    ]
    return {"lines": lines, "notes": notes}


def _run_facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the run was made, so that it can be made again."""
    named = (
        ("Command", "command"),
        ("Simulated futures", "replications"),
        ("Seed", "seed"),
        ("Engine", "engine"),
        ("Version of sufficiency", "package_version"),
        ("Made at", "started_at"),
    )
    return [
        (label, str(manifest[key])) for label, key in named if manifest.get(key) not in (None, "")
    ]
