"""The page of a backtest on a council's own returns.

One self-contained file that asks no network. It is of the council's own children: it shows no
count of 1 to 5 of them, none by setting at all (scores only), and it is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from sufficiency.domain import SECTORS
from sufficiency.report.calibration_charts import SMALLEST_SHOWN
from sufficiency.report.charts import VERMILLION, Chart, Line, drawing_library, fan_chart, finished
from sufficiency.report.formats import long_date, percent
from sufficiency.report.html import rendered
from sufficiency.report.tables import Cell, Column, Row, Table
from sufficiency.report.words import MARKING, NOT_A_TARGET, SETTING_LABELS

OURS, NO_CHANGE, MARKOV = "sufficiency", "no_change", "markov_cohort"
METHODS = {
    OURS: (
        "This forecast",
        "Rates of the returns known that day, pooled toward the published ones, from the children "
        "in care that day: what calibrate and run would have said.",
    ),
    NO_CHANGE: ("No change", "Every number stays as it was. The hardest to beat a year ahead."),
    MARKOV: (
        "Markov cohort model",
        "The method of other open-source tools: children by age band and setting enter, move, age "
        "and leave at the last 12 months' rates; time in care plays no part.",
    ),
}
BASELINE_RANGES = (
    "The ranges of “no change” and of the Markov cohort model are normal, with the spread of their "
    "own earlier errors as known that day, the mean of those errors taken out; where few were "
    "known, that of shorter horizons, widened by the square root of the time."
)
CAUTION = (
    "These forecasts overlap: few of them are independent tests, so the shares below may be off by "
    "a good deal. The published backtest (sufficiency backtest --all) scores all councils."
)
PUBLISHED_NOTE = (
    "Published statistics, toward which rates are pooled, are those of the last 31 March up to the "
    "day; in truth they come out some months after it."
)


@dataclass(frozen=True)
class ReturnsBacktest:
    """A finished backtest of returns: how it was made, every forecast, every score."""

    manifest: Mapping[str, Any]
    forecasts: pd.DataFrame
    """``backtest.csv``."""
    scoreboard: pd.DataFrame
    """``scoreboard.csv``."""

    def score(self, score: str, method: str, months: int, sector: str = "all") -> float | None:
        """One figure of the scoreboard; None if there is none."""
        found = self._values.get((sector, months, method, score))
        return None if found is None or pd.isna(found) else float(found)

    @cached_property
    def _values(self) -> dict[Any, float]:
        keys = self.scoreboard[["sector", "months_ahead", "method", "score"]]
        names = keys.itertuples(index=False, name=None)
        return dict(zip(names, self.scoreboard["value"], strict=True))

    @cached_property
    def months(self) -> list[int]:
        """Months ahead that were scored."""
        return sorted(int(months) for months in self.forecasts["months_ahead"].unique())

    def cases(self, months: int) -> int:
        """How many forecasts of all children so many months ahead were scored."""
        rows = self.forecasts
        ours = (rows["method"] == OURS) & (rows["sector"] == "all")
        return int((ours & (rows["months_ahead"] == months)).sum())

    @property
    def origins(self) -> list[date]:
        """Days that forecasts were made on."""
        return [date.fromisoformat(str(day)) for day in self.forecasts["origin"].unique()]


def verdict_sentences(result: ReturnsBacktest) -> list[str]:
    """The answer in plain words: coverage, the average miss, and whether others did better."""
    origins = result.origins
    many = f"{len(origins)} forecasts" if len(origins) > 1 else "one forecast"
    first, last = long_date(origins[0]), long_date(origins[-1])
    when = f"from {first} to {last}" if len(origins) > 1 else f"on {first}"
    parts = []
    for months in result.months:
        held = result.score("coverage_80", OURS, months)
        miss = result.score("mape", OURS, months)
        if held is not None and miss is not None:
            n = result.cases(months)
            kept = f"{round(held * n)} of {n} cases {months} months ahead"
            parts.append(f"{kept} ({percent(miss)} off)")
    held_words = ", ".join(parts) or "no case, as nothing could be scored"
    sentences = [f"Over {many} made {when}, an 80% range held the number in care in {held_words}."]
    return [*sentences, *_comparisons(result)]


def _comparisons(result: ReturnsBacktest) -> list[str]:
    """Range and centre together against each baseline, of all children and over the settings."""
    found = []
    for method, label in ((NO_CHANGE, "“no change”"), (MARKOV, "the Markov cohort model")):
        for words, sectors in (
            (f"Range and centre together, against {label}", ["all"]),
            ("The same summed over the settings", [str(sector) for sector in SECTORS]),
        ):
            parts = [
                f"{_better(ratio)} {months} months ahead"
                for months in result.months
                if (ratio := _ratio(result, method, months, sectors)) is not None
            ]
            if parts:
                found.append(f"{words}: {', '.join(parts)}.")
    return found


def _ratio(
    result: ReturnsBacktest, method: str, months: int, sectors: Sequence[str]
) -> float | None:
    """Our CRPS over a baseline's, summed over sectors; None where the baseline had none."""
    ours, theirs = 0.0, 0.0
    for sector in sectors:
        own, other = (result.score("crps", name, months, sector) for name in (OURS, method))
        if own is None or other is None:
            return None
        ours, theirs = ours + own, theirs + other
    return ours / theirs if theirs > 0 else None


def _better(ratio: float) -> str:
    change = abs(ratio - 1)
    if change < 0.005:
        return "as good"
    return f"{percent(change)} {'better' if ratio < 1 else 'worse'}"


def write_returns_backtest_page(result: ReturnsBacktest, path: Path) -> None:
    """Write the page. Raises OSError if the file cannot be written."""
    path.write_text(render_returns_backtest_page(result), encoding="utf-8", newline="\n")


def render_returns_backtest_page(result: ReturnsBacktest) -> str:
    """The page as HTML."""
    manifest = result.manifest
    charts = [chart for months in result.months if (chart := _chart(result, months))]
    return rendered(
        "returns_backtest",
        title=f"{manifest['authority']}: how good would forecasts from its own returns have been?",
        marking=MARKING,
        kicker=f"Backtest · a forecast every {manifest['every_months']} months · "
        f"{manifest['replications']} futures each",
        verdict=verdict_sentences(result),
        caution=CAUTION,
        charts=charts,
        scoreboard=_scoreboard(result),
        sector_tables=[_by_sector(result, months) for months in result.months],
        methods=list(METHODS.values()),
        baseline_ranges=BASELINE_RANGES,
        only_known=f"Each forecast read only what the returns held up to its day, from the first "
        f"day with {manifest['fewest_months_behind_an_origin']} months of returns behind it. "
        "Returns as they stand today know some things that those of the day did not:",
        learnt_later=[*manifest["learnt_later"], PUBLISHED_NOTE],
        facts=_facts(manifest),
        not_a_target=NOT_A_TARGET,
        drawing_library=Markup(drawing_library()),
    )


def _chart(result: ReturnsBacktest, months: int) -> Chart | None:
    """What was forecast so many months before, and what happened; None where too few to show."""
    rows = result.forecasts
    rows = rows[(rows["method"] == OURS) & (rows["sector"] == "all")]
    rows = rows[rows["months_ahead"] == months].sort_values("date")
    if len(rows) < 2 or rows["outcome"].between(1, SMALLEST_SHOWN - 1).any():
        return None
    days = [date.fromisoformat(str(day)) for day in rows["date"]]
    happened = Line("What happened", days, list(rows["outcome"].astype(float)), VERMILLION, (4, 2))
    held = percent(result.score("coverage_80", OURS, months) or 0.0)
    return finished(
        f"ahead-{months}",
        f"Forecast {months} months before",
        f"The range of 8 in 10 futures held what happened in {held} of {len(rows)} cases.",
        fan_chart(rows, [happened], height=190, width=330),
        term="",
    )


def _scoreboard(result: ReturnsBacktest) -> Table:
    rows = [
        Row(
            f"{METHODS[method][0]}, {months} months ahead",
            [
                _number(result.score("mae", method, months)),
                _share(result.score("mape", method, months)),
                _signed(result.score("bias", method, months)),
                _number(result.score("crps", method, months)),
                *(_share(result.score(f"coverage_{level}", method, months)) for level in _LEVELS),
                *(_number(result.score(f"width_{level}", method, months)) for level in _LEVELS),
            ],
        )
        for months in result.months
        for method in METHODS
    ]
    return Table(
        key="scoreboard",
        caption="Children in care: every method on the same forecasts",
        columns=[
            Column("Method"),
            Column("Average miss, children"),
            Column("Average miss, share"),
            Column("Too high (+) or too low (-), children"),
            Column("Score of the whole range, children"),
            *(Column(f"Held by the {level}% range") for level in _LEVELS),
            *(Column(f"Width of the {level}% range, children") for level in _LEVELS),
        ],
        rows=rows,
        note="The score of the whole range is the continuous ranked probability score: lower is "
        "better.",
    )


_LEVELS = (50, 80, 90)


def _by_sector(result: ReturnsBacktest, months: int) -> Table:
    rows = []
    for sector in map(str, SECTORS):
        cells = [_number(result.score("mae", method, months, sector)) for method in METHODS]
        cells += [_number(result.score("crps", method, months, sector)) for method in METHODS]
        cells.append(_signed(result.score("bias", OURS, months, sector)))
        cells.append(_share(result.score("coverage_80", OURS, months, sector)))
        rows.append(Row(SETTING_LABELS[sector], cells))
    names = [words[0] for words in METHODS.values()]
    return Table(
        key=f"sectors-{months}",
        caption=f"By setting, {months} months ahead",
        columns=[
            Column("Setting"),
            *(Column(f"Average miss, children: {name}") for name in names),
            *(Column(f"Score of the range, children: {name}") for name in names),
            Column("This forecast too high (+) or too low (-)"),
            Column("Held by its 80% range"),
        ],
        rows=rows,
        note="Scores only: how many children there were in a setting is not shown here. A setting "
        "whose number was 0 throughout scores 0.",
    )


def _number(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:,.1f}")


def _signed(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:+,.1f}")


def _share(value: float | None) -> Cell:
    return Cell("–" if value is None else percent(value))


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = (
        ("First day of the returns", "first_day"),
        ("Last day of the returns", "last_day"),
        ("Futures of each forecast", "replications"),
        ("Seed", "seed"),
        ("Version of sufficiency", "package_version"),
        ("Made at", "started_at"),
    )
    facts = [(label, str(manifest[key])) for label, key in named if manifest.get(key)]
    files = ", ".join(str(each["file"]) for each in manifest["inputs"])
    return [*facts, ("Files read", files)]
