"""Episodes left open, left out or rewritten from one year's return to the next."""

from __future__ import annotations

import pandas as pd

from sufficiency.synthesis.faults.draft import Draft, open_again


def _carried_on(draft: Draft) -> pd.DataFrame:
    """Episodes open at a year's end that next year's file has too."""
    rows = draft.chains()
    return rows[rows["is_open"] & (rows["later_row"] >= 0)]


def _new_and_carried_on(draft: Draft, least_days: int = 30) -> pd.DataFrame:
    """Those of them that began in the year, long enough before its end."""
    rows = _carried_on(draft)
    days = (rows["year_end"] - rows["DECOM"]).dt.days
    return rows[
        (rows["earlier_row"] < 0) & (rows["DECOM"] > rows["year_before"]) & (days >= least_days)
    ]


def stale_near_copy(draft: Draft) -> None:
    """Last year's open episode has another DECOM than the same episode this year."""
    rows = _new_and_carried_on(draft)
    chosen = draft.pick("stale_near_copy", rows[~rows["PLACE"].isin(["H5", "Z1"])])
    draft.set(chosen, DECOM=rows.loc[chosen, "DECOM"] + draft.days(1, 9, len(chosen)))


def stale_rewritten(draft: Draft) -> None:
    """Last year showed two episodes; this year's file says that there was only the first."""
    rows = _new_and_carried_on(draft)
    chosen = draft.pick("stale_rewritten", rows)
    cut = rows.loc[chosen, "DECOM"] + draft.days(5, 25, len(chosen))
    second = draft.episodes.loc[chosen].assign(
        DECOM=cut, RNE="P", PLACE="U6", PLACE_PROVIDER="PR1", PL_POST="ZZ98 1AA"
    )
    draft.set(chosen, DEC=cut, REC="X1", REASON_PLACE_CHANGE="CARPL")
    draft.note("stale_rewritten", draft.add(second))


def stale_never_closed(draft: Draft) -> None:
    """An episode that ended with a move is missing from the file of the year of its end."""
    rows = _followed_next_year(draft)
    chosen = draft.pick("stale_never_closed", rows)
    draft.take_out([int(row) for row in rows.loc[chosen, "later_row"]])


def stale_before_return(draft: Draft) -> None:
    """The same, and the next episode says that the child came into care anew."""
    rows = _followed_next_year(draft)
    chosen = draft.pick("stale_before_return", rows)
    after = [int(row) for row in rows.loc[chosen, "after"]]
    draft.set(draft.copies(after), RNE="S")
    draft.take_out([int(row) for row in rows.loc[chosen, "later_row"]])


def _followed_next_year(draft: Draft) -> pd.DataFrame:
    """Open episodes that end next year with a move; ``after`` is the row that follows."""
    rows = draft.chains()
    after = rows["next_row"].where(rows["REC"] == "X1", -1)
    carried = rows[rows["is_open"] & (rows["later_row"] >= 0)]
    return carried.assign(after=after.reindex(carried["later_row"]).to_numpy()).query("after >= 0")


def child_vanishes(draft: Draft) -> None:
    """A child in care at a year's end is in no later file."""
    rows = _carried_on(draft)
    chosen = draft.pick("child_vanishes", rows)
    for row in chosen:
        life, year = rows.loc[row, "life"], rows.loc[row, "year"]
        own = (draft.episodes["life"] == life) & (draft.episodes["year"] > year)
        draft.take_out(list(draft.episodes.index[own]))


def year_skipped(draft: Draft) -> None:
    """An episode that spans a whole year is not in that year's file."""
    rows = _carried_on(draft)
    draft.take_out(draft.pick("year_skipped", rows[rows["earlier_row"] >= 0]))


def recorded_late(draft: Draft) -> None:
    """An episode is missing from the file of the year in which it began."""
    draft.take_out(draft.pick("recorded_late", _new_and_carried_on(draft, 1)))


def inside_newer(draft: Draft) -> None:
    """Last year's file shows a placement in the middle of one that went on."""
    rows = _new_and_carried_on(draft)
    chosen = draft.pick("inside_newer", rows, note=False)
    inside = draft.episodes.loc[chosen].copy()
    inside["DECOM"] += draft.days(5, 10, len(chosen))
    inside["DEC"] = inside["DECOM"] + draft.days(2, 10, len(chosen))
    inside = inside.assign(RNE="P", REC="X1", PL_POST="ZZ98 2AA", PLACE="U6", PLACE_PROVIDER="PR1")
    draft.note("inside_newer", draft.add(inside))


def placement_corrected(draft: Draft) -> None:
    """A placement is coded otherwise in the year in which it is still open."""
    chosen = draft.pick("placement_corrected", _carried_on(draft))
    draft.set(chosen, PLACE="K2", PLACE_PROVIDER="PR4")


def end_corrected(draft: Draft) -> None:
    """An episode that went on was given an end the year before."""
    rows = _new_and_carried_on(draft)
    chosen = draft.pick("end_corrected", rows)
    ends = rows.loc[chosen, "DECOM"] + draft.days(5, 25, len(chosen))
    draft.set(chosen, DEC=ends, REC="E4A")


def respite_corrected(draft: Draft) -> None:
    """A child in care was coded as having short breaks; the next year says otherwise."""
    draft.set(draft.pick("respite_corrected", _carried_on(draft)), LS="V4")


def becomes_respite(draft: Draft) -> None:
    """Short breaks were coded as section 20 at first; the next year says otherwise."""
    rows = draft.episodes[draft.episodes["LS"] == "V4"]
    later = rows[rows.duplicated(["life", "DECOM"], keep="last")]
    chosen = draft.pick("becomes_respite", later.drop_duplicates("life"))
    draft.set(chosen, LS="V2")


def end_after_year(draft: Draft) -> None:
    """An episode open at the year's end has an end in the future, one of them in 2099."""
    rows = draft.chains()
    full_years = ~rows["year"].isin(draft.short_years)
    chosen = draft.pick("end_after_year", rows[rows["is_open"] & full_years])
    ends = rows.loc[chosen, "year_end"] + draft.days(20, 400, len(chosen))
    draft.set(chosen, DEC=ends, REC="E4A")
    draft.set(chosen[:1], DEC=pd.Timestamp(2099, 1, 1))


def start_after_year(draft: Draft) -> None:
    """An episode that begins after the year's end is in its file already."""
    rows = draft.chains()
    began = (rows["DECOM"] - rows["year_before"]).dt.days.between(1, 120)
    began &= (rows["year"] > draft.first_year) & (rows["earlier_row"] < 0)
    began &= ~(rows["year"] - 1).isin(draft.short_years)
    chosen = draft.pick("start_after_year", rows[began & (rows["RNE"] != "S")], note=False)
    early = draft.episodes.loc[chosen]
    early = open_again(early.assign(year=early["year"] - 1))
    draft.note("start_after_year", draft.add(early))
