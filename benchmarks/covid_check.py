"""Covid in Wolverhampton, as it was known in summer 2020 and as it turned out, against 540.

    python benchmarks/covid_check.py

Prints children in care at three year-ends by scenario, beside what happened and what the council
expected, then starters, leavers and adoptions of the first year.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from sufficiency import load_scenario, simulate
from sufficiency.forecast import Forecast
from sufficiency.shipped import shipped_path

REPLICATIONS, SEED = 400, 1
NAMES = {
    "wolverhampton-2020-march": "no crisis",
    "wolverhampton-2020-covid-as-known": "the crisis as known in summer 2020",
    "wolverhampton-2020-covid-as-happened": "the crisis as it turned out",
}
OUTCOMES = {date(2021, 3, 31): 540, date(2022, 3, 31): 512, date(2023, 3, 31): 498}
COUNCIL = 629
FLOWS_OF_2020_21 = {"starters": 96, "leavers": 144, "adoptions": 11}


def in_care(forecast: Forecast, day: date) -> str:
    """The expected number in care on a day, with the range of 8 in 10 futures."""
    rows = forecast.forecast.query("measure == 'in_care' and sector == 'all' and age_band == 'all'")
    row = rows[pd.to_datetime(rows["date"]).dt.date == day].iloc[0]
    return f"{row['mean']:.0f} ({row['p10']:.0f} to {row['p90']:.0f})"


def of_first_year(forecast: Forecast) -> dict[str, float]:
    """Expected starters, leavers and adoptions in the twelve months to 31 March 2021."""
    rows = forecast.flows.query("age_band == 'all' and group == 'all'")
    days = pd.to_datetime(rows["date"]).dt.date
    year = rows[(days > date(2020, 3, 31)) & (days <= date(2021, 3, 31))]
    chosen = {
        "starters": (year["flow"] == "starters") & (year["reason"] == "all"),
        "leavers": (year["flow"] == "leavers") & (year["reason"] == "all"),
        "adoptions": (year["flow"] == "leavers") & (year["reason"] == "adoption"),
    }
    return {name: float(year.loc[which, "mean"].sum()) for name, which in chosen.items()}


def main() -> None:
    """Run the three scenarios with the same futures and print them side by side."""
    print(f"Children in care, expected (8 of 10 futures); {REPLICATIONS} futures, seed {SEED}")
    print(f"The council's Covid crisis scenario for 31 March 2021: {COUNCIL}")
    for name, label in NAMES.items():
        scenario = load_scenario(shipped_path("scenarios", f"{name}.yaml"))
        forecast = simulate(scenario, replications=REPLICATIONS, seed=SEED)
        print(f"\n{label}")
        for day, happened in OUTCOMES.items():
            print(f"  {day}: {in_care(forecast, day)}; happened: {happened}")
        for flow, expected in of_first_year(forecast).items():
            print(f"  {flow} in 2020/21: {expected:.0f}; happened: {FLOWS_OF_2020_21[flow]}")


if __name__ == "__main__":
    main()
