"""Interventions and crises as data: what they change, for whom, when, by how much, at what cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from sufficiency.domain import NeedGroup
from sufficiency.scenario.effects import Effect, Prevention
from sufficiency.scenario.intervention_parts import (
    RETURNING,
    RULES,
    WHO,
    AfterEnd,
    AppliesTo,
    Certainty,
    Days,
    LengthMonths,
    Lever,
    Reason,
    Unit,
)
from sufficiency.scenario.moments import Moment, day_of, months_later
from sufficiency.scenario.programme_cost import ProgrammeCost
from sufficiency.scenario.sourced import AgeGroup, Factor, Strict, Switch, Text, contradiction

LARGEST_FACTOR = 20
"""What multiplies more is a slip, such as 90 for 90%, and would take a computer hours."""


class Timetable(NamedTuple):
    """The days of an intervention in one forecast."""

    first: date
    full: date
    """From when on it has its whole effect."""
    after_last: date | None
    """The day after its last; None if it goes on."""


class Intervention(Strict):
    """A dated change of a rate, of places or of prices: a programme, a crisis or a policy."""

    name: Text = Field(
        description="What it is called; an effect that is drawn is drawn by this name, so that "
        "scenarios that share the name share the luck."
    )
    description: Text | None = Field(default=None, description="What it is, in a sentence.")
    lever: Lever = Field(
        description="What it changes: entries, exits, moves, unplanned_endings, places, price, "
        "court_delay (orders held back, then released), approval_time or approvals of carers."
    )
    applies_to: AppliesTo = Field(
        default_factory=AppliesTo, description="Whom it changes. Default: everybody."
    )
    reasons: tuple[Reason, ...] = Field(default=(), description="Short for applies_to.reasons.")
    age_bands: tuple[AgeGroup, ...] = Field(
        default=(), description="Short for applies_to.age_bands."
    )
    start: Moment = Field(
        description="The first day of the change: a date, or a time after the forecast's start "
        "such as +3 months."
    )
    ramp_days: Days | None = Field(
        default=None,
        description="It grows evenly to its whole effect over so many days, in monthly steps.",
    )
    full_from: Moment | None = Field(
        default=None, description="The same as a date: the first day of the whole effect."
    )
    end: Moment | None = Field(
        default=None, description="The last day. Default: it lasts to the end of the forecast."
    )
    length_months: LengthMonths | None = Field(
        default=None, description="How many months it lasts, in place of `end`."
    )
    after_end: AfterEnd | None = Field(
        default=None,
        description="What becomes of the effect after the last day. Default: it stops.",
    )
    effect: Effect | None = Field(
        default=None,
        description="How much at full size: what the rate or price is multiplied by (0.9: a tenth "
        "less), for court_delay the share of orders held back, for places see `unit`, for "
        "approval_time the days added.",
    )
    factor: Factor | None = Field(
        default=None, description="Short for an effect that is a certain number."
    )
    prevention: Prevention | None = Field(
        default=None,
        description="In place of `effect`, for entries: children served x share who would have "
        "entered x share kept out.",
    )
    unit: Unit | None = Field(
        default=None,
        description="For places: whether the effect is a number of `places` added (or taken away) "
        "in each sector named, or a `factor`. Other levers have only one unit.",
    )
    evidence: Text | None = Field(
        default=None, description="Why this effect: the study or paper, quoted, or who assumed it."
    )
    effect_is_known: Switch = Field(
        default=True,
        description="false: no comparison group has measured the effect, so reports first ask how "
        "large it would have to be to pay back.",
    )
    certainty: Certainty | None = Field(
        default=None, description="How sure we are of the effect: high, medium or low."
    )
    is_choice: Switch = Field(
        default=True,
        description="false: a crisis, which nobody chooses, so reports do not ask whether what it "
        "costs pays back.",
    )
    cost: ProgrammeCost | None = Field(
        default=None, description="What it costs, who pays and until when."
    )

    @property
    def who(self) -> AppliesTo:
        """Whom it changes, however the file says it."""
        given = self.applies_to
        return given.model_copy(
            update={
                "age_bands": given.age_bands or self.age_bands,
                "reasons": given.reasons or self.reasons,
            }
        )

    @property
    def how_much(self) -> Effect:
        """Its effect at full size; of a chain, the share that it keeps out."""
        if self.factor is not None:
            return Effect.model_validate(self.factor.model_dump())
        if self.prevention is not None:
            return self.prevention.kept_out_share
        assert self.effect is not None
        return self.effect

    @property
    def effect_key(self) -> str:
        """The key that says how much."""
        if self.prevention is not None:
            return "prevention"
        return "factor" if self.factor is not None else "effect"

    @property
    def measured_in(self) -> Unit:
        """What the effect is: a factor, a number of places, a share or days."""
        unit = self.unit or RULES[self.lever].unit
        assert unit is not None
        return unit

    @property
    def afterwards(self) -> AfterEnd:
        """What becomes of the effect once it has ended."""
        return self.after_end or AfterEnd(what="stops")

    def timetable(self, start: date) -> Timetable:
        """Its days in a forecast from the end of ``start``."""
        first = day_of(self.start, start)
        full = first
        if self.full_from is not None:
            full = day_of(self.full_from, start)
        elif self.ramp_days is not None:
            full = first + timedelta(days=self.ramp_days)
        if self.length_months is not None:
            return Timetable(first, full, months_later(first, self.length_months))
        if self.end is None:
            return Timetable(first, full, None)
        return Timetable(first, full, day_of(self.end, start) + timedelta(days=1))

    def disorder(self, start: date) -> tuple[str, str] | None:
        """Which key has a day that cannot be, and why; None if all can."""
        first, full, after_last = self.timetable(start)
        if full < first:
            return "full_from", (
                f"found {full}, which is before the intervention starts ({first}); a ramp ends "
                "after its start"
            )
        if after_last is None:
            return None
        last = after_last - timedelta(days=1)
        if last < first:
            return "end", (
                f"found {last}, expected a date not before the intervention's start ({first})"
            )
        if full > after_last and self.afterwards.what != "stays":
            return "full_from" if self.full_from is not None else "ramp_days", (
                f"the effect would be whole only on {full}, after it has ended ({last}); expected "
                "a shorter ramp, a later end, or after_end: stays if it keeps what it has reached"
            )
        return None

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        given = [key for key in ("effect", "factor", "prevention") if getattr(self, key)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise contradiction(
                f"expected one of effect, factor or prevention, and found {found}", *given[1:2]
            )
        if self.prevention is not None and self.lever != "entries":
            raise contradiction(
                f"prevention keeps children from entering, and the lever is {self.lever}; "
                "expected lever: entries",
                "lever",
            )
        self._check_unit()
        if self.prevention is None:
            self._check_range()
        return self

    def _check_unit(self) -> None:
        expected = RULES[self.lever].unit
        if expected is None and self.unit not in ("places", "factor"):
            raise contradiction(
                "expected unit: places (so many more or fewer) or unit: factor (a multiple of what "
                "there is)",
                "unit",
            )
        if expected is not None and self.unit not in (None, expected):
            raise contradiction(
                f'found "{self.unit}", expected {expected} for the lever {self.lever}', "unit"
            )

    def _check_range(self) -> None:
        low, high = self.how_much.drawn_from.support
        if self.measured_in == "factor" and self.how_much.expected > LARGEST_FACTOR:
            raise contradiction(
                f"found {self.how_much.expected:g}, expected at most {LARGEST_FACTOR} times the "
                "usual (10% more is written 1.1)",
                self.effect_key,
            )
        least, most = {"factor": (0.0, math.inf), "share": (0.0, 1.0)}.get(
            self.measured_in, (-math.inf, math.inf)
        )
        if low >= least and high <= most:
            return
        drawn = self.how_much.distribution is not None
        found = f"values from {low:g} to {high:g}" if drawn else f"{low:g}"
        cut = [f"low: {least:g}"] * (low < least) + [f"high: {most:g}"] * (high > most)
        hint = f" Cut the distribution off with {' and '.join(cut)}." if drawn else ""
        wanted = (
            "a share from 0 to 1"
            if self.measured_in == "share"
            else "nothing below 0, or a rate would become negative"
        )
        raise contradiction(f"found {found}, expected {wanted}.{hint}", self.effect_key)

    @model_validator(mode="after")
    def _applies_to_somebody(self) -> Self:
        rules, who = RULES[self.lever], self.who
        for key in WHO:
            named = getattr(who, key)
            if key == "reasons" or not named or key in rules.limits:
                continue
            possible = ", ".join(rules.limits) or "nothing"
            raise contradiction(
                f"the lever {self.lever} cannot be limited by {key}; expected {possible}",
                *(("applies_to", key) if getattr(self.applies_to, key) else (key,)),
            )
        if self.lever == "places" and not who.sectors:
            raise contradiction(
                "expected the sectors whose places change, such as applies_to: {sectors: "
                "[internal_fostering]}",
                "applies_to",
            )
        at = ("applies_to", "reasons") if self.applies_to.reasons else ("reasons",)
        for position, reason in enumerate(who.reasons):
            if reason not in rules.reasons:
                listed = f"one of {', '.join(rules.reasons)}" if rules.reasons else "no reasons"
                birthday = " (turning 18 is a birthday, not a rate)"
                why = birthday if reason == "turned_18" else ""
                raise contradiction(
                    f'found "{reason}", expected {listed} for the lever {self.lever}{why}',
                    *at,
                    position,
                )
        return self

    @model_validator(mode="after")
    def _ends_as_it_can(self) -> Self:
        for one, other in (("ramp_days", "full_from"), ("end", "length_months")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise contradiction(f"expected either {one} or {other}, and found both", other)
        ends = self.end is not None or self.length_months is not None
        if self.after_end is not None and not ends:
            raise contradiction(
                "expected an end (or length_months) before what follows", "after_end"
            )
        returns = self.afterwards.what == "returns"
        if returns and (self.lever not in RETURNING or self.prevention is not None):
            raise contradiction(
                f"what {self.lever} change does not return; expected stops, stays or fades"
                if self.prevention is None
                else "say in prevention.months_kept_out when children come into care after all",
                "after_end",
            )
        if self.lever == "court_delay" and not (returns and ends):
            raise contradiction(
                "expected an end, and after_end: {what: returns, over_days: 180}: over how many "
                "days are the orders held back then made?",
                "after_end",
            )
        dated = [self.start, self.full_from, self.end]
        if all(moment is None or isinstance(moment, date) for moment in dated):
            wrong = self.disorder(date(2000, 1, 1))
            if wrong is not None:
                raise contradiction(wrong[1], wrong[0])
        return self


def check_interventions(interventions: Sequence[Intervention], groups: Sequence[str]) -> None:
    """Raise for two of one name, or a need group that the scenario does not have.

    Args:
        interventions: those of a scenario, in listed order.
        groups: the names of its own planning groups.
    """
    known = {*map(str, NeedGroup), *groups}
    names: dict[str, int] = {}
    for position, item in enumerate(interventions):
        if item.name in names:
            raise contradiction(
                f'"{item.name}" is already the name of intervention {names[item.name] + 1}; give '
                "each its own, as its luck is drawn by name (or take one out if it is there twice)",
                *("interventions", position, "name"),
            )
        names[item.name] = position
        for place, need in enumerate(item.who.need_groups):
            if need not in known:
                raise contradiction(
                    f'found "{need}", expected one of {", ".join(sorted(known))}',
                    *("interventions", position, "applies_to", "need_groups", place),
                )
