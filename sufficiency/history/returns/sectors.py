"""The sector of each episode: missing providers, and supported accommodation under other codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from sufficiency.domain import Sector
from sufficiency.history.returns.chains import (
    Days,
    Flags,
    birthdays,
    categories,
    day_number,
    first_rows,
    is_code,
    known,
    last_rows,
    rows_of,
    same_as_previous,
)
from sufficiency.history.returns.ledger import Action, RowLedger, Rule
from sufficiency.history.returns.place_sectors import AS_OTHER_FOSTERING, PlaceSectors

FOSTERING = (Sector.INTERNAL_FOSTERING, Sector.IFA)
PROVIDERS = ("PR1", "PR2", "PR4", "PR5")
NEED_PROVIDER = ("U4", "U5", "U6", "Q2", "K2")
SUPPORTED = ("H5", "P2", "K3")
OTHER_SETTINGS = ("Z1", "Z11", "Z12", "Z13", "Z14")
UNREGISTERED = "sa_unregistered"
RECODED_FROM = day_number(date(2023, 10, 28))
RECODED_TO = day_number(date(2026, 3, 31))
"""From the day on which unregistered supported accommodation became an offence, and lost its
codes, to the last year with one code for all other settings."""

PROVIDER_FOUND = Rule(
    "provider_from_other_rows",
    Action.REPAIRED,
    "The provider is missing: taken from the same registration, or from the same placement's "
    "other rows.",
    "178",
)
PROVIDER_SHARED_OUT = Rule(
    "provider_shared_out",
    Action.REPAIRED,
    "Fostering without a valid provider: shared between own and agency carers as the council's "
    "other fostering placements are.",
    "178, 526",
)
RECODED = Rule(
    "supported_accommodation_coded_other",
    Action.REPAIRED,
    "Coded as another setting (Z) at 16 or 17 since October 2023, beside supported "
    "accommodation or at the address of one: counted as supported accommodation.",
)
OTHER_AT_16 = Rule(
    "other_setting_at_16",
    Action.NOTED,
    "Coded as another setting (Z) at 16 or 17, with nothing to show that it is supported "
    "accommodation: counted as other.",
)
OTHER_UNDER_16 = Rule(
    "other_setting_under_16",
    Action.NOTED,
    "Coded as another setting (Z) under 16: perhaps an unregistered home.",
)
UNREGISTERED_H5 = Rule(
    "semi_independent_without_registration",
    Action.NOTED,
    "Semi-independent living (H5) without a registration number since 28 October 2023: perhaps "
    "not registered. Counted as supported accommodation.",
    "230",
)
CODE_MISSING = Rule(
    "placement_code_missing",
    Action.NOTED,
    "The kind of placement is missing: counted as another setting.",
    "146",
)


def with_providers(episodes: pd.DataFrame, ledger: RowLedger) -> pd.DataFrame:
    """Missing providers of fostering and homes, from the registration or the same placement.

    A registration number belongs to one provider: the most frequent one given with it. Else the
    provider of the rows before and after that have the same carer.
    """
    needed = is_code(episodes["place"], *NEED_PROVIDER)
    missing = needed & ~is_code(episodes["provider"], *PROVIDERS)
    if not missing.any():
        return episodes
    codes = episodes["provider"].cat.codes.to_numpy().astype(np.int64)
    found = np.where(missing, -1, codes)
    told = needed & ~missing & known(episodes["urn"])
    given = pd.DataFrame({"urn": episodes["urn"][told], "provider": codes[told]})
    often = given.value_counts(sort=False).rename("often").reset_index().sort_values("often")
    usual = often.drop_duplicates("urn", keep="last").set_index("urn")["provider"]
    by_urn = usual.reindex(episodes["urn"]).fillna(-1).to_numpy(np.int64)
    found = np.where(missing, by_urn, found)
    carer = np.cumsum(~_same_carer_line(episodes))
    beside = pd.Series(np.where(found < 0, np.nan, found)).groupby(carer)
    nearest = beside.ffill().fillna(beside.bfill()).fillna(-1).to_numpy(np.int64)
    found = np.where(missing, nearest, codes)
    mended = missing & (found >= 0)
    ledger.note(PROVIDER_FOUND, rows_of(episodes, mended))
    names = list(episodes["provider"].cat.categories)
    return episodes.assign(provider=categories(np.where(mended, found, codes), names))


def _same_carer_line(episodes: pd.DataFrame) -> Flags:
    """Rows that go on with the carer before by their code, in the same kind of placement."""
    same_kind = same_as_previous(episodes["place"]) & ~first_rows(episodes, "period")
    result: Flags = same_kind & is_code(episodes["rne"], "L", "T", "U")
    return result


def sector_lines(episodes: pd.DataFrame, mapping: PlaceSectors, ledger: RowLedger) -> pd.DataFrame:
    """Episodes with ``sector`` and ``subsector``, both categories.

    Another setting (Z) at 16 or 17 since supported accommodation had to be registered is
    supported accommodation if an episode beside it is, or if one has the same postcode.
    """
    line = mapping.lines(episodes["place"], episodes["provider"])
    other = is_code(episodes["place"], *OTHER_SETTINGS)
    recoded = other & _is_supported(episodes)
    at_16 = other & ~recoded & _from_16(episodes)
    unregistered = is_code(episodes["place"], "H5") & ~known(episodes["urn"]) & _since(episodes)
    notes = (
        (RECODED, recoded),
        (OTHER_AT_16, at_16),
        (OTHER_UNDER_16, other & ~recoded & ~at_16),
        (UNREGISTERED_H5, unregistered),
        (CODE_MISSING, is_code(episodes["place"], "")),
    )
    for rule, where in notes:
        ledger.note(rule, rows_of(episodes, where))
    return episodes.assign(
        sector=_names(mapping.sectors, line, str(Sector.SUPPORTED_ACCOMMODATION), recoded),
        subsector=_names(mapping.subsectors, line, UNREGISTERED, recoded),
    )


def _names(of_line: Sequence[str], line: Days, instead: str, where: Flags) -> pd.Categorical:
    """(n,): the name of each row's line, or another one in some rows."""
    names = sorted({*of_line, instead})
    place = np.array([names.index(name) for name in of_line])
    return categories(np.where(where, names.index(instead), place[line]), names)


def _is_supported(episodes: pd.DataFrame) -> Flags:
    """At 16 or 17, in the time of the re-coding, with supported accommodation beside it."""
    supported = is_code(episodes["place"], *SUPPORTED)
    beside = np.append(False, supported[:-1])[: len(supported)] & ~first_rows(episodes, "period")
    beside |= np.append(supported[1:], False)[: len(supported)] & ~last_rows(episodes, "period")
    post = episodes["pl_post"].to_numpy()
    addresses = np.unique(post[supported & (post >= 0)])
    return (beside | np.isin(post, addresses)) & _from_16(episodes) & _since(episodes)


def _from_16(episodes: pd.DataFrame) -> Flags:
    """Which episodes began at 16 or later (not where the birth is not known)."""
    found: Flags = episodes["decom"].to_numpy() >= birthdays(episodes["born"].to_numpy(), 16)
    return found


def _since(episodes: pd.DataFrame) -> Flags:
    """Which episodes overlap the time in which unregistered settings had no code of their own."""
    found: Flags = (episodes["dec"].to_numpy() > RECODED_FROM) & (
        episodes["decom"].to_numpy() <= RECODED_TO
    )
    return found


def share_out_fostering(sector: pd.Categorical, began: Days) -> tuple[pd.Categorical, Flags]:
    """Give placements of `AS_OTHER_FOSTERING` to own or agency carers as the known ones are.

    In order of their start, so that at any time the share given to each is as near to the known
    share as whole placements allow: the same answer every time, with no chance in it. If no
    fostering provider is known at all, all go to agency carers' share of a half.

    Args:
        sector: (P,) of each placement.
        began: (P,) day on which it began.

    Returns:
        The sectors, and which placements were given one.
    """
    names = np.asarray(sector, dtype=object)
    unknown = names == AS_OTHER_FOSTERING
    own, agency = (int((names == str(kind)).sum()) for kind in FOSTERING)
    share = agency / (own + agency) if own + agency else 0.5
    order = np.flatnonzero(unknown)[np.argsort(began[unknown], kind="stable")]
    turn = np.floor(share * np.arange(len(order) + 1) + 0.5)
    names[order] = np.where(np.diff(turn) > 0, str(Sector.IFA), str(Sector.INTERNAL_FOSTERING))
    return pd.Categorical(names, categories=list(map(str, Sector))), unknown
