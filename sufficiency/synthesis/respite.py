"""Children with a series of short breaks, whom every count of children in care leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.synthesis.chances import Ints, chance_for, drawn_code, shipped_shares
from sufficiency.synthesis.episodes import EPISODE_FIELDS
from sufficiency.synthesis.lives import OPEN, Lives
from sufficiency.synthesis.settings import HOMES_OF_A_KIND

_YEAR_DAYS = 365


def respite_children(lives: Lives, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Children in short breaks and their rows, as ``lives.children`` and `EPISODE_FIELDS`.

    Most have each break recorded (V3: a row a break), the others the agreement (V4: one row
    that goes on until the horizon). All breaks lie after the first 31 March.
    """
    shares = shipped_shares()["respite"]
    chance = chance_for(seed, "respite")
    n = round(shares["children_share"] * len(lives.children))
    first = int(lives.children.index.max()) + 1 if len(lives.children) else 0
    age_days = chance.integers(5 * _YEAR_DAYS, 15 * _YEAR_DAYS, n)
    span = lives.last_day - lives.start_day
    began = lives.start_day + 1 + chance.integers(0, max(span - _YEAR_DAYS // 2, 1), n)
    children = pd.DataFrame(
        {"uasc": False, "born": began - age_days, "entered": began, "left": OPEN},
        index=pd.RangeIndex(first, first + n),
    )
    children["exit_reason"] = ""
    single = chance.random(n) < shares["single_breaks_share"]
    breaks = _single_breaks(children[single], lives.last_day, chance)
    agreements = pd.DataFrame(
        {"child": children.index[~single], "decom": began[~single], "dec": OPEN, "ls": "V4"}
    )
    agreements["rec"] = ""
    rows = pd.concat([breaks, agreements], ignore_index=True)
    return children, _as_episodes(rows, chance)


def _single_breaks(
    children: pd.DataFrame, last_day: int, chance: np.random.Generator
) -> pd.DataFrame:
    shares = shipped_shares()["respite"]
    most = shares["breaks_per_year"]
    apart = _YEAR_DAYS // most
    number = np.tile(np.arange(most), len(children))
    child: Ints = np.repeat(children.index.to_numpy(), most)
    began = np.repeat(children["entered"].to_numpy(), most) + number * apart
    nights = chance.integers(1, shares["longest_break_days"] + 1, len(child))
    rows = pd.DataFrame({"child": child, "decom": began, "dec": began + nights})
    return rows[rows["dec"] <= last_day].assign(ls="V3", rec="E4A")


def _as_episodes(rows: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """The rows with a place to stay, the same at every break of a child, and no postcodes."""
    number = rows["child"] % HOMES_OF_A_KIND
    family = (
        drawn_code({"U6": 0.6, "K2": 0.4}, chance.random(int(rows["child"].max() or 0) + 1))
        if len(rows)
        else np.array([], dtype=object)
    )
    rows["place"] = family[rows["child"]] if len(rows) else []
    home = rows["place"] == "K2"
    rows["urn"] = np.where(home, [f"SC98{each:04d}" for each in number], "9900000")
    rows = rows.assign(rne="S", cin="N2", provider="PR1", reason="", home_post="", pl_post="")
    return rows[list(EPISODE_FIELDS)]
