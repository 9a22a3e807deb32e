"""The hazards of a world, laid out as the rules read them: each stretch's causes side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sufficiency.simulation.compiled import by_reference, compiled, floats, ints, step
from sufficiency.simulation.rules import MOST_DAYS, NEVER_TICKS, Risks, in_ticks, tick_up
from sufficiency.simulation.side_by_side import WIDTH
from sufficiency.simulation.world import CARE_CLOCK, Floats, Hazards


@by_reference
class Rates(NamedTuple):
    """`Hazards` as compiled code reads them."""

    per_day: Floats
    """(C, S, A, B)."""
    also_by_care: Floats
    """(C, S, A, B), or (0, S, A, B) if there is nothing on top."""
    on_care_clock: Floats
    """(C,): 1.0 for what the clock of care counts, 0.0 for the clock of the placement."""
    need_factor: Floats
    """(C, N)."""
    care_starts_days: Floats
    """(B,), as the next."""
    placement_starts_days: Floats
    calendar_starts_days: Floats
    """(K,)."""
    calendar_factor: Floats
    """(G, C, A, K)."""


def rates_of(hazards: Hazards) -> Rates:
    """The hazards as compiled code reads them."""
    per_day, factor, also = hazards.per_day, hazards.calendar_factor, hazards.also_by_care
    return Rates(
        per_day=floats(per_day),
        also_by_care=np.empty((0, *per_day.shape[1:])) if also is None else floats(also),
        on_care_clock=(hazards.clock == CARE_CLOCK).astype(np.float64),
        need_factor=floats(hazards.need_factor),
        care_starts_days=floats(hazards.care_band_starts_days),
        placement_starts_days=floats(hazards.placement_band_starts_days),
        calendar_starts_days=floats(hazards.calendar_starts_days),
        calendar_factor=floats(factor).reshape(-1, *factor.shape[-3:]),
    )


def room_for_risks(hazards: Hazards) -> Risks:
    """Room for the risks of these hazards: all is unset but for groups."""
    table, group = hazards.per_day.shape[1:], hazards.calendar_group
    needs, (ages, periods) = hazards.need_factor.shape[1], hazards.calendar_factor.shape[-2:]
    groups = len(hazards.calendar_factor) if hazards.calendar_factor.ndim > 3 else 1
    return Risks(
        by_care=np.empty((*table, WIDTH)),
        by_placement=np.empty((*table, WIDTH)),
        care_starts=np.empty(table[2] + 1, dtype=np.int64),
        placement_starts=np.empty(table[2] + 1, dtype=np.int64),
        calendar_starts=np.empty(periods + 1, dtype=np.int64),
        factor=np.empty((groups, needs, ages, periods, WIDTH)),
        group=np.zeros((table[0], needs), dtype=np.int64) if group is None else ints(group),
    )


def risks_of(hazards: Hazards) -> Risks:
    """The hazard tables as the rules read them."""
    risks = room_for_risks(hazards)
    lay_out(rates_of(hazards), risks)
    return risks


@compiled
def lay_out(rates: Rates, risks: Risks) -> None:
    """Set the rates of risks, and when they change, in place.

    What is left over of rows is 0; periods that are left over begin never, and stay unset.
    """
    _, sectors, ages, bands = rates.per_day.shape
    for sector in range(sectors):
        for age in range(ages):
            for band in range(bands):
                lay_out_stretch(sector, age, band, rates, risks)
    for band in range(bands):
        risks.care_starts[band] = starts_at(rates.care_starts_days[band])
        risks.placement_starts[band] = starts_at(rates.placement_starts_days[band])
    risks.care_starts[bands] = risks.placement_starts[bands] = NEVER_TICKS
    periods = 0
    for period in range(rates.calendar_starts_days.size):
        if period == 0 or factors_change(period, rates.calendar_factor):
            risks.calendar_starts[periods] = starts_at(rates.calendar_starts_days[period])
            lay_out_period(period, periods, rates, risks)
            periods += 1
    for period in range(periods, risks.calendar_starts.size):
        risks.calendar_starts[period] = NEVER_TICKS


@step
def starts_at(days: float) -> int:
    """The first tick of a band."""
    return in_ticks(tick_up(days)) if days < MOST_DAYS else NEVER_TICKS


@step
def lay_out_stretch(sector: int, age: int, band: int, rates: Rates, risks: Risks) -> None:
    """Set what depends on time in care and in the placement."""
    by_care, by_placement = risks.by_care[sector, age, band], risks.by_placement[sector, age, band]
    for cause in range(rates.per_day.shape[0]):
        rate, more = rates.per_day[cause, sector, age, band], 0.0
        if rates.also_by_care.shape[0] > 0:
            more = rates.also_by_care[cause, sector, age, band]
        on_care = rates.on_care_clock[cause]
        by_care[cause], by_placement[cause] = rate * on_care + more, rate * (1.0 - on_care)
    for left_over in range(rates.per_day.shape[0], WIDTH):
        by_care[left_over] = by_placement[left_over] = 0.0


@step
def factors_change(period: int, factor: Floats) -> bool:
    """Whether any factor, (G, C, A, K), is another in a period than in the one before."""
    groups, causes, ages, _ = factor.shape
    for group in range(groups):
        for cause in range(causes):
            for age in range(ages):
                if factor[group, cause, age, period] != factor[group, cause, age, period - 1]:
                    return True
    return False


@step
def lay_out_period(period: int, place: int, rates: Rates, risks: Risks) -> None:
    """Set the factors of one period of the risks: those of a period of the calendar."""
    groups, needs, ages, _, _ = risks.factor.shape
    causes = rates.need_factor.shape[0]
    for group in range(groups):
        for need in range(needs):
            for age in range(ages):
                row = risks.factor[group, need, age, place]
                for cause in range(causes):
                    by_date = rates.calendar_factor[group, cause, age, period]
                    row[cause] = by_date * rates.need_factor[cause, need]
                for left_over in range(causes, WIDTH):
                    row[left_over] = 0.0
