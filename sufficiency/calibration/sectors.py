"""Where children live: the published placements turned into the six sectors.

An authority publishes its placements by kind and, apart, by provider; England publishes the two
crossed. The authority's table is completed from its own totals and England's shape (iterative
proportional fitting), then read as sectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.fitting import fit_table
from sufficiency.domain import SECTORS, Sector
from sufficiency.history.counts import TOTAL, Counts, as_number
from sufficiency.history.national import GROUPS, NationalShapes
from sufficiency.history.published import PROVIDERS

Floats = NDArray[np.float64]

KINDS = GROUPS
LEAST_OWN_SHARE = 0.2
LEAST_EXCESS_SHARE = 0.1
_BOUGHT = ["private", "voluntary", "other_authority", "other_public"]
_HOMES_AND_SEMI, _INDEPENDENT = "homes_and_semi_independent", "living_independently"


@lru_cache(maxsize=4)
def national_table(shapes: NationalShapes) -> pd.DataFrame:
    """England's children by kind of placement (rows) and provider (columns), an average year.

    Other placements have no provider reported (and only they); counts held back are small.
    Callers must not change it.
    """
    crossed = shapes.placement_by_provider().pivot_table(
        index="placement", columns="provider", values="children", aggfunc="sum"
    )
    table = crossed.reindex(index=KINDS, columns=PROVIDERS).fillna(0.0)
    table.loc["other", "not_reported"] = float(shapes.stock_by_placement()["other"])
    return table


def residential_share_of_other_residential(shapes: NationalShapes) -> float:
    """England's share of residential care homes and family centres in "other residential".

    The rest (hospitals, young offender institutions) is not bought on the placement market. The
    two cannot be parted for an authority, so England's share is assumed there.
    """
    detail = shapes.shape("stock_by_placement_detail")["number"]
    bought = float(detail["residential_care_homes"] + detail["family_centre"])
    return bought / (bought + float(detail["nhs_medical"] + detail["young_offender_institution"]))


def fill_suppressed(counts: Counts, year: int, cells: list[str], like: Floats) -> Floats:
    """(cells,): one year's cells, those held back sharing what the total leaves as ``like`` does.

    Args:
        counts: the authority's table.
        year: row.
        cells: columns, which sum to the total.
        like: (cells,) England's counts of the same cells.
    """
    found = counts.number.loc[year].reindex(cells).to_numpy(dtype=float)
    missing = np.isnan(found)
    left = max(as_number(counts.number.loc[year, TOTAL]) - float(np.nansum(found)), 0.0)
    weight = np.where(missing, np.maximum(like, np.finfo(float).tiny), 0.0)
    if missing.any():
        found = np.where(missing, left * weight / weight.sum(), found)
    return found


def stock_by_kind(counts: Counts, year: int, shapes: NationalShapes) -> Floats:
    """(8,): an authority's children by `KINDS` on 31 March of ``year``, nothing left missing.

    Before 2020 children's homes and semi-independent living were published together and
    independent living apart: the two are added and parted as in England in the years since.
    """
    national = national_table(shapes).sum(axis=1)
    if not np.isnan(counts.number.loc[year].get(_HOMES_AND_SEMI, np.nan)):
        older = [*(kind for kind in KINDS if kind not in _parted()), _HOMES_AND_SEMI, _INDEPENDENT]
        parted = [float(national[kind]) for kind in _parted()]
        like = np.array(
            [
                *(float(national[kind]) for kind in older[:-2]),
                sum(parted) * 0.75,
                sum(parted) * 0.25,
            ]
        )
        found = dict(zip(older, fill_suppressed(counts, year, older, like), strict=True))
        together = found[_HOMES_AND_SEMI] + found[_INDEPENDENT]
        for kind, number in zip(_parted(), parted, strict=True):
            found[kind] = together * number / sum(parted)
        return np.array([found[kind] for kind in KINDS])
    return fill_suppressed(counts, year, KINDS, national.to_numpy())


def _parted() -> list[str]:
    return ["secure_and_childrens_homes", "supported"]


def own_provision_restored(columns: Floats, shapes: NationalShapes) -> tuple[Floats, str]:
    """Providers (7,) with a council's own provision in its own column, and a note if it was not.

    A few councils, mostly those whose services a children's trust runs, record their own foster
    carers and homes as voluntary or private: hardly any child is with "own provision", where no
    other council has fewer than a quarter. What the voluntary sector has beyond England's share
    is then taken to be the council's own; where that is little, England's split holds.
    """
    england = national_table(shapes).sum().to_numpy()
    total = columns.sum()
    own, voluntary = PROVIDERS.index("own"), PROVIDERS.index("voluntary")
    if columns[own] >= LEAST_OWN_SHARE * total:
        return columns, ""
    restored = columns.copy()
    excess = columns[voluntary] - england[voluntary] / england.sum() * total
    if excess >= LEAST_EXCESS_SHARE * total:
        restored[own] += excess
        restored[voluntary] -= excess
        how = "voluntary provision beyond England's share is taken to be its own"
    else:
        parts = [own, PROVIDERS.index("private"), voluntary]
        restored[parts] = columns[parts].sum() * england[parts] / england[parts].sum()
        how = "England's split between own, private and voluntary provision is used"
    return restored, (
        f"The returns show {columns[own] / total:.0%} of children with the council's own "
        f"provision, as where a children's trust runs the services; {how}. Give "
        "population.sectors if you know better."
    )


def complete_by_provider(
    kinds: Floats, providers: Counts, year: int, shapes: NationalShapes
) -> pd.DataFrame:
    """An authority's children by kind (rows) and provider (columns), from its totals of each."""
    national = national_table(shapes)
    columns, _ = own_provision_restored(
        fill_suppressed(providers, year, PROVIDERS, national.sum().to_numpy()), shapes
    )
    # A small floor lets an authority have what England's rounded table shows as none.
    seed = national.to_numpy() + np.where(national.to_numpy() > 0, 0.5, 0.0)
    return pd.DataFrame(fit_table(seed, kinds, columns), KINDS, PROVIDERS)


def by_sector(crossed: pd.DataFrame, kin_share: float, residential_share: float) -> Floats:
    """(6,): children by sector from a table of kind by provider.

    Args:
        crossed: children by `KINDS` and `PROVIDERS`.
        kin_share: share of fostered children who live with relatives or friends.
        residential_share: share of "other residential" that is residential care.
    """
    kind = crossed.sum(axis=1)
    fostering = float(kind["fostering"])
    ifa = as_number(crossed.loc["fostering", _BOUGHT].sum())
    connected = min(kin_share * fostering, fostering - ifa)
    other_residential = float(kind["other_residential"])
    found = {
        Sector.INTERNAL_FOSTERING: fostering - ifa - connected,
        Sector.IFA: ifa,
        Sector.CONNECTED_PERSONS: connected,
        Sector.RESIDENTIAL: float(kind["secure_and_childrens_homes"])
        + float(kind["residential_schools"])
        + residential_share * other_residential,
        Sector.SUPPORTED_ACCOMMODATION: float(kind["supported"]),
        Sector.OTHER: float(kind["placed_for_adoption"])
        + float(kind["with_parents"])
        + float(kind["other"])
        + (1 - residential_share) * other_residential,
    }
    return np.array([found[sector] for sector in SECTORS])


def national_by_sector(groups: pd.Series[float], shapes: NationalShapes) -> Floats:
    """(6,): England's counts by kind (fostering split by kind of carer) as sectors.

    Other carers are parted into own and agency as the stock is; first and last placements are
    not published by provider.
    """
    table = national_table(shapes)
    fostering = as_number(table.loc["fostering"].sum())
    kin = as_number(shapes.kin_share().loc["stock", "all"]) * fostering
    ifa_share = as_number(table.loc["fostering", _BOUGHT].sum()) / (fostering - kin)
    residential = residential_share_of_other_residential(shapes)
    others = float(groups["fostering_other_carer"])
    other_residential = float(groups["other_residential"])
    return np.array(
        [
            others * (1 - ifa_share),
            others * ifa_share,
            float(groups["fostering_relative_or_friend"]),
            _sum(groups, ["secure_and_childrens_homes", "residential_schools"])
            + residential * other_residential,
            float(groups["supported"]),
            _sum(groups, ["placed_for_adoption", "with_parents", "other"])
            + (1 - residential) * other_residential,
        ]
    )


def _sum(groups: pd.Series[float], cells: Iterable[str]) -> float:
    return float(sum(float(groups[cell]) for cell in cells))
