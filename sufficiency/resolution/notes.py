"""What the user should know of the figures that a forecast starts from."""

from __future__ import annotations

from datetime import date, timedelta

from sufficiency.calibration.calibrate import Calibration
from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.history.authorities import Authority
from sufficiency.report.formats import long_date
from sufficiency.resolution.own_return import OwnReturn
from sufficiency.resolution.own_table import OwnTable
from sufficiency.resolution.planning import follows_path
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.worlds import Calendar, WorldPlan

_LAST_MONTH, _LAST_DAY = 3, 31
_LARGE_PULL = 0.15
_USUAL_DAYS = 2 * 366
"""Published figures are seldom older when the next ones come."""


def notes(authority: Authority, fit: Calibration, scenario: Scenario, own: OwnReturn) -> list[str]:
    """What stands behind an authority's figures where they are few, old or rescaled."""
    if own.cohort is not None:
        return [*([authority.note] if authority.note else []), *_cohort_notes(own)]
    found = [*([authority.note] if authority.note else []), *fit.notes]
    years = len(fit.counts.years)
    if years < fit.window_years + 1:
        found.append(
            f"{authority.name} has only {years} year{'s' if years > 1 else ''} of its own figures, "
            "so its rates lean on similar councils."
        )
    if fit.year < fit.latest_year:
        found.append(
            f"{authority.name} has no published ages and placements after 31 March {fit.year}: its "
            f"rates are those of that time, and its {fit.latest_in_care:,.0f} children of 31 March "
            f"{fit.latest_year} are taken to have the same shares by age and sector."
        )
    population = scenario.population
    given = population.in_care
    if given is not None and not population.sectors and given.value != round(fit.latest_in_care):
        found.append(
            f"The starting children are the published {fit.latest_in_care:,.0f} of 31 March "
            f"{fit.latest_year} rescaled to {given.value:,}, with the same shares by age and "
            "sector."
        )
    counted = date(fit.latest_year, _LAST_MONTH, _LAST_DAY)
    if given is None and not population.sectors and (scenario.start or counted) > counted:
        found.append(
            f"The {fit.latest_in_care:,.0f} children published for {long_date(counted)} are taken "
            f"to be those in care on {long_date(scenario.start or counted)}. Give the number of "
            "that day (--in-care, or population.in_care in the scenario) if you know it."
        )
    return found


def age_of_the_figures(plan: WorldPlan) -> list[str]:
    """Say so where rates are those of long before the start; what is published is a year old."""
    if plan.days_since_history <= _USUAL_DAYS:
        return []
    years = plan.days_since_history / DAYS_PER_YEAR
    counted = plan.start - timedelta(days=plan.days_since_history)
    return [
        f"Rates are fitted to figures up to {long_date(counted)}, {years:.1f} years before the "
        "start. The ranges allow for such drift of rates as past years have had, not for what has "
        "changed for good since: newer figures (calibration.file, or a newer edition of this "
        "tool) make a surer forecast."
    ]


def _cohort_notes(own: OwnReturn) -> list[str]:
    """What the user should know about a start from the council's own list."""
    if own.calibrated is not None:
        return []
    return [
        "The children at the start are the council's own, but the rates are those published: give "
        "calibration.file for rates of its own returns."
    ]


def pull_of_starters(
    scenario: Scenario, fit: Calibration, plan: WorldPlan, table: OwnTable | None, own: OwnReturn
) -> list[str]:
    """Say so where far more or fewer are expected to start care than were counted last."""
    latest = float(fit.counts.started_total[-1])
    counted = f"of the year to 31 March {fit.year}"
    if own.calibrated is not None:
        latest = float(own.calibrated.fitted.starters.mean.sum())
        counted = f"that {own.calibrated.name} counts"
    if not follows_path(scenario, table) or not latest > 0:
        return []
    at_first = float(plan.levels.starters_per_year.mean.sum())
    at_the_end = at_first * _growth_of_starters(plan.calendar)
    if max(abs(at_first / latest - 1), abs(at_the_end / latest - 1)) < _LARGE_PULL:
        return []
    change = at_first / latest - 1
    later = ""
    if round(at_the_end) != round(at_first):
        later = f", and {at_the_end:,.0f} a year at the end"
    return [
        f"{at_first:,.0f} children a year are expected to start care at first, {abs(change):.0%} "
        f"{'more' if change > 0 else 'fewer'} than the {latest:,.0f} {counted}{later}: starters "
        "are drawn towards the level at which the number in care goes the way that England's "
        "trend, similar councils' rates and the children about to turn 18 foretell, which was "
        "nearer over all councils than the latest year alone, but not for each. Give "
        "entries.starters_per_month if you know better, or uncertainty.damping: false to keep the "
        "latest level."
    ]


def _growth_of_starters(calendar: Calendar) -> float:
    """Expected starters of the last year over those of the first, whatever the age."""
    group = calendar.entries[int(calendar.entries[:, 0].argmax())]
    return float(group[-1] / group[0]) if group[0] > 0 else 1.0
