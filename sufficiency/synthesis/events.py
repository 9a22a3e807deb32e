"""What a return shows within a placement and the model does not simulate.

Temporary placements between two stays in the same place, a carer who moves house, a fostering
placement that becomes long-term, and supported accommodation recorded under another code until
it was registered. A placement has at most one of them, none changes a sector.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sufficiency.synthesis.chances import (
    Flags,
    Floats,
    Ints,
    chance_for,
    drawn_code,
    shipped_shares,
    whole_between,
)
from sufficiency.synthesis.lives import OPEN, Lives, age_years
from sufficiency.synthesis.settings import FOSTERING, HOMES, P2_LAST_DAY, postcodes

NO_CHANGE, SETTING, CARER = 0, 1, 2
"""What of a placement changed: nothing, the address or code with the same carer, the carer."""
CUT_COLUMNS = (
    *("child", "day", "change", "reason"),
    *("place", "provider", "urn", "pl_post", "home_post"),
)
FIRST_2024 = int(np.datetime64(date(2024, 4, 1), "D").astype(np.int64))
_UNREGISTERED_FROM = P2_LAST_DAY
_MARGIN_DAYS = 14
LONG_TERM = {"U6": "U4", "U3": "U1"}


def within_placements(lives: Lives, placements: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of `CUT_COLUMNS`: each day inside a placement on which a new episode begins."""
    chance = chance_for(seed, "within").random((len(placements), 4))
    free = np.ones(len(placements), dtype=np.bool_)
    parts = []
    for make in (_recoded, _temporary, _moved_house, _long_term):
        own, rows = make(lives, placements, chance, free)
        free &= ~own
        parts.append(rows)
    return pd.concat(parts, ignore_index=True).reindex(columns=list(CUT_COLUMNS))


def _cuts(placements: pd.DataFrame, day: Ints, change: int, reason: str) -> pd.DataFrame:
    cut = placements.reindex(columns=list(CUT_COLUMNS)).assign(change=change, reason=reason)
    return cut.assign(day=day)


def _recoded(
    lives: Lives, placements: pd.DataFrame, chance: Floats, free: Flags
) -> tuple[Flags, pd.DataFrame]:
    """Supported accommodation as Z1 from 28 October 2023 until its registration in 2024-25."""
    share = shipped_shares()["recoded_supported_accommodation"]["share"]
    day = np.full(len(placements), _UNREGISTERED_FROM)
    ended = placements["ended"].to_numpy()
    born = lives.children["born"].reindex(placements["child"]).to_numpy()
    own = (placements["place"] == "H5").to_numpy() & (chance[:, 0] < share) & free
    own &= (placements["began"].to_numpy() < day) & (ended > day) & (lives.last_day >= day)
    own &= age_years(born, day) >= 16
    chosen = placements[own]
    there = _cuts(chosen, day[own], SETTING, "PLACE").assign(place="Z1", provider="", urn="")
    back_day = FIRST_2024 + whole_between([0, 364], chance[own, 1])
    back = _cuts(chosen, back_day, SETTING, "PLACE")
    return own, pd.concat([there, back[(back_day < ended[own]) & (back_day <= lives.last_day)]])


def _temporary(
    lives: Lives, placements: pd.DataFrame, chance: Floats, free: Flags
) -> tuple[Flags, pd.DataFrame]:
    """A temporary placement, and back to the same place, well inside the placement."""
    shares = shipped_shares()["inside_placements"]
    code = drawn_code(shares["temporary_codes"], chance[:, 1])
    most = np.array([shares["temporary_most_days"][each] for each in code], dtype=np.int64)
    nights = 1 + np.floor(chance[:, 2] * most).astype(np.int64)
    lasting = np.isin(placements["place"], [*FOSTERING, *HOMES])
    first = np.maximum(placements["began"].to_numpy(), lives.start_day) + _MARGIN_DAYS
    last = np.minimum(placements["ended"].to_numpy(), lives.last_day) - _MARGIN_DAYS - nights
    own = lasting & (last > first) & (chance[:, 0] < shares["temporary_share"]) & free
    leaves = first + np.floor(chance[:, 3] * (last - first)).astype(np.int64)
    chosen = placements[own]
    away = _cuts(chosen, leaves[own], CARER, "").assign(
        place=code[own], provider="", urn="", pl_post=postcodes(np.flatnonzero(own), 70)
    )
    return own, pd.concat([away, _cuts(chosen, (leaves + nights)[own], CARER, "")])


def _moved_house(
    lives: Lives, placements: pd.DataFrame, chance: Floats, free: Flags
) -> tuple[Flags, pd.DataFrame]:
    """The carer moves house, and the child with them."""
    share = shipped_shares()["inside_placements"]["carer_moves_house_share"]
    began = np.maximum(placements["began"].to_numpy(), lives.start_day)
    ended = np.minimum(placements["ended"].to_numpy(), lives.last_day + 1)
    fostered = np.isin(placements["place"], FOSTERING)
    # The rarest uniforms are those of temporary placements.
    own = fostered & (chance[:, 0] > 1 - share) & (ended - began > 2) & free
    day = began + 1 + np.floor(chance[:, 3] * (ended - began - 1)).astype(np.int64)
    address = postcodes(np.flatnonzero(own), 70)
    return own, _cuts(placements[own], day[own], SETTING, "PLACE").assign(pl_post=address)


def _long_term(
    lives: Lives, placements: pd.DataFrame, chance: Floats, free: Flags
) -> tuple[Flags, pd.DataFrame]:
    """A fostering placement becomes long-term: same carer, same address, another code."""
    shares = shipped_shares()["inside_placements"]
    day = placements["began"].to_numpy() + whole_between(
        shares["becomes_long_term_days"], chance[:, 3]
    )
    place = placements["place"]
    own = place.isin(LONG_TERM).to_numpy() & (chance[:, 1] < shares["becomes_long_term_share"])
    own &= (day < placements["ended"].to_numpy()) & (day <= lives.last_day) & free
    cuts = _cuts(placements[own], day[own], SETTING, "PLACE")
    return own, cuts.assign(place=place[own].map(LONG_TERM))


__all__ = ["CARER", "CUT_COLUMNS", "NO_CHANGE", "OPEN", "SETTING", "within_placements"]
