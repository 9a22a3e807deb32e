"""A comparison in plain words: more and fewer, dearer and cheaper, and how sure that is."""

from __future__ import annotations

from sufficiency.report.comparison_figures import COST, ComparisonFigures, Difference, When
from sufficiency.report.figures import YearOfMoney
from sufficiency.report.formats import children, gbp, long_date, percent
from sufficiency.report.headline import Part, Sentence
from sufficiency.report.words import Definition

FEWEST_FUTURES = 20
SAME = "no difference"
NORMAL_95 = 1.96
LABELS = {
    "in_care": "Children in care",
    "in_house_shortfall": "In-house shortfall",
    "unmet_need": "Unmet need",
    "outside_area": "Outside the council's boundary",
    "over_20_miles": "Over 20 miles from home",
    COST: "Cost of placements",
}
DIFFERENCE_TERMS = (
    Definition(
        "difference",
        "Difference",
        "A scenario's figure less the base's, in the same simulated future: what the changes of "
        "the scenario do, and nothing else.",
    ),
    Definition(
        "paired",
        "The same futures",
        "Every scenario is played with the same children: the same who are in care at the start, "
        "the same who would come, with the same luck. What a scenario does not change stays as it "
        "is, future by future, so the difference is far surer than either forecast.",
    ),
    Definition(
        "times_as_sure",
        "Times as sure",
        "How much closer the average difference is known than it would be had each scenario been "
        "forecast by itself, with as many futures: the ratio of the two standard errors.",
    ),
    Definition(
        "drives",
        "What drives the difference",
        "What each change adds. Changes can help or hinder one another, so what one adds depends "
        "on what was there before it. Each is therefore entered in every possible order, and gets "
        "the average of what it adds (its Shapley value); the parts add up to the whole exactly. "
        "More than five changes are entered once, as listed.",
    ),
)
BREAK_EVEN = Definition(
    "break_even",
    "How large the effect must be",
    "How many times the effect that the scenario assumes it takes for what placements cost less to "
    "pay for the programme: at 0.5 half of that effect would do, at 2 it takes twice as much. "
    "Savings are taken to grow with the effect. Few programmes have a trustworthy measure of "
    "their effect, so this is the first thing to ask.",
)
UNPAIRED = (
    "The scenarios do not share their children, so the difference is taken between unrelated "
    "futures. Its range holds everything that is uncertain about either forecast, and not only "
    "what the scenario changes."
)


def fewer_or_more(mean: float, *, money: bool = False) -> str:
    """An average difference, as ``about 7 fewer`` or ``about £0.4m more``; ``no difference``."""
    if mean == 0:
        return SAME
    words = ("less", "more") if money else ("fewer", "more")
    size = gbp(abs(mean)) if money else _whole(abs(mean))
    return f"{size} {words[mean > 0]}"


def range_of_difference(low: float, high: float, *, money: bool = False) -> str:
    """The ends of a difference in words, as ``3 to 14 fewer`` or ``2 fewer to 5 more``."""
    less, more = ("less", "more") if money else ("fewer", "more")
    first, last = _rounded(low, money), _rounded(high, money)
    if low == high == 0:
        return SAME
    if first == last == _rounded(0, money):
        return f"under {_whole(1) if not money else '£1,000'} either way"
    if low < 0 < high and first != _rounded(0, money) and last != _rounded(0, money):
        return f"{first} {less} to {last} {more}"
    word, ends = (more, (first, last)) if low + high > 0 else (less, (last, first))
    return f"{ends[0]} {word}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]} {word}"


def _rounded(value: float, money: bool) -> str:
    if money:
        return gbp(0.0) if abs(value) < 500 else gbp(abs(value))
    return f"{abs(round(value)):,.0f}"


def _whole(count: float) -> str:
    return "under 1" if count <= 0.5 else children(count)


def scenario_sentences(figures: ComparisonFigures, scenario: str) -> list[Sentence]:
    """What one scenario changes, for a board: children, cost, then both gaps."""
    day, year = figures.headline_date, figures.headline_year
    sentences = [_children(figures, scenario)]
    if figures.has_money and year is not None:
        sentences.append(_cost(figures, scenario, year))
    gaps = [
        _gap(figures.difference(scenario, gap, day), words, gap)
        for gap, words in (
            ("in_house_shortfall", "in a suitable placement that is not the first choice"),
            ("unmet_need", "without a suitable place"),
        )
    ]
    sentences += [gap for gap in gaps if gap]
    return [sentence for sentence in sentences if sentence]


def _children(figures: ComparisonFigures, scenario: str) -> Sentence:
    day = figures.headline_date
    found = figures.difference(scenario, "in_care", day)
    if found is None:
        return []
    if found.is_none:
        return [Part(f"On {long_date(day)} as many children are in care as in the base.")]
    if found.is_slight:
        return [
            Part(f"On {long_date(day)} nearly as many children are in care as in the base "),
            Part(f"(on average {_about(found)})."),
        ]
    return [
        Part(f"On {long_date(day)} "),
        Part(f"{range_of_difference(found.p10, found.p90)} children in care", "in_care", True),
        Part(" "),
        Part("in 8 of 10 simulated futures", "range"),
        Part(f", and on average {_about(found)}."),
    ]


def _about(found: Difference, *, money: bool = False) -> str:
    said = fewer_or_more(found.mean, money=money)
    return said if said.startswith(("under", SAME)) else f"about {said}"


def _cost(figures: ComparisonFigures, scenario: str, year: YearOfMoney) -> Sentence:
    found = figures.difference(scenario, COST, year.name)
    if found is None:
        return []
    when = year.name if year.is_whole else f"the {year.months} months of {year.name}"
    if found.is_none:
        return [Part(f"Placements cost the same in {when}.")]
    cheaper = found.mean < 0
    chance = in_futures(found.probability_lower if cheaper else found.probability_higher)
    return [
        Part(f"Placements in {when} cost "),
        Part(range_of_difference(found.p10, found.p90, money=True), "cost", True),
        Part(f", on average {_about(found, money=True)}; they cost "),
        Part(f"{'less' if cheaper else 'more'} {chance}."),
    ]


def in_futures(share: float) -> str:
    """How often something is so, as ``in 93% of futures`` or ``in every future``."""
    return "in every future" if share == 1 else f"in {percent(share)} of futures"


def _gap(found: Difference | None, words: str, term: str) -> Sentence:
    if found is None or found.is_none:
        return []
    return [
        Part(f"{range_of_difference(found.p10, found.p90).capitalize()} "),
        Part(words, term),
        Part(f" (on average {_about(found)})."),
    ]


def sureness_sentence(figures: ComparisonFigures) -> str:
    """How much surer the differences are than forecasts made apart."""
    if not figures.is_paired:
        return UNPAIRED
    found = [
        (scenario, figures.difference(scenario, "in_care", figures.headline_date))
        for scenario in figures.others
    ]
    ratios = [each.times_as_sure for _, each in found if each and each.times_as_sure > 0]
    if not ratios:
        return "Every scenario meets the same children, in the same simulated futures."
    times = f"{'at least ' if len(ratios) > 1 else ''}{_times(min(ratios))}"
    return (
        f"Every scenario meets the same children in the same {figures.replications:,} simulated "
        f"futures, so we are {times} times as sure of the average difference in children in care "
        "as if each had been forecast by itself."
    )


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 9.5 else f"{ratio:.1f}".removesuffix(".0")


def times_as_sure(found: Difference) -> str:
    """A ratio for a table; empty where no future differs."""
    return f"{_times(found.times_as_sure)} times" if found.times_as_sure > 0 else ""


def give_or_take(found: Difference, *, money: bool = False) -> str:
    """How far the average could move with other random numbers, 19 times out of 20."""
    margin = NORMAL_95 * found.standard_error
    if found.standard_error != found.standard_error:
        return "not known"
    if money:
        return gbp(margin)
    return f"{margin:,.1f}" if margin < 9.5 else f"{margin:,.0f}"


def cautions(figures: ComparisonFigures) -> list[str]:
    """What a reader must know before quoting a difference."""
    said = [] if figures.is_paired else [UNPAIRED]
    if figures.replications < FEWEST_FUTURES:
        said.append(
            f"Only {figures.replications} futures were simulated: too few for a range to be "
            "relied on."
        )
    unclear = [
        figures.label(scenario)
        for scenario in figures.others
        if (found := figures.difference(scenario, "in_care", figures.headline_date))
        and not found.is_none
        and not found.is_clear
    ]
    if unclear:
        said.append(
            f"With {figures.replications:,} futures it cannot be told whether "
            f"{', '.join(unclear)} has more or fewer children in care than the base on average. "
            "Simulate more futures (--replications)."
        )
    return said


def when_label(when: When) -> str:
    """A date or a financial year as a table's head."""
    return when if isinstance(when, str) else long_date(when)
