"""Does the fit reproduce what it was fitted to? The window is lived through again, many times.

Each simulated past begins with the children who were in care when the window began, and has the
window's own mean entries and the fitted rates; what happened should lie among them. The council's
own foster families take as many children as they did, because how many places there were is not
in a return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.calibration.children.cohort import cohort_of
from sufficiency.calibration.children.counts import day_of, days_of, joined_placements
from sufficiency.calibration.children.file import CalibratedFile
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import SECTORS, Sector
from sufficiency.history.returns.frames import CareHistories
from sufficiency.resolution.own_return import OwnReturn
from sufficiency.resolution.resolve import resolve_children
from sufficiency.scenario.model import Scenario
from sufficiency.simulation.record import BEGAN_ENTERED, ENDED_TURNED_18, Record
from sufficiency.simulation.simulate import DEFAULT_ENGINE, simulate
from sufficiency.simulation.world import Places
from sufficiency.simulation.worlds import WorldPlan, draw_world

Floats = NDArray[np.float64]

REPLICATIONS = 100
_OWN = SECTORS.index(Sector.INTERNAL_FOSTERING)
_QUARTER_DAYS = 91
_RANGE = (0.05, 0.95)


def predictive_check(
    histories: CareHistories,
    fit: ChildCalibration,
    *,
    replications: int = REPLICATIONS,
    seed: int = 1,
    engine: str = DEFAULT_ENGINE,
) -> pd.DataFrame:
    """The window as it was, against the fit's own pasts.

    Columns: ``date`` (ends of the window's years), ``measure`` (``in_care``, ``starters``,
    ``leavers``; flows are of the year), ``sector`` (``all`` but for ``in_care``), ``seen``,
    ``mean``, ``low``, ``high`` (90% range), ``inside``.

    Raises:
        HistoryError: if too little is published for the authority to lay a plan.
    """
    days = [int(day) for day in fit.counts.window.edges()[1:] - day_of(fit.counts.window.after)]
    plan = past_plan(histories, fit)
    pasts = []
    for replication in range(replications):
        world = draw_world(plan, seed, replication, parameter=True, drift=False)
        pasts.append(_measured(simulate(world, seed, replication, engine), days))
    return _compared(np.array(pasts), _seen(histories, fit, days), plan.start, days)


def past_plan(histories: CareHistories, fit: ChildCalibration) -> WorldPlan:
    """The plan of the window's pasts, from its first day to its last."""
    window = fit.counts.window
    years = {"entries_years": fit.arrivals_whole.window.years}
    calibrated = CalibratedFile("", fit.authority, fit.fitted, {"window": years})
    own = OwnReturn(calibrated, cohort_of(histories, window.after, fit.prior.at_start))
    asked = {
        "name": "the window again",
        "authority": fit.authority,
        "start": fit.fitted.as_at,
        "months": 120,
        "uncertainty": {"damping": False, "drift": False},
    }
    plan = resolve_children(Scenario.model_validate(asked), own).plan
    whole = fit.arrivals_whole
    entered = GammaPosterior(
        np.maximum(whole.total, 0.5), np.full(len(whole.total), whole.window.years)
    )
    return replace(
        plan,
        start=window.after,
        horizon_days=(window.until - window.after).days,
        levels=replace(plan.levels, starters_per_year=entered),
        places=_places_used(plan.places, histories, window.after, window.until),
        own=replace(plan.own, season=None),
    )


def _places_used(places: Places, histories: CareHistories, after: date, until: date) -> Places:
    """The same with as many of the council's own places as were used, quarter by quarter."""
    joined = joined_placements(histories)
    own = joined[joined["setting"] == _OWN]
    first, last = day_of(after), day_of(until)
    days = np.arange(first, last, _QUARTER_DAYS)
    began, ended = own["began"].to_numpy(), own["ended"].to_numpy()
    used = np.array([int(((began <= day) & ~(ended <= day)).sum()) for day in days])
    pool = int(np.flatnonzero(places.pool_sector == _OWN)[0])
    at_start = places.usable_at_start.copy()
    at_start[pool] = used[0]
    return replace(
        places,
        usable_at_start=at_start,
        change_time=(days[1:] - first).astype(np.float64),
        change_pool=np.full(len(days) - 1, pool),
        change_usable=used[1:],
        change_closes=None,
        change_chance=None,
        change_why=None,
    )


def _measured(record: Record, days: Sequence[int]) -> Floats:
    """(days, 8): children by sector, then starters and leavers since the day before."""
    spells = record.spells
    starts = spells["from_time"][spells["began"] == BEGAN_ENTERED]
    gone = (spells["ended"] >= 0) & (spells["ended"] <= ENDED_TURNED_18)
    leaves = spells["to_time"][gone]
    sector = np.minimum(spells["sector"], len(SECTORS) - 1)
    rows = []
    for before, day in zip([0, *days[:-1]], days, strict=True):
        # The last midnight belongs to the world still: stays open at it last to it.
        there = (spells["from_time"] <= day) & ((spells["to_time"] > day) | (spells["ended"] < 0))
        stock = np.bincount(sector[there], minlength=len(SECTORS))
        flows = [int(((times > before) & (times <= day)).sum()) for times in (starts, leaves)]
        rows.append([*stock, *flows])
    return np.array(rows, dtype=np.float64)


def _seen(histories: CareHistories, fit: ChildCalibration, days: Sequence[int]) -> Floats:
    """(days, 8): the same as it was."""
    first = day_of(fit.counts.window.after)
    joined = joined_placements(histories)
    sector = np.minimum(joined["setting"].to_numpy(), len(SECTORS) - 1)
    began, ended = joined["began"].to_numpy(), joined["ended"].to_numpy()
    known = joined["born"].notna().to_numpy()
    periods = histories.periods
    starts = days_of(periods["entered"])[
        periods["start_type"].astype(str).to_numpy() != "left_truncated"
    ]
    leaves = days_of(periods["left"])
    rows = []
    for before, day in zip([0, *days[:-1]], days, strict=True):
        at = first + day
        there = (began <= at) & ~(ended <= at) & known
        stock = np.bincount(sector[there], minlength=len(SECTORS))
        flows = [
            int(((times > first + before) & (times <= at)).sum()) for times in (starts, leaves)
        ]
        rows.append([*stock, *flows])
    return np.array(rows, dtype=np.float64)


def _compared(pasts: Floats, seen: Floats, start: date, days: Sequence[int]) -> pd.DataFrame:
    names = [("in_care", str(sector)) for sector in SECTORS]
    names += [("starters", "all"), ("leavers", "all"), ("in_care", "all")]
    totals = pasts[..., : len(SECTORS)].sum(axis=-1, keepdims=True)
    everything = np.concatenate([pasts, totals], axis=-1)
    seen = np.concatenate([seen, seen[:, : len(SECTORS)].sum(axis=-1, keepdims=True)], axis=-1)
    low, high = np.quantile(everything, _RANGE, axis=0)
    mean = everything.mean(axis=0)
    rows = [
        (
            pd.Timestamp(start) + pd.Timedelta(days=day),
            *names[column],
            seen[row, column],
            mean[row, column],
            low[row, column],
            high[row, column],
        )
        for row, day in enumerate(days)
        for column in range(len(names))
    ]
    table = pd.DataFrame(rows, columns=["date", "measure", "sector", "seen", "mean", "low", "high"])
    table["inside"] = (table["seen"] >= table["low"]) & (table["seen"] <= table["high"])
    return table.sort_values(["measure", "sector", "date"], ignore_index=True)
