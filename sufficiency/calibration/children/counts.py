"""A council's histories as counts: child-days and events by cell, which hold no child.

Delayed entry and censoring are honoured: only time that was seen counts, and an end that was
imputed is no event. Exits at 18 are birthdays, never events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.children.lexis import (
    N_SETTINGS,
    Cells,
    Floats,
    Ints,
    Spells,
    cell_of,
    days_at_risk,
)
from sufficiency.domain import (
    ADULT_YEARS,
    CAUSES,
    DAYS_PER_YEAR,
    EXIT_CAUSES,
    MOVE_REASONS,
    N_EXIT_CAUSES,
    SECTORS,
    ExitReason,
    MoveReason,
    Sector,
)
from sufficiency.errors import HistoryError
from sufficiency.history.returns.frames import CareHistories

ADOPTION_SETTING = N_SETTINGS - 1
ADOPTION_SUBSECTOR = "placed_for_adoption"
OVER_16_YEARS = 16
_CODE = {str(cause): code for code, cause in enumerate(CAUSES)}
_FAMILIES = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)
_FAMILY_CODES = [SECTORS.index(sector) for sector in _FAMILIES]
_RESIDENTIAL = SECTORS.index(Sector.RESIDENTIAL)
_SUPPORTED = SECTORS.index(Sector.SUPPORTED_ACCOMMODATION)
_MID_MONTH_DAYS = 14.0
_LONG_DAYS = 5 * DAYS_PER_YEAR
"""Children whose care began before the first return count for exits once they have been seen in
care for so long: from here on it matters little how much longer they have been there."""
_SAME_PERIOD = -1
UNKNOWN = -2
NO_EVENT = -1


@dataclass(frozen=True)
class Window:
    """The time that rates are counted over: after ``after``, up to and including ``until``."""

    after: date
    until: date

    @property
    def years(self) -> float:
        """Its length."""
        return (self.until - self.after).days / DAYS_PER_YEAR

    def edges(self) -> Floats:
        """(Y + 1,): its years, counted back from the end; the first may be short."""
        last = pd.Timestamp(self.until)
        backwards = [last - pd.DateOffset(years=back) for back in range(int(self.years) + 2)]
        inner = [day_of(day.date()) for day in backwards if day.date() > self.after]
        return np.array([day_of(self.after), *inner[::-1]])


@dataclass(frozen=True)
class ChildCounts:
    """Counts of one window. Y years, S settings (the sectors, then placed for adoption), A age
    groups, then bands of time in care and of time in the placement."""

    window: Window
    days: Floats
    """(Y, S, A, 10, 8): child-days at risk."""
    events: Floats
    """(C, Y, S, A, 10, 8): exits and moves by cause; one whose reason is not known counts in parts,
    as the known ones of its kind."""
    destinations: Floats
    """(M, 2, S, S): moves by reason, under 16 or not, setting left and setting found."""
    turned_18: float


def day_of(day: date) -> float:
    """A date in days from 1 January 1970."""
    return float(np.datetime64(day, "D").astype(np.int64))


def days_of(dates: pd.Series[pd.Timestamp]) -> Floats:
    """Dates in days from 1 January 1970; NaN where missing."""
    stamps = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64).astype(np.float64))


def window_of(histories: CareHistories, as_at: date | None, months: int | None) -> Window:
    """The last ``months`` up to ``as_at`` that the histories reach; all of them by default.

    Raises:
        HistoryError: if no time is left between the two.
    """
    until = min(as_at or histories.last_day, histories.last_day)
    first = (pd.Timestamp(histories.first_day) - pd.Timedelta(days=1)).date()
    after = first
    if months is not None:
        after = max(first, (pd.Timestamp(until) - pd.DateOffset(months=months)).date())
    if (until - after).days < 1:
        raise HistoryError(
            f"The returns hold no time before {until} to count rates over: they begin on "
            f"{histories.first_day}. Give returns of earlier years, or a later date."
        )
    return Window(after, until)


def count(histories: CareHistories, window: Window) -> ChildCounts:
    """Child-days and events of a window; stays of children without a date of birth are left out."""
    joined = joined_placements(histories)
    spells = spells_of(joined)
    edges = window.edges()
    moves = _moves(joined, spells)
    exits = _exits(joined)
    cells = Cells(len(edges) - 1)
    events = np.zeros((len(CAUSES), *cells.shape))
    for ends, reasons in ((moves, range(N_EXIT_CAUSES, len(CAUSES))), (exits, range(1, 5))):
        _tally(events, cell_of(spells, joined["to"].to_numpy(float), edges), ends, reasons)
    _direct_adoptions(events)
    in_window = joined["turned_18"] & (joined["to"] > edges[0]) & (joined["to"] <= edges[-1])
    return ChildCounts(
        window=window,
        days=days_at_risk(spells, edges),
        events=events,
        destinations=_destinations(joined, spells, moves, edges),
        turned_18=float(in_window.sum()),
    )


def joined_placements(histories: CareHistories) -> pd.DataFrame:
    """A row a placement with its period's facts and the setting that follows it.

    Columns: ``period, began, ended, setting, uasc, born, entered, care_known_from, placed, from,
    to, next, same_carer_next, move_reason, exit_reason, left, turned_18`` (times in days; ``from``
    and ``to`` are the time seen; ``next`` is -1 at the end).
    """
    periods = histories.periods.set_index("period")
    placements = histories.placements
    own = periods.loc[placements["period"].to_numpy()]
    adoption = (placements["subsector"].astype(str) == ADOPTION_SUBSECTOR).to_numpy()
    sector = pd.Categorical(placements["sector"].astype(str), categories=[str(s) for s in SECTORS])
    setting = np.where(adoption, ADOPTION_SETTING, np.asarray(sector.codes, dtype=np.int64))
    period = placements["period"].to_numpy()
    last = np.append(period[1:] != period[:-1], True) if len(period) else np.zeros(0, bool)
    same = placements["same_carer_as_before"].to_numpy(bool)
    began = days_of(placements["began"])
    seen_to = days_of(own["seen_to"])
    ended = days_of(placements["ended"])
    end = np.where(np.isnan(ended), seen_to, np.minimum(ended, seen_to))
    born = days_of(own["born"])
    born = born + _MID_MONTH_DAYS * own["born_is_month_only"].to_numpy(bool)
    aged = own["end_type"].astype(str).to_numpy() == "aged_out"
    reason = own["exit_reason"].astype(str).to_numpy()
    observed = own["end_type"].astype(str).to_numpy() == "observed"
    return pd.DataFrame(
        {
            "period": period,
            "began": began,
            "ended": ended,
            "setting": setting,
            "uasc": own["uasc"].to_numpy(bool),
            "born": born,
            "entered": days_of(own["entered"]),
            "care_known_from": _care_known_from(own),
            "placed": _carer_since(began, same),
            "from": np.maximum(began, days_of(own["seen_from"])),
            "to": end,
            "next": np.where(last, -1, np.append(setting[1:], -1)),
            "same_carer_next": np.append(same[1:], False) & ~last,
            "move_reason": placements["move_reason"].astype(str).to_numpy(),
            "exit_reason": reason,
            "left": last & observed & (reason != str(ExitReason.TURNED_18)),
            "turned_18": last & (aged | (reason == str(ExitReason.TURNED_18))),
        }
    )


def spells_of(joined: pd.DataFrame) -> Spells:
    """The stretches at risk of joined placements, up to the 18th birthday."""
    born = joined["born"].to_numpy(float)
    adult = born + ADULT_YEARS * DAYS_PER_YEAR
    to = np.fmin(joined["to"].to_numpy(float), adult)
    return Spells(
        setting=joined["setting"].to_numpy(np.int64),
        uasc=joined["uasc"].to_numpy(bool),
        born=born,
        entered=joined["entered"].to_numpy(float),
        care_known_from=joined["care_known_from"].to_numpy(float),
        placed=joined["placed"].to_numpy(float),
        risk_from=joined["from"].to_numpy(float),
        risk_to=to,
    )


def _care_known_from(periods: pd.DataFrame) -> Floats:
    """(n,): the day from which the time in care is known well enough."""
    truncated = periods["start_type"].astype(str).to_numpy() == "left_truncated"
    entered = days_of(periods["entered"])
    return np.where(truncated, entered + _LONG_DAYS, entered)


def _carer_since(began: Floats, same_carer: NDArray[np.bool_]) -> Floats:
    """When the child came to the present carer: changes of status only do not count."""
    first = np.where(same_carer, 0, np.arange(len(began)))
    return began[np.maximum.accumulate(first)] if len(began) else began


def _moves(joined: pd.DataFrame, spells: Spells) -> Ints:
    """(n,): the move cause that ended each placement, `UNKNOWN` or `NO_EVENT`."""
    setting, after = spells.setting, joined["next"].to_numpy(np.int64)
    code = np.array([_CODE.get(r, UNKNOWN) for r in joined["move_reason"]], dtype=np.int64)
    over_16 = joined["to"].to_numpy(float) - spells.born >= OVER_16_YEARS * DAYS_PER_YEAR
    code = _by_destination(code, setting, after, over_16)
    code = np.where(code < N_EXIT_CAUSES, UNKNOWN, code)
    code[joined["same_carer_next"].to_numpy(bool)] = NO_EVENT
    code[after == ADOPTION_SETTING] = _CODE[MoveReason.PLACED_FOR_ADOPTION]
    adoptive = setting == ADOPTION_SETTING
    code[adoptive] = _CODE[MoveReason.UNPLANNED_ENDING]
    code[adoptive & (after == ADOPTION_SETTING)] = NO_EVENT
    code[after == _SAME_PERIOD] = NO_EVENT
    return code


def _by_destination(
    code: Ints, setting: Ints, after: Ints, over_16: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Planned moves told apart by where they lead, as the model's reasons are."""
    planned = np.isin(code, [_CODE[MoveReason.STEP_DOWN], _CODE[MoveReason.TURNING_16]])
    planned |= code == _CODE[MoveReason.PLANNED]
    result = np.where(planned, _CODE[MoveReason.PLANNED], code)
    down = planned & (setting == _RESIDENTIAL) & np.isin(after, _FAMILY_CODES)
    result = np.where(down, _CODE[MoveReason.STEP_DOWN], result)
    up = planned & over_16 & (after == _SUPPORTED) & (setting < _SUPPORTED)
    return np.where(up, _CODE[MoveReason.TURNING_16], result)


def _exits(joined: pd.DataFrame) -> Ints:
    """(n,): the exit cause that ended care with each placement, `UNKNOWN` or `NO_EVENT`."""
    known = [str(reason) for reason in EXIT_CAUSES]
    code = np.array(
        [_CODE[r] if r in known else UNKNOWN for r in joined["exit_reason"]], dtype=np.int64
    )
    return np.where(joined["left"].to_numpy(bool), code, NO_EVENT)


def _tally(events: Floats, cell: Ints, code: Ints, reasons: range) -> None:
    """Add the events of some causes; those of unknown reason in parts, as the known ones are."""
    shape = events.shape[1:]
    size = int(np.prod(shape))
    inside = cell >= 0
    for cause in np.unique(code[inside & (code >= 0)]):
        own = inside & (code == cause)
        events[cause] += np.bincount(cell[own], minlength=size).reshape(shape)
    lost = inside & (code == UNKNOWN)
    if not lost.any():
        return
    unknown = np.bincount(cell[lost], minlength=size).reshape(shape)
    chosen = list(reasons)
    # Adoptive placements are told by where the child goes, so no unknown reason is one.
    adoptive = _CODE[MoveReason.PLACED_FOR_ADOPTION]
    chosen = [cause for cause in chosen if cause != adoptive]
    known = events[chosen].sum(axis=(1, 4, 5))
    known = known + 0.01 * known.sum(axis=(1, 2), keepdims=True) + 1e-6
    share = known / known.sum(axis=0)
    events[chosen] += unknown * share[:, None, :, :, None, None]


def _direct_adoptions(events: Floats) -> None:
    """An adoption with no adoptive placement recorded counts as placed and adopted at once."""
    adopted = events[_CODE[ExitReason.ADOPTION]]
    direct = adopted[:, :ADOPTION_SETTING].copy()
    events[_CODE[MoveReason.PLACED_FOR_ADOPTION], :, :ADOPTION_SETTING] += direct
    adopted[:, :ADOPTION_SETTING] = 0
    by_year = direct.sum(axis=(1, 4))
    adopted[:, ADOPTION_SETTING, :, :, 0] += by_year


def _destinations(joined: pd.DataFrame, spells: Spells, moves: Ints, edges: Floats) -> Floats:
    """(M, 2, S, S): where moves of known reason led."""
    result = np.zeros((len(MOVE_REASONS), 2, N_SETTINGS, N_SETTINGS))
    day = joined["to"].to_numpy(float)
    seen = (moves >= N_EXIT_CAUSES) & (day > edges[0]) & (day <= edges[-1])
    older = (day - spells.born >= OVER_16_YEARS * DAYS_PER_YEAR).astype(np.int64)
    after = joined["next"].to_numpy(np.int64)
    index = (moves[seen] - N_EXIT_CAUSES, older[seen], spells.setting[seen], after[seen])
    np.add.at(result, index, 1.0)
    return result
