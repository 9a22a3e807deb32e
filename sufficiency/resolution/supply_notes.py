"""What a reader should know of a scenario's places though it is no mistake: notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sufficiency.domain import SECTORS, Sector, report_dates
from sufficiency.resolution.pool import Pool, PoolSupply
from sufficiency.resolution.processes import value_of
from sufficiency.scenario.model import Scenario

Ints = NDArray[np.int64]

_SLACK = 0.02
"""So few children more than places are no reason for a note."""
_FAR_FROM_THE_USUAL = 2.0
"""Places a household at the start over those of a household approved later, or the inverse."""


def supply_notes(
    scenario: Scenario, found: Sequence[PoolSupply], by_sector: Ints, start: date
) -> list[str]:
    """Notes in a commissioner's words; ``by_sector`` (6,) are the children at the start."""
    pools = [item.pool for item in found]
    end = report_dates(start, scenario.months)[-1]
    return [
        *_fuller_than_full(pools, by_sector),
        *_where_nobody_says(scenario, pools),
        *_same_day_for_nobody(scenario, pools),
        *(note for item in found for note in _few_or_many_places_each(item)),
        *_dates_outside(found, start, end),
    ]


def places_of(sector: Sector, pools: Sequence[Pool]) -> int | None:
    """A sector's usable places at the start; None if they have no limit."""
    numbers = [pool.places_at_start for pool in pools if pool.sector is sector]
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _fuller_than_full(pools: Sequence[Pool], by_sector: Ints) -> Iterator[str]:
    for sector, children in zip(SECTORS, by_sector, strict=True):
        places = places_of(sector, pools)
        if places is not None and places < (1 - _SLACK) * children:
            yield (
                f"{children} children live in the sector {sector} at the start, and it has "
                f"{places} usable places: nobody new is placed there until enough have left. Give "
                f"the places that are used (sectors.{sector}) if that is not what you mean."
            )


def _where_nobody_says(scenario: Scenario, pools: Sequence[Pool]) -> Iterator[str]:
    local = scenario.allocation.policy == "local_first"
    if local and all(pool.in_area is None for pool in pools):
        yield (
            "The allocation policy is local_first, but no pool says whether it is in the area "
            "(in_area: true or false), so the policy has nothing to choose by."
        )


def _same_day_for_nobody(scenario: Scenario, pools: Sequence[Pool]) -> Iterator[str]:
    taking = [pool.name for pool in pools if pool.takes_emergencies]
    if taking and scenario.allocation.emergency is None:
        yield (
            f"{_list_of(taking)} may take children the same day, but the scenario does not say how "
            "many need that (allocation.emergency), so it changes nothing."
        )


def _few_or_many_places_each(item: PoolSupply) -> Iterator[str]:
    """Households at the start with many more, or fewer, places each than those approved later."""
    carers = item.written.carers
    if item.provider is not None or carers is None or carers.households_at_start is None:
        return
    households = carers.households_at_start.value
    usual = value_of(carers, "places_per_household") * value_of(carers, "usable_share")
    if households == 0 or usual == 0 or item.written.places is None:
        return
    each = item.usable_at_start / households
    if not 1 / _FAR_FROM_THE_USUAL <= each / usual <= _FAR_FROM_THE_USUAL:
        yield (
            f'The {households} households of "{item.pool.name}" at the start have '
            f"{item.usable_at_start} usable places, {each:.1f} each, but one that is approved "
            f"later brings {usual:.1f} (places_per_household x usable_share). Leave out places or "
            "households_at_start if that is not what you mean."
        )


def _dates_outside(found: Sequence[PoolSupply], start: date, end: date) -> Iterator[str]:
    """What is dated after the forecast ends, or was over when it begins."""
    dated = [(words, day) for item in found for words, day in _dates_of(item)]
    late = [f"{words} on {day.isoformat()}" for words, day in dated if day > end]
    if late:
        yield (
            f"The forecast ends on {end.isoformat()}, so these change nothing in it: "
            f"{'; '.join(late)}."
        )
    over = [item.pool.name for item in found for day in [_over_on(item)] if day and day <= start]
    if over:
        yield (
            f"{_list_of(over)} {'takes' if len(over) == 1 else 'take'} nobody from the start "
            f"({start.isoformat()}) or earlier on, so nobody lives there in this forecast: the "
            "children of the start are with others of the same kind."
        )


def _dates_of(item: PoolSupply) -> Iterator[tuple[str, date]]:
    """What happens to a pool's places, and on which day."""
    keys, provider, name = item.written, item.provider, f'"{item.pool.name}"'
    own = keys if provider is None else provider
    if keys.opens is not None:
        yield f"{name} opens", keys.opens
    if own.closes is not None:
        yield f"{name} closes", own.closes
    if provider is not None:
        if keys.closes is not None:
            yield f"{name} closes", keys.closes
        if provider.stops_taking is not None:
            yield f"{name} takes no more children", provider.stops_taking
        return
    for change in keys.schedule:
        yield f"{name} has {change.places} places", change.from_
    if keys.carers is not None:
        for rates in keys.carers.changes:
            yield f"carers of {name} come or go at another rate", rates.from_


def _over_on(item: PoolSupply) -> date | None:
    """From when a pool takes nobody."""
    keys, provider = item.written, item.provider
    days = [keys.closes]
    if provider is not None:
        days += [provider.closes, provider.stops_taking]
    return min((day for day in days if day is not None), default=None)


def _list_of(names: Sequence[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
