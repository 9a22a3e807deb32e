"""Episodes left open by a year's return, of which later returns say nothing more.

The order of the rules follows the repairs that regional teams make in production, except for a
child who vanishes: that is no exit but the end of what is known (`vanished`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sufficiency.history.returns.chains import (
    IMPUTED,
    OPEN,
    Flags,
    first_rows,
    following,
    is_code,
    kept,
    last_rows,
    next_start,
    previous,
    replaced,
    rows_of,
    same_as_previous,
    year_ends,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule

COPIED = ("rne", "ls", "place", "provider", "pl_post", "urn")

NEAR_COPY = Rule(
    "open_copy_with_another_start",
    Action.SET_ASIDE,
    "An open episode that a later year tells again with another start: the later row is used.",
    "502",
)
REWRITTEN = Rule(
    "open_in_rewritten_history",
    Action.SET_ASIDE,
    "An open episode that later returns no longer have, inside a history that they rewrote.",
    "502",
)
CLOSED_BY_NEXT = Rule(
    "open_closed_by_the_next",
    Action.REPAIRED,
    "An open episode followed by another of the same time in care: it ends when that begins.",
    "142",
)
CLOSED_BEFORE_RETURN = Rule(
    "open_closed_before_a_new_start",
    Action.REPAIRED,
    "An open episode followed by a new start in care: the child left before that, on a day not "
    "known and for a reason not known.",
    "142",
)
VANISHED = Rule(
    "vanished",
    Action.REPAIRED,
    "Open at the end of one year and absent from the next year's return: followed until that "
    "31 March and no further; not counted as leaving care.",
    "502",
)


def without_stale_copies(
    episodes: pd.DataFrame, loaded: Sequence[int], ledger: RowLedger
) -> pd.DataFrame:
    """Open rows of years before the last that a neighbour from a later year replaces.

    First near-copies (the same but for the start), then rows that stand just after one of a
    later year, again and again until none is left.
    """
    stale = _stale(episodes, loaded)
    alike = np.ones(len(episodes), dtype=bool)
    for name in COPIED:
        alike &= same_as_previous(episodes[name])
    alike &= ~first_rows(episodes)
    year = episodes["year"].to_numpy()
    copy = stale & alike & (previous(year) > year)
    copy |= stale & np.append(alike[1:], False)[: len(alike)] & (following(year) > year)
    ledger.note(NEAR_COPY, rows_of(episodes, copy))
    return _without_rewritten(kept(episodes, ~copy), loaded, ledger)


def _without_rewritten(
    episodes: pd.DataFrame, loaded: Sequence[int], ledger: RowLedger
) -> pd.DataFrame:
    """Without stale rows just after a row of a later year; only children that lose one again."""
    settled: list[pd.DataFrame] = []
    while True:
        year = episodes["year"].to_numpy()
        old = _stale(episodes, loaded) & ~first_rows(episodes) & (previous(year) > year)
        if not old.any():
            break
        ledger.note(REWRITTEN, rows_of(episodes, old))
        touched = episodes["child"].isin(episodes["child"][old].unique()).to_numpy()
        settled.append(episodes[~touched])
        episodes = kept(episodes, touched & ~old)
    if not settled:
        return episodes
    together = pd.concat([*settled, episodes], ignore_index=True)
    order = np.lexsort((together["decom"], together["child"]))
    return together.iloc[order].reset_index(drop=True)


def with_open_episodes_closed(
    episodes: pd.DataFrame, loaded: Sequence[int], ledger: RowLedger
) -> pd.DataFrame:
    """Open rows that are not the child's last, and last rows of children who vanish.

    Followed by a continuation: closed when that begins. Followed by a new start: closed on the
    day before it or on 31 March of the row's year, whichever is first. Followed by nothing,
    though the next year's return is here: closed on 31 March of its year, end imputed.
    """
    is_open = episodes["dec"].to_numpy() == OPEN
    followed = is_open & ~last_rows(episodes)
    starts = next_start(episodes)
    decom, year_end = episodes["decom"].to_numpy(), year_ends(episodes["year"])
    restarts = np.append(is_code(episodes["rne"], "S")[1:], False)[: len(episodes)]
    left_by = np.maximum(np.minimum(year_end, starts - 1), decom + 1)
    left = followed & restarts & (left_by < starts)
    goes_on = followed & ~left
    gone = is_open & last_rows(episodes) & np.isin(episodes["year"].to_numpy() + 1, loaded)
    for rule, where in ((CLOSED_BY_NEXT, goes_on), (CLOSED_BEFORE_RETURN, left), (VANISHED, gone)):
        ledger.note(rule, rows_of(episodes, where))
    result = replaced(episodes, goes_on, dec=starts, rec="X1")
    result = replaced(result, left, dec=left_by, rec="", closing=IMPUTED)
    return replaced(result, gone, dec=np.maximum(year_end, decom + 1), closing=IMPUTED)


def _stale(episodes: pd.DataFrame, loaded: Sequence[int]) -> Flags:
    """Open rows of a year before the last loaded."""
    found: Flags = (episodes["dec"].to_numpy() == OPEN) & (
        episodes["year"].to_numpy() < max(loaded, default=0)
    )
    return found
