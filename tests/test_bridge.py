"""The bridge from this year's budget to next year's need: each step by hand, and to the pound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_forecast import sample_forecast

from sufficiency.domain import SETTINGS
from sufficiency.finance.bridge import COLUMNS, STEPS, Turn, bridge, bridge_table
from sufficiency.report.figures import Figures
from sufficiency.report.finance_section import finance_section

PARTS = STEPS[: STEPS.index("rounding") + 1]
ALL_SETTINGS = tuple(str(setting) for setting in SETTINGS)
IFA, RESIDENTIAL = ALL_SETTINGS.index("ifa"), ALL_SETTINGS.index("residential")


def by_setting(**amounts: float) -> np.ndarray:
    return np.array([amounts.get(name, 0.0) for name in ALL_SETTINGS])


def by_line(amounts: np.ndarray) -> dict[str, float]:
    return {**dict(zip(ALL_SETTINGS, amounts.tolist(), strict=True)), "all": float(amounts.sum())}


def a_turn(**changed: object) -> Turn:
    """Ten children with agencies at £100 a night and one in a home at £600."""
    turn = Turn(
        from_year="2020-21",
        to_year="2021-22",
        days=365,
        budget_gbp={"all": 500_000.0},
        this_year_gbp=by_line(by_setting(ifa=350_000, residential=200_000)),
        children=by_setting(ifa=10, residential=1),
        nightly_gbp=by_setting(ifa=100, residential=600),
        nights=by_setting(ifa=3650, residential=365),
        cost_gbp=by_setting(ifa=365_000, residential=219_000),
        interventions_gbp=by_setting(),
    )
    return replace(turn, **changed)  # type: ignore[arg-type]


def totals(turn: Turn) -> dict[str, int]:
    return {step: lines["all"] for step, lines in bridge(turn).items() if "all" in lines}


def test_a_year_in_which_nothing_changes_has_only_the_full_year_effect() -> None:
    found = totals(a_turn())
    assert found["this_year"] == 50_000
    assert found["full_year_effect"] == 365_000 + 219_000 - 550_000
    assert {
        step: found[step] for step in ("volume", "mix", "price", "interventions")
    } == dict.fromkeys(("volume", "mix", "price", "interventions"), 0)
    assert found["need"] == 584_000


def test_twice_as_many_children_in_the_same_settings_are_volume_alone() -> None:
    found = totals(
        a_turn(
            nights=by_setting(ifa=7300, residential=730),
            cost_gbp=by_setting(ifa=730_000, residential=438_000),
        )
    )
    assert (found["volume"], found["mix"], found["price"]) == (584_000, 0, 0)


def test_a_child_who_moves_from_an_agency_to_a_home_is_mix_alone() -> None:
    lines = bridge(
        a_turn(
            nights=by_setting(ifa=9 * 365, residential=2 * 365),
            cost_gbp=by_setting(ifa=9 * 36_500, residential=2 * 219_000),
        )
    )
    assert lines["mix"]["all"] == 219_000 - 36_500
    assert lines["mix"]["ifa"] == -36_500
    assert lines["volume"]["all"] == lines["price"]["all"] == 0


def test_dearer_nights_are_price_alone() -> None:
    lines = bridge(a_turn(cost_gbp=by_setting(ifa=365_000 * 1.1, residential=219_000)))
    assert lines["price"]["all"] == lines["price"]["ifa"] == 36_500
    assert lines["volume"]["all"] == lines["mix"]["all"] == 0


def test_interventions_their_costs_and_income_are_lines_of_their_own() -> None:
    found = totals(
        a_turn(
            interventions_gbp=by_setting(residential=-60_000.4),
            programme_cost_gbp=25_000.0,
            income_gbp=40_000.0,
        )
    )
    assert (found["interventions"], found["programme_costs"]) == (-60_000, 25_000)
    assert found["need"] == 584_000 - 60_000 + 25_000
    assert found["net_need"] == found["need"] - 40_000


def test_a_year_that_the_forecast_does_not_reach_goes_from_budget_to_the_children_placed() -> None:
    found = bridge(a_turn(this_year_gbp={}))
    assert found["this_year"] == {}
    assert found["full_year_effect"] == {"all": 584_000 - 500_000}


def test_a_ledger_that_does_not_part_the_sectors_still_makes_a_bridge_of_the_total() -> None:
    found = bridge(a_turn(this_year_gbp={"all": 560_000.0}))
    assert found["this_year"] == {"all": 60_000}
    assert found["full_year_effect"] == {"all": 24_000}
    assert sum(found[step].get("all", 0) for step in PARTS) == found["need"]["all"]


def test_sectors_with_budgets_have_bridges_of_their_own() -> None:
    budgets = by_line(by_setting(ifa=300_000, residential=200_000))
    found = bridge(a_turn(budget_gbp=budgets))
    assert found["this_year"]["ifa"] == 50_000
    assert found["full_year_effect"]["ifa"] == 15_000


amounts = st.floats(0, 5e7, allow_nan=False)
sevens = st.lists(amounts, min_size=7, max_size=7).map(np.array)


@settings(max_examples=200, deadline=None)
@given(
    # Means of whole children: none, or not next to none.
    children=st.lists(st.just(0.0) | st.floats(1e-3, 300), min_size=7, max_size=7).map(np.array),
    nightly=st.lists(st.floats(0, 2_000), min_size=7, max_size=7).map(np.array),
    nights=st.lists(st.floats(0, 80_000), min_size=7, max_size=7).map(np.array),
    cost=sevens,
    saved=st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=7).map(np.array),
    this_year=st.none() | sevens,
    budgets=st.none() | st.lists(amounts, min_size=7, max_size=7),
    programme=amounts,
    income=amounts,
)
def test_every_bridge_adds_up_to_the_pound_in_both_directions(
    children: np.ndarray,
    nightly: np.ndarray,
    nights: np.ndarray,
    cost: np.ndarray,
    saved: np.ndarray,
    this_year: np.ndarray | None,
    budgets: list[float] | None,
    programme: float,
    income: float,
) -> None:
    turn = a_turn(
        children=children,
        nightly_gbp=nightly,
        nights=nights,
        cost_gbp=cost,
        interventions_gbp=saved,
        this_year_gbp={} if this_year is None else by_line(this_year),
        budget_gbp=by_line(np.array(budgets)) if budgets else {"all": 1e7},
        programme_cost_gbp=programme,
        income_gbp=income,
    )
    lines = bridge(turn)
    for line in ("all", *(ALL_SETTINGS if budgets else ())):
        assert sum(lines[step].get(line, 0) for step in PARTS) == lines["need"][line]
        # Seven settings and seven steps, each rounded by at most half a pound.
        assert abs(lines["rounding"][line]) <= 7 * 4
    assert lines["need"]["all"] + lines["income"]["all"] == lines["net_need"]["all"]
    assert abs(lines["need"]["all"] - (cost.sum() + saved.sum() + programme)) <= 1
    across = (
        "volume",
        "mix",
        "price",
        "interventions",
        *(("budget", "rounding") if budgets else ()),
    )
    for step in across:
        assert sum(lines[step][name] for name in ALL_SETTINGS) == lines[step]["all"]
    placements = lines["need"]["all"] - lines["programme_costs"]["all"]
    assert sum(lines["need"][name] for name in ALL_SETTINGS) == placements


def test_the_table_has_a_row_for_each_step_and_sector() -> None:
    table = bridge_table([a_turn(), a_turn(from_year="2021-22", to_year="2022-23")])
    assert tuple(table.columns) == COLUMNS
    assert table.groupby("from_year").size().tolist() == [len(table) // 2] * 2
    need = table.query("step == 'need' and sector == 'all'")["mean"]
    assert need.tolist() == pytest.approx([584_000, 584_000])


@pytest.mark.parametrize("changed", [0.0, -50_000.0])
def test_the_page_says_what_volume_is_where_interventions_change_the_year(changed: float) -> None:
    rows = bridge_table([a_turn(interventions_gbp=by_setting(ifa=changed))]).to_dict("records")
    figures = Figures.of(sample_forecast(bridge=rows))
    (table,) = finance_section(figures)["bridge_tables"]
    assert ("without the interventions" in table.note) is bool(changed)
