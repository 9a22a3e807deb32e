"""Fit how a council's unit costs wander from year to year, once for each cut year.

    python calibration/fit_price_drift.py

reads ``unit_costs.csv`` and ``panel.csv`` of ``reference/``, takes no arguments, writes
``price_drift.csv`` in a second or two and prints it beside the spread of the changes themselves.
``README.md`` says what the columns mean.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
SERVICES = ("fostering", "residential")
ENGLAND = "970"
FIRST_CUT, LAST_CUT = 2017, 2023
SIZES = 4
"""Groups of councils by number in care, of one size each."""
OUTER = 0.1
"""The spread is read off the ends of the middle four fifths, the range that forecasts quote: a
tenth of all changes are slips of a return (a council's costs halve and double again)."""
SDS_BETWEEN = 2.5631
"""Standard deviations between those ends, of a normal distribution."""
ROUNDED_TO_GBP = 5
SIMULATED_SHARE = {"fostering": 0.02, "residential": 0.2}
"""How much of the variance by size a simulation makes itself, by who is placed at which price
(``benchmarks/price_drift.py`` measures it): left out, so that nothing is counted twice."""
LEAST_PHI, MOST_PHI = 0.3, 0.95


def unit_costs(service: str) -> pd.DataFrame:
    """Log GBP a week by authority and year ending 31 March; NaN if not published or 0."""
    table = pd.read_csv(HERE / "reference" / "unit_costs.csv", dtype={"old_la_code": str})
    table = table[table["old_la_code"] != ENGLAND]
    years = table["financial_year"].str[:4].astype(int) + 1
    column = f"{service}_weekly_cost_gbp"
    wide = table.assign(year=years).pivot(index="old_la_code", columns="year", values=column)
    found: pd.DataFrame = np.log(wide.where(wide > 0))
    return found


def children_in_care() -> pd.DataFrame:
    """Children in care on 31 March by authority and year."""
    table = pd.read_csv(HERE / "reference" / "panel.csv", dtype={"old_la_code": str})
    table = table[table["old_la_code"].notna() & (table["level"] != "National")]
    return table.pivot_table(index="old_la_code", columns="year", values="cla_31_march")


def changes(logs: pd.DataFrame, children: pd.DataFrame, cut_year: int) -> pd.DataFrame:
    """Every change over one year or more up to the cut: columns years, children, change, rounding.

    ``change`` is of the log; ``rounding`` is the variance that rounding both ends gives it.
    """
    years = [year for year in logs.columns if year <= cut_year]
    parts = []
    for after in range(1, len(years)):
        for first, last in zip(years, years[after:], strict=False):
            both = pd.DataFrame({"from": logs[first], "to": logs[last]})
            both["children"] = children[first].reindex(both.index)
            both = both[(both["children"] > 0)].dropna()
            noise = ROUNDED_TO_GBP**2 / 12 * (np.exp(-2 * both["from"]) + np.exp(-2 * both["to"]))
            parts.append(
                pd.DataFrame(
                    {
                        "years": after,
                        "children": both["children"],
                        "change": both["to"] - both["from"],
                        "rounding": noise,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def spreads(every: pd.DataFrame) -> pd.DataFrame:
    """The variance of changes by years and size of council: years, per_child, variance, n."""
    rows = []
    for years, of_years in every.groupby("years"):
        size = pd.qcut(of_years["children"], SIZES, labels=False, duplicates="drop")
        for _, part in of_years.groupby(size):
            low, high = part["change"].quantile([OUTER, 1 - OUTER])
            variance = ((high - low) / SDS_BETWEEN) ** 2 - part["rounding"].median()
            rows.append((years, (1 / part["children"]).median(), variance, len(part)))
    return pd.DataFrame(rows, columns=["years", "per_child", "variance", "n"])


def common_variance(logs: pd.DataFrame, cut_year: int) -> float:
    """Variance over the years of what the median council's log changed by: common to all."""
    medians = logs.loc[:, :cut_year].diff(axis=1).median().dropna()
    return float(medians.var()) if len(medians) > 1 else 0.0


def fit(spread: pd.DataFrame, common: float) -> tuple[float, float, float]:
    """Variance of a year's change in a very large council, times children, and phi.

    Least squares on logs, weighted by the number of changes that share no year: (a + b / children)
    (1 - phi^years) / (1 - phi). What is common to all is the least that ``a`` can be. With changes
    over one year alone nothing tells phi, and the widest is taken.
    """
    years = spread["years"].to_numpy(float)
    per_child, log_variance = spread["per_child"].to_numpy(), np.log(spread["variance"])
    weight = np.sqrt(spread["n"].to_numpy(float) / spread["years"])
    one_year = bool((years == 1).all())

    def missed(parameters: Floats) -> Floats:
        large, per, phi = parameters
        phi = MOST_PHI if one_year else phi
        growth = (1 - phi**years) / (1 - phi)
        found: Floats = weight * (np.log((large + per * per_child) * growth) - log_variance)
        return found

    bounds = ([common, 0.0, LEAST_PHI], [1.0, 100.0, MOST_PHI])
    best = optimize.least_squares(
        missed, x0=[common + 0.003, 4.0, 0.8], bounds=bounds, x_scale=[0.01, 5, 1]
    )
    large, per, phi = best.x
    return float(large), float(per), MOST_PHI if one_year else float(phi)


def main() -> None:
    """Write and print the table."""
    children = children_in_care()
    logs = {service: unit_costs(service) for service in SERVICES}
    rows = []
    for cut_year in range(FIRST_CUT, LAST_CUT + 1):
        for service in SERVICES:
            every = changes(logs[service], children, cut_year)
            large, published, phi = fit(spreads(every), common_variance(logs[service], cut_year))
            per = published * (1 - SIMULATED_SHARE[service])
            rows.append(
                (cut_year, service, round(large, 5), round(per, 3), round(phi, 4), len(every))
            )
    columns = ["cut_year", "service", "variance_large", "variance_times_children", "phi"]
    table = pd.DataFrame(rows, columns=[*columns, "n_changes"])
    table.to_csv(HERE / "price_drift.csv", index=False, lineterminator="\n")
    print(table.to_string(index=False))
    for service in SERVICES:
        print(service, spreads(changes(logs[service], children, LAST_CUT)).round(4), sep="\n")
    shocks = [logs[service].diff(axis=1) for service in SERVICES]
    both = pd.concat([(each - each.median()).stack() for each in shocks], axis=1).dropna()
    print("rank correlation of the two:", round(both.corr("spearman").iloc[0, 1], 3))


if __name__ == "__main__":
    main()
