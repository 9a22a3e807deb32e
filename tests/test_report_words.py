"""Are figures said as people say them, and does every table keep its promises?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from sample_forecast import SampleForecast, sample_forecast, with_ledger

from sufficiency.report import page_charts
from sufficiency.report.charts import spread_apart
from sufficiency.report.figures import Figures
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    month_name,
    percent,
    value_with_unit,
)
from sufficiency.report.headline import headline, plain
from sufficiency.report.page import assumption, monte_carlo_sentence
from sufficiency.report.tables import children_by_month, cost_by_year, distance_by_date
from sufficiency.report.words import in_plain_words
from sufficiency.terminal import show_forecast


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast()


def marginal(run: SampleForecast, day: str, measure: str) -> pd.Series:
    rows = run.forecast
    chosen = (rows["date"] == day) & (rows["measure"] == measure)
    return rows[chosen & (rows["sector"] == "all") & (rows["age_band"] == "all")].iloc[0]


def test_a_few_futures_with_a_child_are_never_shown_as_none() -> None:
    assert [children(n) for n in (0.0, 0.004, 0.49, 0.51, 1234.4)] == [
        "0",
        "fewer than 1",
        "fewer than 1",
        "1",
        "1,234",
    ]
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.996, 1.0)] == [
        "0%",
        "under 1%",
        "50%",
        "over 99%",
        "100%",
    ]
    assert [gbp(m) for m in (0.0, 300.0, 412_300.0, 33_149_000.0, -2_000_000.0)] == [
        "£0",
        "under £1,000",
        "£412,000",
        "£33.1m",
        "-£2.0m",
    ]


def test_rare_gaps_are_said_to_be_rare(run: SampleForecast) -> None:
    forecast = run.forecast.copy()
    gaps = forecast["measure"].isin(["in_house_shortfall", "unmet_need"])
    forecast.loc[gaps, forecast.columns[4:]] = 0.01
    said = " ".join(plain(part) for part in headline(Figures.of(replace(run, forecast=forecast))))
    assert "Fewer than 1 child at a time lives in a placement that is suitable, but" in said
    assert "Fewer than 1 child at a time has no suitable place." in said
    assert "Expected to be highest" not in said


def test_where_nobody_is_in_a_gap_in_any_future_none_are_said_to_be(run: SampleForecast) -> None:
    forecast = run.forecast.copy()
    unplaced = forecast["sector"] == "unplaced"
    forecast.loc[unplaced, forecast.columns[4:]] = 0.0
    forecast.loc[forecast["measure"] == "unmet_need", ["mean", "p90"]] = (1.0, 2.0)
    said = " ".join(plain(part) for part in headline(Figures.of(replace(run, forecast=forecast))))
    assert "of them none has no registered place" not in said
    assert "; all of them in a registered one." in said
    gaps = forecast["measure"].isin(["in_house_shortfall", "unmet_need"])
    forecast.loc[gaps, forecast.columns[4:]] = 0.0
    said = " ".join(plain(part) for part in headline(Figures.of(replace(run, forecast=forecast))))
    assert "No child lives in a placement that is suitable, but not the first choice." in said
    assert "No child lives in an unsuitable place." in said


@pytest.mark.parametrize(
    ("low", "mean", "high", "said"),
    [
        (3.0, 7.0, 12.0, "; of them 3 to 12 (about 7) have no registered place."),
        (0.0, 0.2, 0.9, "; of them fewer than 1 at a time has no registered place."),
    ],
)
def test_children_without_a_registered_place_are_said_to_be_among_those_in_need(
    run: SampleForecast, low: float, mean: float, high: float, said: str
) -> None:
    forecast = run.forecast.copy()
    gap = forecast["measure"] == "unmet_need"
    forecast.loc[gap, ["p10", "mean", "p90"]] = (10.0, 14.0, 20.0)
    unplaced = (forecast["measure"] == "in_care") & (forecast["sector"] == "unplaced")
    forecast.loc[unplaced, ["p10", "mean", "p90"]] = (low, mean, high)
    found = headline(Figures.of(replace(run, forecast=forecast)))
    assert any(plain(sentence).endswith(said) for sentence in found)


def test_fewer_than_one_child_is_not_about_fewer_than_one(run: SampleForecast) -> None:
    forecast = run.forecast.copy()
    forecast.loc[forecast["measure"] == "unmet_need", ["mean", "p10", "p90"]] = (0.4, 0.0, 1.0)
    said = " ".join(plain(part) for part in headline(Figures.of(replace(run, forecast=forecast))))
    assert "0 to 1 (fewer than 1 on average) live in a placement that does not suit" in said


def test_each_gap_says_when_it_is_expected_to_be_highest(run: SampleForecast) -> None:
    figures = Figures.of(run)
    said = " ".join(plain(part) for part in headline(figures))
    names = {
        "in_house_shortfall": "suitable, but not the first choice",
        "unmet_need": "no suitable",
    }
    for measure, name in names.items():
        day = figures.peak(measure)
        assert day is not None
        when = "at the start (" if day == figures.start else f"in {month_name(day)} ("
        sentence = said.partition("Expected to be highest: ")[2]
        assert when in sentence.partition(name)[2].partition(";")[0]


def test_the_year_that_a_ledger_has_begun_is_said_whole_with_its_budget(
    run: SampleForecast, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nine months at the start's prices are no year to set against a year's budget."""
    part = Figures.of(run).years[0]
    assert not part.is_whole
    begun = with_ledger(run, 12 - part.months, budget_gbp=32e6)
    said = [plain(sentence) for sentence in headline(Figures.of(begun))]
    assert (
        f"Placements in the financial year {part.name} cost £29.0m to £32.0m, about £31.0m on "
        "average, of which the ledger has £8.0m; the chance of spending more than the budget of "
        "£32.0m is 25%."
    ) in said
    assert not any(part.label in sentence for sentence in said)
    show_forecast(begun.forecast, begun.finance)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if part.name in line]
    for shown in (f"{part.name}, with the ledger", "£31.0m", "£29.0m to £32.0m", "25%"):
        assert shown in line


@pytest.mark.parametrize(
    ("kind", "words"),
    [("assumed", "Without more places "), ("lever", "With the places of this scenario ")],
)
def test_a_gap_is_of_the_places_that_there_are(run: SampleForecast, kind: str, words: str) -> None:
    origin = {"key": "sectors.internal_fostering.places", "value": 195, "kind": kind}
    given = replace(run, manifest={**run.manifest, "origins": [origin]})
    assert any(plain(part).startswith(words) for part in headline(Figures.of(given)))


def test_every_month_has_a_row_with_the_range_of_all_and_the_settings(run: SampleForecast) -> None:
    table = children_by_month(Figures.of(run))
    rows = run.forecast.query("measure == 'in_care' and age_band == 'all'")
    total = rows[rows["sector"] == "all"]
    assert len(table.rows) == len(total) == 37
    last = total.iloc[-1]
    assert table.rows[-1].head == "30 June 2023"
    assert table.rows[-1].cells[0].text == children_range(last.p10, last.p90)
    assert table.rows[-1].cells[1].text == children(last["mean"])
    family = rows[rows["sector"] == "internal_fostering"].iloc[-1]
    assert table.columns[3].label == "Our own foster carers"
    assert table.rows[-1].cells[2].text == children(family["mean"])


def test_a_part_year_is_marked_and_never_set_against_a_budget(run: SampleForecast) -> None:
    table = cost_by_year(Figures.of(run))
    labels = [column.label for column in table.columns]
    assert labels[1:] == [
        "2020-21 (9 months only)",
        "2021-22",
        "2022-23",
        "2023-24 (3 months only)",
    ]
    budget = next(row for row in table.rows if row.head == "Budget")
    assert [cell.text for cell in budget.cells] == ["–", "£31.0m", "£31.0m", "–"]


def test_the_boundary_and_the_20_miles_are_always_side_by_side(run: SampleForecast) -> None:
    figures = Figures.of(run)
    table = distance_by_date(figures)
    assert table is not None
    assert [column.term for column in table.columns] == ["", "outside_area", "over_20_miles"]
    total, outside = (
        marginal(run, "2023-03-31", "in_care"),
        marginal(run, "2023-03-31", "outside_area"),
    )
    row = next(row for row in table.rows if row.head == "31 March 2023")
    assert row.cells[0].text == percent(outside["mean"] / total["mean"])
    far_missing = run.forecast[run.forecast["measure"] != "over_20_miles"]
    assert distance_by_date(Figures.of(replace(run, forecast=far_missing))) is None


def test_shares_of_the_layers_add_up_and_chance_alone_below_zero_counts_as_none(
    run: SampleForecast,
) -> None:
    shares = page_charts.layer_shares(Figures.of(run))
    assert shares.groupby("label")["share"].sum().to_numpy() == pytest.approx(1.0)
    below = run.layers.assign(parameter=-5.0)
    shares = page_charts.layer_shares(Figures.of(replace(run, layers=below)))
    assert (shares.loc[shares["part"] == "parameter", "share"] == 0).all()


def test_how_sure_the_ends_of_the_range_are_is_said_in_children(run: SampleForecast) -> None:
    said = monte_carlo_sentence(Figures.of(run))
    assert (
        f"at most about {children(1.96 * 2.1)} and the high end by {children(1.96 * 2.4)}" in said
    )
    too_few = replace(run, manifest={**run.manifest, "monte_carlo": {}, "replications": 5})
    assert "Only 5 futures were simulated" in plain(headline(Figures.of(too_few))[0])
    assert monte_carlo_sentence(Figures.of(too_few)).startswith(
        "Too few futures were simulated (5)"
    )


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Weekly cost of internal_fostering", "Weekly cost of our own foster carers"),
        ("Starters a year, under_1", "Starters a year, under 1"),
        ("Children aged 10_15 at the start", "Children aged 10 to 15 at the start"),
        ("Weekly cost of other", "Weekly cost of other settings"),
        ("From residential care for other reasons", "From residential care for other reasons"),
    ],
)  # fmt: skip
def test_keys_inside_labels_are_said_in_plain_words(label: str, said: str) -> None:
    assert in_plain_words(label) == said


def test_an_assumption_is_shown_with_its_unit_range_and_source() -> None:
    origin = {"label": "Share who stay", "value": 0.25, "low": 0.1, "high": 0.45, "kind": "assumed"}
    shown = assumption({**origin, "source": "Assumption. Not published."})
    assert (shown.value, shown.plausible, shown.kind) == ("25%", "10% to 45%", "Assumed")
    assert shown.source == "Not published."
    ratio = assumption({"label": "Cost", "value": 1.7, "unit": "ratio", "low": 1.4, "high": 2.0})
    assert (ratio.value, ratio.plausible) == ("1.7 times", "1.4 to 2")
    values = [(0.0395, "a year"), (849.3, "GBP a week"), (12.0, "children a month"), (1.7, "ratio")]
    assert value_with_unit(0.0, "GBP a week at the start") == "£0 a week at the start"
    assert [value_with_unit(value, unit) for value, unit in values] == [
        "3.95% a year",
        "£849 a week",
        "12 children a month",
        "1.7 times",
    ]


def test_labels_are_kept_apart_in_their_order() -> None:
    placed = spread_apart([10.0, 10.5, 3.0], gap=2.0)
    assert placed[1] - placed[0] == pytest.approx(2.0)
    assert placed[2] < placed[0] < placed[1]
