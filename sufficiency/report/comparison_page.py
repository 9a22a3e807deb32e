"""The page of a comparison: one summary for a board, one for finance, and what lies behind both.

One self-contained file in the look of a run's report, with the same rule: it asks no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sufficiency.report import comparison_charts as charts
from sufficiency.report import comparison_money as money
from sufficiency.report import comparison_tables as tables
from sufficiency.report.charts import Chart, drawing_library
from sufficiency.report.comparison_figures import COST, ComparisonFigures, ComparisonResult
from sufficiency.report.comparison_waterfall import waterfall_chart
from sufficiency.report.comparison_words import (
    BREAK_EVEN,
    DIFFERENCE_TERMS,
    cautions,
    scenario_sentences,
    sureness_sentence,
)
from sufficiency.report.formats import long_date
from sufficiency.report.html import rendered
from sufficiency.report.page import authority_name, marking_of
from sufficiency.report.tables import Table
from sufficiency.report.words import GLOSSARY, NOT_A_TARGET

DRIVEN = ("in_care", "in_house_shortfall", "unmet_need")


def write_comparison_page(result: ComparisonResult, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_comparison_page(result), encoding="utf-8", newline="\n")


def render_comparison_page(result: ComparisonResult) -> str:
    """The page as HTML."""
    figures = ComparisonFigures.of(result)
    return rendered(
        "comparison",
        **_front(figures),
        **_finance(figures),
        **_behind(figures),
        **_run(figures),
        drawing_library=Markup(drawing_library()),
    )


def title_of(figures: ComparisonFigures) -> str:
    """What the comparison is of."""
    return f"{authority_name(figures.manifest)}: what each scenario changes"


def _front(figures: ComparisonFigures) -> dict[str, Any]:
    """The summary for a board."""
    return {
        "title": title_of(figures),
        "kicker": f"Compared with {figures.base} · {long_date(figures.start)} to "
        f"{long_date(figures.end)} · {figures.replications:,} simulated futures",
        "marking": marking_of(figures.manifest),
        "base": figures.base,
        "said": [
            {
                "name": figures.label(name),
                "description": _own_description(figures, name),
                "sentences": scenario_sentences(figures, name),
            }
            for name in figures.others
        ],
        "sureness": sureness_sentence(figures),
        "cautions": cautions(figures),
        "not_a_target": NOT_A_TARGET,
        "main_chart": charts.paths_chart(figures),
        "glance": tables.at_a_glance(figures),
        "children_charts": _children_charts(figures),
    }


def _children_charts(figures: ComparisonFigures) -> list[Chart]:
    """Children in care; of one scenario alone the gaps that it changes too."""
    measures = DRIVEN if len(figures.others) == 1 else DRIVEN[:1]
    return [chart for each in measures for chart in charts.difference_charts(figures, each)]


def _own_description(figures: ComparisonFigures, scenario: str) -> str:
    """What a scenario says of itself, unless it only takes over what the base says."""
    own = _description(figures.about(scenario))
    return "" if own == _description(figures.about(figures.base)) else own


def _description(about: Mapping[str, Any]) -> str:
    return str((about.get("scenario") or {}).get("description") or "")


def _finance(figures: ComparisonFigures) -> dict[str, Any]:
    """The summary for finance."""
    return {
        "has_money": figures.has_money,
        "invest_table": money.invest_to_save(figures),
        "cost_chart": charts.cost_by_year_chart(figures),
        "cost_table": money.cost_by_year(figures),
        "cost_by_setting": money.cost_by_setting(figures),
        "cost_charts": charts.difference_charts(figures, COST) if figures.has_money else [],
    }


def _behind(figures: ComparisonFigures) -> dict[str, Any]:
    """What drives the difference, where children live, how sure it is, what was assumed."""
    day, year = figures.headline_date, figures.headline_year
    name = "" if year is None else year.name
    driven = [waterfall_chart(figures, measure, day) for measure in DRIVEN]
    driven.append(waterfall_chart(figures, COST, name))
    return {
        "waterfalls": _present(driven),
        "waterfall_table": tables.waterfall_table(figures, day, name),
        "setting_table": tables.children_by_setting(figures),
        "month_tables": _tables(tables.by_month(figures, measure) for measure in ("in_care", COST)),
        "sure_table": tables.how_sure(figures),
        "interventions": [
            (figures.label(name), listed)
            for name in figures.others
            if (listed := tables.interventions(figures, name))
        ],
        "differing": _tables(tables.differing_numbers(figures, name) for name in figures.others),
    }


def _present(drawn: Iterable[Chart | None]) -> list[Chart]:
    return [chart for chart in drawn if chart is not None]


def _tables(made: Iterable[Table | None]) -> list[Table]:
    return [table for table in made if table is not None]


def _run(figures: ComparisonFigures) -> dict[str, Any]:
    """How the comparison was made, and what its words mean."""
    manifest = figures.manifest
    named = (
        ("Command", "command"),
        ("Simulated futures", "replications"),
        ("Seed", "seed"),
        ("Engine", "engine"),
        ("Version of sufficiency", "package_version"),
        ("Made at", "started_at"),
    )
    inputs = [row for about in manifest.get("scenarios") or () for row in about.get("inputs") or ()]
    return {
        "warnings": [str(line) for line in manifest.get("warnings") or ()],
        "glossary": [*DIFFERENCE_TERMS, BREAK_EVEN, *GLOSSARY],
        "run_facts": [
            (label, str(manifest[key]))
            for label, key in named
            if manifest.get(key) not in (None, "")
        ],
        "inputs": list({str(row["sha256"]): row for row in inputs}.values()),
    }
