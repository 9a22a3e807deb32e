"""What a plan of places says in sentences."""

from __future__ import annotations

from datetime import date

from sufficiency.report.formats import gbp, long_date, month_name, percent
from sufficiency.report.plan_report import (
    Helps,
    Hindrance,
    OptionLine,
    PlanReport,
    ReachLine,
    TargetLine,
    YearlyCost,
)

KIND_LABELS = {
    "own": "our own",
    "block": "block contract",
    "framework": "framework",
    "spot": "bought one by one",
}
WHAT_IS_SAME_DAY = (
    "Same-day: children who enter care, and those whose placement ended without a plan or because "
    "the carer gave up. How many entries are known some days before is not published, so all are "
    "counted here (assumption)."
)
LEAST_SAID = 0.05
"""Children on average below which a group is left out: they would round to 0.0."""
HOW_LEAST = {
    "places": "The plan changes as few places as it can; of plans as small, it is the cheapest.",
    "cost": "The plan is the one expected to cost least over the forecast.",
}
HOW_JUDGED = (
    "Every plan met the same simulated futures, with the same children, so that one place more can "
    "be seen. They stand evenly for what drift of entries and exits may bring. On the way, futures "
    "whose answer was plain from like plans were not played again; the plan itself was played in "
    "all. What is said of it was then measured in further futures that had no part in choosing it. "
    "Where no plan meets the target, the nearest is looked for in 1,000 of them. A pool's places "
    "open in six lots at most. Plans like those found are tried, not every plan there could be: in "
    "24,000 small made-up cases in which every plan was tried too, the search always found the "
    "fewest places."
)
NO_MOVING_BACK = (
    "Places help as children come and move: a child who lives in a place that does not suit stays "
    "until that placement ends, unless the scenario moves children back (allocation.settling_days)."
)
IT_IS_ARITHMETIC = (
    "This is arithmetic on expected flows and not a target: entries a year, and the share of the "
    "children in care who leave in a year, held as the first year of the forecast has them. The "
    "number in care then tends to entries times the average stay. Reaching a number says nothing "
    "about whether it is right for the children."
)
MARKET_NOTE = (
    "Expected placements a year if the plan is carried out, averaged over the whole financial "
    "years of the forecast."
)


def summary_sentences(report: PlanReport) -> list[str]:
    """The answer: what to find by when, how sure it is, and what it costs."""
    return [
        _what(report),
        *_how_sure(report),
        *hindrance_sentences(report),
        *_too_late(report),
        *_cost_sentence(report.options[1]),
    ]


def _what(report: PlanReport) -> str:
    if not report.places:
        if report.is_met:
            return "No places are needed: the target is met as things are."
        return "No change of places in these pools brings the target nearer."
    found = sum(line.places for line in report.places if line.places > 0)
    given_up = -sum(line.places for line in report.places if line.places < 0)
    parts = [f"{found} more" if found else "", f"{given_up} fewer" if given_up else ""]
    many = " and ".join(part for part in parts if part)
    noun = "place" if many in ("1 more", "1 fewer") else "places"
    first, last = report.places[0].needed_by, report.places[-1].needed_by
    when = f"by {month_name(first)}" if first == last else _between(first, last)
    if report.is_met:
        return f"The least change that meets the target is {many} {noun}, {when}."
    return (
        "No number of places in these pools meets the target. The nearest that places can come "
        f"takes {many} {noun}, {when}."
    )


def hindrance_sentences(report: PlanReport) -> list[str]:
    """Why places alone do not meet a target, and what would change that; none where they do."""
    sentences: list[str] = []
    for each in report.hindrances:
        if len(report.hindrances) > 1:
            sentences.append(f"{each.asked}:")
        alone = "the places alone meet" if report.places else "the places there are meet"
        sentences += [*_who_misses_it(each, report), *_what_helps(each, alone)]
    return sentences


def _who_misses_it(line: Hindrance, report: PlanReport) -> list[str]:
    """Whom the target counts, and since when they have lived where they live."""
    if line.children is None or line.no_place is None or line.there_before is None:
        return []
    since = max(line.children - line.no_place - line.there_before, 0.0)
    parts = {
        f"have lived in the same placement since before {month_name(line.places_open)}, when the "
        "first places can open, and a new place elsewhere does not end a placement": (
            line.there_before
        ),
        "were placed so since then, when what suits them was full or is in none of the pools that "
        "may change": since,
        "have no place at all": line.no_place,
    }
    said = [f"{number:.1f} {what}" for what, number in parts.items() if number >= LEAST_SAID]
    whatever = "Even with these places" if report.places else "Whatever the places"
    return [
        f"{whatever}, there are {line.children:.1f} {line.subject} on average at the end of "
        f"{month_name(line.when)}" + (f": {'; '.join(said)}." if said else ".")
    ]


def _what_helps(line: Hindrance, alone: str) -> list[str]:
    """How often the target is met with one thing more than the places."""
    if not line.helps:
        return []
    said = "; ".join(f"{_one_thing(each)}, in {percent(each.certainty)}" for each in line.helps)
    found = [
        f"In {line.futures} futures, {alone} the target in {percent(line.certainty)}. With one "
        f"thing more: {said}."
    ]
    if all(each.certainty < line.certainty_asked for each in line.helps):
        found.append(
            "None of these alone is enough: how many children come, how long they stay or what "
            "they need would have to change too."
        )
    return found


def _one_thing(helps: Helps) -> str:
    if helps.what == "settling":
        return (
            "if children moved to their first choice as soon as a place is free there, "
            f"{helps.days:.0f} days after being placed (allocation.settling_days: "
            f"{helps.days:.0f}, an assumption)"
        )
    when = month_name(helps.date) if helps.date else ""
    if helps.what == "at_once":
        return f"if the places opened in {when}, as if it took no time to find them"
    return f"at the end of {when} instead"


def _between(first: date, last: date) -> str:
    return f"between {month_name(first)} and {month_name(last)}"


def _how_sure(report: PlanReport) -> list[str]:
    """The target that is least sure, and how often it is met without the plan."""
    by_target: dict[str, TargetLine] = {}
    for line in report.targets:
        worst = by_target.get(line.asked)
        if worst is None or line.with_plan < worst.with_plan:
            by_target[line.asked] = line
    further = int(report.manifest["further_replications"])
    sentences = []
    for line in by_target.values():
        with_plan, without = ("with the plan ", f", without it in {percent(line.without)}")
        if not report.places:
            with_plan = without = ""
        said = (
            f"{line.in_words}: {with_plan}in "
            f"{percent(line.with_plan)} of {further:,} further futures (standard error "
            f"{100 * line.standard_error:.1f} points){without}; "
            f"{percent(line.certainty_asked)} was asked for."
        )
        if line.reachable:
            said += (
                f" What {percent(line.certainty_asked)} of futures can have is {line.reachable}."
            )
        sentences.append(said)
    return sentences


def _too_late(report: PlanReport) -> list[str]:
    late = [line for line in report.places if line.too_late]
    soon = [line for line in report.places if not line.too_late and line.places > 0]
    said = []
    if late:
        said.append(
            f"Work on {sum(line.places for line in late)} of them should have begun before "
            f"{long_date(report.start)}."
        )
    if soon:
        first = min(soon, key=lambda line: line.start_by)
        said.append(
            f"Work must start by {long_date(first.start_by)} ({first.label}, "
            f"{first.lead_time_days:,.0f} days from deciding to a child living there)."
        )
    return said


def _cost_sentence(plan: OptionLine) -> list[str]:
    whole = [cost for cost in plan.costs if cost.is_whole]
    if not plan.places or not whole:
        return []
    last = whole[-1]
    return [f"Placements in {last.year} then cost {changed_cost(last)} than without the plan."]


def changed_cost(cost: YearlyCost) -> str:
    """How much more or less, with the range of 8 in 10 futures."""
    more = "more" if cost.more_mean > 0 else "less"
    ends = sorted((cost.more_p10, cost.more_p90))
    return (
        f"{gbp(abs(cost.more_mean))} {more} on average (8 of 10 futures: {signed_gbp(ends[0])} to "
        f"{signed_gbp(ends[1])})"
    )


def signed_gbp(amount: float) -> str:
    """Money with its sign, and no sign where it rounds to nothing."""
    text = gbp(amount)
    return f"+{text}" if amount > 0 and text[1:] != "0" else text


def reach_sentences(line: ReachLine, in_care_now: float) -> list[str]:
    """When a number is reached, and what it takes by the date asked for."""
    number, now = line.number, in_care_now
    way = "falls" if number < now else "rises"
    label = line.label if line.rate_per_10k is None else f"{line.label}, {number:,.0f} children"
    if number == now:
        return [f"{label}: that is the number now."]
    if line.reached is None:
        first = (
            f"{label}: not reached at the flows expected, which lead to about "
            f"{line.settles_at:,.0f} children in the end."
        )
    else:
        first = f"{label}: the number in care {way} to it around {month_name(line.reached)}."
    return [
        first,
        f"In the simulated futures, {percent(line.simulated_share)} reach it by "
        f"{month_name(line.by)}.",
        f"To reach it by {month_name(line.by)}: {_entries(line)}; or {_exits(line)}.",
    ]


def _entries(line: ReachLine) -> str:
    if line.entries_needed is None:
        return "no fall of entries alone would do"
    change = line.entries_needed / line.entries_now - 1 if line.entries_now else 0.0
    return (
        f"{line.entries_needed:,.0f} children entering care a year instead of "
        f"{line.entries_now:,.0f} ({change:+.0%})"
    )


def _exits(line: ReachLine) -> str:
    if line.exits_needed is None:
        return "no change of exits alone would do"
    change = line.exits_needed / line.exits_now - 1 if line.exits_now else 0.0
    return (
        f"{line.exits_needed:.0f} leaving a year of every 100 in care instead of "
        f"{line.exits_now:.0f} ({change:+.0%})"
    )


def stay_in_words(days: float) -> str:
    """A length of stay as people say it."""
    if days == float("inf"):
        return "beyond the forecast"
    if days < 60:
        return f"{days:.0f} days"
    months = days / 30.4375
    return f"{months:.0f} months" if months < 24 else f"{months / 12:.1f} years"
