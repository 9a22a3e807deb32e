"""Placements: which episodes are one setting, which changes move the child, and why.

Three levels lie in one another. A change of legal status ends nothing. A *setting* ends with a
new address, registration, provider or status, or with a new carer. A *carer spell* goes on
through settings marked ``same_carer_as_before``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sufficiency.domain import MoveReason, Sector
from sufficiency.history.returns.chains import (
    OPEN,
    Days,
    Flags,
    as_dates,
    birthdays,
    first_rows,
    is_code,
    last_rows,
    previous,
    rows_of,
    same_as_previous,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule
from sufficiency.history.returns.place_sectors import AS_OTHER_FOSTERING
from sufficiency.history.returns.sectors import (
    FOSTERING,
    PROVIDER_SHARED_OUT,
    share_out_fostering,
)
from sufficiency.history.returns.temporary import Bridges, nights_away

FAMILIES = ("U1", "U2", "U3", "U4", "U5", "U6", "Q1", "Q2", "A3", "A4", "A5", "A6")
WITH_PRESENT_CARER = ("A3", "A5")
ADOPTIVE = ("A3", "A4", "A5", "A6")
UNPLANNED = ("CREQB", "CREQO", "CHILD", "LAREQ", "ALLEG", "STAND")
CARER_ENDS = ("CLOSE", "APPRR")
STATUS_ONLY = "PLACE"
"""The grouping that national statistics of reasons are read with; all else is planned."""

START_NOT_A_MOVE = Rule(
    "new_placement_without_a_change",
    Action.REPAIRED,
    "The code says a new placement, but its kind, provider, registration and address are those "
    "of the one before: one placement.",
    "434, 435",
)
MOVE_WITHOUT_CODE = Rule(
    "change_of_placement_without_code",
    Action.REPAIRED,
    "The code says that only the legal status changed, but the placement did: a new placement.",
    "434, 436",
)
REASON_MISSING = Rule(
    "reason_for_move_missing",
    Action.NOTED,
    "A child moved, and why is missing or not one of the return's reasons: counted as planned.",
    "225, 226, 1009",
)


def numbered_placements(
    episodes: pd.DataFrame, bridged: Bridges, ledger: RowLedger
) -> pd.DataFrame:
    """Episodes with ``placement`` (rising number) and ``same_carer_as_before``.

    Args:
        episodes: in order, with ``period``, ``sector``, ``subsector``.
        bridged: which temporary rows are part of another setting.
        ledger: takes rows whose code and whose fields disagree.
    """
    shown = _as_settings(episodes, bridged)
    first = first_rows(shown, "period")
    alike = _alike(shown)
    at_same_address = same_as_previous(shown["pl_post"]) & (shown["pl_post"].to_numpy() >= 0)
    claims = is_code(shown["rne"], "P", "B", "S")
    settles = is_code(shown["rne"], "T", "U")
    sector_changes = _sector_changes(shown)
    idle = ~first & ~bridged.continues & claims & alike & at_same_address
    moved_unsaid = ~claims & ~settles & (sector_changes | _elsewhere(shown))
    begins = first | (
        ~bridged.continues & (sector_changes | (claims & ~idle) | (settles & ~alike) | moved_unsaid)
    )
    ledger.note(START_NOT_A_MOVE, rows_of(episodes, idle & is_code(shown["rne"], "P", "B")))
    said = is_code(shown["rne"], "L")
    ledger.note(MOVE_WITHOUT_CODE, rows_of(episodes, begins & ~first & said))
    same_carer = begins & ~first & _same_carer(shown, claims, settles, at_same_address)
    return shown.assign(
        placement=np.cumsum(begins) - 1, same_carer_as_before=same_carer, is_away=bridged.is_away
    )


def _as_settings(episodes: pd.DataFrame, bridged: Bridges) -> pd.DataFrame:
    """Temporary rows with the kind, provider, address and sector of the setting they are in."""
    taken = episodes.iloc[bridged.stands_for]
    names = ("place", "provider", "pl_post", "urn", "sector", "subsector")
    values = {
        name: taken[name].array if taken[name].dtype == "category" else taken[name].to_numpy()
        for name in names
    }
    return episodes.assign(**values)


def _alike(rows: pd.DataFrame) -> Flags:
    """Same kind, provider, registration and address as the row before."""
    result = np.ones(len(rows), dtype=bool)
    for name in ("place", "provider", "urn", "pl_post"):
        result &= same_as_previous(rows[name])
    return result


def _elsewhere(rows: pd.DataFrame) -> Flags:
    """Another address than the row before, both known."""
    post = rows["pl_post"].to_numpy()
    result: Flags = (post >= 0) & (previous(post) >= 0) & (post != previous(post))
    return result


def _sector_changes(rows: pd.DataFrame) -> Flags:
    """Another sector than the row before; fostering by an unknown provider may be either."""
    sector = rows["sector"]
    unknown = is_code(sector, AS_OTHER_FOSTERING)
    fostering = is_code(sector, AS_OTHER_FOSTERING, *map(str, FOSTERING))
    maybe_same = (unknown | previous(unknown)) & fostering & previous(fostering)
    result: Flags = ~same_as_previous(sector) & ~maybe_same
    return result


def _same_carer(rows: pd.DataFrame, claims: Flags, settles: Flags, at_same_address: Flags) -> Flags:
    """Whether the carer stays where a setting changes: no move of the child.

    By the code (T, U), unless the child went from a family to somewhere else or back; by the
    reason (a change of status only); or because a family's status changed at one address.
    """
    family = is_code(rows["place"], *FAMILIES)
    both_or_neither = family == previous(family)
    status_only = np.append(False, is_code(rows["reason"], STATUS_ONLY)[:-1])[: len(rows)]
    adopters = is_code(rows["place"], *WITH_PRESENT_CARER) & (at_same_address | settles)
    stays_in_family = claims & at_same_address & family & previous(family)
    says_so = (settles | ~claims) & both_or_neither & ~_changes_kind_unsaid(rows, claims, settles)
    said: Flags = says_so | (claims & status_only & both_or_neither)
    return said | adopters | stays_in_family


def _changes_kind_unsaid(rows: pd.DataFrame, claims: Flags, settles: Flags) -> Flags:
    """A legal change only, by the code, in which the sector changed too: a move."""
    return ~claims & ~settles & _sector_changes(rows)


def placements_of(episodes: pd.DataFrame, last_day: int, ledger: RowLedger) -> pd.DataFrame:
    """One row a placement: `frames.PLACEMENT_COLUMNS`.

    Args:
        episodes: of `numbered_placements`.
        last_day: open placements are followed until here.
        ledger: takes rows shared out, and moves without a reason.
    """
    first = episodes[first_rows(episodes, "placement")].reset_index(drop=True)
    last = episodes[last_rows(episodes, "placement")].reset_index(drop=True)
    told = _first_told(episodes)
    began, ended = first["decom"].to_numpy(), last["dec"].to_numpy()
    sector, shared = share_out_fostering(pd.Categorical(told["sector"]), began)
    ledger.note(PROVIDER_SHARED_OUT, rows_of(episodes, shared[episodes["placement"].to_numpy()]))
    away = nights_away(episodes, episodes["is_away"].to_numpy(), last_day)
    placements = pd.DataFrame(
        {
            "placement": first["placement"].to_numpy(),
            "period": first["period"].to_numpy(),
            "began": as_dates(began),
            "ended": as_dates(ended),
            "sector": sector,
            "subsector": pd.Categorical(told["subsector"]).remove_unused_categories(),
            "place": told["place"].array,
            "provider": told["provider"].array,
            "same_carer_as_before": first["same_carer_as_before"].to_numpy(bool),
        }
    )
    placements["move_reason"] = move_reasons(placements, last, first["adult_on"].to_numpy())
    placements["nights_away"] = np.bincount(
        episodes["placement"], weights=away, minlength=len(first)
    ).astype(np.int64)
    _note_reasons(placements, last, ledger)
    return placements


def _first_told(episodes: pd.DataFrame) -> pd.DataFrame:
    """The first row of each placement whose provider is known, else its first row."""
    place = np.arange(len(episodes))
    unknown = is_code(episodes["sector"], AS_OTHER_FOSTERING)
    starts = np.flatnonzero(first_rows(episodes, "placement"))
    if not len(starts):
        return episodes
    first = np.minimum.reduceat(np.where(unknown, len(place), place), starts)
    return episodes.iloc[np.where(first < len(place), first, starts)].reset_index(drop=True)


def move_reasons(placements: pd.DataFrame, last: pd.DataFrame, adult_on: Days) -> pd.Categorical:
    """Why each placement ended by a move; blank where care ended, goes on, or the carer stayed.

    To adopters whatever the reason given; unplanned endings and carers who end by the reason;
    all else is planned, of which from residential care to a family is a step down, and at 16 or
    17 into supported accommodation is turning 16.

    Args:
        placements: in order, with sector, place, period and same_carer_as_before.
        last: (P,) the last episode of each.
        adult_on: (P,) the 18th birthday.
    """
    sector = placements["sector"]
    moved = np.append(
        (placements["period"].to_numpy()[1:] == placements["period"].to_numpy()[:-1])
        & ~placements["same_carer_as_before"].to_numpy()[1:],
        False,
    )[: len(placements)]
    to_sector = np.append(np.asarray(sector, dtype=object)[1:], "")[: len(placements)]
    to_family = np.isin(to_sector, [*map(str, FOSTERING), str(Sector.CONNECTED_PERSONS)])
    to_adopters = np.append(is_code(placements["place"], *ADOPTIVE)[1:], False)
    supported = str(Sector.SUPPORTED_ACCOMMODATION)
    known_birth = adult_on < OPEN
    over_16 = ~known_birth | (last["dec"].to_numpy() >= birthdays(last["born"].to_numpy(), 16))
    reasons = np.select(
        [
            ~moved,
            to_adopters[: len(placements)],
            is_code(last["reason"], *UNPLANNED),
            is_code(last["reason"], *CARER_ENDS),
            is_code(sector, str(Sector.RESIDENTIAL)) & to_family,
            (to_sector == supported) & ~is_code(sector, supported) & over_16,
        ],
        [
            "",
            MoveReason.PLACED_FOR_ADOPTION,
            MoveReason.UNPLANNED_ENDING,
            MoveReason.CARER_ENDS,
            MoveReason.STEP_DOWN,
            MoveReason.TURNING_16,
        ],
        MoveReason.PLANNED,
    )
    return pd.Categorical(reasons, categories=["", *map(str, MoveReason)])


def _note_reasons(placements: pd.DataFrame, last: pd.DataFrame, ledger: RowLedger) -> None:
    given = is_code(
        last["reason"], *UNPLANNED, *CARER_ENDS, STATUS_ONLY, "CARPL", "CUSTOD", "OTHER"
    )
    moved = ~is_code(placements["move_reason"], "")
    ledger.note(REASON_MISSING, rows_of(last, moved & ~given))
