"""The places there are and how children are matched to them: the scenario's, or those used at the
start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import NEED_GROUPS, SECTORS, NeedGroup, Sector
from sufficiency.measures.money import CostPlan
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.matching import (
    allocation_origins,
    emergencies,
    settling_days,
    step_down,
    step_down_slots,
)
from sufficiency.resolution.policies import POLICIES, AllocationPolicy, Need, pools_in_order
from sufficiency.resolution.pool import Pool, PoolSupply
from sufficiency.resolution.pool_checks import check_ages
from sufficiency.resolution.pools import FIRST_AGE_IN_SUPPORTED_ACCOMMODATION, pools_of_scenario
from sufficiency.resolution.processes import process_origins, stays_on, supply_plan
from sufficiency.resolution.supply_notes import places_of, supply_notes
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.simulation.supply_paths import SupplyPlan
from sufficiency.simulation.world import Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEEP_PLACES = (
    "We assumed that you keep the places you use today: your own foster families go on taking as "
    "many children as they do at the start, family and friends carers come with the child, and "
    "agencies and homes sell as many places as are asked for."
)
GIVEN_PLACES = (
    "How many places there are is as the scenario gives it for {given}; elsewhere we assumed that "
    "you keep the places you use today and buy as many as are asked for."
)
ALL_PLACES_GIVEN = "How many places there are is as the scenario gives it."
_OVER_15_ONLY = (NeedGroup.SUPPORTED_16_PLUS,)


@dataclass(frozen=True)
class Supply:
    """Pools of places, who may use them, and what chance adds to them."""

    places: Places
    plan: SupplyPlan
    pools: tuple[Pool, ...]
    origins: tuple[Origin, ...]
    statement: str
    """A sentence for the first screen."""
    sector_places: list[dict[str, object]]
    """One row a sector (sector, places or "unlimited") for the manifest."""
    warnings: tuple[str, ...] = ()

    def located(self, shares: Mapping[str, Floats]) -> Supply:
        """The same places with how many of each pool are outside the area and over 20 miles away.

        ``shares`` are the sectors' (7,), which hold where a pool does not say where it is.
        """
        outside, over = shares_by_pool(self.pools, shares)
        return replace(
            self,
            places=replace(self.places, outside_area_share=outside, over_20_miles_share=over),
        )


def supply(
    scenario: Scenario,
    by_sector: Ints,
    start: date,
    policy: AllocationPolicy | None = None,
) -> Supply:
    """The pools of a scenario with their places over time, and the order in which they are used.

    Args:
        scenario: whose.
        by_sector: (6,) children at the start.
        start: the start date.
        policy: one of the user's own, in place of the one that the scenario names.

    Raises:
        ScenarioError: what `pools_of_scenario` refuses, or ages that leave a child nowhere to go.
        UserError: the user's policy gives no pool, or one that is none.
    """
    found = pools_of_scenario(scenario, [int(number) for number in by_sector], start)
    pools = tuple(item.pool for item in found)
    needs = needs_of(scenario)
    orders = _orders(policy or POLICIES[scenario.allocation.policy], needs, pools)
    check_ages(scenario, _from_ages(scenario), orders, found)
    given = [label for sector in SECTORS if (label := _given(found, sector))]
    return Supply(
        places=_places(scenario, found, needs, orders, start),
        plan=supply_plan(scenario, found, start, step_down_slots(scenario, start)),
        pools=pools,
        origins=(
            *(origin for item in found for origin in item.origins),
            *process_origins(found),
            *allocation_origins(scenario, None if policy is None else type(policy).__name__),
        ),
        statement=_statement(given),
        sector_places=[_sector_row(sector, pools) for sector in SECTORS],
        warnings=tuple(supply_notes(scenario, found, by_sector, start)),
    )


def needs_of(scenario: Scenario) -> tuple[Need, ...]:
    """Every need group by its code: the seven of the domain, then the planning groups."""
    plans = scenario.need_plans()
    base = [Need(str(need), *plans[need]) for need in NEED_GROUPS]
    own = []
    for group in scenario.planning_groups:
        order, suits = plans[group.of]
        order = group.order or order
        suitable = suits if group.suitable is None else frozenset(group.suitable)
        own.append(Need(group.name, order, suitable & frozenset(order)))
    return (*base, *own)


def _orders(
    policy: AllocationPolicy, needs: Sequence[Need], pools: Sequence[Pool]
) -> list[list[Pool]]:
    return [pools_in_order(policy, need, pools) for need in needs]


def _places(
    scenario: Scenario,
    found: Sequence[PoolSupply],
    needs: Sequence[Need],
    orders: Sequence[Sequence[Pool]],
    start: date,
) -> Places:
    pools = [item.pool for item in found]
    position = {pool.name: code for code, pool in enumerate(pools)}
    preference = np.full((len(needs), len(pools)), -1, dtype=np.int64)
    first = np.zeros((len(needs), len(SECTORS)), dtype=bool)
    suitable = np.zeros((len(needs), len(SECTORS)), dtype=bool)
    for row, (need, order) in enumerate(zip(needs, orders, strict=True)):
        preference[row, : len(order)] = [position[pool.name] for pool in order]
        first[row, SECTORS.index(need.order[0])] = True
        suitable[row, [SECTORS.index(sector) for sector in need.suitable]] = True
    changes = sorted(
        ((code, change) for code, item in enumerate(found) for change in item.changes),
        key=lambda pair: pair[1].time,
    )
    planned = [change for _, change in changes]
    share, mean_days = stays_on(found)
    return Places(
        pool_names=tuple(pool.name for pool in pools),
        pool_sector=np.array([SECTORS.index(pool.sector) for pool in pools]),
        usable_at_start=np.array([item.usable_at_start for item in found], dtype=np.int64),
        change_time=np.array([change.time for change in planned], dtype=np.float64),
        change_pool=np.array([code for code, _ in changes], dtype=np.int64),
        change_usable=np.array([change.usable for change in planned], dtype=np.int64),
        preference=preference,
        first_choice=first,
        suitable=suitable,
        need_names=tuple(need.name for need in needs),
        youngest_years=np.array([pool.youngest_years for pool in pools], dtype=np.int64),
        oldest_years=np.array([pool.oldest_years for pool in pools], dtype=np.int64),
        change_closes=np.array([change.closes for change in planned], dtype=np.int64),
        change_chance=np.full(len(planned), 0.5),
        change_why=np.array([change.why for change in planned], dtype=np.int64),
        stays_on_share=share,
        stays_on_days_mean=mean_days,
        settling_days=settling_days(scenario),
        siblings_together=scenario.allocation.siblings_together,
        step_down=step_down(scenario),
        emergencies=emergencies(scenario, pools),
    )


def _from_ages(scenario: Scenario) -> list[tuple[str, int]]:
    """The name of every need, and the youngest age that has it."""
    base = [*NEED_GROUPS, *(group.of for group in scenario.planning_groups)]
    return [
        (need.name, FIRST_AGE_IN_SUPPORTED_ACCOMMODATION if of in _OVER_15_ONLY else 0)
        for need, of in zip(needs_of(scenario), base, strict=True)
    ]


def _given(found: Sequence[PoolSupply], sector: Sector) -> str:
    """The sector's name if the scenario says how many places it has."""
    says = any(item.is_given for item in found if item.pool.sector is sector)
    return SETTING_LABELS[sector].lower() if says else ""


def _statement(given: Sequence[str]) -> str:
    if not given:
        return KEEP_PLACES
    if len(given) == len(SECTORS):
        return ALL_PLACES_GIVEN
    *others, last = given
    listed = f"{', '.join(others)} and {last}" if others else last
    return GIVEN_PLACES.format(given=listed)


def _sector_row(sector: Sector, pools: Sequence[Pool]) -> dict[str, object]:
    places = places_of(sector, pools)
    return {"sector": str(sector), "places": "unlimited" if places is None else places}


def shares_by_pool(
    pools: Sequence[Pool], by_sector: Mapping[str, Floats]
) -> tuple[Floats | None, Floats | None]:
    """(P + 1,) shares outside the boundary and over 20 miles by pool, unplaced last; None where no
    pool says where it is. ``by_sector`` holds the sectors' shares (7,), as `locality_shares`."""
    codes = [SECTORS.index(pool.sector) for pool in pools]
    outside = np.append(by_sector["outside_area_share"][codes], by_sector["outside_area_share"][-1])
    over = np.append(by_sector["over_20_miles_share"][codes], by_sector["over_20_miles_share"][-1])
    for position, pool in enumerate(pools):
        if pool.in_area is not None:
            outside[position] = 0.0 if pool.in_area else 1.0
        if pool.distance_band is not None:
            over[position] = 1.0 if pool.distance_band == "over_20_miles" else 0.0
    says_area = any(pool.in_area is not None for pool in pools)
    says_distance = any(pool.distance_band is not None for pool in pools)
    return (outside if says_area else None), (over if says_distance else None)


def priced_by_pool(costs: CostPlan, pools: Sequence[Pool]) -> CostPlan:
    """Prices by pool where they are known by sector: every pool of a sector costs the same."""
    if costs.pool_names == tuple(pool.name for pool in pools):
        return costs
    codes = [SECTORS.index(pool.sector) for pool in pools]
    rise = np.broadcast_to(np.array(costs.inflation_per_year, dtype=float), (len(SECTORS) + 1,))
    return replace(
        costs,
        pool_names=tuple(pool.name for pool in pools),
        pool_sector=tuple(codes),
        weekly_cost_gbp=tuple(costs.weekly_cost_gbp[code] for code in codes),
        inflation_per_year=(*(float(rise[code]) for code in codes), float(rise[-1])),
        price_age_years=tuple(costs.price_age_years[code] for code in (*codes, -1)),
    )
