"""The page of a study of the assumptions: what the answer hangs on, and what to find out.

One self-contained file in the look of a run's report, with the same rule: it asks no network.
"""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from sufficiency.report import sensitivity_tables as tables
from sufficiency.report.charts import drawing_library
from sufficiency.report.html import rendered
from sufficiency.report.page import authority_name, marking_of, scenario_name
from sufficiency.report.sensitivity_charts import tornado_chart
from sufficiency.report.sensitivity_report import SensitivityReport, SensitivityResult
from sufficiency.report.sensitivity_words import TERMS, method_words, summary_sentences
from sufficiency.report.words import GLOSSARY, NOT_A_TARGET


def write_sensitivity_page(result: SensitivityResult, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_sensitivity_page(result), encoding="utf-8", newline="\n")


def render_sensitivity_page(result: SensitivityResult) -> str:
    """The page as HTML."""
    report = SensitivityReport(result)
    manifest = report.manifest
    drawn = [tornado_chart(report, answer) for answer in report.answers]
    indexed = [tables.indices_table(report, answer) for answer in report.answers]
    informed = [tables.information_table(report, answer) for answer in report.answers]
    return rendered(
        "sensitivity",
        title=title_of(report),
        marking=marking_of(manifest),
        kicker=f"Sensitivity · {scenario_name(manifest)} · {len(report.tested)} numbers · "
        f"{manifest['replications']:,} simulated futures each",
        summary=summary_sentences(report),
        charts=[chart for chart in drawn if chart is not None],
        effects=[tables.effects_table(report, answer) for answer in report.answers],
        information=[table for table in informed if table is not None],
        indices=[table for table in indexed if table is not None],
        left_out=tables.left_out_table(report),
        how=method_words(report),
        warnings=[str(line) for line in manifest.get("warnings") or ()],
        glossary=[*TERMS, *(term for term in GLOSSARY if term.key in _NEEDED)],
        facts=run_facts(report),
        not_a_target=NOT_A_TARGET,
        drawing_library=Markup(drawing_library()),
    )


_NEEDED = {"in_care", "in_house_shortfall", "unmet_need", "cost", "kinds"}


def title_of(report: SensitivityReport) -> str:
    """What the study is of."""
    return f"{authority_name(report.manifest)}: what the forecast hangs on"


def run_facts(report: SensitivityReport) -> list[tuple[str, str]]:
    """How the study was made, so that it can be made again."""
    manifest = report.manifest
    named = (
        ("Command", "command"),
        ("Simulated futures", "replications"),
        ("Seed", "seed"),
        ("Method", "method"),
        ("Engine", "engine"),
        ("Version of sufficiency", "package_version"),
        ("Made at", "started_at"),
    )
    files = ", ".join(str(each["file"]) for each in manifest.get("inputs") or ())
    facts = [(label, str(manifest[key])) for label, key in named if manifest.get(key)]
    return [*facts, *([("Files read", files)] if files else [])]
