"""Hazards laid out for the rules: every rate is where a rule looks for it, and nothing else is."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sufficiency.domain import CAUSES, MOVE_REASONS
from sufficiency.simulation.risks import risks_of
from sufficiency.simulation.rules import NEVER_TICKS, in_ticks
from sufficiency.simulation.world import CARE_CLOCK, PLACEMENT_CLOCK, Floats, Hazards

C, S, A, B, N = len(CAUSES), 6, 6, 3, 4


def some_hazards(seed: int, like_before: list[bool], groups: int, more: bool) -> Hazards:
    """Random rates, in periods of which some are like the one before."""
    rng = np.random.default_rng(seed)
    factor = rng.random((groups, C, A, len(like_before)))
    for period, alike in enumerate(like_before):
        if alike and period:
            factor[..., period] = factor[..., period - 1]
        elif period:
            # One number alone tells two periods apart.
            factor[..., period] = factor[..., period - 1]
            factor[rng.integers(groups), rng.integers(C), rng.integers(A), period] += 1.0
    return Hazards(
        per_day=rng.random((C, S, A, B)),
        clock=rng.choice([CARE_CLOCK, PLACEMENT_CLOCK], C),
        care_band_starts_days=np.array([0.0, 30.1, 365.0]),
        placement_band_starts_days=np.array([0.0, 90.0, math.inf]),
        need_factor=rng.random((C, N)),
        calendar_starts_days=np.arange(len(like_before)) * 100.0,
        calendar_factor=factor if groups > 1 else factor[0],
        destination=np.ones((len(MOVE_REASONS), 2, N, N)) / N,
        calendar_group=rng.integers(groups, size=(S, N)) if groups > 1 else None,
        also_by_care=rng.random((C, S, A, B)) if more else None,
    )


def by_cause(rows: Floats) -> Floats:
    """The rates of each cause first, as hazards have them; what is left over of a row is 0."""
    assert not rows[..., C:].any()
    return np.moveaxis(rows[..., :C], -1, 0)


@given(
    seed=st.integers(0, 10**6),
    like_before=st.lists(st.booleans(), min_size=1, max_size=5),
    groups=st.integers(1, 3),
    more=st.booleans(),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_rate_is_where_a_rule_looks_for_it(
    seed: int, like_before: list[bool], groups: int, more: bool
) -> None:
    hazards = some_hazards(seed, like_before, groups, more)
    risks = risks_of(hazards)
    on_care = (hazards.clock == CARE_CLOCK)[:, None, None, None]
    also = 0.0 if hazards.also_by_care is None else hazards.also_by_care
    expected = np.where(on_care, hazards.per_day, 0.0) + also
    np.testing.assert_array_equal(by_cause(risks.by_care), expected)
    expected = np.where(on_care, 0.0, hazards.per_day)
    np.testing.assert_array_equal(by_cause(risks.by_placement), expected)

    own = [period for period, alike in enumerate(like_before) if not alike or period == 0]
    factor = hazards.calendar_factor.reshape(groups, C, A, -1)[..., own]
    expected = factor[:, :, None] * hazards.need_factor[:, :, None, None]
    found = by_cause(risks.factor[..., : len(own), :])
    np.testing.assert_array_equal(found, np.moveaxis(expected, 1, 0))
    calendar = [in_ticks(100.0 * period) for period in own]
    assert risks.calendar_starts[: len(own)].tolist() == calendar
    assert np.all(risks.calendar_starts[len(own) :] == NEVER_TICKS)
    assert risks.care_starts.tolist() == [0, in_ticks(30.1) + 1, in_ticks(365.0), NEVER_TICKS]
    assert risks.placement_starts.tolist() == [0, in_ticks(90.0), NEVER_TICKS, NEVER_TICKS]
    if groups > 1:
        np.testing.assert_array_equal(risks.group, hazards.calendar_group)
    else:
        assert not risks.group.any()
