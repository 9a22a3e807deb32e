"""The page of a backtest: how good the forecasts were, for a reader who was not there.

One self-contained file in the look of a run's report, with the same rule: it asks no network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from sufficiency.report.backtest_charts import (
    all_together_chart,
    held_chart,
    origin_charts,
    pit_chart,
)
from sufficiency.report.backtest_figures import IN_CARE, BacktestFigures, BacktestResult
from sufficiency.report.backtest_tables import (
    by_origin,
    by_size,
    left_out_table,
    one_authority,
    parts_table,
    scoreboard_table,
)
from sufficiency.report.backtest_words import (
    DEFINITIONS,
    FROZEN_NOTE,
    HOW_MADE,
    METHOD_LABELS,
    METHOD_MEANINGS,
    OURS,
    TARGET_LABELS,
)
from sufficiency.report.charts import drawing_library
from sufficiency.report.formats import percent
from sufficiency.report.html import rendered
from sufficiency.report.track_record import (
    ALL_COUNCILS,
    CAUTION,
    record_table,
    shipped_lines,
    verdict,
    years_in_words,
)
from sufficiency.report.words import NOT_A_TARGET

FEW_ORIGINS = 9
VERDICT_YEARS = (1, 2, 3)
CLEARLY_WORSE = 1.02
"""The ratio to "no change" above which the page says so in its first lines."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def write_backtest_page(result: BacktestResult, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_backtest_page(result), encoding="utf-8", newline="\n")


def render_backtest_page(result: BacktestResult) -> str:
    """The page as HTML."""
    figures = BacktestFigures.of(result)
    who = figures.authority or "English councils"
    return rendered(
        "backtest",
        title=f"{who}: how good were the forecasts?",
        kicker=_kicker(figures),
        verdict=verdict_sentences(figures),
        not_a_target=NOT_A_TARGET,
        **_sections(figures),
        **_words(figures),
        drawing_library=Markup(drawing_library()),
    )


def _kicker(figures: BacktestFigures) -> str:
    first, last = figures.origins[0], figures.origins[-1]
    runs = figures.manifest.get("replications")
    return f"Backtest · forecasts made on 31 March {first} to {last} · {runs} futures each"


def verdict_sentences(figures: BacktestFigures) -> list[str]:
    """The answer in plain words: coverage, the average miss, and whether "no change" did better."""
    n_origins = len(figures.origins)
    span = _NUMBERS[n_origins] if n_origins < len(_NUMBERS) else str(n_origins)
    held = figures.score("coverage_80", OURS, 1)
    miss = figures.score("mape", OURS, 1)
    if held is None or miss is None:
        return ["Nothing could be scored: see what was left out, below."]
    first, last = figures.origins[0], figures.origins[-1]
    over = f"the {span} years {first} to {last}" if n_origins > 1 else f"the year {first}"
    sentences = [
        f"Over {over}, an 80% range held the number in care a year later in {percent(held)} of "
        f"cases; the average miss a year ahead was {percent(miss)}."
    ]
    further = [
        f"{percent(coverage)} held and {percent(off)} off {years_in_words(year)}"
        for year in figures.years[1:]
        if (coverage := figures.score("coverage_80", OURS, year)) is not None
        and (off := figures.score("mape", OURS, year)) is not None
    ]
    if further:
        sentences.append(f"Further on: {'; '.join(further)}.")
    sentences += [_against_no_change(figures), _not_to_be_trusted(figures)]
    sentences.append(_spread_of_misses(figures))
    return [sentence for sentence in sentences if sentence]


def _against_no_change(figures: BacktestFigures) -> str:
    """Whether the forecast did better than to say that nothing will change."""
    parts = []
    for year in VERDICT_YEARS:
        ratio = figures.score("ratio_crps", OURS, year)
        if ratio is None:
            continue
        change = abs(ratio - 1)
        how = "as good as" if change < 0.005 else "better than" if ratio < 1 else "worse than"
        size = "" if change < 0.005 else f"{percent(change)} "
        parts.append(f"{size}{how} “no change” {years_in_words(year)}")
    return f"Range and centre together, it was {', '.join(parts)}." if parts else ""


def _not_to_be_trusted(figures: BacktestFigures) -> str:
    """The counts for which "no change" did clearly better: nobody should look for them in a table.

    Of one council's few forecasts such a list would be mostly chance, so it is of several only.
    """
    if figures.authority:
        return ""
    years = [year for year in VERDICT_YEARS if year in figures.years]
    worse: dict[str, list[int]] = {}
    for target, label in TARGET_LABELS.items():
        for year in years:
            ratio = figures.score("ratio_crps", OURS, year, target)
            if target != IN_CARE and ratio is not None and ratio > CLEARLY_WORSE:
                plain = label.removeprefix("of which ")
                worse.setdefault(plain[:1].lower() + plain[1:], []).append(year)
    if not worse:
        return ""
    named = [
        label if ahead == years else f"{label} ({' and '.join(map(years_in_words, ahead))})"
        for label, ahead in worse.items()
    ]
    return f"“No change” was the better forecast of: {'; '.join(named)}."


def _spread_of_misses(figures: BacktestFigures) -> str:
    bias = figures.score("bias_share", OURS, figures.years[-1])
    if bias is None or abs(bias) < 0.005:
        return ""
    lean = "too high" if bias > 0 else "too low"
    return (
        f"{years_in_words(figures.years[-1]).capitalize()} it was {percent(abs(bias))} {lean} "
        "on average."
    )


def _sections(figures: BacktestFigures) -> dict[str, Any]:
    one = bool(figures.authority)
    lines = shipped_lines()
    national = [lines.get((ALL_COUNCILS, year)) for year in VERDICT_YEARS]
    return {
        "caution": CAUTION if len(figures.origins) < FEW_ORIGINS and one else "",
        "national": [
            f"{years_in_words(line.years_ahead).capitalize()}: {verdict(line)}."
            for line in national
            if line is not None and one
        ],
        "record_table": record_table(_code(figures), lines) if one else None,
        "main_chart": held_chart(figures),
        "origin_charts": origin_charts(figures) if one else [],
        "together_chart": None if one else all_together_chart(figures),
        "scoreboards": [
            table
            for table in (
                scoreboard_table(figures, "all"),
                scoreboard_table(figures, "from_2019"),
            )
            if table is not None
        ],
        "parts_table": parts_table(figures),
        "pit_chart": pit_chart(figures),
        # Of one council there is one forecast an origin, and each is listed.
        "by_origin": None if one else by_origin(figures),
        "by_size": None if one else by_size(figures),
        "every_forecast": one_authority(figures) if one else None,
        "left_out": left_out_table(figures),
    }


def _code(figures: BacktestFigures) -> str:
    return str(figures.manifest.get("old_la_code") or "")


def _words(figures: BacktestFigures) -> dict[str, Any]:
    manifest = figures.manifest
    named = (
        ("Command", "command"),
        ("Futures of each forecast", "replications"),
        ("Seed", "seed"),
        ("Version of sufficiency", "package_version"),
        ("Digest of the data (SHA-256)", "data_sha256"),
        ("Made at", "started_at"),
    )
    shown = [method for method in METHOD_LABELS if method in figures.methods]
    return {
        "how_made": HOW_MADE.replace("`", ""),
        "frozen_note": FROZEN_NOTE,
        "frozen_set": [str(line) for line in manifest.get("frozen_set") or ()],
        "methods": [
            (METHOD_LABELS[method], METHOD_MEANINGS[method].replace("`", "")) for method in shown
        ],
        "without_smoothing": "ets" not in figures.methods,
        "glossary": [
            {"key": entry.key, "term": entry.term, "meaning": entry.meaning}
            for entry in DEFINITIONS
        ],
        "facts": [
            (label, str(manifest[key]))
            for label, key in named
            if manifest.get(key) not in (None, "")
        ],
    }
