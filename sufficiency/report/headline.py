"""The answer in a few sentences, ranges before points, for the page and the workbook."""

from __future__ import annotations

from typing import NamedTuple

from sufficiency.report.figures import Figures, Spread
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    long_date,
    month_name,
    percent,
)
from sufficiency.report.words import DEFAULT_PLACES_STATEMENT


class Part(NamedTuple):
    """A run of words in a sentence: what it says, the term it links to, and its weight."""

    text: str
    term: str = ""
    is_strong: bool = False


Sentence = list[Part]
FEWEST_FUTURES_OF_A_RANGE = 20
WITHOUT_MORE = "Without more places "


def plain(sentence: Sentence) -> str:
    """A sentence without its links, for the workbook."""
    return "".join(part.text for part in sentence)


def headline(figures: Figures) -> list[Sentence]:
    """What the forecast says: children, both gaps, the year's cost, and what it takes for given."""
    sentences = [
        _children_in_care(figures),
        _in_house_shortfall(figures),
        _unmet_need(figures),
        _peaks(figures),
        _outturn(figures),
        _cost(figures),
        [Part(places_statement(figures))],
    ]
    return [sentence for sentence in sentences if sentence]


def places_statement(figures: Figures) -> str:
    """What the forecast takes for given about supply."""
    return str(figures.manifest.get("places_statement") or DEFAULT_PLACES_STATEMENT)


def _children_in_care(figures: Figures) -> Sentence:
    day = figures.headline_date
    then, now = figures.at("in_care", day), figures.at("in_care", figures.start)
    if then is None or now is None:
        return []
    return [
        Part(f"On {long_date(day)} we expect "),
        Part(f"{children_range(then.p10, then.p90)} children in care", "in_care", True),
        Part(" "),
        Part("in 8 of 10 simulated futures", "range"),
        Part(", and "),
        Part("on average", "expected"),
        Part(f" about {children(then.mean)}. "),
        Part(f"The forecast starts from {children(now.mean)} on {long_date(figures.start)}."),
        *_too_few(figures),
    ]


def _too_few(figures: Figures) -> Sentence:
    """A warning where a range of so few futures says little."""
    runs = figures.manifest.get("replications")
    if not isinstance(runs, int) or runs >= FEWEST_FUTURES_OF_A_RANGE:
        return []
    futures = "1 future was" if runs == 1 else f"{runs} futures were"
    return [Part(f" Only {futures} simulated: too few for a range to be relied on.")]


def _in_house_shortfall(figures: Figures) -> Sentence:
    gap = figures.at("in_house_shortfall", figures.headline_date)
    if gap is None:
        return []
    if gap.p90 < 0.5:
        return [
            Part("Fewer than 1 child at a time" if gap.mean > 0 else "No child"),
            Part(" lives in a placement that is "),
            Part("suitable, but not the first choice", "in_house_shortfall"),
            Part("."),
        ]
    return [
        Part("With the places of this scenario " if _gives_places(figures) else WITHOUT_MORE),
        _range(gap, "in_house_shortfall"),
        Part(f" ({_on_average(gap)}) live in a placement that is suitable, but not the "),
        Part(f"first choice{_most_with_an_agency(figures, gap)}."),
    ]


def _gives_places(figures: Figures) -> bool:
    """Whether the scenario says how many places there are, in any sector."""
    return any(
        str(row.get("key")).startswith("sectors.")
        and str(row.get("key")).endswith((".places", ".schedule"))
        and row.get("kind") != "assumed"
        for row in figures.manifest.get("origins") or ()
    )


def _most_with_an_agency(figures: Figures, gap: Spread) -> str:
    agency = figures.at("in_house_shortfall", figures.headline_date, "ifa")
    share = agency.mean / gap.mean if agency and gap.mean > 0 else 0.0
    if share > 0.99:
        return ": with an agency family although one of ours would suit"
    return ", most with an agency family although one of ours would suit" if share > 0.5 else ""


def _unmet_need(figures: Figures) -> Sentence:
    gap = figures.at("unmet_need", figures.headline_date)
    if gap is None:
        return []
    if gap.p90 < 0.5:
        return [
            Part("Fewer than 1 child at a time has " if gap.mean > 0 else "No child lives in "),
            Part("no suitable place" if gap.mean > 0 else "an unsuitable place", "unmet_need"),
            Part("."),
        ]
    sentence = [
        _range(gap, "unmet_need"),
        Part(f" ({_on_average(gap)}) live in a placement that does not suit their need"),
    ]
    unplaced = figures.at("in_care", figures.headline_date, "unplaced")
    if unplaced is None:
        return [*sentence, Part(".")]
    if unplaced.mean == 0:
        return [
            *sentence,
            Part("; all of them in a "),
            Part("registered one", "unplaced"),
            Part("."),
        ]
    few = "fewer than 1 at a time" if unplaced.p90 < 1 else _about(unplaced)
    return [
        *sentence,
        Part(f"; of them {few} "),
        Part("has" if unplaced.p90 < 1 else "have"),
        Part(" "),
        Part("no registered place", "unplaced"),
        Part("."),
    ]


def _about(spread: Spread) -> str:
    return f"{children_range(spread.p10, spread.p90)} ({_on_average(spread)})"


def _on_average(spread: Spread) -> str:
    number = children(spread.mean)
    return f"{number} on average" if number.startswith("fewer") else f"about {number}"


def _range(spread: Spread, term: str) -> Part:
    return Part(children_range(spread.p10, spread.p90), term, True)


def _peaks(figures: Figures) -> Sentence:
    """When each gap is expected to be highest, and how high."""
    said = []
    for measure, name in (
        ("in_house_shortfall", "suitable, but not the first choice,"),
        ("unmet_need", "no suitable place,"),
    ):
        day = figures.peak(measure)
        highest = figures.at(measure, day) if day else None
        if day is None or highest is None or highest.p90 < 0.5:
            continue
        ends = children_range(highest.p10, highest.p90)
        when = "at the start" if day == figures.start else f"in {month_name(day)}"
        said.append(f"{name} {when} ({ends})")
    if not said:
        return []
    return [Part(f"Expected to be highest: {'; '.join(said)}.")]


def _outturn(figures: Figures) -> Sentence:
    """The year that a ledger has begun: what was spent and what is forecast, together."""
    begun = [year for year in figures.years if figures.annual("outturn", year.name)]
    outturn = figures.annual("outturn", begun[0].name) if begun else None
    spent = figures.annual("actual", begun[0].name) if begun else None
    if outturn is None or spent is None:
        return []
    year = figures.with_ledger(begun[0])
    return [
        Part(f"Placements in the financial year {year.label} "),
        Part("cost", "cost"),
        Part(" "),
        Part(gbp_range(outturn.p10, outturn.p90), "", True),
        Part(f", about {gbp(outturn.mean)} on average, of which the ledger has {gbp(spent.mean)}"),
        *_budget(figures, year.name),
        Part("."),
    ]


def _cost(figures: Figures) -> Sentence:
    year = figures.headline_year
    cost = figures.annual("cost", year.name) if year else None
    if year is None or cost is None or figures.annual("outturn", year.name):
        return []
    sentence = [
        Part(f"Placements in the financial year {year.label} "),
        Part("cost", "cost"),
        Part(" "),
        Part(gbp_range(cost.p10, cost.p90), "", True),
        Part(f", about {gbp(cost.mean)} on average"),
    ]
    return [*sentence, *_budget(figures, year.name), Part(".")]


def _budget(figures: Figures, year: str) -> Sentence:
    budget = figures.annual("budget", year)
    over = figures.annual("over_budget_probability", year)
    if budget is None or over is None:
        return []
    return [
        Part("; the "),
        Part("chance of spending more than the budget", "over_budget_probability"),
        Part(f" of {gbp(budget.mean)} is {percent(over.mean)}"),
    ]
