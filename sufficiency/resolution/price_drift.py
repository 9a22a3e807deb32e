"""Which prices of a scenario drift, by how much and since when, and where that comes from."""

from __future__ import annotations

from dataclasses import replace

from sufficiency.calibration.price_drift import (
    SERVICES,
    PriceDrift,
    change_variance,
    load_price_drift,
)
from sufficiency.domain import SECTORS, Sector
from sufficiency.measures.money import CostPlan
from sufficiency.measures.reporting import report_calendar
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.world_plan import DriftingPrices, WorldPlan

_FOSTERING, _RESIDENTIAL = range(len(SERVICES))
_WITH_FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)
_LABELS = ("fostering", "homes and every other setting")


def with_price_drift(
    plan: WorldPlan, scenario: Scenario, costs: CostPlan, year: int, in_care: float
) -> tuple[WorldPlan, list[Origin]]:
    """The plan with how prices drift, unless the scenario switches it off, and its origins.

    No unit cost of supported accommodation or of a place outside the market is published by
    council: their prices go with those of homes. A child's own known price is one of today, so
    where a cohort knows any, all prices count as known at the start.

    Args:
        plan: of the same scenario, without it.
        scenario: whose.
        costs: its prices.
        year: the last year ending 31 March that may be read.
        in_care: children in care, for how far a council of this size wanders.
    """
    drift = load_price_drift(year, in_care)
    ages = (0,) * len(costs.price_age_years) if costs.known_weekly_gbp else costs.price_age_years
    on = scenario.uncertainty.drift and scenario.uncertainty.price_drift
    if not on:
        return plan, _origins(drift, "switched off by the scenario")
    service = (*map(_service, costs.pool_sector), _RESIDENTIAL)
    years = int(report_calendar(plan.start, scenario.months).uplifts[-1]) + 1
    return replace(plan, prices=DriftingPrices(drift, service, ages, years)), _origins(drift, "")


def _service(sector: int) -> int:
    return _FOSTERING if SECTORS[sector] in _WITH_FOSTERING else _RESIDENTIAL


def _origins(drift: PriceDrift, note: str) -> list[Origin]:
    a_year = change_variance(drift, 1) ** 0.5
    source = (
        "Fitted to English councils' published unit costs of years up to "
        f"{drift.cut_year}, for a council of this size (calibration/README.md)"
    )
    rows = [
        (f"{name}_{what}", f"Drift of prices, {label}: {words}", value)
        for name, label, sd, phi in zip(SERVICES, _LABELS, a_year, drift.phi, strict=True)
        for what, words, value in (
            ("change_in_a_year", "how far a year's rise typically is from the planned one", sd),
            ("phi", "how much of that is still there a year later", phi),
        )
    ]
    return [
        Origin(
            f"uncertainty.price_drift.{key}",
            label,
            round(float(value), 4),
            "share",
            Kind.FITTED,
            source,
            note,
        )
        for key, label, value in rows
    ]
