"""What the model makes of Wolverhampton's own supply, against what the council printed.

    python benchmarks/wolverhampton_supply.py [replications]

1. From 31 August 2019 (177 children with the council's own carers, 188 with agencies) to 31 July
   2020 (215 and 150), given the carers who were approved and those who gave up.
2. Of the 772 children in care on 1 April 2015: how many had left by 20 June 2016 (213), and how
   many were then in a cheaper (234) or a dearer (84) placement.

Figures: Sufficiency Strategy 2021-2024; Scrutiny Panel, 5 October 2016 and 13 January 2021;
self-evaluation 2020-21; Ofsted, Fostering in England 2018-19.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import SECTORS, Sector, day_number
from sufficiency.history.published import PublishedHistory
from sufficiency.resolution.resolve import ResolvedChildren, resolve_children
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.record import ENDED_OPEN, Record
from sufficiency.simulation.simulate import simulate
from sufficiency.simulation.worlds import draw_worlds

Floats = NDArray[np.float64]

SEED = 1
REPLICATIONS = 400
FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS)
PRINTED_2020 = {"internal_fostering": 215, "ifa": 150, "connected_persons": 86}

CARERS_2019 = {
    # 165 mainstream households on 31 March 2019 (Ofsted, 230 less 65), and five months of the net
    # gain of 27 in 2019/20, 44% of whom were mainstream.
    "households_at_start": 170,
    "places_per_household": 1.63,
    "approvals_per_month": 27 / 12,
    "days_to_approve": 0,
    # 59 approved and a net gain of 27 households: 32 gave up, of about 245.
    "deregistrations_per_household_year": 32 / 245,
    "changes": [
        # 14 mainstream approved in 2020/21, and 31 - 23 = 8 of about 265 gave up.
        {
            "from": "2020-04-01",
            "approvals_per_month": 14 / 12,
            "deregistrations_per_household_year": 8 / 265,
        }
    ],
}


def scenario(name: str, **given: Any) -> Scenario:
    """Wolverhampton, with what is given."""
    return Scenario.model_validate({"name": name, "authority": "Wolverhampton", **given})


def from_2019(overflow_ifa: float | None = None, **supply: Any) -> Scenario:
    """Wolverhampton from 31 August 2019.

    In care: 611 on 30 June 2019 and 588 on 31 March 2020 are printed; 606 lies between.
    """
    fostered = {"internal_fostering": 177, "ifa": 188, "connected_persons": 82}
    return scenario(
        "2019",
        start="2019-08-31",
        months=11,
        calibration={"history_to": "2019-03-31"},
        population={
            "in_care": 606,
            "sectors": fostered,
            **({} if overflow_ifa is None else {"overflow_share": {"ifa": overflow_ifa}}),
        },
        **supply,
    )


def records(found: ResolvedChildren, replications: int) -> list[Record]:
    """What happened in each replication."""
    numbers = range(replications)
    worlds = draw_worlds(found.plan, SEED, numbers, parameter=True, drift=True)
    return [
        simulate(world, SEED, number, engine="compiled")
        for number, world in zip(numbers, worlds, strict=True)
    ]


def stock_on(record: Record, day: float) -> Floats:
    """(7,): children by setting at a midnight."""
    spells = record.spells
    there = (spells["from_time"] <= day) & (
        (spells["to_time"] > day) | (spells["ended"] == ENDED_OPEN)
    )
    return np.bincount(spells["sector"][there], minlength=len(SECTORS) + 1).astype(float)


def line(name: str, printed: float, found: Floats) -> str:
    """A figure beside what was printed, with the miss in children and in standard deviations."""
    mean, sd = found.mean(), found.std(ddof=1)
    low, high = np.quantile(found, [0.1, 0.9])
    z = (printed - mean) / sd if sd > 0 else float("nan")
    return (
        f"  {name:34s} printed {printed:4.0f}  model {mean:6.1f} (8 in 10: {low:.0f} to {high:.0f})"
        f"  miss {mean - printed:+6.1f} ({z:+.1f} sd)"
    )


def fostering_in_2019(replications: int) -> None:
    """The shift from agencies to the council's own carers."""
    print("From 31 August 2019 to 31 July 2020, children by kind of fostering")
    end = day_number(date(2019, 8, 31), date(2020, 7, 31))
    settled = {"allocation": {"settling_days": 28}}
    to_215 = {"sectors": {"internal_fostering": {"places": 177, "schedule": steps_to_215()}}}
    supplies: dict[str, dict[str, Any]] = {
        "no change of places": {},
        "the carers that came, 73% of places usable": own_carers(0.73),
        "the same, and children move back to own carers": {**own_carers(0.73), **settled},
        "the carers that came, 85% of places usable": own_carers(0.85),
        "the same, and children move back to own carers when settled": {
            **own_carers(0.85),
            **settled,
        },
        "73% usable, no moves back, 45% of agency children would suit own carers": {
            **own_carers(0.73),
            "overflow_ifa": 0.45,
        },
        "177 to 215 places, month by month": to_215,
        "the same 215, and children move back to own carers": {**to_215, **settled},
    }
    for name, supply in supplies.items():
        base = from_2019(**supply)
        stocks = np.array(
            [stock_on(record, end) for record in records(resolve_children(base), replications)]
        )
        print(f" {name}")
        for sector in FOSTERING:
            print(line(str(sector), PRINTED_2020[str(sector)], stocks[:, SECTORS.index(sector)]))


def own_carers(usable_share: float) -> dict[str, Any]:
    """The carers who came and went, with the places that can be used at the start used."""
    return {
        "sectors": {
            "internal_fostering": {
                "places": round(170 * 1.63 * usable_share),
                "carers": {**CARERS_2019, "usable_share": usable_share},
            }
        }
    }


def steps_to_215() -> list[dict[str, Any]]:
    """From 177 to 215 places in eleven equal steps."""
    months = [(2019, 9 + m) if m < 4 else (2020, m - 3) for m in range(11)]
    return [
        {"from": f"{year}-{month:02d}-01", "places": round(177 + 38 * (step + 1) / 11)}
        for step, (year, month) in enumerate(months)
    ]


def cohort_of_2015(replications: int) -> None:
    """Where the children of 1 April 2015 were on 20 June 2016."""
    print("The 772 children in care on 1 April 2015, on 20 June 2016")
    base = scenario(
        "2015",
        start="2015-03-31",
        months=15,
        calibration={"history_to": "2015-03-31"},
        population={"in_care": 772},
    )
    day = day_number(date(2015, 3, 31), date(2016, 6, 20))
    price = prices_by_setting()
    rows = np.array(
        [where_now(record, day, price) for record in records(resolve_children(base), replications)]
    )
    for name, printed, column in (
        ("left care", 213, 0),
        ("in a cheaper placement", 234, 1),
        ("in a dearer placement", 84, 2),
        ("at the same cost", 241, 3),
    ):
        print(line(name, printed, rows[:, column]))
    print(
        "  The model knows prices by sector here, so a move within a sector is at the same cost;\n"
        "  the council compared each child's own price."
    )
    moved = rows[:, 4]
    print(
        f"  Of those still in care {moved.mean():.0f} are in another placement than at the start: "
        f"if every such\n  move within a sector were cheaper or dearer with equal chance, "
        f"{(rows[:, 1] + rows[:, 5] / 2).mean():.0f} would be cheaper and "
        f"{(rows[:, 2] + rows[:, 5] / 2).mean():.0f} dearer."
    )


def prices_by_setting() -> Floats:
    """(7,): prices as multiples of own fostering's, unplaced as residential; others cost least."""
    history = PublishedHistory.as_at(2023)
    index = history.england_unit_cost_index().dropna().iloc[0]
    fostering, residential = (float(index[name]) for name in ("fostering", "residential"))
    own = fostering / 1.2
    homes = residential
    price = {
        Sector.INTERNAL_FOSTERING: own,
        Sector.IFA: own * assumed("ifa_to_internal_ratio").number,
        Sector.CONNECTED_PERSONS: own * assumed("connected_to_internal_ratio").number,
        Sector.RESIDENTIAL: homes,
        Sector.SUPPORTED_ACCOMMODATION: assumed("supported_accommodation_weekly_cost_gbp").number,
        Sector.OTHER: 0.0,
    }
    return np.array([*(price[sector] for sector in SECTORS), homes])


def where_now(record: Record, day: float, price: Floats) -> list[float]:
    """Left, cheaper, dearer, same; moved; moved within the sector, of the children of the start."""
    spells = record.spells
    cohort = np.flatnonzero(spells["from_time"] == 0)
    first = {
        int(child): int(sector)
        for child, sector in zip(spells["child"][cohort], spells["sector"][cohort], strict=True)
    }
    there = (spells["from_time"] <= day) & (
        (spells["to_time"] > day) | (spells["ended"] == ENDED_OPEN)
    )
    now = {
        int(spell["child"]): (int(spell["sector"]), float(spell["from_time"]))
        for spell in spells[there]
    }
    counted = np.zeros(6)
    for child, before in first.items():
        if child not in now:
            counted[0] += 1
            continue
        sector, since = now[child]
        change = price[sector] - price[before]
        counted[1 if change < 0 else 2 if change > 0 else 3] += 1
        counted[4] += since > 0
        counted[5] += since > 0 and sector == before
    return list(counted)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATIONS
    fostering_in_2019(number)
    cohort_of_2015(number)
