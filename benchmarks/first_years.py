"""The first years of a forecast against what happened: sectors, starters, leavers.

``python benchmarks/first_years.py [--authorities 10] [--origins 2017,2020,2021] [--years 2]``
simulates authorities of all sizes as at past 31 Marches, without drift and with the fitted rates as
they are, so that what is seen is the centre of a forecast. Prints, summed over the authorities,
children by sector beside the published groups, and each flow over the published one.
"""

from __future__ import annotations

import argparse
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.backtest.published_source import PublishedParts
from sufficiency.backtest.reduction import yearly_days
from sufficiency.domain import SECTORS, SETTINGS
from sufficiency.errors import UserError
from sufficiency.history.authorities import Authority, all_authorities
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.options import scenario_for_authority
from sufficiency.simulation.record import BEGAN_ENTERED, ENDED_OPEN, ENDED_TURNED_18, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.worlds import draw_world

LATEST = 2023
SEED = 1
PUBLISHED = ("fostering", "secure_and_childrens_homes", "supported", "homes_and_semi_independent")
FLOWS = ("starters", "leavers", "turned_18")


def chosen(number: int, origin: int) -> list[Authority]:
    """Authorities evenly by number in care on a 31 March."""
    sizes = PublishedHistory.as_at(origin).local_authorities(origin)["in_care"].dropna()
    known = [area for area in all_authorities() if area.old_la_code in sizes.index]
    known.sort(key=lambda area: (float(sizes[area.old_la_code]), area.name))
    return [known[int(at)] for at in np.linspace(0, len(known) - 1, number).round()]


def counted(record: Record, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """(settings and flows, 1 + years): stocks on the start and each day, flows of each year."""
    spells = record.spells
    opened, ended = spells["from_time"], spells["ended"]
    closed = np.where(ended == ENDED_OPEN, np.inf, spells["to_time"])
    found = np.zeros((len(SETTINGS) + len(FLOWS), len(days) + 1))
    for place, day in enumerate([0, *days]):
        here = spells["sector"][(opened <= day) & (closed > day)]
        found[: len(SETTINGS), place] = np.bincount(here, minlength=len(SETTINGS))
    left = (ended >= 0) & (ended <= ENDED_TURNED_18)
    times = (
        opened[spells["began"] == BEGAN_ENTERED],
        spells["to_time"][left],
        spells["to_time"][ended == ENDED_TURNED_18],
    )
    for row, of_flow in enumerate(times, start=len(SETTINGS)):
        found[row, 1:] = np.histogram(of_flow, [0, *days])[0]
    return found


def one(area: Authority, origin: int, years: int, replications: int) -> pd.DataFrame:
    """Years 0 to ``years`` of one authority: simulated means beside what was published."""
    start = date(origin, 3, 31)
    asked = scenario_for_authority(area.name, months=12 * years)
    resolved = resolve_children(asked.model_copy(update={"start": start}))
    days = yearly_days(start, years)
    total = np.zeros((len(SETTINGS) + len(FLOWS), years + 1))
    for number in range(replications):
        world = draw_world(resolved.plan, SEED, number, parameter=False, drift=False)
        total += counted(simulate(world, SEED, number, engine="compiled"), days)
    names = [*(str(setting) for setting in SETTINGS), *FLOWS]
    table = pd.DataFrame(total.T / replications, columns=names)
    table["starters"] /= PublishedParts.of(
        resolved.fit, PublishedHistory.as_at(origin)
    ).starters_factor
    history, then = PublishedHistory.as_at(LATEST), range(origin, origin + years + 1)
    panel = history.panel(area).reindex(then)
    table["in_care"] = table[[str(setting) for setting in SETTINGS]].sum(axis=1)
    for name, cells in {
        "in_care": panel["in_care"],
        "starters": panel["started"],
        "leavers": panel["ceased"],
        "turned_18": history.leavers_by_age(area).number["18_plus"].reindex(then),
        **{name: history.stock_by_placement(area).number.get(name) for name in PUBLISHED},
    }.items():
        if cells is not None:
            table[f"published {name}"] = np.asarray(cells.reindex(then), dtype=np.float64)
    return table.assign(origin=origin, year=range(years + 1))


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authorities", type=int, default=10)
    parser.add_argument("--origins", default="2017,2020,2021")
    parser.add_argument("--years", type=int, default=2)
    parser.add_argument("--replications", type=int, default=8)
    options = parser.parse_args()
    tables = []
    for origin in map(int, options.origins.split(",")):
        for area in chosen(options.authorities, origin):
            try:
                tables.append(one(area, origin, options.years, options.replications))
            except UserError as error:
                print(f"{area.name} {origin}: {error}")
    every = pd.concat(tables, ignore_index=True).groupby(["origin", "year"]).sum(min_count=1)
    shown = ["in_care", "published in_care", *(str(sector) for sector in SECTORS)]
    with pd.option_context("display.width", 200, "display.max_columns", None):
        print(every[[*shown, *(f"published {name}" for name in PUBLISHED)]].round().to_string())
        ratios = pd.DataFrame({flow: every[flow] / every[f"published {flow}"] for flow in FLOWS})
        print(ratios[ratios["leavers"] > 0].round(3).to_string())


if __name__ == "__main__":
    main()
