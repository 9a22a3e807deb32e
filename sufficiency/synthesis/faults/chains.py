"""Episodes whose dates and codes do not fit those before and after them in the same file."""

from __future__ import annotations

import pandas as pd

from sufficiency.synthesis.faults.draft import Draft

EXITS_AT_18 = ("E17", "E5", "E6", "E7", "E8")
UNREADABLE = ("31/02/2019", "00/00/0000", "not known", "1/1", "99/99/9999")


def _followed(draft: Draft, least_nights: int = 1) -> pd.DataFrame:
    """Episodes followed in the same file by another of the same child."""
    rows = draft.chains()
    found = rows[(rows["REC"] == "X1") & (rows["next_row"] >= 0) & (rows["nights"] >= least_nights)]
    return found[found["DEC"] == found["next_decom"]]


def _following(draft: Draft) -> pd.DataFrame:
    """Episodes that follow another in the same file and appear in no other year's."""
    rows = draft.chains()
    alone = (rows["earlier_row"] < 0) & (rows["later_row"] < 0)
    return rows[(rows["previous_row"] >= 0) & alone]


def _next_goes_on(draft: Draft, least_nights: int) -> pd.DataFrame:
    """Episodes followed by one that is open at the year's end and in the next file too."""
    rows = _followed(draft, least_nights)
    carried = draft.chains()
    carried = carried[carried["is_open"] & (carried["later_row"] >= 0)]
    return rows[rows["next_row"].isin(carried.index)]


def overlap_in_one_year(draft: Draft) -> None:
    """An episode ends after the next has begun."""
    rows = _followed(draft)
    ends = draft.chains().set_index("row")["DEC"]
    next_dec = ends.reindex(rows["next_row"]).fillna(rows["year_end"].set_axis(rows["next_row"]))
    room = (next_dec.to_numpy() - rows["DEC"].to_numpy()) > pd.Timedelta(days=12).to_numpy()
    later = draft.chains()["later_row"].reindex(rows["next_row"]).to_numpy()
    chosen = draft.pick("overlap_in_one_year", rows[room & (later < 0)])
    draft.set(chosen, DEC=rows.loc[chosen, "DEC"] + draft.days(1, 10, len(chosen)))


def overlap_of_two_years(draft: Draft) -> None:
    """The same, where the next episode is known from a later year's file too."""
    rows = _next_goes_on(draft, 1)
    room = (rows["year_end"] - rows["DEC"]).dt.days > 12
    chosen = draft.pick("overlap_of_two_years", rows[room])
    draft.set(chosen, DEC=rows.loc[chosen, "DEC"] + draft.days(1, 10, len(chosen)))


def gap_of_days(draft: Draft) -> None:
    """An episode ends some days before the next begins, although care went on."""
    rows = _followed(draft, 10)
    chosen = draft.pick("gap_of_days", rows)
    draft.set(chosen, DEC=rows.loc[chosen, "DEC"] - draft.days(1, 7, len(chosen)))


def gap_of_weeks(draft: Draft) -> None:
    """The same by weeks: too long to be a slip."""
    rows = _followed(draft, 40)
    goes_on = _next_goes_on(draft, 1).index
    rows = rows[((rows["DEC"] - rows["year_before"]).dt.days > 30) & ~rows.index.isin(goes_on)]
    chosen = draft.pick("gap_of_weeks", rows)
    draft.set(chosen, DEC=rows.loc[chosen, "DEC"] - draft.days(8, 25, len(chosen)))


def gap_before_next_year(draft: Draft) -> None:
    """The same, where the next episode is known from a later year's file."""
    rows = _next_goes_on(draft, 50)
    chosen = draft.pick("gap_before_next_year", rows)
    draft.set(chosen, DEC=rows.loc[chosen, "DEC"] - draft.days(8, 40, len(chosen)))


def exit_but_goes_on(draft: Draft) -> None:
    """An episode says that the child left care; another begins the same day."""
    draft.set(draft.pick("exit_but_goes_on", _followed(draft)), REC="E4A")


def start_but_goes_on(draft: Draft) -> None:
    """An episode says that care began; another ended the same day."""
    rows = draft.chains()
    chosen = draft.pick("start_but_goes_on", rows[rows["previous_row"] >= 0])
    draft.set(draft.copies(chosen), RNE="S")


def start_with_another_code(draft: Draft) -> None:
    """Care begins with a code of a change."""
    rows = draft.chains()
    rows = rows[(rows["RNE"] == "S") & (rows["DECOM"] > rows["year_before"])]
    draft.set(draft.copies(draft.pick("start_with_another_code", rows)), RNE="P")


def nothing_follows(draft: Draft) -> None:
    """The last episode says that another follows the same day."""
    rows = draft.chains()
    ended = rows["last_of_child"] & ~rows["is_open"] & (rows["DEC"] != rows["year_end"])
    # Whoever turned 18 has left for that, whatever the code says.
    young = ~rows["REC"].isin(EXITS_AT_18)
    draft.set(draft.pick("nothing_follows", rows[ended & young]), REC="X1")


def no_nights(draft: Draft) -> None:
    """An episode of no nights before the real one."""
    rows = draft.chains()
    chosen = draft.pick("no_nights", rows[rows["RNE"].isin(["P", "T"])], note=False)
    empty = draft.episodes.loc[chosen]
    empty = empty.assign(DEC=empty["DECOM"], REC="X1", PL_POST="ZZ98 3AA")
    draft.note("no_nights", draft.add(empty))


def end_before_start(draft: Draft) -> None:
    """An episode ends before it begins."""
    rows = _followed(draft)
    chosen = draft.pick("end_before_start", rows)
    draft.set(chosen, DEC=rows.loc[chosen, "DECOM"] - draft.days(1, 300, len(chosen)))


def last_end_before_start(draft: Draft) -> None:
    """The same in a child's last episode, where nothing tells when it ended."""
    rows = draft.chains()
    ended = rows["last_of_child"] & ~rows["is_open"] & (rows["earlier_row"] < 0)
    chosen = draft.pick("last_end_before_start", rows[ended & rows["first_of_child"]])
    draft.set(chosen, DEC=rows.loc[chosen, "DECOM"] - draft.days(1, 300, len(chosen)))


def end_unreadable(draft: Draft) -> None:
    """The end is no date."""
    for number, row in enumerate(draft.pick("end_unreadable", _followed(draft))):
        draft.write(row, "DEC", UNREADABLE[number % len(UNREADABLE)])


def start_unreadable(draft: Draft) -> None:
    """The start is no date, and the episode before says when it was."""
    rows = _following(draft)
    for number, row in enumerate(draft.pick("start_unreadable", rows)):
        draft.write(row, "DECOM", UNREADABLE[number % len(UNREADABLE)])


def open_but_not_last(draft: Draft) -> None:
    """An episode has no end, although another follows."""
    chosen = draft.pick("open_but_not_last", _followed(draft))
    draft.set(chosen, DEC=pd.NaT, REC="", REASON_PLACE_CHANGE="")


def exit_without_end(draft: Draft) -> None:
    """An open episode says why it ended."""
    rows = draft.chains()
    draft.set(draft.pick("exit_without_end", rows[rows["is_open"]]), REC="X1")


def reason_without_end(draft: Draft) -> None:
    """An open episode says why the placement changed."""
    rows = draft.chains()
    chosen = draft.pick("reason_without_end", rows[rows["is_open"]])
    draft.set(chosen, REASON_PLACE_CHANGE="CARPL")


def end_without_exit(draft: Draft) -> None:
    """An episode ended and does not say how."""
    rows = draft.chains()
    chosen = draft.pick("end_without_exit", rows[~rows["is_open"]])
    draft.set(chosen, REC="")
