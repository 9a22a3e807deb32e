"""A few lives of one simulated future, told event by event, so that a sceptic can check the model.

Only children who come into care after the start: they are drawn from rates, and nobody's. Nothing
is told of the children of the start, who may be real.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.domain import EXIT_REASONS, MOVE_REASONS, SETTINGS, UNPLACED_CODE, birthday
from sufficiency.measures.rows import GAPS
from sufficiency.simulation.children import COHORT_STREAM
from sufficiency.simulation.record import (
    BEGAN_ENTERED,
    BEGAN_MOVED,
    ENDED_OPEN,
    ENDED_TURNED_18,
    Record,
)
from sufficiency.simulation.world import Places

CAME, MOVED, PLACE_FOUND, LEFT, STILL = (
    "came_into_care",
    "moved",
    "place_found",
    "left_care",
    "still_in_care",
)
FIRST_CHOICE = "first_choice"
LIVES_TOLD = 6
STORY_COLUMNS = (
    "child",
    "date",
    "until",
    "age_years",
    "event",
    "reason",
    "sector",
    "pool",
    "need_group",
    "fit",
)
_SHORT_DAYS = 200
_LONG_DAYS = 400


def stories_table(
    record: Record, places: Places, start: date, lives: int = LIVES_TOLD
) -> pd.DataFrame:
    """What happened to a few children of one replication who came into care after the start.

    They are chosen to differ: one with many placements, one for whom no place was found, one who
    turned 18 and so on, in the order in which they came. Columns: `STORY_COLUMNS`. A row is an
    event: ``date`` is the day on which it happens; ``until`` the day on which the placement that
    begins with it ends (empty where care does, or the forecast); ``reason`` why a child moved or
    left; ``fit`` is ``first_choice`` or the kind of gap; ``age_years`` in whole years.
    """
    entered = record.spells[record.spells["stream"] != COHORT_STREAM]
    rows = [
        row
        for letter, child in zip(_letters(lives), _chosen(entered, lives), strict=False)
        for row in _life(letter, entered[entered["child"] == child], places, start)
    ]
    return pd.DataFrame(rows, columns=list(STORY_COLUMNS))


def _letters(lives: int) -> list[str]:
    return [chr(ord("A") + number) for number in range(lives)]


def _chosen(entered: NDArray[np.void], lives: int) -> list[int]:
    """The children to tell of, by number: the first of each kind, then those who came first."""
    if not len(entered):
        return []
    of_child = pd.DataFrame(
        {name: entered[name] for name in ("child", "group", "uasc", "sector", "ended", "entered")}
    )
    of_child["stays"] = entered["to_time"] - entered["entered"]
    of_child["gap"] = ~entered["first_choice"]
    of_child["unplaced"] = entered["sector"] == UNPLACED_CODE
    by = of_child.groupby("child")
    facts = by.agg(
        placements=("sector", "size"),
        ended=("ended", "last"),
        stays=("stays", "last"),
        group=("group", "first"),
        uasc=("uasc", "first"),
        gap=("gap", "any"),
        unplaced=("unplaced", "any"),
    )
    siblings = facts.groupby("group")["group"].transform("size") > 1
    left = (facts["ended"] >= 0) & (facts["ended"] < ENDED_TURNED_18)
    kinds = (
        facts["placements"] == facts["placements"].max(),
        facts["unplaced"],
        facts["ended"] == ENDED_TURNED_18,
        left & (facts["stays"] < _SHORT_DAYS),
        siblings & facts["gap"],
        left & (facts["stays"] > _LONG_DAYS),
        facts["uasc"],
        facts["placements"] > 1,
    )
    found: list[int] = []
    for kind in kinds:
        found += [int(child) for child in facts.index[kind] if child not in found][:1]
    found += [int(child) for child in facts.index if child not in found]
    return sorted(found[:lives])


def _life(
    letter: str, spells: NDArray[np.void], places: Places, start: date
) -> Iterator[Sequence[Any]]:
    """The events of one child, in order."""
    born = start + timedelta(days=int(spells["born_day"][0]))
    for spell in spells:
        day, until = _day(start, spell["from_time"]), None
        if spell["ended"] != ENDED_OPEN:
            until = _day(start, spell["to_time"])
        where = _where(spell, places)
        yield (letter, day, until, _years(born, day), *_beginning(int(spell["began"])), *where)
    last = spells[-1]
    if last["ended"] == ENDED_OPEN:
        end = start + timedelta(days=int(last["to_time"]))
        yield (letter, end, None, _years(born, end), STILL, "", *_where(last, places))
    elif last["ended"] <= ENDED_TURNED_18:
        end = _day(start, last["to_time"])
        reason = str(EXIT_REASONS[last["ended"]])
        yield (letter, end, None, _years(born, end), LEFT, reason, *_where(last, places))


def _day(start: date, time: float) -> date:
    """The day in which a moment lies: time 0 is the midnight that ends the start date."""
    return start + timedelta(days=ceil(time))


def _years(born: date, day: date) -> int:
    """Age in whole years."""
    years = day.year - born.year
    return years if birthday(born, years) <= day else years - 1


def _beginning(began: int) -> tuple[str, str]:
    """How a placement began, and why."""
    if began == BEGAN_ENTERED:
        return CAME, ""
    return (
        (MOVED, str(MOVE_REASONS[began - BEGAN_MOVED]))
        if began >= BEGAN_MOVED
        else (
            PLACE_FOUND,
            "",
        )
    )


def _where(spell: Any, places: Places) -> tuple[str, str, str, str]:
    """Setting, pool, need group, and how well the one meets the other."""
    pool = places.pool_names[spell["pool"]] if spell["pool"] >= 0 else ""
    fit = GAPS[1]
    if spell["suitable"]:
        fit = FIRST_CHOICE if spell["first_choice"] else GAPS[0]
    return str(SETTINGS[spell["sector"]]), pool, str(places.need_names[spell["need"]]), fit
