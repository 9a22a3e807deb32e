"""Whatever a return says, what is rebuilt from it obeys the same laws, and no row is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from returns_builder import Result, Written, frame, rebuilt

from sufficiency.history.returns.chains import IMPUTED, OPEN, as_dates, collection_years
from sufficiency.history.returns.frames import EPISODE_COLUMNS, Return
from sufficiency.history.returns.ledger import Action
from sufficiency.history.returns.rebuilding import window

MESSY = settings(max_examples=50, deadline=None, phases=(Phase.explicit, Phase.generate))
YEARS = (2018, 2019, 2020)
FIRST = pd.Timestamp("2017-02-01")
RNE = ("S", "S", "L", "P", "T", "B", "U", "", "?")
REC = ("X1", "X1", "X1", "E4A", "E2", "E11", "E15", "E3", "E17", "", "?")
LS = ("C2", "V2", "V3", "V4", "E1", "")
PLACE = ("U6", "U6", "U4", "K2", "H5", "T1", "T4", "A3", "P1", "Z1", "", "?")
PROVIDER = ("PR1", "PR4", "PR2", "", "?")
REASON = ("", "CARPL", "CREQB", "PLACE", "CLOSE", "LIIAF")


@st.composite
def episodes(draw: st.DrawFn) -> Written:
    """A few children with a few rows each, of which hardly any fit the next."""
    written = Written(years=set(YEARS))
    n_children = draw(st.integers(1, 2))
    for child in range(n_children):
        born = draw(st.sampled_from(["2000-02-29", "2001-06-15", "2002-01-01", "2010-05-05", None]))
        is_month_only = draw(st.booleans())
        written.child(child, born, dob_is_month_only=is_month_only)
        if draw(st.booleans()):
            written.unaccompanied(child, draw(st.sampled_from(YEARS)))
        for _ in range(draw(st.integers(1, 7))):
            _messy_row(draw, written, child)
    return written


def _messy_row(draw: st.DrawFn, written: Written, child: int) -> None:
    from_day = draw(st.integers(0, 40)) * 30 + draw(st.integers(0, 2))
    decom = FIRST + pd.Timedelta(days=from_day)
    nights = draw(st.sampled_from([None, None, 0, 1, 5, 29, 30, 31, 60, 300, -10]))
    dec = None if nights is None else str((decom + pd.Timedelta(days=nights)).date())
    unreadable = nights is None and draw(st.integers(0, 5)) == 0
    year = decom.year + (decom.month > 3) + draw(st.integers(0, 1))
    written.episode(
        min(max(year, YEARS[0]), YEARS[-1]),
        None if draw(st.integers(0, 19)) == 0 else str(decom.date()),
        dec,
        child=child,
        rne=draw(st.sampled_from(RNE)),
        rec=draw(st.sampled_from(REC)),
        ls=draw(st.sampled_from(LS)),
        place=draw(st.sampled_from(PLACE)),
        provider=draw(st.sampled_from(PROVIDER)),
        reason=draw(st.sampled_from(REASON)),
        pl_post=draw(st.integers(-1, 1)),
        urn=draw(st.integers(-1, 1)),
        dec_unreadable=unreadable,
    )


@MESSY
@given(episodes())
def test_a_messy_return_obeys_every_law(written: Written) -> None:
    """On one return each, for to rebuild it takes longer than to look at all of it."""
    before = written.as_return()
    result = rebuilt(before)
    every_row_is_used_or_has_a_reason(written, result)
    a_child_is_in_care_once_and_in_one_place(result)
    nobody_is_in_care_past_18_or_outside_what_is_seen(result)
    what_was_rebuilt_is_rebuilt_the_same(before, result)


def every_row_is_used_or_has_a_reason(written: Written, result: Result) -> None:
    rows = {int(str(row["row"])) for row in written.episodes}
    used = set(result.rebuilt.episodes["row"])
    replaced = set(result.rules.get("repeated_in_later_year", ()))
    aside = {
        row
        for rule, found in result.ledger.rules()
        if rule.action is Action.SET_ASIDE
        for row in found.tolist()
    }
    assert used | replaced | aside == rows
    assert not used & (replaced | aside)
    assert not replaced & aside
    counts = result.ledger.counts()
    assert sum(counts.values()) == result.ledger.n_rows
    assert counts["set_aside"] == len(aside)


def a_child_is_in_care_once_and_in_one_place(result: Result) -> None:
    histories = result.histories
    care, placements = histories.periods, histories.placements
    assert list(care["period"]) == list(range(len(care)))
    until = care["left"].fillna(care["seen_to"])
    assert (care["entered"] < care["left"].fillna(pd.Timestamp.max)).all()
    for _, own in care.assign(until=until).groupby("child"):
        assert (own["entered"].to_numpy()[1:] >= own["until"].to_numpy()[:-1]).all()
    assert placements["period"].is_monotonic_increasing
    assert sorted(placements["period"].unique()) == list(care["period"])
    for number, own in placements.groupby("period"):
        whole = care.loc[number]
        assert own["began"].iloc[0] == whole["entered"]
        assert (own["began"].to_numpy()[1:] == own["ended"].to_numpy()[:-1]).all()
        assert own["ended"].iloc[-1] == whole["left"] or pd.isna(whole["left"])
        assert pd.isna(own["ended"].iloc[-1]) == pd.isna(whole["left"])
        assert not own["same_carer_as_before"].iloc[0]
        assert own["move_reason"].iloc[-1] == ""
    assert (placements["nights_away"] >= 0).all()


def nobody_is_in_care_past_18_or_outside_what_is_seen(result: Result) -> None:
    care = result.histories.periods
    last = pd.Timestamp("2020-03-31")
    for row in care.dropna(subset=["born"]).itertuples():
        born = pd.Timestamp(str(row.born))
        adult = pd.Timestamp(born.year + 18, born.month, 1) + pd.Timedelta(days=born.day - 1)
        assert row.entered < adult
        assert min(row.seen_to, last) <= adult
        assert pd.isna(row.left) or row.left <= adult
        assert not pd.isna(row.left) or adult > row.seen_to
    assert (care["seen_to"] >= care["entered"]).all()
    assert (care["seen_from"] >= pd.Timestamp("2017-04-01")).all()
    ended = care["left"].notna()
    assert (care.loc[ended, "seen_to"] == care.loc[ended, "left"]).all()
    assert (care.loc[~ended, "end_type"] == "censored").all()
    exits = care["end_type"].isin(["observed", "aged_out"])
    assert (care.loc[~exits, "exit_reason"] == "").all()
    assert ((care["exit_reason"] == "turned_18") == (care["end_type"] == "aged_out")).all()


def cleaned(result: Result, before: Return) -> Return:
    """The rows that were used, as a return of their own: ends that were made up are open again."""
    rows = result.rebuilt.episodes.reset_index(drop=True)
    imputed = rows["closing"] == IMPUTED
    columns = {name: rows[name] for name in EPISODE_COLUMNS}
    columns["row"] = pd.Series(np.arange(len(rows)))
    columns["decom"] = pd.Series(as_dates(rows["decom"]))
    columns["dec"] = pd.Series(as_dates(rows["dec"])).mask(imputed)
    ended = np.where(rows["dec"] < OPEN, rows["dec"], rows["decom"])
    columns["year"] = pd.Series(np.maximum(rows["year"], collection_years(ended)))
    episodes = pd.DataFrame(columns).assign(dec_unreadable=False)
    return Return(
        frame(episodes.to_dict("records"), EPISODE_COLUMNS),
        before.header.assign(row=before.header["row"] + len(rows)),
        before.uasc.assign(row=before.uasc["row"] + len(rows)),
        (),
        before.years,
    )


def what_was_rebuilt_is_rebuilt_the_same(before: Return, once: Result) -> None:
    again = cleaned(once, before)
    if window(again) != window(before):
        return  # Rows that were set aside tell how far the data reach, too.
    twice = rebuilt(again)
    same = {"check_categorical": False}
    pd.testing.assert_frame_equal(once.histories.periods, twice.histories.periods, **same)
    pd.testing.assert_frame_equal(once.histories.placements, twice.histories.placements, **same)
    used = set(twice.rebuilt.episodes["row"])
    assert used == set(range(len(once.rebuilt.episodes)))
