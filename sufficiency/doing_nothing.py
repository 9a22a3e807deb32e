"""A forecast against doing nothing: the same children, the same luck, without the interventions.

The difference of paired futures is far more certain than either, so fewer futures will do. It is
what bridges and appraisals of invest to save are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sufficiency.chunks import cut, replications_a_chunk, work_out_chunk
from sufficiency.domain import SETTINGS
from sufficiency.executors import Workers, work_out
from sufficiency.finance.bridge import bridge_table, told
from sufficiency.finance.invest_to_save import Appraisal, appraise
from sufficiency.finance.turns import Changed, Tables, budget_turns
from sufficiency.finance.vintages import vintages
from sufficiency.history.actuals import ALL
from sufficiency.measures.money import nightly_prices_gbp
from sufficiency.measures.nights import BASES
from sufficiency.replication import Job, Layers
from sufficiency.scenario.interventions import Intervention
from sufficiency.simulation.simulate import simulate
from sufficiency.summary_tables import RunFigures

Floats = NDArray[np.float64]

MOST_REPLICATIONS = 200
VINTAGE_REPLICATIONS = 20
"""Enough to share out a cost that all replications expect."""


@dataclass(frozen=True)
class Difference:
    """What interventions change: with them less without, in n paired replications."""

    nights: Floats
    """(n, 7, M): child-nights by setting and month."""
    cost_gbp: Floats
    """(n, 7, M): GBP by setting and month."""
    programme_cost_gbp: Floats
    """(M,): what the interventions cost themselves, GBP a month."""

    @property
    def saving_gbp(self) -> Floats:
        """(n, M): what placements cost less with the interventions."""
        saved: Floats = -self.cost_gbp.sum(axis=1)
        return saved


def finance_desk(
    job: Job, run: RunFigures, made: Mapping[str, pd.DataFrame], layers: Layers, crew: Workers
) -> dict[str, Any]:
    """What the manifest says of money beside the tables: ``bridge``, ``invest_to_save`` and
    ``vintages``.

    The bridge is the rows of `bridge_table`, the total alone where a start from real children
    could be read back from its sectors. ``made`` are the tables of the run. Nothing is simulated
    again unless there are interventions, and a budget to bridge from or a cost of theirs to earn
    back.
    """
    plan, calendar = job.surroundings.costs, job.surroundings.calendar
    found = Tables(made["forecast"], made["finance"], made["finance_monthly"])
    turns = budget_turns(found, plan, calendar)
    costs = programme_costs_of(job)
    desk: dict[str, Any] = {}
    every = getattr(job.resolved.scenario, "interventions", ())
    crises = tuple(item for item in every if not item.is_choice)
    chosen_costs = _costs_beside(job, costs, crises)
    if every and (turns or chosen_costs.any()):
        difference = against_doing_nothing(job, run, layers, crew, costs)
        turns = budget_turns(found, plan, calendar, _by_year(job, difference))
        if chosen_costs.any() and crises:
            difference = against_doing_nothing(job, run, layers, crew, chosen_costs, crises)
        if chosen_costs.any():
            desk["invest_to_save"] = appraisal_of(job, difference)
    if turns:
        bridges = bridge_table(turns)
        personal = bool(getattr(job.resolved, "personal_data", False))
        shown = bridges[bridges["sector"] == ALL] if personal else bridges
        desk["bridge"] = shown.to_dict("records")
        desk["bridge_inputs"] = [] if personal else [told(turn) for turn in turns]
    desk["vintages"] = _vintages(job, made["finance_monthly"], len(run.figures["nights"]), layers)
    return desk


def _vintages(job: Job, monthly: pd.DataFrame, replications: int, layers: Layers) -> dict[str, Any]:
    """What the placements of each month are expected to cost, from some replications' records."""
    plan, calendar = job.surroundings.costs, job.surroundings.calendar
    rows = monthly[(monthly["measure"] == "cost") & (monthly["sector"] == ALL)]
    expected = np.array([rows.loc[rows["basis"] == basis, "mean"].to_numpy() for basis in BASES])
    numbers = range(min(replications, VINTAGE_REPLICATIONS))
    worlds = job.resolved.draw_worlds(job.seed, numbers, **layers._asdict())
    records = (
        simulate(world, job.seed, number, engine=job.engine)
        for number, world in zip(numbers, worlds, strict=True)
    )
    return vintages(records, nightly_prices_gbp(plan, calendar), calendar, expected).told()


def programme_costs_of(job: Job) -> Floats:
    """What the interventions of a scenario cost the council themselves: (M,) GBP."""
    calendar = job.surroundings.calendar
    if not getattr(job.resolved.scenario, "interventions", ()):
        return np.zeros(len(calendar.month_years))
    from sufficiency.resolution.programme_costs import programme_costs_gbp

    found: Floats = programme_costs_gbp(job.resolved.scenario, calendar).sum(axis=0)
    return found


def _costs_beside(job: Job, costs: Floats, crises: tuple[Intervention, ...]) -> Floats:
    """(M,): of what interventions cost the council, what is not of crises: GBP."""
    if not crises:
        return costs
    from sufficiency.resolution.programme_costs import programme_costs_gbp

    scenario = job.resolved.scenario.model_copy(update={"interventions": crises})
    beside: Floats = costs - programme_costs_gbp(scenario, job.surroundings.calendar).sum(axis=0)
    return beside


def against_doing_nothing(
    job: Job,
    run: RunFigures,
    layers: Layers,
    crew: Workers,
    programme_cost_gbp: Floats,
    kept_interventions: tuple[Intervention, ...] = (),
) -> Difference:
    """Simulate the first replications of a run again with no interventions but those kept."""
    n = min(len(run.figures["cost_gbp"]), MOST_REPLICATIONS)
    kept = {name: run.figures[name].replications(0, n) for name in ("nights", "cost_gbp")}
    other = replace(job, resolved=with_interventions(job.resolved, kept_interventions))
    again = _again(other, n, layers, crew, {name: each.shape[1:] for name, each in kept.items()})
    settings = job.surroundings.costs.line_settings
    nights, cost = (
        _by_setting(kept[name].astype(np.float64) - again[name], settings)
        for name in ("nights", "cost_gbp")
    )
    return Difference(nights, cost, programme_cost_gbp)


def with_interventions(resolved: Any, kept: tuple[Intervention, ...]) -> Any:
    """The same scenario with these interventions alone, resolved again."""
    from sufficiency.resolution.resolve import resolve

    return resolve(resolved.scenario.model_copy(update={"interventions": kept}))


def appraisal_of(job: Job, difference: Difference) -> dict[str, Any]:
    """Invest to save, as the manifest tells it: plain numbers, GBP."""
    from sufficiency.resolution.budgets import appraisal_rates

    rates = appraisal_rates(job.resolved.scenario)
    found = appraise(
        difference.saving_gbp,
        difference.programme_cost_gbp,
        rates.discount_rate,
        rates.inflation_per_year,
    )
    return {
        "replications": len(difference.cost_gbp),
        "discount_rate": rates.discount_rate,
        "inflation_per_year": rates.inflation_per_year,
        "interventions": [
            each.name for each in job.resolved.scenario.interventions if each.is_choice
        ],
        **said_of(found),
        "months": _monthly(found, job.surroundings.calendar.dates[1:]),
    }


def said_of(found: Appraisal) -> dict[str, Any]:
    """The results of an appraisal over the whole forecast."""
    return {
        "net_present_value_gbp": _spread(found.net_present_value_gbp),
        "cost_avoided_gbp": _spread(found.cost_avoided_gbp),
        "programme_cost_gbp": float(found.programme_cost_gbp.mean(axis=0).sum()),
        "payback_month": found.expected_payback_month,
        "pays_back_probability": found.pays_back_probability,
        "break_even_multiple": found.break_even_multiple,
    }


def _monthly(found: Appraisal, dates: Iterable[Any]) -> list[dict[str, Any]]:
    running = found.running_present_gbp
    columns = {
        "saving_gbp": found.saving_gbp.mean(axis=0),
        "programme_cost_gbp": found.programme_cost_gbp.mean(axis=0),
        "discount_factor": found.discount_factors,
        "running_present_gbp": running.mean(axis=0),
        "p10": np.quantile(running, 0.1, axis=0),
        "p90": np.quantile(running, 0.9, axis=0),
        "paid_back_share": found.paid_back_by_month,
    }
    return [
        {"date": day.isoformat(), **{name: float(of[month]) for name, of in columns.items()}}
        for month, day in enumerate(dates)
    ]


def _spread(values: Floats) -> dict[str, float]:
    low, high = np.quantile(values, (0.1, 0.9))
    return {"mean": float(values.mean()), "p10": float(low), "p90": float(high)}


def _by_year(job: Job, difference: Difference) -> dict[str, Changed]:
    """The expected difference in each financial year."""
    calendar = job.surroundings.calendar
    found = {}
    for year in calendar.financial_years:
        months = [name == year for name in calendar.month_years]
        nights, cost = (
            each[:, :, months].sum(axis=2).mean(axis=0)
            for each in (difference.nights, difference.cost_gbp)
        )
        programme = float(difference.programme_cost_gbp[months].sum())
        found[year] = Changed(nights, cost, programme)
    return found


def _again(
    job: Job, n: int, layers: Layers, crew: Workers, shapes: dict[str, tuple[int, ...]]
) -> dict[str, Any]:
    """Some figures of the same replications of another job: each (n, *shape)."""
    resolved: Any = job.resolved
    size = replications_a_chunk(len(resolved.plan.children.need), resolved.months)
    chunks = cut(n, size, layers, whole=True)
    found: dict[int, dict[str, Any]] = {}
    with closing(work_out(work_out_chunk, job, chunks, crew)) as results:
        for position, arrays in results:
            found[position] = {name: arrays[name] for name in shapes}
    return {
        name: np.concatenate([found[at][name] for at in range(len(chunks))], axis=1)
        .T.reshape(n, *shape)
        .astype(np.float64)
        for name, shape in shapes.items()
    }


def _by_setting(by_line: Floats, line_settings: Sequence[str]) -> Floats:
    """(n, 2, lines, M) added up over bases and the lines of each setting: (n, 7, M)."""
    lines = np.array(line_settings[: by_line.shape[2]])
    both = by_line.sum(axis=1)
    return np.stack([both[:, lines == str(setting)].sum(axis=1) for setting in SETTINGS], axis=1)
