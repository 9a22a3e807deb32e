"""A study of the assumptions in plain words."""

from __future__ import annotations

import math

from sufficiency.report.formats import percent
from sufficiency.report.headline import Part, Sentence
from sufficiency.report.sensitivity_report import AnswerAsked, SensitivityReport
from sufficiency.report.words import Definition

TERMS = (
    Definition(
        "tornado",
        "One assumption at a time",
        "The same futures are played with one number at its low and at its high, everything else "
        "as in the scenario. The bar is what that changes on average, in the same children.",
    ),
    Definition(
        "mu_star",
        "Movement (Morris)",
        "How far the answer moves, on average over many places, while this number goes from its "
        "low to its high and the others stay somewhere in their ranges.",
    ),
    Definition(
        "sigma",
        "Depends on the others (Morris)",
        "How much that movement differs from place to place: large against the movement itself "
        "means that the number matters more or less depending on the others, or bends.",
    ),
    Definition(
        "first_order",
        "Share by itself (Sobol)",
        "The share of the answer's variance over all these numbers that would go if this one were "
        "known.",
    ),
    Definition(
        "total",
        "Share with others (Sobol)",
        "The share of that variance in which this number has a part, alone or with others.",
    ),
    Definition(
        "information",
        "What it is worth to know better",
        "If this number were known for certain, the range of the answer would be narrower by so "
        "much on average. What is left is chance, drift of the rates and the other numbers.",
    ),
    Definition(
        "less_wrong",
        "Less wrong about the limit",
        "You act as if the answer will be over the limit, or as if it will not, and are wrong by "
        "the distance where it turns out otherwise. Knowing the number makes that smaller by so "
        "much on average; too much and too little are taken to be equally bad.",
    ),
)
HELD = (
    "Rates fitted to past figures are among the numbers tested, so the futures do not draw them as "
    "well: nothing is counted twice. Chance and drift are as the scenario says."
)
AS_THE_SCENARIO = "Layers of uncertainty are as the scenario says."
RANGES = (
    "A fitted number is moved from the 10th to the 90th percentile of its fit, an assumption or a "
    "lever over its whole plausible range. Where all are changed together they are drawn "
    "independently: fitted ones lognormal, others triangular. Ranges are judgements; a wider range "
    "makes a number matter more."
)
STARTERS_STAY = "Where exits are moved, starters stay as the scenario has them."
_WORTH_SAYING = 0.02


def summary_sentences(report: SensitivityReport) -> list[Sentence]:
    """What each answer hangs on most, and what would be worth knowing better."""
    return [_hangs_on(report, answer) for answer in report.answers]


def _hangs_on(report: SensitivityReport, answer: AnswerAsked) -> Sentence:
    effects = [each for each in report.effects(answer) if each.is_beyond_chance]
    if not effects:
        return [Part(f"{answer.label}: none of these numbers changes it beyond chance.")]
    first = effects[0]
    low, high = (answer.change(mean) for mean in first.mean)
    one = report.tested[first.key]
    parts = [
        Part(f"{answer.label} hangs most on "),
        Part(_lower(report.label(first.key)), is_strong=True),
        Part(
            f": {low} if it is {report.value(first.key, one['low'])}, {high} if it is "
            f"{report.value(first.key, one['high'])}"
        ),
    ]
    if len(effects) > 1:
        parts.append(Part(f"; then on {_lower(report.label(effects[1].key))}"))
    return [*parts, Part("."), *_worth_knowing(report, answer)]


def _worth_knowing(report: SensitivityReport, answer: AnswerAsked) -> Sentence:
    rows = report.information(answer)
    if rows.empty:
        return []
    best = rows.iloc[0]
    now, then = float(best["range_now"]), float(best["range_then"])
    if not now > 0 or 1 - then / now < _WORTH_SAYING:
        return [Part(" To know any one of them better would hardly narrow its range.")]
    name = _lower(report.label(str(best["assumption"])))
    return [
        Part(" Most worth knowing better: "),
        Part(name, term="information"),
        Part(
            f", which would narrow the range of 8 in 10 futures by about {percent(1 - then / now)} "
            f"(from {answer.width(now)} to {answer.width(then)} wide)."
        ),
        *_decision(report, answer),
    ]


def _decision(report: SensitivityReport, answer: AnswerAsked) -> Sentence:
    if answer.limit is None:
        return []
    rows = report.information(answer)
    best = rows.sort_values("less_wrong", ascending=False, kind="stable").iloc[0]
    chance = float(best["over_probability"])
    said = (
        f" It is over {answer.amount(answer.limit)} in {percent(chance)} of draws of the "
        "assumptions"
    )
    gain, wrong = float(best["less_wrong"]), float(best["wrong_now"])
    if math.isnan(gain) or gain <= _WORTH_SAYING * max(wrong, 1e-9) or gain <= 0:
        return [Part(f"{said}; knowing one of them better would hardly change what to do.")]
    name = _lower(report.label(str(best["assumption"])))
    return [
        Part(f"{said}; for that decision most is to be gained from {name} ("),
        Part(f"{answer.change(gain).lstrip('+')} less wrong on average", term="less_wrong"),
        Part(")."),
    ]


def method_words(report: SensitivityReport) -> list[str]:
    """How the study was made, and what was held."""
    manifest = report.manifest
    together = len(manifest["together"])
    lines = [
        RANGES,
        HELD if manifest["rates_held"] else AS_THE_SCENARIO,
    ]
    if any(key.startswith("exits.level.") for key in report.tested):
        lines.append(STARTERS_STAY)
    if together:
        lines.append(
            f"Each number alone was met by {manifest['replications']:,} futures, the {together} "
            f"strongest together by {manifest['replications_together']:,} futures of each of "
            f"{manifest['variants_together']:,} combinations (indices) and {manifest['draws']:,} "
            "draws (what is worth knowing). All variants meet the same futures."
        )
    return lines


def _lower(label: str) -> str:
    """A label within a sentence."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
