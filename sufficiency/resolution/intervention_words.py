"""A scenario's interventions in words: rows of a table, and the origin of each of their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from sufficiency.report.formats import long_date
from sufficiency.report.words import AGE_LABELS, NEED_LABELS, SHORT_SETTING_LABELS
from sufficiency.scenario.distributions import Distribution
from sufficiency.scenario.effects import Effect
from sufficiency.scenario.interventions import Intervention
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.moments import day_of
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.programme_cost import ProgrammeCost

LEVER_WORDS = {
    "entries": "Children starting care",
    "exits": "Children leaving care before 18",
    "moves": "Moves between placements",
    "unplanned_endings": "Unplanned endings of placements",
    "places": "Places",
    "price": "Prices",
    "court_delay": "Court orders, held back and then made",
    "approval_time": "Days to approve a carer",
    "approvals": "Carers approved",
}
LINK_WORDS = {
    "children_served_per_month": ("children served a month", "children a month"),
    "would_enter_share": ("share who would otherwise have entered", "share"),
    "kept_out_share": ("share of those kept out", "share"),
    "months_kept_out": ("months until children come into care after all", "months"),
    "return_share": ("share who come into care after all", "share"),
}
REASON_WORDS = {"carer_ends": "where the carer or home stops"}
UNIT_WORDS = {"factor": "factor", "places": "places", "share": "share held back", "days": "days"}
_LOW, _HIGH = 0.1, 0.9


def intervention_rows(scenario: Scenario, start: date) -> list[dict[str, Any]]:
    """One row an intervention, in listed order, for the manifest and the page.

    Keys: ``name, description, lever, what, who, when, first, last, how_much, afterwards, evidence,
    effect_is_known, certainty, cost, paid_by``; ``first`` and ``last`` are ISO dates (``last`` is
    empty for one that goes on).
    """
    rows = []
    for item in scenario.interventions:
        first, _, after_last = item.timetable(start)
        last = None if after_last is None else after_last - timedelta(days=1)
        rows.append(
            {
                "name": item.name,
                "description": item.description or "",
                "lever": item.lever,
                "what": LEVER_WORDS[item.lever],
                "who": _who(item),
                "when": _when(item, start),
                "first": first.isoformat(),
                "last": "" if last is None else last.isoformat(),
                "how_much": _how_much(item),
                "afterwards": _afterwards(item),
                "evidence": _evidence(item),
                "effect_is_known": item.effect_is_known,
                "certainty": item.certainty or "",
                "cost": "" if item.cost is None else _cost(item.cost),
                "paid_by": "" if item.cost is None else _paid_by(item.cost, start),
            }
        )
    return rows


def _evidence(item: Intervention) -> str:
    """Why this effect: of a chain, what is quoted for each of its links."""
    chain = item.prevention
    links = () if chain is None else (chain.would_enter_evidence, chain.kept_out_evidence)
    months = None if chain is None else chain.months_evidence
    return " ".join(said for said in (item.evidence, *links, months) if said)


def _who(item: Intervention) -> str:
    """Whom it changes, in words."""
    who = item.who
    limits = [
        *(AGE_LABELS.get(group, group.upper()) for group in who.age_bands),
        *(SHORT_SETTING_LABELS[sector] for sector in who.sectors),
        *(NEED_LABELS.get(need, need.replace("_", " ")) for need in who.need_groups),
        *(REASON_WORDS.get(reason, reason.replace("_", " ")) for reason in who.reasons),
    ]
    return ", ".join(limits)


def _when(item: Intervention, start: date) -> str:
    first, full, after_last = item.timetable(start)
    words = f"from {long_date(first)}"
    if full > first:
        words += f", growing evenly to its whole effect by {long_date(full)},"
    if after_last is None:
        return words.rstrip(",") if full > first else f"{words} on"
    return f"{words} to {long_date(after_last - timedelta(days=1))}"


def _afterwards(item: Intervention) -> str:
    after = item.afterwards
    if item.prevention is not None and item.prevention.months_kept_out is not None:
        returning = item.prevention.return_share
        part = "those" if returning is None else f"{returning.expected:.0%} of those"
        months = item.prevention.months_kept_out.expected
        return f"{part} kept out come into care {months:.0f} months later"
    if item.prevention is not None:
        return "those kept out stay out (an assumption)"
    if item.end is None and item.length_months is None:
        return ""
    match after.what:
        case "stays":
            return "the effect stays"
        case "fades":
            return f"the effect fades over {after.over_days} days"
        case "returns":
            share = 1.0 if after.share is None else after.share.value
            return f"{share:.0%} of what was held back comes in the {after.over_days} days after"
        case _:
            return "the effect stops"


def _how_much(item: Intervention) -> str:
    """The effect at full size, with its range where it is drawn."""
    if item.prevention is not None:
        chain = item.prevention
        return (
            f"{_number(chain.children_served_per_month)} children a month × "
            f"{_share(chain.would_enter_share)} who would have entered × "
            f"{_share(chain.kept_out_share)} kept out = {chain.prevented_per_month:.2f} a month"
        )
    effect = item.how_much
    match item.measured_in:
        case "factor":
            return f"× {_number(effect)} ({effect.expected - 1:+.0%})"
        case "share":
            return f"{_share(effect)} held back"
        case "places":
            return f"{effect.expected:+.3g} places{_range(effect, '{:+.3g}')}"
        case _:
            return f"{effect.expected:+.3g} days{_range(effect, '{:+.3g}')}"


def _number(effect: Effect) -> str:
    return f"{effect.expected:.3g}{_range(effect, '{:.3g}')}"


def _share(effect: Effect) -> str:
    return f"{effect.expected:.0%}{_range(effect, '{:.0%}')}"


def _range(effect: Effect, written: str) -> str:
    """The middle 8 of 10 values that are drawn, in brackets; nothing for one that is certain."""
    if not effect.drawn_from.is_drawn:
        return ""
    low, high = _ends(effect.drawn_from)
    return f" ({written.format(low)} to {written.format(high)})"


def _ends(distribution: Distribution) -> tuple[float, float]:
    low, high = distribution.quantile(np.array([_LOW, _HIGH]))
    return float(low), float(high)


def _cost(cost: ProgrammeCost) -> str:
    parts = [
        (cost.set_up_gbp, "£{:,.0f} to set up"),
        (cost.per_month_gbp, "£{:,.0f} a month"),
        (cost.per_child_gbp, "£{:,.0f} a child"),
        (cost.grant_per_month_gbp, "less a grant of £{:,.0f} a month"),
    ]
    said = [words.format(amount.value) for amount, words in parts if amount and amount.value]
    return ", ".join(said) or "none"


def _paid_by(cost: ProgrammeCost, start: date) -> str:
    if cost.until is None:
        return cost.paid_by
    return f"{cost.paid_by} until {long_date(day_of(cost.until, start))}, then the council"


def intervention_origins(scenario: Scenario) -> list[Origin]:
    """Every number of the interventions, each with its source."""
    return [
        origin
        for position, item in enumerate(scenario.interventions)
        for origin in (*_effect_origins(position, item), *_cost_origins(position, item))
    ]


def _effect_origins(position: int, item: Intervention) -> Iterator[Origin]:
    key = f"interventions.{position}"
    who = _who(item)
    limits = f" ({who})" if who else ""
    days = f"from {_moment(item.start)} {_until(item)}"
    if item.prevention is None:
        words = f"{LEVER_WORDS[item.lever].lower()}{limits}, {UNIT_WORDS[item.measured_in]} {days}"
        yield _origin(
            f"{key}.{item.effect_key}",
            f"{item.name}: {words}",
            item.how_much,
            UNIT_WORDS[item.measured_in],
            item.evidence or "",
        )
        return
    chain = item.prevention
    notes = {
        "would_enter_share": chain.would_enter_evidence,
        "kept_out_share": chain.kept_out_evidence or item.evidence,
        "months_kept_out": chain.months_evidence,
    }
    for name, effect in chain.links():
        words, unit = LINK_WORDS[name]
        yield _origin(
            f"{key}.prevention.{name}",
            f"{item.name}: {words}{limits}, {days}",
            effect,
            unit,
            notes.get(name) or "",
        )


def _moment(moment: date | str) -> str:
    if isinstance(moment, date):
        return long_date(moment)
    after = moment.removeprefix("+")
    return "the start" if after.startswith("0 ") else f"{after} after the start"


def _until(item: Intervention) -> str:
    if item.length_months:
        return f"for {item.length_months} months"
    return "on" if item.end is None else f"to {_moment(item.end)}"


def _origin(key: str, label: str, effect: Effect, unit: str, note: str) -> Origin:
    drawn = effect.drawn_from
    low, high = _ends(drawn) if drawn.is_drawn else (effect.low, effect.high)
    said = f"Drawn from a {effect.distribution} distribution. " if drawn.is_drawn else ""
    value = float(f"{effect.expected:.6g}")
    return Origin(key, label, value, unit, effect.kind, effect.source, said + note, low, high)


def _cost_origins(position: int, item: Intervention) -> Iterator[Origin]:
    if item.cost is None:
        return
    for name, words in (
        ("set_up_gbp", "cost to set up"),
        ("per_month_gbp", "cost a month"),
        ("per_child_gbp", "cost a child served"),
        ("grant_per_month_gbp", "government grant a month"),
    ):
        amount = getattr(item.cost, name)
        if amount is not None:
            yield Origin(
                f"interventions.{position}.cost.{name}",
                f"{item.name}: {words}",
                amount.value,
                "GBP",
                amount.kind,
                amount.source,
                item.cost.source or "",
                low=amount.low,
                high=amount.high,
            )
