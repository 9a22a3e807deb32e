"""The page of a backtest: its verdict, and that it says what was left out."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_backtest_scores import planted

from sufficiency.backtest.scoreboard import NO_CHANGE, scoreboard
from sufficiency.backtest.study import left_out_table
from sufficiency.history.published import FROZEN_SET
from sufficiency.report.backtest_figures import BacktestFigures
from sufficiency.report.backtest_page import render_backtest_page, verdict_sentences
from sufficiency.report.backtest_words import METHOD_LABELS, TARGET_LABELS

LEFT_OUT = [
    {"reason": "made on 1 April 2019", "old_la_code": "838", "authority": "Dorset"},
    {
        "reason": "outcome held back by the publisher (1 to 5 children)",
        "origin": 2016,
        "measure": "in_care",
        "placement_group": "placed_for_adoption",
        "age_band": "all",
        "years_ahead": 1,
        "forecasts": 1234,
    },
]


def one_a_year(rows: pd.DataFrame, name: str, code: str) -> pd.DataFrame:
    """One forecast an origin and horizon, of one authority."""
    kept = rows.groupby("origin").head(2).sort_values("origin", kind="stable").copy()
    kept["years_ahead"] = np.tile([1, 2], len(kept) // 2)
    ends = kept["origin"] + kept["years_ahead"]
    return kept.assign(authority=name, old_la_code=code, date=ends.astype(str) + "-03-31")


def result(names: dict[str, str], shift: float = 0.0) -> SimpleNamespace:
    forecasts = pd.concat(
        [
            one_a_year(planted(moved, 20, method, seed=place), name, code)
            for place, (code, name) in enumerate(names.items())
            for method, moved in (("sufficiency", shift), (NO_CHANGE, 0.0))
        ],
        ignore_index=True,
    )
    (one, *others) = names.items()
    return SimpleNamespace(
        manifest={
            "replications": 300,
            "authority": "" if others else one[1],
            "old_la_code": "" if others else one[0],
            "frozen_set": list(FROZEN_SET),
        },
        forecasts=forecasts,
        scoreboard=scoreboard(forecasts),
        left_out=left_out_table(LEFT_OUT),
    )


@pytest.mark.parametrize("names", [{"701": "Area 1"}, {"701": "Area 1", "702": "Ärea <2>"}])
def test_the_page_says_what_was_tested_and_what_was_left_out(names: dict[str, str]) -> None:
    page = render_backtest_page(result(names))
    assert "an 80% range held the number in care a year later in" in page
    for frozen in FROZEN_SET:
        assert frozen in page
    for label in (METHOD_LABELS["sufficiency"], METHOD_LABELS[NO_CHANGE]):
        assert f">{label}</th>" in page
    assert "Dorset" in page
    assert re.search(r"Placed for adoption.*1,234", page, re.DOTALL)
    assert "default-src 'none'" in page
    assert "<2>" not in page.partition("<script>")[0]
    charts = len(re.findall('<figure class="chart"', page))
    # One council: a fan for each of six origins; several: all added up.
    assert charts == (2 + 6 if len(names) == 1 else 3)
    assert ("prove little alone" in page) == (len(names) == 1)


def test_the_verdict_says_worse_where_it_was_worse() -> None:
    good = verdict_sentences(BacktestFigures.of(result({"701": "Area 1"})))
    assert good[0].startswith("Over the six years 2015 to 2020, an 80% range held")
    bad = " ".join(verdict_sentences(BacktestFigures.of(result({"701": "Area 1"}, shift=60))))
    assert "worse than “no change” a year ahead" in bad
    assert "too high on average" in bad
    low = " ".join(verdict_sentences(BacktestFigures.of(result({"701": "Area 1"}, shift=-60))))
    assert "too low on average" in low


def test_the_verdict_names_the_counts_that_no_change_foretold_better() -> None:
    two = result({"701": "Area 1", "702": "Area 2"})
    others = [
        result({"701": "Area 1", "702": "Area 2"}, shift).forecasts.assign(placement_group=group)
        for group, shift in (("homes", 60.0), ("fostering", 0.0))
    ]
    two.forecasts = pd.concat([two.forecasts, *others], ignore_index=True)
    two.scoreboard = scoreboard(two.forecasts)
    said = " ".join(verdict_sentences(BacktestFigures.of(two)))
    named = re.search("“No change” was the better forecast of: ([^.]*)[.]", said)
    assert named is not None
    assert "secure or children's homes" in named[1]
    assert "foster carers" not in named[1] or "foster carers (" in named[1]
    alone = result({"701": "Area 1"}, shift=60)
    assert "better forecast of" not in " ".join(verdict_sentences(BacktestFigures.of(alone)))


def test_every_count_that_is_scored_has_a_name() -> None:
    from sufficiency.backtest.targets import TARGETS

    assert set(TARGETS) == set(TARGET_LABELS)
