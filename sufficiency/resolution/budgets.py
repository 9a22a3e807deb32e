"""The budgets, the ledger and the appraisal rates of a scenario, with where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import report_dates
from sufficiency.errors import ScenarioError
from sufficiency.finance.budgets import years_for_budgets
from sufficiency.history.actuals import Actuals, read_actuals
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.budgets import sector_budgets, total_budgets
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.options import GIVEN_WHEN_RUN
from sufficiency.scenario.origins import Origin, assumed_origin

ONLY_OF_PROGRAMMES = ("discount_rate", "general_inflation_per_year")
"""Assumptions that a scenario uses only where a programme has a cost."""


def budgets_gbp(scenario: Scenario) -> dict[str, float]:
    """The budgets given as one sum, by financial year."""
    return {year: sum_.value for year, sum_ in total_budgets(scenario.costs.budget).items()}


def sector_budgets_gbp(scenario: Scenario) -> dict[str, dict[str, float]]:
    """The budgets given sector by sector, by financial year and sector."""
    return {
        year: {sector: amount.value for sector, amount in by_sector.items()}
        for year, by_sector in sector_budgets(scenario.costs.budget).items()
    }


def budget_origins(scenario: Scenario) -> list[Origin]:
    """Where the budgets come from, and how later money is weighed where a programme has a cost."""
    budgets = scenario.costs.budget
    has_programme = any(each.cost is not None for each in scenario.interventions)
    return [
        *(appraisal_rates(scenario).origins if has_programme else ()),
        *(
            given_or(sum_, f"costs.budget.{at}", f"Placements budget {at}", sum_.value, "GBP", "")
            for at, sum_ in total_budgets(budgets).items()
        ),
        *(
            given_or(
                amount,
                f"costs.budget.{at}.{sector}",
                f"Placements budget {at}: {SETTING_LABELS[sector]}",
                amount.value,
                "GBP",
                "",
            )
            for at, by_sector in sector_budgets(budgets).items()
            for sector, amount in by_sector.items()
        ),
    ]


@dataclass(frozen=True)
class AppraisalRates:
    """How later money is weighed when interventions are appraised; shares a year."""

    discount_rate: float
    inflation_per_year: float
    origins: tuple[Origin, ...]


def appraisal_rates(scenario: Scenario) -> AppraisalRates:
    """The scenario's discount rate and general inflation, or the labelled assumptions."""
    values, origins = [], []
    for name in ONLY_OF_PROGRAMMES:
        own, assumption = getattr(scenario.costs, name), assumed(name)
        value = assumption.number if own is None else own.value
        values.append(value)
        origins.append(
            assumed_origin(assumption, value, "share a year")
            if own is None
            else given_or(own, assumption.key, assumption.label, value, "share a year", "")
        )
    return AppraisalRates(values[0], values[1], tuple(origins))


def check_budget_years(scenario: Scenario, start: date) -> None:
    """Refuse a budget for a year that the forecast has nothing to do with.

    A forecast that was shortened when it was run may leave years of its file behind.

    Raises:
        ScenarioError: naming the file, the line and the years that a budget may be for.
    """
    years = years_for_budgets(report_calendar(start, scenario.months))
    shortened = scenario.given.get("months", ("", 1))[0] == GIVEN_WHEN_RUN
    for year in scenario.costs.budget:
        if year in years or (shortened and year > years[-1]):
            continue
        file, line = scenario.given.get(f"costs.budget.{year}", ("", 0))
        where = f"{file}, line {line}, " if file else ""
        last = report_dates(start, scenario.months)[-1]
        longer = " or forecast more months" if year > years[-1] else ""
        raise ScenarioError(
            f"{where}costs.budget.{year}: found a budget for {year}, but the forecast goes from "
            f"{start.isoformat()} to {last.isoformat()}; expected a year from {years[0]} to "
            f"{years[-1]}. Take it out{longer}."
        )


def actuals_before(scenario: Scenario, start: date) -> Actuals | None:
    """What the scenario's ledger says was spent before the start; None if it names none.

    Raises:
        HistoryError: the ledger is wrong, or has months that are forecast.
    """
    path = scenario.actuals_path
    return None if path is None else read_actuals(path, start)
