"""Legal statuses: what each child has on entry, and the court orders that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.synthesis.chances import (
    Ints,
    Words,
    chance_for,
    drawn_code,
    shipped_shares,
    whole_between,
)
from sufficiency.synthesis.lives import OPEN, Lives, age_years

_SHORT = ("L1", "L2", "J1")


def legal_changes(lives: Lives, placements: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The legal status from each day on: ``child, day, ls``, the first row of a child on entry.

    Emergency protection becomes an interim order, remand ends in section 20, some section 20
    goes to court, an interim order becomes a full one, and a placement order comes before a
    placement for adoption under one. Children with a parent are under an order from the start.
    """
    shares = shipped_shares()["legal_status"]
    children = lives.children
    n, entered = len(children), children["entered"].to_numpy()
    chance = chance_for(seed, "legal").random((n, 6))
    first = _first_status(children, placements, chance[:, 0])
    none = np.full(n, OPEN, dtype=np.int64)
    next_day, after = none.copy(), first.copy()
    for status, days in shares["longest_days"].items():
        own = first == status
        next_day[own] = (entered + whole_between([1, days], chance[:, 1]))[own]
    after[np.isin(first, ["L1", "L2"])] = "C1"
    after[first == "J1"] = "V2"
    settled = np.where(next_day < OPEN, next_day, entered)
    young = age_years(children["born"].to_numpy(), entered) < 16
    to_court = (after == "V2") & young & ~children["uasc"].to_numpy()
    to_court &= chance[:, 2] < shares["goes_to_court_share"]
    waited = np.ceil(-np.log1p(-chance[:, 3]) * shares["mean_days_to_court"]).astype(np.int64)
    court_day = np.where(to_court, settled + np.maximum(waited, 1), none)
    interim_day = np.where(after == "C1", settled, court_day)
    full = interim_day + whole_between(shares["days_from_interim_to_full_order"], chance[:, 4])
    full_day = np.where(interim_day < OPEN, full, none)
    order_day = _placement_orders(children, placements, chance[:, 5])
    changes = [
        (entered, first),
        (next_day, after),
        (court_day, np.full(n, "C1", dtype=object)),
        (full_day, np.full(n, "C2", dtype=object)),
        (order_day, np.full(n, "E1", dtype=object)),
    ]
    return _in_order(children, changes, order_day)


def _first_status(children: pd.DataFrame, placements: pd.DataFrame, uniforms: np.ndarray) -> Words:
    weights = shipped_shares()["legal_status"]["at_entry"]
    age = age_years(children["born"].to_numpy(), children["entered"].to_numpy())
    kinds = [*weights]
    kind = np.array(kinds, dtype=object)[np.searchsorted([10, 16], age, side="right")]
    first = np.full(len(children), "", dtype=object)
    for name in kinds:
        own = kind == name
        first[own] = drawn_code(weights[name], uniforms[own])
    first[(first == "J1") & (age < 10)] = "V2"
    with_parent = placements.loc[placements["place"] == "P1", "child"].unique()
    first[children.index.isin(with_parent)] = "C1"
    first[children["uasc"].to_numpy()] = "V2"
    return first


def _placement_orders(
    children: pd.DataFrame, placements: pd.DataFrame, uniforms: np.ndarray
) -> Ints:
    """(children,): the day of the placement order, before the first placement under one."""
    under_order = placements[placements["place"].isin(["A5", "A6"])]
    began = under_order.groupby("child")["began"].min().reindex(children.index)
    most = shipped_shares()["legal_status"]["placement_order_days_before_placement"]
    day = began.to_numpy(dtype=float) - np.floor(uniforms * (most + 1))
    entered = children["entered"].to_numpy()
    # An order comes at the earliest the day after entry, unless the placement itself begins then.
    day = np.minimum(np.maximum(day, entered + 1), began.to_numpy(dtype=float))
    found: Ints = np.where(np.isnan(day), OPEN, np.nan_to_num(day)).astype(np.int64)
    return found


def _in_order(
    children: pd.DataFrame, changes: list[tuple[Ints, Words]], order_day: Ints
) -> pd.DataFrame:
    """Changes of status while in care, none after a placement order, each to another status."""
    number = np.arange(len(children))
    table = pd.DataFrame(
        {
            "row": np.tile(number, len(changes)),
            "day": np.concatenate([day for day, _ in changes]),
            "ls": np.concatenate([status for _, status in changes]),
            "rank": np.repeat(np.arange(len(changes)), len(children)),
        }
    )
    left, ordered = children["left"].to_numpy()[table["row"]], order_day[table["row"]]
    in_care = (table["day"] < left) & (table["day"] < OPEN)
    before_order = (table["ls"] == "E1") | (table["day"] < ordered)
    table = table[(table["rank"] == 0) | (in_care & before_order)]
    table = table.sort_values(["row", "day", "rank"], kind="stable")
    table = table[~table.duplicated(["row", "day"], keep="last")]
    same = (table["ls"] == table["ls"].shift()) & (table["row"] == table["row"].shift())
    table = table[~same]
    table["child"] = children.index.to_numpy()[table["row"]]
    return table[["child", "day", "ls"]].reset_index(drop=True)
