"""What is wrong with a scenario's pools that no key shows on its own, in a commissioner's words."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sufficiency.domain import ADULT_YEARS, Sector
from sufficiency.errors import ScenarioError
from sufficiency.resolution.pool import Pool, PoolSupply, number_of_places
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.supply import PoolKeys
from sufficiency.simulation.world import UNLIMITED

_WITH_CARERS = (Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.SUPPORTED_ACCOMMODATION)
"""The last for supported lodgings."""
_NOT_OF_CARERS = (
    "places here are not those of carers who are approved one by one. Give places, and a schedule "
    "of later numbers, in their stead"
)
_NO_CARERS = {
    Sector.CONNECTED_PERSONS: "family and friends carers come with the child, so their approvals "
    "bring no place for another. Take carers out here; where approvals of both kinds are counted "
    "together, give sectors.internal_fostering.carers.connected_share"
}


def refused(scenario: Scenario, key: str, message: str) -> ScenarioError:
    """The error of a key that a file gives, with its file and line."""
    shown = "".join(
        f"[{int(step) + 1}]" if step.isdigit() else f".{step}" for step in key.split(".")
    ).removeprefix(".")
    parts = key.split(".")
    while parts and ".".join(parts) not in scenario.given:
        parts.pop()
    file, line = scenario.given.get(".".join(parts), ("", 0))
    where = f"{file}, line {line}, {shown}" if file and line else shown
    return ScenarioError(f"{where}: {message}{'' if message.endswith(('.', '?')) else '.'}")


def check_closes(scenario: Scenario, supply: PoolSupply, gross: int) -> None:
    """Refuse to close what has no places, or no limit: a home that is not there."""
    numbers = [gross, *(number_of_places(change.places) for change in supply.written.schedule)]
    if UNLIMITED not in numbers and any(number > 0 for number in numbers):
        return
    found = "places without limit" if UNLIMITED in numbers else "no places"
    raise refused(
        scenario,
        f"{supply.key}.closes",
        f'"{supply.pool.name}" has {found}, so there is nothing to close.'
        + meant(scenario, supply.pool.sector, supply.pool.name),
    )


def meant(scenario: Scenario, sector: Sector, name: str) -> str:
    """The pools of a sector that a misspelt name may have meant."""
    others = [pool.name for pool in scenario.sectors[sector].pools if pool.name != name]
    near = get_close_matches(name, others, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" The other pools here are: {', '.join(others)}." if others else ""


def check_carers(
    scenario: Scenario, sector: Sector, listed: Sequence[tuple[str, str, PoolKeys]]
) -> None:
    """Carers are of families, and stand in for a sector's published rate of carers who give up:
    for all of its pools or none."""
    without = [name for name, _, keys in listed if keys.carers is None]
    having = [key for _, key, keys in listed if keys.carers is not None]
    if having and sector not in _WITH_CARERS:
        raise refused(scenario, f"{having[0]}.carers", _NO_CARERS.get(sector, _NOT_OF_CARERS))
    if having and without:
        raise refused(
            scenario,
            f"{having[0]}.carers",
            f'carers who come and go are given here but not for "{without[0]}" of the same sector, '
            "whose carers would go on giving up at the published rate of all the sector. Give "
            "carers for every pool of the sector, or for none",
        )


def check_held(scenario: Scenario, key: str, name: str, held: int, places: int) -> None:
    """Refuse more places held by others at the start than there are."""
    if held > places:
        raise refused(
            scenario,
            f"{key}.held_by_others.at_start",
            f'others hold {held} places of "{name}" at the start, which has {places}. Places held '
            "by others are counted among the places: give at least as many",
        )


def check_households(scenario: Scenario, key: str, keys: PoolKeys, places: int) -> None:
    """Refuse places without a household that could have them."""
    carers = keys.carers
    if carers is None or carers.households_at_start is None:
        return
    if carers.households_at_start.value == 0 and places > 0:
        raise refused(
            scenario,
            f"{key}.carers.households_at_start",
            f"found 0 households, which cannot have the {places} places at the start. Give the "
            "number of households, or leave it out",
        )


def check_names(scenario: Scenario, found: Sequence[PoolSupply]) -> None:
    """Refuse two pools of one name."""
    names = [supply.pool.name for supply in found]
    for position, supply in enumerate(found):
        if supply.pool.name in names[:position]:
            raise refused(
                scenario,
                f"{supply.key}.name",
                f'"{supply.pool.name}" is also the name of another pool. Choose another',
            )


def check_some_place(scenario: Scenario, found: Sequence[PoolSupply]) -> None:
    """Refuse a scenario in which no child is ever placed."""
    for supply in found:
        numbers = [supply.usable_at_start, *(change.usable for change in supply.changes)]
        if supply.written.carers is not None or any(number != 0 for number in numbers):
            return
    raise refused(
        scenario,
        "sectors",
        "no sector has any place from the start to the end, so no child could be placed. "
        'Give at least one of them places, or leave its places out ("unlimited")',
    )


def check_ages(
    scenario: Scenario,
    needs: Sequence[tuple[str, int]],
    orders: Sequence[Sequence[Pool]],
    found: Sequence[PoolSupply],
) -> None:
    """Refuse ages of pools that leave a child nowhere to go, whatever places are free.

    ``needs`` are each need's name and the youngest age that has it, ``orders`` its pools.
    """
    for (name, from_age), order in zip(needs, orders, strict=True):
        nowhere = [
            age
            for age in range(from_age, ADULT_YEARS)
            if not any(pool.takes(age) for pool in order)
        ]
        if nowhere:
            names = ", ".join(f"{pool.name} (ages {_ages(pool)})" for pool in order)
            raise refused(
                scenario,
                _key_of_ages(scenario, order, found),
                f"a child aged {_span(nowhere)} whose need is {name} has nowhere to go: the pools "
                f"for that need are {names}. Widen the ages that one of them takes (youngest_age, "
                "oldest_age), or add a pool that takes them",
            )


def _key_of_ages(scenario: Scenario, order: Sequence[Pool], found: Sequence[PoolSupply]) -> str:
    """The first key of ages that the file gives for one of the pools, else that of all sectors."""
    for item in found:
        # A provider's ages are those of its pool.
        key = item.key.partition(".providers")[0]
        for name in ("youngest_age", "oldest_age"):
            if item.pool in order and f"{key}.{name}" in scenario.given:
                return f"{key}.{name}"
    return "sectors"


def _ages(pool: Pool) -> str:
    return f"{pool.youngest_years} to {pool.oldest_years - 1}"


def _span(ages: Sequence[int]) -> str:
    return f"{ages[0]}" if len(ages) == 1 else f"{ages[0]} to {ages[-1]}"
