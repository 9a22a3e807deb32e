"""Spend against what councils published (section 251): reconciled line by line, and foretold.

``python benchmarks/spend.py [--replications 200] [--workers 2] [--known 2022 2021]`` prints tables.

*Reconciled*: the simulated first year from 31 March 2020 beside the published gross spend on
children in care in 2020-21, for Wolverhampton and five others: every thirtieth authority by its
three-digit code, of those with figures.

*Foretold*: from 31 March 2022, the spend of 2022-23 for thirty authorities: every fifth by code, of
those with figures. Ours is the published spend of the last known year times the simulated cost of
the year over what the children of that last year cost at its prices: the model has placements
alone, and what else councils book (leaving care, adoption, guardianship, education, asylum) is
taken to grow alike. Beside it the last known year unchanged, and with England's median rise of the
unit cost. ``known`` says which year's figures a council could have: 2021-22's were published in the
autumn after, so the second table is made with those of 2020-21 too.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date

import pandas as pd

from sufficiency import simulate
from sufficiency.domain import DAYS_PER_YEAR
from sufficiency.errors import HistoryError
from sufficiency.history.authorities import Authority, all_authorities, find_authority
from sufficiency.history.published import PublishedHistory
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.options import scenario_for_authority, with_options

SEED = 1
RECONCILED_EVERY, FORETOLD_EVERY = 30, 5
WEEKS_PER_YEAR = DAYS_PER_YEAR / 7
FOSTERING = ("internal_fostering", "ifa", "connected_persons")
NATIONAL_MISS = 0.16
"""By how much councils overspent their placement budgets in 2022-23 (LGA survey)."""
Row = dict[str, object]


@dataclass(frozen=True)
class Year:
    """A simulated first year: expected values by sector, and the total's range. GBP, nights."""

    cost_gbp: dict[str, float]
    nights: dict[str, float]
    low_gbp: float
    high_gbp: float
    at_start_gbp: float
    """What the children of the start would cost in a year at the prices of the start."""


def spend_of(authority: Authority) -> pd.DataFrame:
    """Published unit costs and spend by financial year; empty if there are none."""
    return PublishedHistory.as_at(2023).unit_costs(authority)


def with_figures(years: tuple[str, ...], panel_years: tuple[int, ...]) -> list[Authority]:
    """Authorities, by code, whose spend and numbers in care of these years are published."""
    found = []
    for authority in sorted(all_authorities(), key=lambda each: each.old_la_code):
        costs = spend_of(authority)
        try:
            in_care = PublishedHistory.as_at(2023).panel(authority)["in_care"].reindex(panel_years)
        except HistoryError:
            continue
        columns = ["fostering_weekly_cost_gbp", "residential_weekly_cost_gbp", "gross_spend_gbp"]
        known = costs.reindex(list(years))[columns]
        if in_care.notna().all() and known.notna().all().all() and (known > 0).all().all():
            found.append(authority)
    return found


def first_year(scenario: Scenario, year: str, replications: int, workers: int) -> Year:
    """Simulate twelve months and read the financial year."""
    forecast = simulate(scenario, replications=replications, seed=SEED, workers=workers)
    table = forecast.finance
    rows = table[(table["financial_year"] == year) & (table["pool"] == "all")]
    by_measure = {
        measure: dict(zip(part["sector"], part["mean"].astype(float), strict=True))
        for measure, part in rows.groupby("measure")
    }
    total = rows[(rows["measure"] == "cost") & (rows["sector"] == "all")].iloc[0]
    return Year(
        by_measure["cost"],
        by_measure["nights"],
        float(total["p10"]),
        float(total["p90"]),
        _at_start(forecast.manifest["origins"], forecast.forecast),
    )


def _at_start(origins: list[Row], table: pd.DataFrame) -> float:
    """Children of the start by sector times the weekly price of the start times a year."""
    prices = {
        str(row["key"]).rpartition(".")[2]: float(str(row["value"]))
        for row in origins
        if str(row["key"]).startswith("costs.weekly_cost_gbp.")
    }
    first = table[table["date"] == table["date"].min()]
    stock = first[(first["measure"] == "in_care") & (first["age_band"] == "all")]
    by_sector = dict(zip(stock["sector"], stock["mean"].astype(float), strict=True))
    return sum(by_sector[name] * price for name, price in prices.items()) * WEEKS_PER_YEAR


def from_march(authority: Authority, year: int, history_to: int | None = None) -> Scenario:
    """A forecast of twelve months from a 31 March, with the figures known by one."""
    scenario = scenario_for_authority(authority.name, months=12)
    start = date(year, 3, 31)
    scenario = scenario.model_copy(update={"start": start})
    if history_to is None:
        return scenario
    # A council knows its own number in care on the day, whatever is published by then.
    in_care = PublishedHistory.as_at(year).panel(authority)["in_care"].loc[year]
    calibration = scenario.calibration.model_copy(update={"history_to": date(history_to, 3, 31)})
    scenario = scenario.model_copy(update={"calibration": calibration})
    return with_options(scenario, in_care=int(in_care), as_at=start)


def reconcile(authority: Authority, replications: int, workers: int) -> Row:
    """The simulated year 2020-21 and what parts it from the published spend, GBP million."""
    year = first_year(from_march(authority, 2020), "2020-21", replications, workers)
    published = spend_of(authority).loc["2020-21"]
    foster_nights = sum(year.nights[name] for name in FOSTERING)
    foster_cost = sum(year.cost_gbp[name] for name in FOSTERING)
    weekly = published["fostering_weekly_cost_gbp"], published["residential_weekly_cost_gbp"]
    at_published = foster_nights / 7 * weekly[0], year.nights["residential"] / 7 * weekly[1]
    children = published["gross_spend_gbp"] / published["all_weekly_cost_gbp"] / WEEKS_PER_YEAR
    share = children / (year.nights["all"] / DAYS_PER_YEAR)
    simulated = year.cost_gbp["all"]
    price = sum(at_published) - foster_cost - year.cost_gbp["residential"]
    volume = (simulated + price) * (share - 1)
    leaving_care = float(published["leaving_care_spend_gbp"])
    total = float(published["gross_spend_gbp"])
    lines = {
        "simulated": simulated,
        "low": year.low_gbp,
        "high": year.high_gbp,
        "children": volume,
        "price": price,
        "leaving care": leaving_care,
        "all else": total - simulated - price - volume - leaving_care,
        "published": total,
    }
    return {"authority": authority.name, **{name: each / 1e6 for name, each in lines.items()}}


def foretell(authority: Authority, known: int, replications: int, workers: int) -> Row:
    """The spend of 2022-23 foretold with the figures of the year ending ``known``, GBP million."""
    scenario = from_march(authority, 2022, None if known == 2022 else known)
    year = first_year(scenario, "2022-23", replications, workers)
    costs = spend_of(authority)["gross_spend_gbp"]
    last = f"{known - 1}-{known % 100:02d}"
    panel = PublishedHistory.as_at(known).panel(authority)["in_care"]
    # A year's spend is of those in care over the year, not on its last day.
    over_the_year = float(panel.loc[[known - 1, known]].mean() / panel.loc[known])
    base, outturn = float(costs[last]), float(costs["2022-23"])
    index = PublishedHistory.as_at(known).england_unit_cost_index()["all"]
    rise = float(index.iloc[-1] / index.iloc[-2])
    scale = base / (year.at_start_gbp * over_the_year)
    in_care = PublishedHistory.as_at(2023).panel(authority)["in_care"]
    volume = year.nights["all"] / DAYS_PER_YEAR / float(in_care.loc[2022])
    unit_costs = spend_of(authority)["all_weekly_cost_gbp"]
    why = {
        "children": volume,
        "children were": float(in_care.loc[[2022, 2023]].mean() / in_care.loc[2022]),
        "a night": year.cost_gbp["all"] / year.at_start_gbp / volume,
        "a night was": float(unit_costs["2022-23"] / unit_costs[last]),
    }
    amounts = {
        "outturn": outturn,
        "ours": year.cost_gbp["all"] * scale,
        "low": year.low_gbp * scale,
        "high": year.high_gbp * scale,
        "last year": base,
        "with rise": base * rise ** (2023 - known),
    }
    millions = {name: each / 1e6 for name, each in amounts.items()}
    return {"authority": authority.name, **millions, **why}


def said(table: pd.DataFrame, known: int) -> str:
    """How near the foretold spend was, in a few lines."""
    outturn = table["outturn"]
    lines = [f"\nForetold from 31 March 2022, figures of {known - 1}-{known % 100:02d} known:"]
    for name in ("ours", "last year", "with rise"):
        off = table[name] / outturn - 1
        together = table[name].sum() / outturn.sum() - 1
        lines.append(
            f"  {name:>9}: off by {off.abs().mean():.1%} on average, bias {off.mean():+.1%}, "
            f"worst {off.abs().max():.0%}; all thirty together {together:+.1%}"
        )
    inside = ((table["low"] <= outturn) & (outturn <= table["high"])).sum()
    width = ((table["high"] - table["low"]) / table["ours"]).mean()
    lines.append(
        f"  inside our 80% range: {inside} of {len(table)} (width {width:.0%} of the forecast). "
        f"Councils' own budgets of 2022-23 were overspent by {NATIONAL_MISS:.0%} (LGA survey)."
    )
    grown = table[["children", "children were", "a night", "a night was"]].median() - 1
    lines.append(
        f"  of the median council: children over the year {grown['children']:+.1%} on those of the "
        f"start, in fact {grown['children were']:+.1%}; a night {grown['a night']:+.1%} on the "
        f"prices of the start, in fact {grown['a night was']:+.1%} on {known - 1}-{known % 100:02d}"
    )
    return "\n".join(lines)


def main() -> None:
    """Run both studies and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--known", type=int, nargs="*", default=[2022, 2021])
    parser.add_argument("--not-reconciled", action="store_true")
    options = parser.parse_args()
    count = options.replications, options.workers
    if not options.not_reconciled:
        print("Reconciled, 2020-21, GBP million:")
        print(reconciled(*count).round(1).to_string(index=False))
    known = with_figures(("2020-21", "2021-22", "2022-23"), (2020, 2021, 2022, 2023))
    for last in options.known:
        rows = [foretell(authority, last, *count) for authority in known[::FORETOLD_EVERY]]
        table = pd.DataFrame(rows)
        print(table.round(2).to_string(index=False))
        print(said(table, last), flush=True)


def reconciled(replications: int, workers: int) -> pd.DataFrame:
    """Wolverhampton and five others."""
    known = with_figures(("2019-20", "2020-21"), (2019, 2020, 2021))
    chosen = [find_authority("Wolverhampton"), *known[RECONCILED_EVERY // 2 :: RECONCILED_EVERY]]
    return pd.DataFrame([reconcile(authority, replications, workers) for authority in chosen])


if __name__ == "__main__":
    main()
