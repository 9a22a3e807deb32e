"""What a return must pass before anyone forecasts from it, and what that means in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from sufficiency.history.returns.chains import is_code
from sufficiency.history.returns.frames import CareHistories, Return
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.sectors import NEED_PROVIDER, PROVIDERS
from sufficiency.history.returns.stocks import ALL

MOST_STOCK_DIFFERENCE = 0.05
FEW_CHILDREN = 5
"""So many children more or fewer are no sign of a wrong return, however small the council."""
MOST_REJECTED = 0.02
MOST_PROVIDERS_MISSING = 0.02
MOST_VANISHED = 0.01
SPIKE_CHILDREN, SPIKE_SHARE = 10, 0.5


@dataclass(frozen=True)
class Gate:
    """One question that a return must pass."""

    name: str
    question: str
    found: str
    passed: bool | None
    """None where it cannot be known."""
    stops: bool
    """Whether nobody should forecast from a return that fails it; else it is a caution."""
    advice: str
    """What to do if it is not passed."""


def gates_of(
    returned: Return,
    ledger: RowLedger,
    histories: CareHistories,
    counts: pd.DataFrame,
    rejected: int,
) -> tuple[Gate, ...]:
    """Every gate, in the order in which they matter."""
    return (
        _stock(counts),
        _rejected(ledger, rejected),
        _years(returned),
        _whole_year(histories),
        _vanished(histories),
        _providers(returned),
        _transfers(returned),
    )


def gates_that_stop(gates: tuple[Gate, ...]) -> list[Gate]:
    """Those that were not passed, and without which nobody should forecast."""
    return [gate for gate in gates if gate.passed is False and gate.stops]


def verdict_of(gates: tuple[Gate, ...]) -> tuple[str, ...]:
    """The answer in one sentence, then what each gate that was not passed asks for."""
    stopping = gates_that_stop(gates)
    cautions = [gate for gate in gates if gate.passed is False and not gate.stops]
    unknown = [gate for gate in gates if gate.passed is None]
    if stopping:
        answer = "Do not forecast from this return yet."
    elif cautions:
        answer = "This return can be used, with care."
    else:
        answer = "This return can be used."
    return (answer, *(f"{gate.found} {gate.advice}" for gate in (*stopping, *cautions, *unknown)))


def _stock(counts: pd.DataFrame) -> Gate:
    question = "Are the children counted on each 31 March those published, within 5% or 5 children?"
    total = counts[(counts["measure"] == "in_care") & (counts["group"] == ALL)]
    beside = total.dropna(subset=["published"])
    name, advice = (
        "stock",
        "Look for a missing year, children of another council, or the wrong --authority.",
    )
    if beside.empty:
        found = "There are no published figures of these years to set beside the counts."
        advice = "Name the council with --authority if you have not."
        return Gate(name, question, found, None, True, advice)
    apart = (beside["counted"] - beside["published"]).abs()
    share = beside["difference"].abs()
    too_far = share.where(apart > FEW_CHILDREN, 0.0)
    off = beside.assign(too_far=too_far, share=share).sort_values(["too_far", "share"]).iloc[-1]
    found = (
        f"On 31 March {int(off['year'])}, {int(off['counted']):,} children are counted and "
        f"{int(off['published']):,} were published ({off['difference']:+.1%}), the largest "
        "difference of any year."
    )
    return Gate(name, question, found, bool(off["too_far"] <= MOST_STOCK_DIFFERENCE), True, advice)


def _rejected(ledger: RowLedger, rejected: int) -> Gate:
    share = rejected / max(ledger.n_rows, 1)
    return Gate(
        "rejected",
        "Could at least 98% of the rows be used?",
        f"{rejected:,} of {ledger.n_rows:,} rows ({share:.1%}) are left out because something "
        "is wrong with them.",
        share <= MOST_REJECTED,
        True,
        "The rules below say what, and in which rows.",
    )


def _years(returned: Return) -> Gate:
    present = set(returned.years)
    missing = sorted(set(range(min(present), max(present) + 1)) - present)
    found = (
        f"The return of {', '.join(map(str, missing))} is missing between others."
        if missing
        else f"Every year from {min(present)} to {max(present)} is here."
    )
    return Gate(
        "years",
        "Is every year between the first and the last here?",
        found,
        not missing,
        True,
        "Add it: children who came and left in it are not seen.",
    )


def _whole_year(histories: CareHistories) -> Gate:
    last = histories.last_day
    whole = last == date(last.year, 3, 31)
    return Gate(
        "whole_year",
        "Does the last return reach its 31 March?",
        f"The last return reaches {last.day} {last:%B %Y}.",
        whole,
        False,
        "" if whole else "It was made within the year: children are followed until that day.",
    )


def _vanished(histories: CareHistories) -> Gate:
    periods = histories.periods
    gone = int((periods["end_type"] == "imputed").sum())
    share = gone / max(len(periods), 1)
    return Gate(
        "vanished",
        "Is every child who is open at a year's end in the next year's return?",
        f"{gone:,} of {len(periods):,} times in care ({share:.1%}) end without an end: open in "
        "one return, and gone or started anew in the next.",
        share <= MOST_VANISHED,
        False,
        "Ask whether children were renumbered or deleted.",
    )


def _providers(returned: Return) -> Gate:
    rows = returned.episodes
    needed = is_code(rows["place"], *NEED_PROVIDER)
    missing = needed & ~is_code(rows["provider"], *PROVIDERS)
    share = missing.sum() / max(needed.sum(), 1)
    return Gate(
        "providers",
        "Is the provider given for at least 98% of fostering and children's homes?",
        f"The provider is missing in {int(missing.sum()):,} of {int(needed.sum()):,} rows "
        f"({share:.1%}) that need one.",
        bool(share <= MOST_PROVIDERS_MISSING),
        False,
        "Own and agency fostering are told apart by it; missing ones are shared out.",
    )


def _transfers(returned: Return) -> Gate:
    rows = returned.episodes
    moved = rows.loc[is_code(rows["rec"], "E3"), "dec"].dropna()
    a_day = moved.value_counts()
    most = int(a_day.max()) if len(a_day) else 0
    spike = most >= SPIKE_CHILDREN and most >= SPIKE_SHARE * len(moved)
    on = pd.Timestamp(str(a_day.idxmax())) if spike else pd.NaT
    found = (
        f"{most} children passed to another council on one day, {on:%d %B %Y}."
        if spike
        else "No day has an unusual number of children passing to another council."
    )
    return Gate(
        "transfers",
        "Is there no mass transfer to another council (a reorganisation)?",
        found,
        not spike,
        False,
        "It looks like a reorganisation: use the years on one side of it only.",
    )
