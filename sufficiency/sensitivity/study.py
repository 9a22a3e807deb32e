"""A study of one scenario's assumptions: one at a time, then the strongest together.

Every variant meets the same futures as the scenario itself, so that what an assumption changes is
not lost in chance. Where numbers that were fitted are tested, futures do not draw rates besides:
the study moves them, and nothing is counted twice. Drift and chance are as the scenario says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sufficiency
from sufficiency.comparison.many import run_many
from sufficiency.comparison.totals import TOTALS, Totals
from sufficiency.errors import UserError
from sufficiency.executors import usable_processors
from sufficiency.experiment import Progress
from sufficiency.finance.budgets import budgets_of_all
from sufficiency.manifest import about_the_scenario
from sufficiency.measures.reporting import report_calendar
from sufficiency.resolution.resolve import Resolved
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.sourced import Kind
from sufficiency.sensitivity.answers import Answer, answers_at
from sufficiency.sensitivity.changing import with_rates_at_their_means
from sufficiency.sensitivity.indices import morris_design, sobol_design
from sufficiency.sensitivity.information import fewest_draws
from sufficiency.sensitivity.resolving import Variants, at_ends, changeable
from sufficiency.sensitivity.result import (
    INDICES_COLUMNS,
    INFORMATION_COLUMNS,
    Effects,
    Sensitivity,
)
from sufficiency.sensitivity.tables import indices_table, information_table, sensitivity_table
from sufficiency.sensitivity.tested import LeftOut, Tested, chosen
from sufficiency.simulation.simulate import DEFAULT_ENGINE, engine_here, why_another_engine

Floats = NDArray[np.float64]

METHODS = ("morris", "sobol")
DEFAULT_REPLICATIONS, DEFAULT_SEED = 200, 1
DEFAULT_STRONGEST = {"morris": 6, "sobol": 4}
WALKS, SOBOL_SIZE, FEWEST_DRAWS = 6, 32, 24
"""Of Morris's screening, of Sobol's design, and of all assumptions together."""
FEWEST_TOGETHER, PART_TOGETHER = 16, 0.125
"""How many futures are met where assumptions change together: this part, and at least so many."""
_RESOLVING = 30
"""How many futures take as long as finding every number of one variant."""


@dataclass(frozen=True)
class Asked:
    """What is to be studied."""

    replications: int = DEFAULT_REPLICATIONS
    seed: int = DEFAULT_SEED
    assumptions: tuple[str, ...] = ()
    """As `sufficiency.sensitivity.tested.chosen` reads them; empty: all with a range."""
    measures: tuple[str, ...] = ()
    at: date | None = None
    limits: tuple[str, ...] = ()
    method: str = METHODS[0]
    strongest: int | None = None
    """How many assumptions are changed together."""
    engine: str = DEFAULT_ENGINE
    workers: int | None = None
    executor: str | None = None
    command: str = ""

    @property
    def most_together(self) -> int:
        """How many assumptions are changed together at most."""
        return self.strongest or DEFAULT_STRONGEST[self.method]

    @property
    def replications_together(self) -> int:
        """How many futures are met where assumptions change together."""
        few = max(FEWEST_TOGETHER, round(self.replications * PART_TOGETHER))
        return min(few, self.replications)

    def variants_together(self, inputs: int) -> int:
        """How many variants the indices ask for, of so many assumptions."""
        return SOBOL_SIZE * (inputs + 2) if self.method == "sobol" else WALKS * (inputs + 1)


def study(scenario: Scenario, asked: Asked, progress: Progress | None = None) -> Sensitivity:
    """Test the assumptions of a scenario.

    Raises:
        UserError: an assumption that is none or has no range, a date or a measure that is none, and
            what `resolve` and `experiment.run` refuse.
        KeyboardInterrupt: Ctrl-C; workers have ended.
    """
    started_at, clock = datetime.now(UTC), time.perf_counter()
    variants = Variants.of(scenario)
    own = variants.resolved(scenario)
    calendar = report_calendar(own.start, own.months)
    budgets = budgets_of_all(own.costs)
    answers = answers_at(calendar, asked.at, asked.measures, asked.limits, budgets)
    tested, left_out = _tested(scenario, own, asked)
    rates_held = scenario.uncertainty.parameter and any(
        one.kind is Kind.FITTED and not one.key.startswith("population.") for one in tested
    )
    if rates_held:
        variants = replace(variants, scenario=with_rates_at_their_means(scenario))
    played = _Played(variants, answers, asked, _Told(progress, _units(len(tested), asked)))
    able, effects, refused = _one_at_a_time(played, tested, asked.assumptions)
    strongest = _strongest(effects, asked.most_together)
    together = [able[at] for at in strongest]
    indices, information = _together(played, together, effects)
    played.told.finished()
    about = about_the_scenario(own, calendar)
    manifest = {
        **_about(asked, answers, able, together, rates_held),
        "started_at": started_at.isoformat(timespec="seconds"),
        "timings_s": {"study": round(time.perf_counter() - clock, 3)},
        **about,
        "warnings": [*about["warnings"], *why_another_engine(asked.engine)],
        "left_out": [vars(one) for one in (*left_out, *refused)],
    }
    return Sensitivity(
        manifest=manifest,
        answers=answers,
        tested=tuple(able),
        left_out=(*left_out, *refused),
        strongest=tuple(strongest),
        effects=effects,
        sensitivity=sensitivity_table(able, answers, effects),
        indices=indices,
        information=information,
    )


def _tested(
    scenario: Scenario, own: Resolved, asked: Asked
) -> tuple[list[Tested], tuple[LeftOut, ...]]:
    """The numbers to test, and those that cannot be."""
    tested, left_out = changeable(scenario, chosen(asked.assumptions, own.origins))
    if not tested:
        why = "; ".join(f"{one.key}: {one.reason}" for one in left_out[:3])
        raise UserError(
            "--assumptions: nothing is left to test"
            + (f" ({why})." if why else ": no number of the scenario has a range.")
        )
    return tested, left_out


class _Told:
    """Counts work done, in futures, towards a total that is known before."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._say(0)

    def add(self, futures: int) -> None:
        """So much more is done."""
        self._done = min(self._done + futures, self._total)
        self._say(self._done)

    def finished(self) -> None:
        """All is done, also what was not needed."""
        self._say(self._total)

    def during(self) -> Callable[[int, int], None]:
        """What `run_many` tells how many futures are done."""
        before = self._done

        def tell(done: int, total: int) -> None:
            del total
            self._done = min(before + done, self._total)
            self._say(self._done)

        return tell

    def _say(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done, self._total)


def _units(tested: int, asked: Asked) -> int:
    """How much work a study is, in futures."""
    together = min(tested, asked.most_together)
    variants = asked.variants_together(together) + _draws(together)
    return (2 * tested + 1) * (asked.replications + _RESOLVING) + variants * (
        asked.replications_together + _RESOLVING
    )


@dataclass(frozen=True)
class _Played:
    """Variants of the scenario in the same futures."""

    variants: Variants
    answers: tuple[Answer, ...]
    asked: Asked
    told: _Told

    def answers_of(self, resolved: Sequence[Resolved], replications: int) -> Floats:
        """(V, R, K): the answers of each variant in each future."""
        found = run_many(
            resolved,
            replications,
            self.asked.seed,
            Totals(tuple(answer.total for answer in self.answers)),
            workers=self.asked.workers,
            engine=self.asked.engine,
            executor=self.asked.executor,
            progress=self.told.during(),
        )
        return np.asarray(found.together(TOTALS), dtype=np.float64)

    def means_at(self, tested: Sequence[Tested], values: Floats) -> Floats:
        """(n, K): the expected answers where the numbers have the values of each row (n, k).

        In few futures, the same for all rows.
        """
        resolved = []
        for row in values:
            resolved.append(self.variants.with_values(list(zip(tested, row.tolist(), strict=True))))
            self.told.add(_RESOLVING)
        return np.asarray(self.answers_of(resolved, self.asked.replications_together).mean(axis=1))


def _one_at_a_time(
    played: _Played, tested: Sequence[Tested], named: Sequence[str]
) -> tuple[list[Tested], Effects, tuple[LeftOut, ...]]:
    """Each number at both ends; those whose ends a scenario refuses are left out, unless named."""
    base = played.variants.resolved(played.variants.scenario)
    resolved, places = [base], []
    able, refused = [], []
    for one in tested:
        try:
            ends = at_ends(played.variants, one)
        except UserError as wrong:
            if named:
                raise UserError(
                    f"--assumptions: {one.key} cannot be {one.low:g} or {one.high:g} here: {wrong} "
                    f"Give a range of your own, such as {one.key}=LOW:HIGH."
                ) from None
            refused.append(LeftOut(one.key, one.label, str(wrong).splitlines()[0]))
            continue
        able.append(one)
        places.append([0 if end is None else _place(resolved, end) for end in ends])
        played.told.add(2 * _RESOLVING)
    found = played.answers_of(resolved, played.asked.replications)
    return able, Effects(found[0], found[np.array(places, dtype=np.int64)]), tuple(refused)


def _place(resolved: list[Resolved], variant: Resolved) -> int:
    resolved.append(variant)
    return len(resolved) - 1


def _strongest(effects: Effects, most: int) -> list[int]:
    """The numbers that move any of the answers most, against the one that moves it most."""
    width = np.where(effects.is_beyond_chance, effects.width, 0.0)
    whole = width.max(axis=0)
    strength = (width / np.where(whole > 0, whole, 1.0)).max(axis=1)
    order = np.argsort(-strength, kind="stable")
    return [int(at) for at in order[:most] if strength[at] > 0]


def _draws(inputs: int) -> int:
    return max(FEWEST_DRAWS, fewest_draws(inputs)) if inputs else 0


def _together(played: _Played, tested: Sequence[Tested], effects: Effects) -> tuple[Any, Any]:
    """Indices and the value of information of the strongest, all of them changed together."""
    import pandas as pd

    if not tested:
        return (
            pd.DataFrame(columns=list(INDICES_COLUMNS)),
            pd.DataFrame(columns=list(INFORMATION_COLUMNS)),
        )
    asked, answers = played.asked, played.answers
    if asked.method == "sobol":
        shares = sobol_design(len(tested), SOBOL_SIZE, asked.seed)
        values = _columns(tested, shares, lambda one, share: one.quantile(share))
    else:
        shares = morris_design(len(tested), WALKS, asked.seed)
        values = _columns(tested, shares, lambda one, share: one.along(share))
    means = played.means_at(tested, values)
    indices = indices_table(tested, answers, shares, means, asked.method, asked.seed)
    drawn = _columns(
        tested,
        latin_hypercube(_draws(len(tested)), len(tested), asked.seed),
        lambda one, share: one.quantile(share),
    )
    few = asked.replications_together
    # The few futures may be high or low by chance; so is the scenario itself in the same ones.
    level = effects.base.mean(axis=0) - effects.base[:few].mean(axis=0)
    answered = played.means_at(tested, drawn) + level
    return indices, information_table(tested, answers, drawn, answered, effects.base, asked.seed)


def _columns(
    tested: Sequence[Tested], shares: Floats, value_of: Callable[[Tested, Floats], Floats]
) -> Floats:
    return np.stack([value_of(one, shares[:, at]) for at, one in enumerate(tested)], axis=1)


def latin_hypercube(draws: int, inputs: int, seed: int) -> Floats:
    """(draws, inputs) shares, each input evenly over its range, inputs independent."""
    rng = np.random.default_rng(seed)
    cells = np.stack([rng.permutation(draws) for _ in range(inputs)], axis=1)
    return np.asarray((cells + rng.random((draws, inputs))) / draws)


def _about(
    asked: Asked,
    answers: Sequence[Answer],
    tested: Sequence[Tested],
    together: Sequence[Tested],
    rates_held: bool,
) -> dict[str, Any]:
    """The part of the manifest that says what was studied, and how."""
    return {
        "package_version": sufficiency.__version__,
        "seed": asked.seed,
        "replications": asked.replications,
        "replications_together": asked.replications_together,
        "method": asked.method,
        "walks": WALKS if asked.method == "morris" else None,
        "draws": _draws(len(together)),
        "tested": [{**vars(one), "kind": str(one.kind)} for one in tested],
        "variants_together": asked.variants_together(len(together)) if together else 0,
        "together": [one.key for one in together],
        "rates_held": bool(rates_held),
        "engine": engine_here(asked.engine),
        "workers": asked.workers or usable_processors(),
        "command": asked.command,
        "answers": [
            {
                **{
                    name: getattr(one, name)
                    for name in ("measure", "financial_year", "months", "limit")
                },
                "date": None if one.at is None else one.at.isoformat(),
            }
            for one in answers
        ],
    }
