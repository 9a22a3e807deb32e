"""A record told in whole days: who was in care from which date to which, and where.

Days are counted from 1 January 1970. An event of the record at time t, in days from the midnight
that ends the start date, happens on the start date plus ceil(t); so a child is in care on a date
D (entered <= D < left) exactly if the record counts it at the midnight that ends D, and flows fall
in the same years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sufficiency.domain import (
    ADULT_YEARS,
    EXIT_REASONS,
    MONTHS_PER_YEAR,
    MOVE_REASONS,
    NEED_GROUPS,
    SETTINGS,
    UNPLACED,
    NeedGroup,
)
from sufficiency.simulation.record import (
    ENDED_MOVED,
    ENDED_OPEN,
    ENDED_PLACE_FOUND,
    ENDED_TURNED_18,
)
from sufficiency.synthesis.chances import Flags, Ints
from sufficiency.synthesis.world import SimulatedYears

OPEN = 2**31
"""The day on which something ends that has not ended: after every other."""
PLACE_FOUND = "place_found"


@dataclass(frozen=True)
class Lives:
    """Children in care and their placements, in whole days."""

    children: pd.DataFrame
    """One row a child, its number the index: ``uasc, born, entered, left, exit_reason``."""
    placements: pd.DataFrame
    """Without gaps within a child's time in care: ``child, began, ended, setting, need,
    move_reason``; setting is a sector, ``unplaced`` or ``placed_for_adoption``; move_reason ended
    it ("" if it ended care or is open)."""
    start_day: int
    """The 31 March before the first year."""
    last_day: int
    """The last 31 March."""


def lives_of(simulated: SimulatedYears) -> Lives:
    """The lives of one simulated world.

    A placement that began and ended between two midnights is left out; a child in care for no
    midnight at all is given one night, on the side that changes no year's figures.
    """
    start = int(np.datetime64(simulated.start, "D").astype(np.int64))
    last = start + simulated.record.horizon_days
    rows = _spells(simulated, start)
    first = rows.groupby("child", sort=True)
    children = pd.DataFrame(
        {
            "uasc": first["uasc"].first(),
            "born": first["born"].first(),
            "entered": first["entered"].first(),
            "left": first["ended"].last(),
            "exit_reason": first["exit_reason"].last(),
        }
    )
    rows = _with_a_night(rows, children)
    kept = rows[rows["ended"] > rows["began"]]
    columns = ["child", "began", "ended", "setting", "need", "move_reason"]
    return Lives(children, kept[columns].reset_index(drop=True), start, last)


def age_years(born: Ints, day: Ints) -> Ints:
    """(n,): whole years of age on a day, birthdays on the real calendar."""
    years: Ints = np.maximum((day - born) // 366, 0)
    while (older := birthday_of(born, years + 1) <= day).any():
        years = years + older
    return years


def eighteenth_birthday(born: Ints) -> Ints:
    """(n,): the day on which a child turns 18."""
    return birthday_of(born, np.full(len(born), ADULT_YEARS))


def birthday_of(born: Ints, years: Ints) -> Ints:
    """(n,): the day of a birthday; 29 February falls on 1 March in other years."""
    month = born.astype("datetime64[D]").astype("datetime64[M]")
    into_month = born - month.astype("datetime64[D]").astype(np.int64)
    first = (month + MONTHS_PER_YEAR * years).astype("datetime64[D]").astype(np.int64)
    found: Ints = first + into_month
    return found


def _spells(simulated: SimulatedYears, start: int) -> pd.DataFrame:
    spells = simulated.record.spells
    child, ended = spells["child"].astype(np.int64), spells["ended"].astype(np.int64)
    order = np.lexsort((np.arange(len(spells)), spells["from_time"], child))
    at_start = (spells["from_time"] == 0) & (spells["entered"] <= 0)
    began = np.where(at_start, simulated.placed[child], spells["from_time"])
    placed_for_adoption = spells["need"] == NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)
    setting = np.array(SETTINGS, dtype=object)[spells["sector"]]
    setting[placed_for_adoption & (setting != UNPLACED)] = NeedGroup.PLACED_FOR_ADOPTION.value
    moved = np.array(["", PLACE_FOUND, *map(str, MOVE_REASONS)], dtype=object)
    exits = np.array([*map(str, EXIT_REASONS), ""], dtype=object)
    left = (ended >= 0) & (ended <= ENDED_TURNED_18)
    assert ENDED_MOVED == ENDED_PLACE_FOUND + 1
    frame = pd.DataFrame(
        {
            "child": child,
            "uasc": spells["uasc"],
            "born": start + spells["born_day"],
            "entered": start + np.ceil(spells["entered"]).astype(np.int64),
            "began": start + np.ceil(began).astype(np.int64),
            "ended": np.where(
                ended == ENDED_OPEN, OPEN, start + np.ceil(spells["to_time"]).astype(np.int64)
            ),
            "setting": setting,
            "need": np.array(NEED_GROUPS, dtype=object)[spells["need"]],
            "move_reason": moved[np.maximum(ended - ENDED_PLACE_FOUND + 1, 0)],
            "exit_reason": exits[np.where(left, ended, len(EXIT_REASONS))],
        }
    )
    return frame.iloc[order].reset_index(drop=True)


def _with_a_night(rows: pd.DataFrame, children: pd.DataFrame) -> pd.DataFrame:
    """Give children who came and left between two midnights one night, in ``children`` too."""
    none = children["left"] == children["entered"]
    if not none.any():
        return rows
    on_stock_day = _is_31_march(children["entered"].to_numpy())
    children.loc[none & on_stock_day, "entered"] -= 1
    children.loc[none & ~on_stock_day, "left"] += 1
    last = ~rows["child"].duplicated(keep="last") & rows["child"].isin(children.index[none])
    fixed = rows.copy()
    fixed.loc[last, "began"] = children["entered"].reindex(rows.loc[last, "child"]).to_numpy()
    fixed.loc[last, "ended"] = children["left"].reindex(rows.loc[last, "child"]).to_numpy()
    return fixed


def _is_31_march(days: Ints) -> Flags:
    dates = pd.DatetimeIndex(days.astype("datetime64[D]"))
    found: Flags = np.asarray((dates.month == 3) & (dates.day == 31))
    return found
