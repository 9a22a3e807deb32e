"""From a return as it stands to care histories: the rules of the specification, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from sufficiency.history.returns import (
    children,
    duplicates,
    impossible_dates,
    overlaps,
    periods,
    sectors,
    spells,
    stale,
    temporary,
)
from sufficiency.history.returns.chains import day_number, working_frame
from sufficiency.history.returns.frames import CareHistories, Return
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.place_sectors import PlaceSectors, shipped_sectors

EVENTS_SURELY_DUE = 12
"""Where so many episodes would have begun or ended by chance and none did, data had ended."""
SHORTEST_SILENCE_DAYS = 14


@dataclass(frozen=True)
class Rebuilt:
    """Care histories, and the episodes that they were made of."""

    histories: CareHistories
    episodes: pd.DataFrame
    """The rows that were used, as `chains.working_frame` with ``period`` and ``placement``."""


def rebuild(
    returned: Return,
    ledger: RowLedger,
    mapping: PlaceSectors | None = None,
    *,
    readmission_days: int = 0,
) -> CareHistories:
    """Rebuild times in care and placements from a council's returns.

    Args:
        returned: the return as it stands; it is not changed.
        ledger: of the same return; takes every row that a rule sets aside, repairs or notes.
        mapping: kinds of placement and providers to sectors; the shipped table if None.
        readmission_days: joins times in care that are at most so many days apart. For counting
            beds; rates want 0.

    Returns:
        Times in care, which never overlap within a child, and the placements that tile them.
    """
    return rebuild_with_episodes(
        returned, ledger, mapping, readmission_days=readmission_days
    ).histories


def rebuild_with_episodes(
    returned: Return,
    ledger: RowLedger,
    mapping: PlaceSectors | None = None,
    *,
    readmission_days: int = 0,
) -> Rebuilt:
    """`rebuild`, with the episodes that each placement was made of."""
    first_day, last_day = window(returned)
    known_children = children.children_of(returned)
    rows = _clean_rows(returned, ledger)
    rows = children.with_births(rows, known_children, ledger)
    rows = _without_contradictions(rows, returned.years, ledger)
    rows = children.without_births_of_adults(rows, ledger)
    rows = periods.without_adults(rows, last_day, ledger)
    if readmission_days:
        rows = overlaps.with_readmissions_joined(rows, readmission_days)
    rows = rows.assign(period=np.cumsum(overlaps.begins_period(rows, ledger)) - 1)
    rows = periods.with_last_ends(rows, returned.years, ledger)
    rows = periods.within_window(rows, first_day, ledger)
    rows = sectors.with_providers(rows, ledger)
    rows = sectors.sector_lines(rows, mapping or shipped_sectors(), ledger)
    bridged = temporary.bridges(rows, day_number(last_day), ledger)
    shown = spells.numbered_placements(rows, bridged, ledger)
    care = periods.periods_of(rows, returned, known_children, (first_day, last_day), ledger)
    placements = spells.placements_of(shown, day_number(last_day), ledger)
    return Rebuilt(
        CareHistories(care, placements, first_day, last_day),
        rows.assign(placement=shown["placement"].to_numpy()),
    )


def _clean_rows(returned: Return, ledger: RowLedger) -> pd.DataFrame:
    """One row an episode, without short breaks, with dates that can be."""
    rows = working_frame(returned.episodes)
    rows = impossible_dates.with_readable_starts(rows, ledger)
    rows = impossible_dates.within_their_year(rows, ledger)
    duplicates.note_late_records(rows, ledger)
    rows = impossible_dates.with_possible_ends(rows, ledger)
    rows = duplicates.one_row_an_episode(rows, ledger)
    rows = duplicates.without_short_breaks(rows, ledger)
    rows = impossible_dates.with_ends_and_reasons_paired(rows, ledger)
    return impossible_dates.without_empty_episodes(rows, ledger)


def _without_contradictions(
    rows: pd.DataFrame, loaded: tuple[int, ...], ledger: RowLedger
) -> pd.DataFrame:
    """No stale, overlapping or parted episodes."""
    # What is left out goes first, so that it ends nothing that is still open.
    rows = overlaps.without_rows_inside_newer(rows, ledger)
    rows = stale.without_stale_copies(rows, loaded, ledger)
    rows = overlaps.without_rows_after_last_end(rows, ledger)
    rows = stale.with_open_episodes_closed(rows, loaded, ledger)
    rows = overlaps.without_rows_inside_newer(rows, ledger)
    rows = overlaps.with_outer_taken_up_again(rows, ledger)
    rows = overlaps.without_overlaps(rows, ledger)
    return overlaps.without_small_gaps(rows, ledger)


def window(returned: Return) -> tuple[date, date]:
    """The first day from which flows count, and the last day that the data reach.

    From the 1 April of the first year to the 31 March of the last. If nothing begins or ends in
    a last stretch in which a dozen episodes would have, by the pace of at least as many, the return
    was made within the year, and the last day is that of the last event.
    """
    years = returned.years
    first, last = date(min(years) - 1, 4, 1), date(max(years), 3, 31)
    rows = returned.episodes[returned.episodes["year"] == max(years)]
    days = pd.concat([rows["decom"], rows["dec"]]).dropna()
    days = days[(days >= pd.Timestamp(last.year - 1, 4, 1)) & (days <= pd.Timestamp(last))]
    if days.empty:
        return first, last
    reached = days.max().date()
    silent = (last - reached).days
    so_far = max(365 - silent, 1)
    due = len(days) * silent / so_far
    is_part = silent >= SHORTEST_SILENCE_DAYS and min(due, len(days)) >= EVENTS_SURELY_DUE
    return first, reached if is_part else last
