"""Care histories as they stood on a past day: what came later is cut away."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sufficiency.errors import HistoryError
from sufficiency.history.returns.frames import CareHistories

LEARNT_LATER = (
    "Late corrections: the returns are read as they stand today, so a placement, a move or an end "
    "that was recorded late or put right since counts as if it had been known on the day.",
    "Dates of birth, sex and whether a child is unaccompanied: the latest return that says so.",
    "Children who vanish from a later return are followed to the day they were last seen; that "
    "they had gone was known only when that later return was made.",
    "Short stays elsewhere are told from moves by the child's coming back, perhaps later.",
)
"""What `known_by` cannot take back: what returns of today know that those of the day did not."""


def known_by(histories: CareHistories, day: date) -> CareHistories:
    """The histories with nothing that happened after ``day``.

    Care and placements that began later are gone; what was still going on is open again, without
    the reason for which it was to end. `LEARNT_LATER` says what cannot be taken back.

    Args:
        histories: rebuilt from the returns as they stand; they are not changed.
        day: the last day that is known; what happened on it counts.

    Raises:
        HistoryError: if ``day`` lies before the first day of the histories.
    """
    if day < histories.first_day:
        raise HistoryError(
            f"The returns begin on {histories.first_day}, and what was known on {day} is asked "
            f"for. Give returns of earlier years, or a day from {histories.first_day}."
        )
    last = min(day, histories.last_day)
    stamp = pd.Timestamp(last)
    periods = _periods(histories.periods, stamp)
    placements = _placements(histories.placements, periods["period"].to_numpy(), stamp)
    return CareHistories(periods, placements, histories.first_day, last)


def _periods(periods: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    known = periods[(periods["entered"] <= last) & (periods["seen_from"] <= last)].copy()
    still = ~(known["left"] <= last).to_numpy()
    ended = known["end_type"].astype(str).to_numpy()
    reason = known["exit_reason"].astype(str).to_numpy()
    known["left"] = known["left"].mask(still)
    known["seen_to"] = known["seen_to"].where(known["seen_to"] <= last, last)
    known["end_type"] = pd.Categorical(np.where(still, "censored", ended))
    known["exit_reason"] = pd.Categorical(np.where(still, "", reason))
    return known.reset_index(drop=True)


def _placements(placements: pd.DataFrame, periods: np.ndarray, last: pd.Timestamp) -> pd.DataFrame:
    known = placements["period"].isin(periods) & (placements["began"] <= last)
    found = placements[known].copy()
    still = ~(found["ended"] <= last).to_numpy()
    reason = found["move_reason"].astype(str).to_numpy()
    found["ended"] = found["ended"].mask(still)
    found["move_reason"] = pd.Categorical(np.where(still, "", reason))
    # How many of the nights fell before the day is not kept.
    found["nights_away"] = found["nights_away"].mask(still, 0)
    return found.reset_index(drop=True)
