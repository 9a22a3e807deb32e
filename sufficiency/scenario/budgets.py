"""What a scenario says of budgets: one sum for a financial year, or one for each sector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Tag

from sufficiency.scenario.sourced import FinancialYear, Pounds, check_financial_year

BudgetYear = Annotated[FinancialYear, AfterValidator(check_financial_year)]
BudgetLine = Literal[
    "internal_fostering",
    "ifa",
    "connected_persons",
    "residential",
    "supported_accommodation",
    "other",
    "unplaced",
]
SectorBudgets = dict[BudgetLine, Pounds]


def _form(written: Any) -> str:
    """Whether a year's budget is one sum or one for each sector."""
    by_sector = isinstance(written, Mapping) and "value" not in written
    return "[by sector]" if by_sector else "[one sum]"


YearBudget = Annotated[
    Annotated[Pounds, Tag("[one sum]")] | Annotated[SectorBudgets, Tag("[by sector]")],
    Discriminator(_form),
]
Budgets = dict[BudgetYear, YearBudget]


def total_budgets(budgets: Budgets) -> dict[str, Pounds]:
    """The budgets that are given as one sum, by year."""
    return {year: given for year, given in budgets.items() if isinstance(given, Pounds)}


def sector_budgets(budgets: Budgets) -> dict[str, dict[str, Pounds]]:
    """The budgets that are given sector by sector, by year."""
    return {
        year: {str(sector): amount for sector, amount in given.items()}
        for year, given in budgets.items()
        if not isinstance(given, Pounds)
    }
