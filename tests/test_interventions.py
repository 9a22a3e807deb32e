"""Interventions in scenario files: what may be said, and one clear message for what may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fits import resolved, scenario
from hypothesis import given
from hypothesis import strategies as st
from scenario_texts import HEAD, Write, problem, scenario_writer
from scipy import stats

from sufficiency.errors import ScenarioError
from sufficiency.measures.reporting import report_calendar
from sufficiency.resolution.intervention_words import intervention_rows
from sufficiency.resolution.programme_costs import programme_costs
from sufficiency.resolution.resolve import resolve
from sufficiency.scenario.distributions import Distribution
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.moments import day_of
from sufficiency.scenario.options import with_options

ITEM = "interventions:\n  - {name: a, lever: entries, start: 2023-05-01, "
CHAIN = "prevention: {children_served_per_month: 9, would_enter_share: 0.5, "
MISTAKES = {
    "a ramp that ends before it starts": (
        ITEM + "effect: 0.9, full_from: 2023-04-01}",
        "interventions[1].full_from: found 2023-04-01, which is before the intervention starts "
        "(2023-05-01); a ramp ends after its start.",
    ),
    "a ramp that is longer than the intervention": (
        ITEM + "effect: 0.9, ramp_days: 180, length_months: 3}",
        "interventions[1].ramp_days: the effect would be whole only on 2023-10-28, after it has "
        "ended (2023-07-31); expected a shorter ramp, a later end, or after_end: stays if it keeps "
        "what it has reached.",
    ),
    "an end before the start": (
        ITEM + "effect: 0.9, end: 2023-04-01}",
        "interventions[1].end: found 2023-04-01, expected a date not before the intervention's "
        "start (2023-05-01).",
    ),
    "two lengths": (
        ITEM + "effect: 0.9, end: 2023-06-01, length_months: 3}",
        "interventions[1].length_months: expected either end or length_months, and found both.",
    ),
    "no effect": (
        ITEM + "evidence: none}",
        "interventions[1]: expected one of effect, factor or prevention, and found none of them.",
    ),
    "a spread that is none": (
        ITEM + "effect: {distribution: normal, mean: 0.9, sd: 0, low: 0}}",
        "interventions[1].effect.sd: found 0, expected a standard deviation above 0.",
    ),
    "a mode outside": (
        ITEM + "effect: {distribution: triangular, low: 0.8, mode: 1.2, high: 1}}",
        "interventions[1].effect.mode: found 1.2, expected a number between low (0.8) and high "
        "(1).",
    ),
    "a parameter that is missing": (
        ITEM + "effect: {distribution: uniform, low: 0.8}}",
        "interventions[1].effect: a uniform distribution needs low, high, and high is missing.",
    ),
    "a parameter of another distribution": (
        ITEM + "effect: {distribution: uniform, low: 0.8, high: 1, sd: 0.1}}",
        "interventions[1].effect.sd: a uniform distribution has no sd: it is given by low, high. "
        "Take it out.",
    ),
    "a beta with too much spread": (
        ITEM + "effect: {distribution: beta, mean: 0.5, sd: 0.6}}",
        "interventions[1].effect.sd: found 0.6, expected less than 0.5, the most that is possible "
        "with this mean between low (0) and high (1).",
    ),
    "a rate that could be negative": (
        ITEM + "effect: {distribution: normal, mean: 0.2, sd: 0.3}}",
        "interventions[1].effect: found values from -inf to inf, expected nothing below 0, or a "
        "rate would become negative. Cut the distribution off with low: 0.",
    ),
    "a negative factor": (
        ITEM + "effect: -0.1}",
        "interventions[1].effect: found -0.1, expected nothing below 0, or a rate would become "
        "negative.",
    ),
    "a percentage for a factor": (
        ITEM + "effect: 90}",
        "interventions[1].effect: found 90, expected at most 20 times the usual (10% more is "
        "written 1.1).",
    ),
    "a share kept out above all": (
        ITEM + CHAIN + "kept_out_share: 1.5}}",
        "interventions[1].prevention.kept_out_share: found values from 1.5 to 1.5, expected a "
        "share from 0 to 1.",
    ),
    "an unknown sector": (
        "interventions:\n  - {name: a, lever: moves, start: 2023-05-01, effect: 0.9, "
        "applies_to: {sectors: [fostring]}}",
        'interventions[1].applies_to.sectors[1]: found "fostring", expected one of '
        "internal_fostering, ifa, connected_persons, residential, supported_accommodation, other. "
        'Did you mean "internal_fostering"?',
    ),
    "an unknown need group": (
        "interventions:\n  - {name: a, lever: moves, start: 2023-05-01, effect: 0.9, "
        "applies_to: {need_groups: [autism]}}",
        'interventions[1].applies_to.need_groups[1]: found "autism", expected one of connected, '
        "family, other_setting, placed_for_adoption, residential, specialist_family, "
        "supported_16_plus.",
    ),
    "a sector of entries": (
        ITEM + "effect: 0.9, applies_to: {sectors: [ifa]}}",
        "interventions[1].applies_to.sectors: the lever entries cannot be limited by sectors; "
        "expected age_bands.",
    ),
    "places of no sector": (
        "interventions:\n  - {name: a, lever: places, unit: places, start: 2023-05-01, effect: 3}",
        "interventions[1].applies_to: expected the sectors whose places change, such as "
        "applies_to: {sectors: [internal_fostering]}.",
    ),
    "places of no unit": (
        "interventions:\n  - {name: a, lever: places, start: 2023-05-01, effect: 3, "
        "applies_to: {sectors: [ifa]}}",
        "interventions[1].unit: expected unit: places (so many more or fewer) or unit: factor (a "
        "multiple of what there is).",
    ),
    "a court that never makes up": (
        "interventions:\n  - {name: a, lever: court_delay, start: 2023-05-01, effect: 0.7, "
        "length_months: 3}",
        "interventions[1].after_end: expected an end, and after_end: {what: returns, over_days: "
        "180}: over how many days are the orders held back then made?",
    ),
    "the same name twice": (
        ITEM + "effect: 1}\n  - {name: a, lever: exits, start: 2023-05-01, effect: 1}",
        'interventions[2].name: "a" is already the name of intervention 1; give each its own, as '
        "its luck is drawn by name (or take one out if it is there twice).",
    ),
    "no date": (
        ITEM.replace("2023-05-01", "in May") + "effect: 1}",
        'interventions[1].start: found "in May", expected a date such as 2020-06-30, or a time '
        "after the forecast's start such as +3 months or +10 days.",
    ),
    "a payer who is not named": (
        ITEM + "effect: 1, cost: {per_month_gbp: 5, until: 2024-03-31}}",
        "interventions[1].cost.until: expected paid_by too: who pays until then, in the council's "
        "place?",
    ),
}
OUTSIDE = {
    "after": (
        {"start": "2031-01-01", "effect": 0.9},
        'interventions[1].start: "a" starts on 2031-01-01, after the forecast ends',
    ),
    "before": (
        {"start": "2020-01-01", "end": "2021-12-31", "effect": 0.9},
        'interventions[1].end: "a" is over by 2022-01-01, before the forecast begins (2023-03-31)',
    ),
}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return scenario_writer(tmp_path, monkeypatch)


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message_with_file_line_and_key(
    write: Write, text: str, expected: str
) -> None:
    message = problem(write(HEAD + text + "\n"))
    file, line, said = message.split(", ", 2)
    assert (file, line[:5], said) == ("s.yaml", "line ", expected)


@pytest.mark.parametrize(("item", "expected"), OUTSIDE.values(), ids=OUTSIDE)
def test_an_intervention_outside_the_forecast_is_refused(
    item: dict[str, object], expected: str
) -> None:
    chosen = scenario(interventions=[{"name": "a", "lever": "entries", **item}])
    with pytest.raises(ScenarioError) as caught:
        resolve(chosen)
    assert str(caught.value).startswith(expected)


def test_programmes_that_together_keep_out_more_than_come_are_refused() -> None:
    chain = {"children_served_per_month": 3, "would_enter_share": 1, "kept_out_share": 1}
    items = [
        {
            "name": name,
            "lever": "entries",
            "age_bands": ["16_17"],
            "start": "+0 days",
            "prevention": {**chain, "children_served_per_month": served},
        }
        for name, served in (("One", 0.3), ("Two", 0.5))
    ]
    assert not any("One" in note for note in resolve(scenario(interventions=items[:1])).warnings)
    with pytest.raises(ScenarioError, match=r"One and Two together keep out .*cannot be negative"):
        resolve(scenario(interventions=items))


def test_a_chain_is_capped_at_all_who_would_enter_and_says_so() -> None:
    item = {
        "name": "Flood",
        "lever": "entries",
        "age_bands": ["16_17"],
        "start": "+0 days",
        "prevention": {
            "children_served_per_month": 500,
            "would_enter_share": 1,
            "kept_out_share": 1,
        },
    }
    (note,) = (note for note in resolve(scenario(interventions=[item])).warnings if "Flood" in note)
    assert "it is taken to keep out all of those and no more" in note


def test_taking_away_more_places_than_there_are_is_refused() -> None:
    item = {
        "name": "cut",
        "lever": "places",
        "unit": "places",
        "applies_to": {"sectors": ["internal_fostering"]},
        "start": "+1 months",
        "effect": -5000,
    }
    with pytest.raises(ScenarioError, match="take away more places in internal_fostering"):
        resolve(scenario(interventions=[item]))


def test_a_time_after_the_start_is_a_day_of_the_forecast() -> None:
    start = date(2023, 3, 31)
    assert day_of("+0 days", start) == date(2023, 4, 1)
    assert day_of("+2 weeks", start) == date(2023, 4, 15)
    assert day_of("+3 months", start) == date(2023, 7, 1)
    assert day_of("+11 months", date(2023, 3, 30)) == date(2024, 2, 29)
    assert day_of("+1 years", start) == date(2024, 4, 1)


def test_a_scenario_restarted_keeps_its_interventions(write: Write) -> None:
    text = ITEM + "effect: {distribution: beta, mean: 0.9, sd: 0.05}, after_end: fades}"
    chosen = load_scenario(
        write(HEAD + text.replace("after_end: fades", "end: 2024-01-01, after_end: stops"))
    )
    assert with_options(chosen, months=24).interventions == chosen.interventions


def test_what_a_programme_costs_follows_its_days_and_who_pays() -> None:
    item = {
        "name": "Power2",
        "lever": "entries",
        "start": "2023-05-01",
        "end": "2023-08-15",
        "effect": 0.9,
        "cost": {
            "set_up_gbp": 500,
            "per_month_gbp": 3100,
            "per_child_gbp": 10,
            "children_per_month": 31,
            "paid_by": "the department",
            "until": "2023-06-30",
            "grant_per_month_gbp": 100,
            "grant_until": "2023-05-31",
        },
    }
    costs = programme_costs(scenario(interventions=[item]), report_calendar(date(2023, 3, 31), 6))
    np.testing.assert_allclose(costs.total_gbp, [[0, 3910, 3410, 3410, 1650, 0]])
    np.testing.assert_allclose(costs.others_gbp, [[0, 3910, 3410, 0, 0, 0]])
    np.testing.assert_allclose(costs.council_gbp, [[0, -100, 0, 3410, 1650, 0]])


def test_the_table_says_it_in_words() -> None:
    item = {
        "name": "Edge of care",
        "lever": "entries",
        "applies_to": {"age_bands": ["10_15"]},
        "start": "+1 months",
        "ramp_days": 30,
        "length_months": 6,
        "effect": {"distribution": "uniform", "low": 0.8, "high": 1.0},
        "effect_is_known": False,
        "cost": {"per_month_gbp": 2000, "paid_by": "a funder", "until": "2023-06-30"},
    }
    (row,) = intervention_rows(scenario(interventions=[item]), date(2023, 3, 31))
    assert row["who"] == "10 to 15"
    assert row["when"] == (
        "from 1 May 2023, growing evenly to its whole effect by 31 May 2023, to 31 October 2023"
    )
    assert row["how_much"] == "× 0.9 (0.82 to 0.98) (-10%)"
    assert row["afterwards"] == "the effect stops"
    assert row["cost"] == "£2,000 a month"
    assert row["paid_by"] == "a funder until 30 June 2023, then the council"
    assert (row["first"], row["last"]) == ("2023-05-01", "2023-10-31")


def test_every_number_of_an_intervention_has_its_origin() -> None:
    chain = {
        "children_served_per_month": 5,
        "would_enter_share": {"value": 0.2, "kind": "assumed", "source": "our guess"},
        "kept_out_share": {"distribution": "uniform", "low": 0, "high": 0.4, "source": "a guess"},
    }
    item = {"name": "A", "lever": "entries", "start": "+1 months", "prevention": chain}
    found = {origin.key: origin for origin in resolve(scenario(interventions=[item])).origins}
    kept = found["interventions.0.prevention.kept_out_share"]
    assert (kept.value, kept.low, kept.high) == pytest.approx((0.2, 0.04, 0.36))
    assert kept.kind == "assumed"
    assert found["interventions.0.prevention.children_served_per_month"].kind == "lever"
    assert found["interventions.0.prevention.would_enter_share"].source == "our guess"


@given(
    mean=st.floats(0.2, 2.0), spread=st.floats(0.05, 0.5), low=st.floats(0.01, 0.15),
    family=st.sampled_from(["normal", "lognormal"]),
)  # fmt: skip
def test_a_cut_distribution_agrees_with_scipy(
    mean: float, spread: float, low: float, family: str
) -> None:
    ours = Distribution(family, mean, spread * mean, low=low, high=3.0)  # type: ignore[arg-type]
    uniforms = np.array([0.001, 0.2, 0.5, 0.9, 0.999])
    if family == "normal":
        whole = stats.norm(mean, spread * mean)
    else:
        sigma = np.sqrt(np.log1p(spread**2))
        whole = stats.lognorm(sigma, scale=mean * np.exp(-(sigma**2) / 2))
    below, above = whole.cdf(low), whole.cdf(3.0)
    expected = whole.ppf(below + uniforms * (above - below))
    np.testing.assert_allclose(ours.quantile(uniforms), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "distribution",
    [
        Distribution("normal", 0.9, 0.2, low=0.0, high=1.0),
        Distribution("lognormal", 0.9, 0.4, high=1.5),
        Distribution("triangular", low=0.5, mode=0.9, high=1.0),
        Distribution("uniform", low=0.5, high=0.9),
        Distribution("beta", 0.3, 0.1, low=0.0, high=1.0),
    ],
    ids=lambda each: each.family,
)
def test_the_mean_of_a_distribution_is_that_of_its_draws(distribution: Distribution) -> None:
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    drawn = distribution.quantile(uniforms)
    assert drawn.mean() == pytest.approx(distribution.mean, rel=1e-3)
    assert distribution.support[0] <= drawn.min() <= drawn.max() <= distribution.support[1]


def test_a_beta_distribution_spreads_as_far_as_it_says() -> None:
    uniforms = (np.arange(20_000) + 0.5) / 20_000
    wide = Distribution("beta", 0.9, 0.2, low=0.4, high=1.6)
    assert wide.quantile(uniforms).std() == pytest.approx(0.2, rel=1e-3)


def test_the_base_of_these_tests_has_no_interventions() -> None:
    assert resolved().plan.effects is None
