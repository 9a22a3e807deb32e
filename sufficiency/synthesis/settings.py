"""Where each placement is: its code, its provider, its registration and its postcode.

Postcodes are of the area ZZ and registrations begin SC9 or 99: neither exists.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sufficiency.domain import Sector
from sufficiency.synthesis.chances import (
    Floats,
    Ints,
    Words,
    chance_for,
    drawn_code,
    shipped_shares,
)
from sufficiency.synthesis.lives import Lives, age_years

YOUNGEST_IN_SUPPORTED = 16
LEAST_AGE = {"S1": 4, "R5": 10, "P3": 14, "P2": 16}
P2_LAST_DAY = int(np.datetime64(date(2023, 10, 28), "D").astype(np.int64))
"""Independent living ends for children in care; later rows may not have the code."""
FOSTERING = ("U1", "U2", "U3", "U4", "U5", "U6")
PLACED_FOR_ADOPTION = ("A3", "A4", "A5", "A6")
HOMES = ("K1", "K2", "R3", "S1")
"""Buildings with a registration of their own, in which many children live."""
NO_PROVIDER = ("T0", "T1", "T2", "T3", "T4", "Z1")
HOMES_OF_A_KIND = 40
AGENCIES_OF_A_KIND = 6
_LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
"""Letters that the second part of a postcode may have."""


def with_settings(lives: Lives, seed: int) -> pd.DataFrame:
    """The placements with ``place, provider, urn, pl_post, home_post`` and a number ``setting_no``.

    ``place`` is the code before 2025 (H5 for supported accommodation); `codes_of_year` turns it.
    """
    placements = lives.placements.copy()
    chance = chance_for(seed, "settings")
    uniforms = chance.random((len(placements), 2))
    child = placements["child"].to_numpy()
    people = lives.children.reindex(child)
    age = age_years(people["born"].to_numpy(), placements["began"].to_numpy())
    placements["age"] = age
    placements["place"] = _places(placements, age, uniforms[:, 0])
    placements["provider"] = _providers(placements, uniforms[:, 1])
    homes = pd.Series(postcodes(np.arange(len(lives.children)), 1), lives.children.index)
    homes[lives.children["uasc"]] = ""
    placements["home_post"] = homes.reindex(child).to_numpy()
    building = _building(placements, chance)
    placements["urn"] = _registrations(placements, building)
    own_address = postcodes(np.arange(len(placements)), 30)
    shared = postcodes(building, 60)
    post = np.where(placements["place"].isin(HOMES), shared, own_address)
    # A second parent in a row lives elsewhere.
    with_parent = placements["place"] == "P1"
    same_child = placements["child"] == placements["child"].shift()
    at_home = with_parent & (placements["home_post"] != "") & ~(same_child & with_parent.shift())
    placements["pl_post"] = np.where(at_home, placements["home_post"], post)
    return placements


def postcodes(numbers: Ints, first_district: int) -> Words:
    """(n,): a fake postcode for each number, all different up to 108,000 (27 districts).

    Districts run from ``first_district`` on, so that kinds of address do not share any.
    """
    rest, last = np.divmod(np.asarray(numbers, dtype=np.int64), len(_LETTERS))
    rest, first = np.divmod(rest, len(_LETTERS))
    district, sector = np.divmod(rest, 10)
    district = first_district + district % 27
    return np.array(
        [
            f"ZZ{area} {digit}{_LETTERS[one]}{_LETTERS[two]}"
            for area, digit, one, two in zip(district, sector, first, last, strict=True)
        ],
        dtype=object,
    )


def _places(placements: pd.DataFrame, age: Ints, uniforms: Floats) -> Words:
    weights = shipped_shares()["place_by_setting"]["shares"]
    ended = placements["ended"].to_numpy()
    place = np.full(len(placements), "", dtype=object)
    allowed = {code: age >= years for code, years in LEAST_AGE.items()}
    allowed["P2"] = allowed["P2"] & (ended <= P2_LAST_DAY)
    # From then on a Z1 of that age is taken for supported accommodation not yet registered.
    allowed["Z1"] = (age < YOUNGEST_IN_SUPPORTED - 1) | (ended <= P2_LAST_DAY)
    for setting in placements["setting"].unique():
        own = (placements["setting"] == setting).to_numpy()
        may = {code: flags[own] for code, flags in allowed.items()}
        place[own] = drawn_code(weights[setting], uniforms[own], may)
    return place


def _providers(placements: pd.DataFrame, uniforms: Floats) -> Words:
    weights = shipped_shares()["provider_by_place"]["shares"]
    provider = np.full(len(placements), "", dtype=object)
    by_sector = placements["setting"].isin(
        [Sector.INTERNAL_FOSTERING, Sector.IFA, Sector.CONNECTED_PERSONS]
    )
    key = placements["setting"].where(by_sector, placements["place"])
    for kind in key[~key.isin(NO_PROVIDER)].unique():
        own = (key == kind).to_numpy()
        provider[own] = drawn_code(weights[kind], uniforms[own])
    return provider


def _building(placements: pd.DataFrame, chance: np.random.Generator) -> Ints:
    """(n,): the home among those of its kind, another after each move of a child."""
    first = chance.integers(HOMES_OF_A_KIND, size=int(placements["child"].max()) + 1)
    order = placements.groupby("child").cumcount().to_numpy()
    number = (first[placements["child"]] + order) % HOMES_OF_A_KIND
    kind = pd.factorize(placements["place"] + placements["provider"], sort=True)[0]
    found: Ints = kind * HOMES_OF_A_KIND + number
    return found


def _registrations(placements: pd.DataFrame, building: Ints) -> Words:
    """(n,): registrations of buildings, and of the agencies of foster carers and adopters."""
    place, provider = placements["place"], placements["provider"]
    agency = pd.factorize(provider, sort=True)[0] * AGENCIES_OF_A_KIND
    # A council and its regional adoption agency are one agency each.
    several = ~provider.isin(["PR1", "PR2"]).to_numpy()
    agency = agency + np.where(several, placements["child"] % AGENCIES_OF_A_KIND, 0)
    found = np.full(len(placements), "", dtype=object)
    in_homes = place.isin([*HOMES, "H5"]).to_numpy()
    by_agency = place.isin([*FOSTERING, *PLACED_FOR_ADOPTION]).to_numpy()
    found[in_homes] = [f"SC9{number:05d}" for number in building[in_homes]]
    found[by_agency] = [f"99{number:05d}" for number in agency[by_agency]]
    return found
