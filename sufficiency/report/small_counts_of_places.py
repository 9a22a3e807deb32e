"""Which rows of the tables of pools and of moves would show a few real children."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.report.small_counts import (
    Flags,
    agreed,
    all_but_agreed,
    hidden_parts,
    is_small,
    known_beforehand,
)

ALL = "all"


def hidden_pools(pools: pd.DataFrame, forecast: pd.DataFrame, forecast_hidden: Flags) -> Flags:
    """(n_rows,): pools in which a few real children live, and as many others as keep them so.

    The pools of a sector add up to it. Where a pool's places taken are left out so are those that
    are free, which tell them, and its places if they were set to as many.
    """
    hidden = np.zeros(len(pools), dtype=bool)
    if pools.empty:
        return hidden
    small = is_small(pools["mean"].to_numpy(dtype=np.float64))
    must = ((agreed(pools) & small) | all_but_agreed(pools)) & _is(pools, "occupied")
    sectors = _hidden_sectors(forecast, forecast_hidden)
    rows = pools.assign(position=np.arange(len(pools)), must=must)[_is(pools, "occupied")]
    for (day, sector), group in rows.groupby(["date", "sector"], sort=False):
        no_total = (pd.Timestamp(str(day)), str(sector)) in sectors
        if group["must"].any() or no_total:
            counts = np.nan_to_num(group["mean"].to_numpy(dtype=np.float64))
            found, _ = hidden_parts(counts, group["must"].to_numpy(), not no_total)
            hidden[group["position"].to_numpy()] = found
    return _with_what_tells(pools, hidden)


def _is(pools: pd.DataFrame, measure: str) -> Flags:
    return np.asarray(pools["measure"] == measure)


def _hidden_sectors(forecast: pd.DataFrame, hidden: Flags) -> set[tuple[pd.Timestamp, str]]:
    """Dates and sectors whose number of children is left out."""
    rows = forecast[hidden & (forecast["measure"] == "in_care").to_numpy()]
    days = [pd.Timestamp(str(day)) for day in rows["date"]]
    return {(day, str(sector)) for day, sector in zip(days, rows["sector"], strict=True)}


def _with_what_tells(pools: pd.DataFrame, hidden: Flags) -> Flags:
    """The same with the free places of the hidden rows, and places that equal them."""
    key = pools["date"].astype(str) + "|" + pools["pool"].astype(str)
    of_hidden = key.isin(set(key[hidden])).to_numpy()
    taken = dict(zip(key[hidden], pools.loc[hidden, "mean"], strict=True))
    same = (pools["mean"] == key.map(taken)).to_numpy() & _is(pools, "places")
    free = _is(pools, "free") | _is(pools, "full_probability")
    return np.asarray(hidden | (of_hidden & (free | same)))


def hidden_moves(moves: pd.DataFrame) -> Flags:
    """(n_rows,): of a year's moves all but 0, if one is a small count that is all but certain."""
    if moves.empty:
        return np.zeros(0, dtype=bool)
    small = agreed(moves) & is_small(moves["mean"].to_numpy(dtype=np.float64))
    must = pd.Series(np.asarray(small | known_beforehand(moves)), moves.index)
    concerned = must.groupby(moves["financial_year"]).transform("any").to_numpy(dtype=bool)
    return np.asarray(concerned & (moves["mean"] > 0).to_numpy())
