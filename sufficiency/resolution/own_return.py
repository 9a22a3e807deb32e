"""A council's own children in a scenario: rates of its returns, and who is in care at the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.children.cohort import Cohort, read_cohort
from sufficiency.calibration.children.drawing import rate_sampler
from sufficiency.calibration.children.file import CalibratedFile, read_calibrated
from sufficiency.calibration.children.fit import Fitted
from sufficiency.calibration.needs import OwnNextNeeds, with_own_next_needs
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import (
    ADULT_YEARS,
    AGE_BAND_STARTS_YEARS,
    DAYS_PER_YEAR,
    NEED_GROUPS,
    SECTORS,
    UASC_ROW,
    NeedGroup,
    Sector,
    birthday,
    next_month,
)
from sufficiency.errors import ScenarioError
from sufficiency.history.authorities import Authority
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.world import KnownTimes
from sufficiency.simulation.worlds import EntriesSeason, OwnChildren

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEED = {need: code for code, need in enumerate(NEED_GROUPS)}
_SECTOR = {sector: code for code, sector in enumerate(SECTORS)}
NEED_OF_SECTOR = {
    Sector.INTERNAL_FOSTERING: NeedGroup.FAMILY,
    Sector.IFA: NeedGroup.SPECIALIST_FAMILY,
    Sector.CONNECTED_PERSONS: NeedGroup.CONNECTED,
    Sector.RESIDENTIAL: NeedGroup.RESIDENTIAL,
    Sector.SUPPORTED_ACCOMMODATION: NeedGroup.SUPPORTED_16_PLUS,
    Sector.OTHER: NeedGroup.OTHER_SETTING,
}
_FIXED = 1e6
"""Dirichlet weight of a row that a scenario gives: as good as certain."""


@dataclass(frozen=True)
class CohortStart:
    """The council's children at the start, as a world takes them; n children."""

    age_group: Ints
    need: Ints
    sector: Ints
    times: KnownTimes


@dataclass(frozen=True)
class OwnReturn:
    """What a scenario takes from the council's own children; nothing by default."""

    calibrated: CalibratedFile | None = None
    cohort: Cohort | None = None
    start: CohortStart | None = None

    @property
    def is_used(self) -> bool:
        """Whether anything in the forecast comes from children."""
        return self.calibrated is not None or self.cohort is not None


def read_own_return(scenario: Scenario, authority: Authority) -> OwnReturn:
    """Read the calibrated file and the cohort that a scenario names.

    Raises:
        HistoryError: a file is not what it should be.
        ScenarioError: the rates are another authority's, or count what happened after the start.
    """
    calibrated_path, cohort_path = scenario.calibrated_path, scenario.cohort_path
    calibrated = read_calibrated(calibrated_path) if calibrated_path is not None else None
    cohort = read_cohort(cohort_path) if cohort_path is not None else None
    if calibrated is not None and calibrated.authority != authority.name:
        raise ScenarioError(
            f"calibration.file: {calibrated.name} was fitted to the returns of "
            f"{calibrated.authority}, and the scenario is of {authority.name}. Name the file of "
            f"{authority.name}, or change the authority."
        )
    start = starting_on(scenario, OwnReturn(calibrated, cohort)).start
    if cohort is not None and start != cohort.as_at:
        raise ScenarioError(
            f"population.cohort: {cohort.name} holds the children of {cohort.as_at}, and the "
            f"scenario starts on {start}. Start on {cohort.as_at}, or make a cohort of {start}."
        )
    if calibrated is not None and start is not None and calibrated.fitted.as_at > start:
        raise ScenarioError(
            f"calibration.file: {calibrated.name} counts what happened up to "
            f"{calibrated.fitted.as_at}, after the start ({start}). Start later, or calibrate "
            f"with --as-at {start}."
        )
    return OwnReturn(calibrated, cohort)


def starting_on(scenario: Scenario, own: OwnReturn) -> Scenario:
    """The scenario with a start: its own, else the day of the cohort."""
    if scenario.start is not None or own.cohort is None:
        return scenario
    return scenario.model_copy(update={"start": own.cohort.as_at})


# --- rates ----------------------------------------------------------------------------------


def with_own_rates(fit: Calibration, own: Fitted) -> Calibration:
    """The published fit at the levels that the council's own returns show.

    Starters are counted child by child there, those who left and came back within a year too.
    """
    ratios = own.ratios
    exits = replace(
        fit.exits,
        leave=_times(fit.exits.leave, ratios.leave),
        match=_times(fit.exits.match, np.array([ratios.match])),
        uasc_per_year=fit.exits.uasc_per_year * ratios.uasc,
    )
    return replace(
        fit,
        starters=own.starters,
        exits=exits,
        uasc_exit_per_year=fit.uasc_exit_per_year * ratios.uasc,
        moves=_times(fit.moves, np.array([ratios.moves])),
    )


def _times(posterior: GammaPosterior, factor: Floats) -> GammaPosterior:
    return GammaPosterior(posterior.events, posterior.exposure / factor)


def own_children(
    own: OwnReturn, next_needs: OwnNextNeeds, start: date, horizon_days: int
) -> OwnChildren:
    """What worlds take from the council's own children in place of what is published."""
    times = None if own.start is None else own.start.times
    if own.calibrated is None:
        return OwnChildren(times=times)
    fitted = own.calibrated.fitted
    weights = fitted.rates.destination_weights
    given = with_own_next_needs(weights, next_needs)
    replaced = (given != weights).any(axis=-1, keepdims=True)
    rates = replace(fitted.rates, destination_weights=np.where(replaced, given * _FIXED, weights))
    season = entries_season(fitted, start, horizon_days) if fitted.season.supported else None
    return OwnChildren(rates=rate_sampler(rates), season=season, times=times)


def entries_season(fitted: Fitted, start: date, horizon_days: int) -> EntriesSeason:
    """Factors on entries from the start to the horizon, month by month."""
    first, end = start + timedelta(days=1), start + timedelta(days=horizon_days)
    starts, factors = [0.0], [float(fitted.season.factor[first.month - 1])]
    month = next_month(first)
    while month <= end:
        starts.append(float((month - first).days))
        factors.append(float(fitted.season.factor[month.month - 1]))
        month = next_month(month)
    return EntriesSeason(np.array(starts), np.array(factors))


# --- the children at the start --------------------------------------------------------------


def cohort_start(cohort: Cohort, overflow_ifa: float, overflow_residential: float) -> CohortStart:
    """A cohort as a world takes it.

    Needs that the list does not give follow from where children live: of those with agencies and
    in residential care, the assumed shares would be suited by a family.
    """
    children, start = cohort.children, cohort.as_at
    sector = pd.Categorical(children["sector"].astype(str), [str(s) for s in SECTORS])
    codes = np.asarray(sector.codes, dtype=np.int64)
    first, days = _births(children, start)
    age = -(first + days // 2) / DAYS_PER_YEAR
    band = np.searchsorted(AGE_BAND_STARTS_YEARS[1:], age, side="right")
    entered, placed = (_days_since(children[name], start) for name in ("entered_on", "placed_on"))
    return CohortStart(
        age_group=np.where(children["uasc"].to_numpy(bool), UASC_ROW, band).astype(np.int64),
        need=_needs(children, codes, overflow_ifa, overflow_residential),
        sector=codes,
        times=KnownTimes(
            first_born_day=first,
            birth_days=days,
            # A date of entry stands for the midnight that begins it, a day before the one that
            # ends it; nobody enters before birth.
            care_days=np.minimum(entered, -first.astype(np.float64)),
            placement_days=np.minimum(placed, np.minimum(entered, -first)),
        ),
    )


def _days_since(dates: pd.Series[pd.Timestamp], start: date) -> Floats:
    return np.asarray((pd.Timestamp(start) - dates).dt.days.to_numpy(np.float64))


def _births(children: pd.DataFrame, start: date) -> tuple[Ints, Ints]:
    """First possible date of birth (days from the start) and how many are possible.

    A child is born in the month given, by the date of entry, and is under 18 at the start.
    """
    month = children["born_month"].to_numpy().astype("datetime64[M]")
    first = month.astype("datetime64[D]")
    last = (month + 1).astype("datetime64[D]") - 1
    last = np.minimum(last, children["entered_on"].to_numpy().astype("datetime64[D]"))
    eighteen = np.datetime64(birthday(start, -ADULT_YEARS), "D") + 1
    first = np.maximum(first, eighteen)
    origin = np.datetime64(start, "D")
    days = np.maximum((last - first).astype(np.int64) + 1, 1)
    return (first - origin).astype(np.int64), days


def _needs(
    children: pd.DataFrame, sector: Ints, overflow_ifa: float, overflow_residential: float
) -> Ints:
    """(n,): the need group given, else the one of the sector, else family for the overflow."""
    plain = np.array([_NEED[NEED_OF_SECTOR[kind]] for kind in SECTORS])
    need = plain[sector]
    for kind, share in (
        (Sector.IFA, overflow_ifa),
        (Sector.RESIDENTIAL, overflow_residential),
    ):
        there = np.flatnonzero(sector == _SECTOR[kind])
        need[there[_evenly(len(there), share)]] = _NEED[NeedGroup.FAMILY]
    adoptive = children["placed_for_adoption"].to_numpy(bool)
    need[adoptive] = _NEED[NeedGroup.PLACED_FOR_ADOPTION]
    names = children["need_group"].astype(str).to_numpy()
    given = np.array([_NEED[NeedGroup(name)] if name else -1 for name in names], dtype=np.int64)
    return np.where(given >= 0, given, need)


def _evenly(children: int, share: float) -> NDArray[np.bool_]:
    """(n,): a share of a list whose order says nothing, spread evenly over it."""
    reached = np.floor(np.arange(children + 1) * share + 0.5)
    return np.asarray(np.diff(reached) > 0)
