"""Care histories made from simulated records: what a perfect return of that council would say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from sufficiency.domain import EXIT_REASONS, MOVE_REASONS, NEED_GROUPS, SECTORS, NeedGroup
from sufficiency.history.returns.frames import CareHistories
from sufficiency.simulation.children import Children
from sufficiency.simulation.record import ENDED_MOVED, ENDED_PLACE_FOUND, ENDED_TURNED_18, Record

ADOPTION = NEED_GROUPS.index(NeedGroup.PLACED_FOR_ADOPTION)


def histories_of(
    record: Record, children: Children, start: date, last_day: date | None = None
) -> CareHistories:
    """The record as returns from the day after ``start`` to ``last_day`` would give it.

    Times become dates as in a return: a child who enters within a day is there from that date's
    midnight. Children in care at the start are known by their date of entry (an open episode
    keeps its date), so none is left-truncated.
    """
    last = last_day or start + timedelta(days=record.horizon_days)
    limit = (last - start).days
    spells = pd.DataFrame({name: record.spells[name] for name in record.spells.dtype.names})
    spells = spells.sort_values(["child", "from_time"], kind="stable")
    placed = children.placed[spells["child"].to_numpy()]
    at_start = spells["from_time"].to_numpy() == 0
    began = np.where(at_start, placed, spells["from_time"])
    spells["began_day"] = np.ceil(began).astype(int)
    spells["to_day"] = np.ceil(spells["to_time"]).astype(int)
    spells["entered_day"] = np.ceil(spells["entered"]).astype(int)
    spells = spells[spells["began_day"] <= limit]
    leaves = spells["ended"].between(0, ENDED_TURNED_18)
    empty = (spells["began_day"] >= spells["to_day"]) & ~leaves
    spells = spells[~empty]
    return CareHistories(
        periods=_periods(spells, start, limit),
        placements=_placements(spells, start, limit),
        first_day=start + timedelta(days=1),
        last_day=last,
    )


def _periods(spells: pd.DataFrame, start: date, limit: int) -> pd.DataFrame:
    last = spells.drop_duplicates("child", keep="last")
    first = spells.drop_duplicates("child")
    ended = last["ended"].to_numpy()
    left = (ended >= 0) & (ended <= ENDED_TURNED_18) & (last["to_day"].to_numpy() <= limit)
    reasons = np.array([*(str(reason) for reason in EXIT_REASONS), ""])
    aged = left & (ended == ENDED_TURNED_18)
    entered = first["entered_day"].to_numpy()
    return pd.DataFrame(
        {
            "period": last["child"].to_numpy(),
            "child": last["child"].to_numpy(),
            "uasc": last["uasc"].to_numpy(),
            "born": _dates(last["born_day"].to_numpy(), start),
            "born_is_month_only": False,
            "sex": pd.Categorical(["U"] * len(last)),
            "entered": _dates(entered, start),
            "left": _dates(np.where(left, last["to_day"], -(10**9)), start),
            "seen_from": _dates(np.maximum(entered, 1), start),
            "seen_to": _dates(np.where(left, last["to_day"], limit), start),
            "start_type": pd.Categorical(["observed"] * len(last)),
            "end_type": pd.Categorical(
                np.where(aged, "aged_out", np.where(left, "observed", "censored"))
            ),
            "exit_reason": pd.Categorical(reasons[np.where(left, ended, -1)]),
            "need_code": pd.Categorical(["N1"] * len(last)),
        }
    )


def _placements(spells: pd.DataFrame, start: date, limit: int) -> pd.DataFrame:
    ended = spells["ended"].to_numpy()
    moved = (ended >= ENDED_MOVED) & (spells["to_day"].to_numpy() <= limit)
    done = (ended >= 0) & (spells["to_day"].to_numpy() <= limit)
    names = np.array([*(str(sector) for sector in SECTORS), "other"])
    reasons = np.array([*(str(reason) for reason in MOVE_REASONS), ""])
    reason = np.where(moved, ended - ENDED_MOVED, -1)
    reason = np.where(done & (ended == ENDED_PLACE_FOUND), 0, reason)
    adoption = (spells["need"].to_numpy() == ADOPTION) & (spells["sector"].to_numpy() == 5)
    sector = names[spells["sector"].to_numpy()]
    return pd.DataFrame(
        {
            "placement": np.arange(len(spells)),
            "period": spells["child"].to_numpy(),
            "began": _dates(spells["began_day"].to_numpy(), start),
            "ended": _dates(np.where(done, spells["to_day"], -(10**9)), start),
            "sector": pd.Categorical(sector),
            "subsector": pd.Categorical(np.where(adoption, "placed_for_adoption", sector)),
            "place": pd.Categorical(["U6"] * len(spells)),
            "provider": pd.Categorical(["PR1"] * len(spells)),
            "same_carer_as_before": False,
            "move_reason": pd.Categorical(reasons[reason]),
            "nights_away": 0,
        }
    )


def _dates(days: np.ndarray, start: date) -> np.ndarray:
    """Dates of day numbers; far in the past stands for none."""
    stamps = np.datetime64(start, "s") + days * np.timedelta64(86400, "s")
    return np.where(days < -(10**6), np.datetime64("NaT", "s"), stamps)
