"""Where placements are: the share of each setting outside the boundary and over 20 miles away.

Published for an authority in total and for England by placement. England's shares by sector are
shifted alike (on the log-odds scale) until the authority's children give its published total.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from sufficiency.calibration.calibrate import TRACE, Calibration
from sufficiency.calibration.sectors import national_by_sector
from sufficiency.domain import SECTORS, Sector
from sufficiency.history.counts import as_number
from sufficiency.history.national import NationalShapes
from sufficiency.history.published import PublishedHistory
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin

Floats = NDArray[np.float64]

OUTSIDE, OVER_20_MILES = "outside_area_share", "over_20_miles_share"
_LABELS = {
    OUTSIDE: "Share placed outside the council's boundary",
    OVER_20_MILES: "Share placed over 20 miles from home",
}
_LARGEST_SHIFT = 20.0
"""In log-odds: shares that are next to nothing or next to all."""
_HALVINGS = 60
"""As many as bring an interval of 40 below what a double can tell apart."""
_BOUGHT = ["private", "voluntary", "other_authority", "other_public"]
_RESIDENTIAL = SECTORS.index(Sector.RESIDENTIAL)


def locality_shares(
    scenario: Scenario, calibration: Calibration, history: PublishedHistory, by_sector: Floats
) -> tuple[dict[str, Floats], list[Origin]]:
    """(7,) shares by setting of children outside the boundary and over 20 miles, with origins.

    Children without a registered place are taken to be as far as those in residential care.
    """
    england = {
        OUTSIDE: _england_outside(history.national),
        OVER_20_MILES: _england_over_20(history.national),
    }
    totals = _totals(calibration, history)
    shares, origins = {}, []
    for name, national in england.items():
        total = totals[name]
        found = national.copy() if total is None else _shifted(national, by_sector, total)
        source = "DfE, England's shares by placement"
        if total is not None:
            source += (
                f" shifted to {total:.0%} of all children in {calibration.authority.name} at the "
                "latest 31 March published"
            )
        for position, sector in enumerate(SECTORS):
            own = getattr(scenario.sectors.get(sector), name, None)
            if own is not None:
                found[position] = own.value
            origins.append(
                given_or(
                    own,
                    f"sectors.{sector}.{name}",
                    f"{_LABELS[name]}: {SETTING_LABELS[sector]}",
                    round(float(found[position]), 4),
                    "share",
                    source,
                )
            )
        shares[name] = np.append(found, found[_RESIDENTIAL])
    return shares, origins


def _totals(calibration: Calibration, history: PublishedHistory) -> dict[str, float | None]:
    """The authority's published shares of all children, None where none is published."""
    authority, year = calibration.authority, calibration.year
    locality = history.stock_by_locality(authority).number
    distance = history.stock_by_distance(authority).number
    known = ["up_to_20_miles", "over_20_miles"]
    return {
        OUTSIDE: _latest_share(locality, "outside", ["inside", "outside"], year),
        OVER_20_MILES: _latest_share(distance, "over_20_miles", known, year),
    }


def _latest_share(frame: pd.DataFrame, cell: str, cells: list[str], year: int) -> float | None:
    known = frame.loc[:year, cells].dropna()
    known = known[known.sum(axis=1) > 0]
    if known.empty:
        return None
    row = known.iloc[-1]
    return float(row[cell] / row.sum())


def _shifted(national: Floats, by_sector: Floats, total: float) -> Floats:
    """England's shares moved alike in log-odds until the children give the total share.

    The total rises with the shift, so halving finds it. `scipy.optimize.brentq` would too, but its
    import alone takes more than a tenth of a second of every run.
    """
    weights = (by_sector + TRACE) / (by_sector + TRACE).sum()
    odds = special.logit(np.clip(national, 1e-4, 1 - 1e-4))
    if not 0 < total < 1:
        return np.full_like(national, total)
    low, high = -_LARGEST_SHIFT, _LARGEST_SHIFT
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(weights @ special.expit(odds + middle)) < total:
            low = middle
        else:
            high = middle
    result: Floats = special.expit(odds + high)
    return result


def _england_outside(shapes: NationalShapes) -> Floats:
    """(6,): share outside the boundary by sector."""
    children = (
        shapes.placement_by_provider()
        .set_index(["locality", "placement", "provider"])["children"]
        .sort_index()
    )
    kin = shapes.kin_share().loc["stock"]
    found: dict[str, list[float]] = {}
    for where in ("inside", "outside"):
        fostering = children[where, "fostering"]
        total = as_number(fostering.sum())
        ifa = as_number(fostering[_BOUGHT].sum())
        connected = as_number(kin[where]) * total
        groups = {
            placement: as_number(children[where, placement].sum())
            for placement in (
                "secure_and_childrens_homes",
                "residential_schools",
                "supported",
                "placed_for_adoption",
                "with_parents",
            )
        }
        found[where] = [
            total - ifa - connected,
            ifa,
            connected,
            groups["secure_and_childrens_homes"] + groups["residential_schools"],
            groups["supported"],
            groups["placed_for_adoption"] + groups["with_parents"],
        ]
    inside, outside = (np.array(found[where]) for where in ("inside", "outside"))
    result: Floats = outside / (inside + outside)
    return result


def _england_over_20(shapes: NationalShapes) -> Floats:
    """(6,): share over 20 miles from home by sector; fostering is published as one.

    The three kinds of fostering share its figure in proportion to their shares outside the
    boundary.
    """
    table = shapes.distance_by_placement()
    over = table["over_20_miles_inside"] + table["over_20_miles_outside"]
    known = over + table["up_to_20_miles_inside"] + table["up_to_20_miles_outside"]
    outside = _england_outside(shapes)
    stock = national_by_sector(shapes.stock_by_placement(), shapes)
    fostering = float(over["fostering"] / known["fostering"])
    mean_outside = float(stock[:3] @ outside[:3] / stock[:3].sum())
    others = ["placed_for_adoption", "with_parents", "other"]
    return np.array(
        [
            *(fostering * outside[:3] / mean_outside),
            float(over["secure_and_childrens_homes"] / known["secure_and_childrens_homes"]),
            float(over["supported"] / known["supported"]),
            float(over[others].sum() / known[others].sum()),
        ]
    )
