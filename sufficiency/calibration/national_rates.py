"""England's rates by sector and age, which an authority's own are compared with.

Exits before 18 differ by sector, moves by sector, age and time in the placement, and first
placements by age. None is published for an authority; each comes from the national tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sufficiency.calibration.assumptions import assumed
from sufficiency.calibration.fitting import fit_table
from sufficiency.calibration.move_levels import shipped_move_levels
from sufficiency.calibration.moves import (
    PlacementEnds,
    end_hazards,
    mean_end_rate,
    move_hazards,
    real_move_share,
)
from sufficiency.calibration.national import NationalHazards
from sufficiency.calibration.sectors import national_by_sector
from sufficiency.domain import AGE_GROUPS, DAYS_PER_YEAR, SECTORS, Sector
from sufficiency.history.counts import as_number
from sufficiency.history.national import NationalShapes
from sufficiency.history.published import PublishedHistory

Floats = NDArray[np.float64]

_FOSTERING, _HOMES, _SUPPORTED = "fostering", "secure_and_childrens_homes", "supported"
_OTHERS = ["with_parents", "other", "other_residential"]
_ADOPTION = "placed_for_adoption"
KINDS_OF_SECTOR: tuple[tuple[str, ...], ...] = (
    (_FOSTERING,),
    (_FOSTERING,),
    (_FOSTERING,),
    (_HOMES,),
    (_SUPPORTED,),
    tuple(_OTHERS),
)
"""The published kinds of placement whose durations and moves stand for each sector."""
UNPLANNED = [
    "carer_request_behaviour",
    "carer_request_other",
    "child_request",
    "allegation",
    "standards_of_care",
    "authority_request",
]
CARER_ENDS = ["approval_removed", "resignation_or_closure"]
_SECTOR = {sector: code for code, sector in enumerate(SECTORS)}
_OLDEST, _UASC = 4, 5


@dataclass(frozen=True)
class NationalRates:
    """England, an average of the years whose tables are held. A age groups, S sectors."""

    stock: Floats
    """(A, S): children in care by age group and sector (ages crossed by proportional fitting)."""
    exit_factor: Floats
    """(S,): exits before 18, adoption apart, against those expected at the sector's ages."""
    turned_18_factor: Floats
    """(S,): 18th birthdays per child of 16 and over, against the average sector."""
    move_per_year: Floats
    """(S, 8): hazard of a real move by time in the placement, averaged over ages."""
    first_year_move_per_year: Floats
    """(S,): hazard of a real move on top of it in the first year of care."""
    age_move_level: Floats
    """(A,): factor on these hazards by age."""
    in_first_year: Floats
    """(8,): share of children with so long in their placement in the first year of care."""
    mean_moves_per_year: Floats
    """(S,): real moves per child in care, as published."""
    age_move_factor: Floats
    """(A,): moves by age against those expected at the sectors' rates per child, as published:
    children under one have many, for all of theirs are new placements."""
    reason_share: Floats
    """(S, 3): share of planned moves, unplanned endings and carer ends."""
    adoptive_end_per_day: Floats
    """(8,): hazard of the end of an adoptive placement."""
    first_placement: Floats
    """(A, 5): first placements by age: connected, fostering, residential, supported, other."""
    rest_split: Floats
    """(3,): returned home, family arrangement and other reason, adoption and special
    guardianship apart."""


def national_rates(hazards: NationalHazards) -> NationalRates:
    """Derive the rates from the tables that ship, given England's exit hazards."""
    history = PublishedHistory.as_at(2023)
    shapes = history.national
    matched = assumed("placed_for_adoption_by_age").table(list(AGE_GROUPS[:5]))[:, 0] * as_number(
        shapes.placement_duration_averages().loc[_ADOPTION, "placements"]
    )
    stock = _stock(history)
    ends_of_kind = {kinds: _ends(shapes, kinds) for kinds in KINDS_OF_SECTOR}
    ends = [ends_of_kind[kinds] for kinds in KINDS_OF_SECTOR]
    share = _share(shapes)
    move = np.array([move_hazards(each, share) for each in ends])
    exits, turned = _sector_factors(shapes, stock)
    means = np.array([each.real_moves / each.stock for each in ends])
    by_age = _age_move_factor(shapes, stock, means, matched)
    levels = shipped_move_levels()
    return NationalRates(
        stock=stock,
        exit_factor=exits,
        turned_18_factor=turned,
        move_per_year=move * levels.duration * levels.sector[:, None],
        first_year_move_per_year=means * levels.sector * levels.first_year,
        age_move_level=by_age * levels.age,
        in_first_year=levels.in_first_year,
        mean_moves_per_year=means,
        age_move_factor=by_age,
        reason_share=np.array([_reason_share(shapes, kinds) for kinds in KINDS_OF_SECTOR]),
        adoptive_end_per_day=_adoptive_ends(shapes, hazards),
        first_placement=_first_placement(history),
        rest_split=_rest_split(shapes),
    )


def _stock(history: PublishedHistory) -> Floats:
    """(A, S): England's stock, ages by sector from the assumed seed and the published totals."""
    shapes = history.national
    by_sector = national_by_sector(shapes.stock_by_placement(), shapes)
    ages = shapes.shape("stock_by_age")["number"]
    uasc = shapes.uasc_by_age()
    rows = np.array(
        [
            *(float(ages[band]) for band in ("under_1", "1_4", "5_9")),
            float(ages["10_15"]) - float(uasc["under_16"]),
            float(ages["16_and_over"]) - float(uasc["16_and_over"]),
            float(uasc["total"]),
        ]
    )
    seed = assumed("age_by_sector_seed").table([str(row) for row in AGE_GROUPS])
    return fit_table(seed, rows, by_sector)


def _sector_factors(shapes: NationalShapes, stock: Floats) -> tuple[Floats, Floats]:
    """(S,) factors on exits before 18 and on 18th birthdays, from leavers by last placement.

    18th birthdays are not published by placement. Supported accommodation (16 and 17 only) is
    taken to have the average exits before 18 of its age, so its other leavers turned 18; the
    remaining birthdays are spread as the children of 16 and over in the other sectors.
    """
    last = national_by_sector(shapes.leavers_by_last_placement(), shapes)
    ages = shapes.leavers_by_age()
    before_18 = np.array(
        [
            *(float(ages[band]) for band in ("under_1", "1_4", "5_9", "10_15")),
            float(ages["16"] + ages["17"]),
        ]
    )
    adopted = shapes.adoptions().set_index(["dimension", "cell"])["number"]
    cells = ("under_1", "1_4", "5_9", "10_15", "16_and_over")
    before_18 -= np.array([float(adopted["age", cell]) for cell in cells])
    supported, other = _SECTOR[Sector.SUPPORTED_ACCOMMODATION], _SECTOR[Sector.OTHER]
    last[other] -= float(shapes.leavers_by_last_placement()["placed_for_adoption"])
    by_band = stock[:5].copy()
    by_band[_OLDEST] += stock[_UASC]
    rate = before_18 / by_band.sum(axis=1)
    expected = rate @ by_band
    oldest = by_band[_OLDEST]
    turned_18 = float(ages["on_18th_birthday"] + ages["after_18th_birthday"])
    birthdays = np.zeros(len(SECTORS))
    birthdays[supported] = last[supported] - expected[supported]
    elsewhere = np.delete(np.arange(len(SECTORS)), supported)
    birthdays[elsewhere] = (
        (turned_18 - birthdays[supported]) * oldest[elsewhere] / oldest[elsewhere].sum()
    )
    exits = np.maximum(last - birthdays, 0.02 * expected) / expected
    return exits, (birthdays / oldest) / (turned_18 / oldest.sum())


def _ends(shapes: NationalShapes, kinds: tuple[str, ...]) -> PlacementEnds:
    durations = shapes.placements_ended()
    averages = shapes.placement_duration_averages()
    moves = shapes.moves_by_placement_type()
    names = list(kinds)
    ended = durations.loc[names].sum().to_numpy()
    weights = durations.loc[names].sum(axis=1)
    return PlacementEnds(
        ended_by_duration=np.maximum(ended, 0.5),
        mean_days=float((averages.loc[names, "mean_days"] * weights).sum() / weights.sum()),
        real_moves=float((moves.loc[names, "total"] - moves.loc[names, "status_only"]).sum()),
        stock=_stock_of(shapes, names),
    )


def _stock_of(shapes: NationalShapes, kinds: list[str]) -> float:
    stock = shapes.stock_by_placement()
    parts = {_FOSTERING: ["fostering_relative_or_friend", "fostering_other_carer"]}
    return float(sum(float(stock[part]) for kind in kinds for part in parts.get(kind, [kind])))


def _share(shapes: NationalShapes) -> Floats:
    ended = shapes.placements_ended().loc["total"].to_numpy()
    moves = shapes.moves_by_duration()
    return real_move_share(ended, (moves["total"] - moves["status_only"]).to_numpy())


def _age_move_factor(
    shapes: NationalShapes, stock: Floats, mean_moves: Floats, matched: Floats
) -> Floats:
    """(A,): real moves by age, moves to adopters left out, against the sectors' rates."""
    by_age = shapes.moves_by_age()
    cells = ["under_1", "1_4", "5_9", "10_15", "16_and_over"]
    real = (by_age["total"] - by_age["status_only"]).loc[cells].to_numpy(dtype=float)
    detail = shapes.shape("stock_by_placement_detail")["number"]
    new = float(
        detail["placed_for_adoption_consent_new_carer"]
        + detail["placed_for_adoption_order_new_carer"]
    )
    same = float(
        detail["placed_for_adoption_consent_current_carer"]
        + detail["placed_for_adoption_order_current_carer"]
    )
    real = real - matched * new / (new + same)
    by_band = stock[:5].copy()
    by_band[_OLDEST] += stock[_UASC]
    factor = real / (by_band @ mean_moves)
    return np.append(factor, factor[_OLDEST])


def _reason_share(shapes: NationalShapes, kinds: tuple[str, ...]) -> Floats:
    moves = shapes.moves_by_placement_type().loc[list(kinds)].sum()
    real = float(moves["total"] - moves["status_only"])
    unplanned, carer = float(moves[UNPLANNED].sum()), float(moves[CARER_ENDS].sum())
    return np.array([real - unplanned - carer, unplanned, carer]) / real


def _adoptive_ends(shapes: NationalShapes, hazards: NationalHazards) -> Floats:
    """(8,): shape from published durations, level from adoptions and disruptions per child."""
    shape = end_hazards(_ends(shapes, (_ADOPTION,)))
    level = (hazards.adopt_per_year + hazards.disrupt_per_year) / (
        mean_end_rate(shape) * DAYS_PER_YEAR
    )
    return shape * level


def _first_placement(history: PublishedHistory) -> Floats:
    """(A, 5): England's first placements by age: a seed fitted to starters and placements."""
    shapes = history.national
    first = national_by_sector(shapes.first_placements(), shapes)
    columns = np.array([first[2], first[0] + first[1], first[3], first[4], first[5]])
    starters = shapes.shape("starters_by_age")["number"]
    uasc = float(shapes.shape("starters_uasc")["number"]["uasc"])
    under_16 = assumed("under_16_share_of_uasc").number
    cells = ["under_1", "1_4", "5_9", "10_15", "16_and_over"]
    rows = np.array([float(starters[cell]) for cell in cells])
    rows[3] -= under_16 * uasc
    rows[4] -= (1 - under_16) * uasc
    placed = shapes.uasc_placements()
    uasc_shares = np.array(
        [
            0.0,
            float(placed["fostering"]),
            float(placed["secure_and_childrens_homes"]),
            float(placed["supported"]),
            float(placed["other"]),
        ]
    ) / float(placed["total"])
    uasc_shares /= uasc_shares.sum()
    seed = assumed("first_need_seed").table(list(AGE_GROUPS[:5]))
    fitted = fit_table(seed, rows, np.maximum(columns - uasc * uasc_shares, 1.0))
    shares = fitted / fitted.sum(axis=1, keepdims=True)
    return np.vstack([shares, uasc_shares])


def _rest_split(shapes: NationalShapes) -> Floats:
    reasons = shapes.leavers_by_reason()
    home = float(reasons["returned_home_planned"] + reasons["returned_home_not_planned"])
    family = float(reasons["child_arrangements_order"] + reasons["left_to_relatives"])
    ages = shapes.leavers_by_age()
    before_18 = float(ages["total"] - ages["on_18th_birthday"] - ages["after_18th_birthday"])
    other = (
        before_18
        - home
        - family
        - float(reasons["adopted"] + reasons["special_guardianship"])
        - float(reasons["assessed_as_adult"])
    )
    return np.array([home, family, other]) / (home + family + other)
