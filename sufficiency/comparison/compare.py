"""Compare scenarios, or runs that have been written: the base first, the others set against it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import sufficiency
from sufficiency.chunk_folder import ChunkFolder
from sufficiency.chunks import MemoryStore, Store
from sufficiency.comparison.appraising import appraisal_of
from sufficiency.comparison.chosen import check_chosen, is_run
from sufficiency.comparison.differences import differing_numbers
from sufficiency.comparison.explaining import Explanation, explanation_of, steps_from
from sufficiency.comparison.folders import (
    RunRead,
    check_comparable,
    check_same_children,
    read_run,
    told_apart,
)
from sufficiency.comparison.identity import identity_of_many
from sufficiency.comparison.many import Many, Wanted, run_many
from sufficiency.comparison.paired import Paired
from sufficiency.comparison.population import why_not_the_same
from sufficiency.comparison.result import Comparison
from sufficiency.comparison.tables import comparison_table, scenarios_table
from sufficiency.comparison.totals import COST
from sufficiency.comparison.values import (
    FORECAST,
    ScenarioValues,
    every_row,
    over_the_same_dates,
)
from sufficiency.comparison.waterfall import COLUMNS, explained_rows, waterfall_table
from sufficiency.errors import SufficiencyError, UserError
from sufficiency.executors import usable_processors
from sufficiency.experiment import Progress
from sufficiency.manifest import about_the_scenario
from sufficiency.measures.reporting import report_calendar
from sufficiency.replication import Job, surroundings_of
from sufficiency.resolution.intervention_words import intervention_rows
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.options import with_options
from sufficiency.simulation.simulate import DEFAULT_ENGINE, engine_here, why_another_engine

DEFAULT_REPLICATIONS, DEFAULT_SEED = 200, 1
NOT_EXPLAINED = pd.DataFrame(columns=list(COLUMNS))


@dataclass(frozen=True)
class Asked:
    """How scenarios are to be compared."""

    replications: int = DEFAULT_REPLICATIONS
    seed: int = DEFAULT_SEED
    unpaired: bool = False
    explain: bool = False
    engine: str = DEFAULT_ENGINE
    workers: int | None = None
    executor: str | None = None
    kept_beside: Path | None = None
    resume: bool = False
    command: str = ""


def compare(
    compared: Sequence[Scenario | str | Path],
    *,
    replications: int | None = None,
    seed: int | None = None,
    unpaired: bool = False,
    explain: bool = False,
    engine: str = DEFAULT_ENGINE,
    workers: int | None = None,
    executor: str | None = None,
    kept_beside: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    command: str = "",
) -> Comparison:
    """Set scenarios, or the folders of runs, against the first of them; `sufficiency.compare`.

    Scenarios are simulated in the same ``replications`` (default 200) worlds with the same ``seed``
    (default 1), so that each difference is taken between futures of the same children. Runs must
    have been made with equal ones, which are theirs to say, not to be given here.

    Args:
        compared: two or more scenarios or paths of scenario files, the base first; or two or more
            folders of runs. Never both.
        replications: how many futures each scenario has.
        seed: of the random numbers.
        unpaired: allow scenarios that do not start from the same children, or runs with other
            futures; the ranges of differences are then those of forecasts made apart.
        explain: take the difference apart into what drives it. Of two scenarios, by intervention
            and group of keys that differ; of more, by scenario, towards all of them together.
        engine, workers, executor, kept_beside, resume, progress, command: as for `experiment.run`.

    Raises:
        UserError: fewer than two; one twice, or two of the same name; files and folders mixed; no
            such file or folder; scenarios that cannot be paired; changes that cannot be combined;
            and what `experiment.run` and `resolve` refuse.
        SufficiencyError: workers die again and again.
    """
    check_chosen(compared)
    if is_run(compared[0]):
        if replications is not None or seed is not None or explain:
            raise UserError(
                "compare: replications, seed and explain belong to scenarios; runs that have been "
                "written are compared as they are. Leave them out, or give scenario files."
            )
        return compare_runs([Path(str(one)) for one in compared], unpaired, command)
    asked = Asked(
        DEFAULT_REPLICATIONS if replications is None else replications,
        DEFAULT_SEED if seed is None else seed,
        unpaired,
        explain,
        engine,
        workers,
        executor,
        kept_beside,
        resume,
        command,
    )
    from sufficiency.scenario.files import load_scenario

    scenarios = [one if isinstance(one, Scenario) else load_scenario(one) for one in compared]
    return compare_scenarios(scenarios, asked, progress)


def compare_scenarios(
    scenarios: Sequence[Scenario], asked: Asked, progress: Progress | None = None
) -> Comparison:
    """Simulate scenarios in the same worlds and set each against the first. Raises as `compare`."""
    started_at, clock = datetime.now(UTC), time.perf_counter()
    check_chosen(scenarios)
    _check_asked(asked)
    scenarios, notes = _over_the_same_months(scenarios)
    resolved = [resolve(scenario) for scenario in scenarios]
    is_paired = _check_populations(resolved, asked)
    explanation = explanation_of(scenarios, resolved) if asked.explain else None
    every = [*resolved, *(() if explanation is None else explanation.extra)]
    wanted = [every_row] * len(resolved) + [explained_rows] * (len(every) - len(resolved))
    about = [_about(one) for one in resolved]
    with _kept(every, asked) as store:
        many = _played(every, wanted, asked, progress, store)
        simulated = time.perf_counter()
        values = over_the_same_dates(
            [_values(one, many, number) for number, one in enumerate(resolved)]
        )
        pairs = _pairs(values, is_paired)
        steps = None if explanation is None else steps_from(explanation, many, values)
        differences, levels = comparison_table(pairs), scenarios_table(values)
    manifest = {
        **_about_the_comparison(pairs, asked, explanation),
        "started_at": started_at.isoformat(timespec="seconds"),
        "timings_s": {
            "simulate": round(simulated - clock, 3),
            "summarise": round(time.perf_counter() - simulated, 3),
        },
        **_about_scenarios(about, [*notes, *why_another_engine(asked.engine)]),
        "appraisals": _appraisals(pairs, scenarios),
    }
    return Comparison(
        manifest=manifest,
        comparison=differences,
        scenarios=levels,
        waterfall=NOT_EXPLAINED if steps is None else waterfall_table(steps),
        pairs=pairs,
        steps=steps,
        forget_chunks=store.remove,
    )


def _played(
    every: Sequence[Resolved],
    wanted: Sequence[Wanted],
    asked: Asked,
    progress: Progress | None,
    store: Store,
) -> Many:
    return run_many(
        every,
        asked.replications,
        asked.seed,
        wanted,
        workers=asked.workers,
        engine=asked.engine,
        executor=asked.executor,
        progress=progress,
        store=store,
    )


def compare_runs(folders: Sequence[Path], unpaired: bool, command: str = "") -> Comparison:
    """Set runs that have been written against the first of them. Raises as `compare`."""
    started_at = datetime.now(UTC)
    check_chosen(folders)
    runs = [read_run(folder) for folder in folders]
    if not unpaired:
        check_comparable(runs)
    values = over_the_same_dates(told_apart(runs))
    pairs = tuple(Paired(values[0], other, not unpaired) for other in values[1:])
    check_same_children(pairs, runs)
    notes = _notes_on_runs(runs)
    manifest = {
        "package_version": sufficiency.__version__,
        "seed": runs[0].manifest.get("seed"),
        "replications": pairs[0].replications,
        "engine": runs[0].manifest.get("engine"),
        "command": command,
        "paired": not unpaired,
        "explained": None,
        "started_at": started_at.isoformat(timespec="seconds"),
        "timings_s": {},
        **_about_scenarios([run.manifest for run in runs], notes),
    }
    return Comparison(
        manifest=manifest,
        comparison=comparison_table(pairs),
        scenarios=scenarios_table(values),
        waterfall=NOT_EXPLAINED,
        pairs=pairs,
    )


def _check_asked(asked: Asked) -> None:
    if asked.explain and asked.unpaired:
        raise UserError(
            "--explain takes a difference apart between futures of the same children, so it does "
            "not go with --unpaired. Leave out one of them."
        )


def _about(resolved: Resolved) -> dict[str, Any]:
    """What the manifest says of one scenario."""
    about = about_the_scenario(resolved, report_calendar(resolved.start, resolved.months))
    return {**about, "interventions": intervention_rows(resolved.scenario, resolved.start)}


def _over_the_same_months(scenarios: Sequence[Scenario]) -> tuple[list[Scenario], list[str]]:
    """The scenarios, cut to the shortest of their forecasts where they start together."""
    months = min(scenario.months for scenario in scenarios)
    longer = [scenario.name for scenario in scenarios if scenario.months > months]
    if not longer:
        return list(scenarios), []
    note = (
        f"The scenarios are compared over the {months} months that all of them forecast; "
        f"{', '.join(longer)} would go on longer."
    )
    return [with_options(scenario, months=months) for scenario in scenarios], [note]


def _check_populations(resolved: Sequence[Resolved], asked: Asked) -> bool:
    """Whether all scenarios share their children. Raises `UserError` if not, unless asked."""
    base = resolved[0]
    for other in resolved[1:]:
        why = why_not_the_same(base, other)
        if not why:
            continue
        if asked.unpaired:
            return False
        raise UserError(
            f"{other.scenario.name} {why}, as {base.scenario.name} does, so the difference cannot "
            "be taken between futures of the same children. Give both the same start and "
            "population, or add --unpaired to compare them all the same; the ranges of "
            "differences are then far wider."
        )
    return not asked.unpaired


@contextmanager
def _kept(every: Sequence[Resolved], asked: Asked) -> Iterator[Store]:
    """Where futures are kept; a folder in which nothing was kept goes away again."""
    if asked.kept_beside is None:
        yield MemoryStore()
        return
    engine = engine_here(asked.engine)
    jobs = [Job(one, surroundings_of(one), asked.seed, engine) for one in every]
    folder = ChunkFolder(asked.kept_beside, identity_of_many(jobs), resume=asked.resume)
    try:
        yield folder
    except BaseException:
        if not folder.holds_something:
            folder.remove()
        raise


def _values(resolved: Resolved, many: Many, number: int) -> ScenarioValues:
    figures = many.figures[number]
    calendar = report_calendar(resolved.start, resolved.months)
    return ScenarioValues(resolved.scenario.name, calendar, figures[FORECAST], figures[COST])


def _pairs(values: Sequence[ScenarioValues], is_paired: bool) -> tuple[Paired, ...]:
    pairs = tuple(Paired(values[0], other, is_paired) for other in values[1:])
    for pair in pairs:
        if is_paired and not pair.same_start:
            raise SufficiencyError(
                f"{pair.base.name} and {pair.other.name} should start from the same children, "
                "and do not"
            )
    return pairs


def _appraisals(pairs: Sequence[Paired], scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """Invest to save, of each scenario that pays for a programme; not of unrelated futures."""
    if not pairs[0].is_paired:
        return []
    found = (
        appraisal_of(pair, scenarios[0], other)
        for pair, other in zip(pairs, scenarios[1:], strict=True)
    )
    return [each for each in found if each is not None]


def _about_the_comparison(
    pairs: Sequence[Paired], asked: Asked, explanation: Explanation | None
) -> dict[str, Any]:
    """The part of the manifest that says what was compared, and how."""
    return {
        "package_version": sufficiency.__version__,
        "seed": asked.seed,
        "replications": asked.replications,
        "engine": engine_here(asked.engine),
        "workers": asked.workers or usable_processors(),
        "command": asked.command,
        "paired": pairs[0].is_paired,
        "explained": None if explanation is None else explanation.described(),
    }


def _about_scenarios(
    manifests: Sequence[Mapping[str, Any]], notes: Sequence[str]
) -> dict[str, Any]:
    """What the manifest says of the scenarios themselves."""
    kept = (
        *("scenario", "authority", "inputs", "origins", "interventions"),
        *("personal_data", "marking", "warnings"),
    )
    base = manifests[0]
    said = [str(line) for manifest in manifests for line in manifest.get("warnings") or ()]
    return {
        "authority": base.get("authority"),
        "personal_data": any(bool(manifest.get("personal_data")) for manifest in manifests),
        "warnings": [*notes, *dict.fromkeys(said)],
        "scenarios": [
            {
                **{key: manifest.get(key) for key in kept if key in manifest},
                "differs_in": []
                if manifest is base
                else differing_numbers(base.get("origins") or (), manifest.get("origins") or ()),
            }
            for manifest in manifests
        ],
    }


def _notes_on_runs(runs: Sequence[RunRead]) -> list[str]:
    notes = []
    if len({run.values.calendar.dates for run in runs}) > 1:
        notes.append("The runs are compared on the dates that all of them forecast.")
    if any(run.values.cost is None for run in runs):
        notes.append(
            "A run was written by a version that did not keep what each future costs, so money is "
            "not compared. Run its scenario again."
        )
    return notes
