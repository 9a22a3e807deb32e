"""From lives to episodes: a new row whenever the placement or the legal status changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.domain import ExitReason
from sufficiency.synthesis.chances import Words, chance_for, drawn_code, shipped_shares
from sufficiency.synthesis.events import CARER, CUT_COLUMNS, NO_CHANGE, SETTING, within_placements
from sufficiency.synthesis.legal import legal_changes
from sufficiency.synthesis.lives import OPEN, Lives
from sufficiency.synthesis.settings import FOSTERING

FIELDS = ("place", "provider", "urn", "pl_post", "home_post", "ls")
EPISODE_FIELDS = (
    *("child", "decom", "rne", "ls", "cin", "place", "provider", "dec", "rec", "reason"),
    *("home_post", "pl_post", "urn"),
)
KINSHIP = ("U1", "U2", "U3")


def episodes_of(lives: Lives, placements: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every episode of every child, in order of child and day: `EPISODE_FIELDS`.

    ``decom`` and ``dec`` are day numbers, `OPEN` while open at the horizon. A child's first
    episode is the one that was open when the first year began, or that of entering care.
    ``rec`` of special guardianship is the code from 2019 on.
    """
    rows = _one_row_a_day(_placement_cuts(lives, placements, seed), lives, placements, seed)
    last = ~rows["child"].duplicated(keep="last")
    left = lives.children["left"].reindex(rows["child"]).to_numpy()
    rows["dec"] = np.where(last, left, rows["day"].shift(-1, fill_value=OPEN)).astype(np.int64)
    rows["reason"] = np.where(last, "", rows["reason"].shift(-1, fill_value=""))
    rows["rne"] = _reasons_new(rows, lives)
    rows["cin"] = _needs(lives, seed).reindex(rows["child"]).to_numpy()
    rows["rec"] = np.where(last, "", "X1")
    ends = last & (left < OPEN)
    rows.loc[ends, "rec"] = _exit_codes(rows[ends], lives, seed)
    rows = rows.rename(columns={"day": "decom"})
    # Episodes that ended by the first 31 March are in no file of these years.
    rows = rows[rows["dec"] > lives.start_day]
    return rows[list(EPISODE_FIELDS)].reset_index(drop=True)


def _placement_cuts(lives: Lives, placements: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The beginnings of placements, and what happens within them."""
    began = placements.rename(columns={"began": "day"}).assign(change=CARER)
    ended_for = placements.groupby("child")["move_reason"].shift(fill_value="")
    began["reason"] = _change_codes(ended_for, placements, seed)
    began = began[list(CUT_COLUMNS)]
    return pd.concat([began, within_placements(lives, placements, seed)], ignore_index=True)


def _change_codes(ended_for: pd.Series[str], placements: pd.DataFrame, seed: int) -> Words:
    weights = shipped_shares()["reason_for_change"]["shares"]
    uniforms = chance_for(seed, "changes").random(len(placements))
    codes = np.full(len(placements), "", dtype=object)
    for move_reason in ended_for[ended_for != ""].unique():
        own = (ended_for == move_reason).to_numpy()
        codes[own] = drawn_code(weights[move_reason], uniforms[own])
    return codes


def _one_row_a_day(
    cuts: pd.DataFrame, lives: Lives, placements: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """One row a child and day on which anything changes, each field as it is from then on.

    Adds ``legal``: whether the legal status changes; and ``change`` becomes the greatest of the
    day.
    """
    legal = legal_changes(lives, placements, seed).assign(change=NO_CHANGE, reason="")
    earliest = cuts.groupby("child")["day"].min()
    rows = pd.concat([cuts, legal], ignore_index=True)
    rows["legal"] = rows["ls"].notna()
    rows = rows.sort_values(["child", "day", "change"], kind="stable")
    rows[list(FIELDS)] = rows.groupby("child")[list(FIELDS)].ffill()
    groups = rows.groupby(["child", "day"], sort=True)
    joined = groups[list(FIELDS)].last()
    joined["change"] = groups["change"].max()
    joined["legal"] = groups["legal"].any()
    joined["reason"] = groups["reason"].max()
    joined = joined.reset_index()
    # Legal statuses before the placement that the first year found the child in are not shown.
    return joined[joined["day"] >= earliest.reindex(joined["child"]).to_numpy()].reset_index(
        drop=True
    )


def _reasons_new(rows: pd.DataFrame, lives: Lives) -> Words:
    """RNE: S on entering care, else by whether status, address or carer changed."""
    legal, change = rows["legal"].to_numpy(), rows["change"].to_numpy()
    entered = lives.children["entered"].reindex(rows["child"]).to_numpy()
    is_first = (rows["day"] == entered).to_numpy()
    found: Words = np.select(
        [
            is_first,
            legal & (change == CARER),
            legal & (change == SETTING),
            change == CARER,
            change == SETTING,
        ],
        ["S", "B", "U", "P", "T"],
        "L",
    ).astype(object)
    return found


def _needs(lives: Lives, seed: int) -> pd.Series[str]:
    weights = shipped_shares()["need_codes"]["shares"]
    codes = drawn_code(weights, chance_for(seed, "needs").random(len(lives.children)))
    codes[lives.children["uasc"].to_numpy()] = "N8"
    return pd.Series(codes, lives.children.index)


def _exit_codes(last: pd.DataFrame, lives: Lives, seed: int) -> Words:
    """REC of the last episodes of children who left, by the model's reason."""
    weights = shipped_shares()["exit_codes"]["shares"]
    people = lives.children.reindex(last["child"])
    chance = pd.Series(chance_for(seed, "exits").random(len(lives.children)), lives.children.index)
    uniforms = chance.reindex(last["child"]).to_numpy()
    reason = people["exit_reason"].to_numpy(dtype=object)
    uasc = people["uasc"].to_numpy()
    reason[(reason == str(ExitReason.OTHER_REASON)) & uasc] = "other_reason_uasc"
    codes = np.full(len(last), "", dtype=object)
    for each in pd.unique(reason):
        own = reason == each
        codes[own] = drawn_code(weights[each], uniforms[own])
    guardians = reason == str(ExitReason.SPECIAL_GUARDIANSHIP)
    codes[guardians] = _guardianship(last["place"].to_numpy()[guardians], codes[guardians])
    return codes


def _guardianship(place: Words, kind: Words) -> Words:
    """Codes from 2019: to the foster carer or another, who is family or is not."""
    fostered, kin = np.isin(place, FOSTERING), np.isin(place, KINSHIP)
    family = kin | (kind == "family")
    found: Words = np.select([kin, fostered, family], ["E45", "E46", "E47"], "E48").astype(object)
    return found
