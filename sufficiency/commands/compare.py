"""``sufficiency compare``: what each scenario changes, and how sure that is."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sufficiency.commands.options import (
    Whole,
    chosen_scenario,
    engine_option,
    files_of,
    out_options,
    overlay_option,
    replications_option,
    seed_option,
    workers_option,
)
from sufficiency.commands.output import Output
from sufficiency.commands.run import STOPPED
from sufficiency.commands.stopping import INTERRUPTED, terminating_as_interrupt
from sufficiency.errors import OutputError
from sufficiency.report.kinds import Results

_LONGEST_FOLDER = 80
_OPTION = {"overlays": "--with"}

if TYPE_CHECKING:
    from sufficiency.comparison.result import Comparison
    from sufficiency.scenario.model import Scenario


@click.command("compare", short_help="Say what scenarios change, and how sure that is.")
@click.argument("compared", nargs=-1, metavar="BASE OTHER...")
@overlay_option
@replications_option("How many futures of each scenario to simulate.  [default: 200]", default=None)
@seed_option(default=None)
@click.option(
    "--months",
    type=Whole(1, 120),
    metavar="N",
    help="How many months to forecast.  [default: the scenarios']",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say what drives the difference: of two scenarios each change between them, of more each "
    "scenario, towards all of them together.",
)
@click.option(
    "--unpaired",
    is_flag=True,
    help="Compare scenarios that do not start from the same children, or runs with other futures.",
)
@workers_option()
@engine_option
@click.option(
    "--executor",
    type=click.Choice(["serial", "threads", "processes"]),
    help="Who works; figures do not depend on it.  [default: threads; processes for SimPy]",
)
@click.option("--resume", is_flag=True, help="Go on with the same comparison where it was stopped.")
@out_options("outputs/compare- and the scenarios' names", "comparison")
@click.pass_context
def command(
    context: click.Context,
    /,
    compared: tuple[str, ...],
    *,
    out: Path | None,
    overwrite: bool,
    unpaired: bool,
    **asked: Any,
) -> int | None:
    """Set scenarios against a base, the first of them: the same children in the same futures.

    Give scenario files, or folders that `sufficiency run` has written, never both. What a scenario
    changes is then known far better than either forecast. Files given by --with are laid over every
    scenario; one scenario alone is compared with itself under them. Of two runs of one council that
    start a month or more apart, it says why the expected outturn of the year moved.

    \b
    Examples:
      sufficiency compare wolverhampton-2020 wolverhampton-2020-worst
      sufficiency compare base.yaml more-carers.yaml edge-of-care.yaml --explain
      sufficiency compare base.yaml --with crises/court-closure
      sufficiency compare outputs/base outputs/more-carers
      sufficiency compare outputs/2020-09 outputs/2020-10
    """
    from sufficiency.comparison.chosen import check_chosen, is_run

    paths = [_as_path(one) for one in compared]
    if not (asked["overlays"] and len(paths) == 1):
        check_chosen(paths)
    typed = shlex.join(["sufficiency", *context.obj])
    if not is_run(paths[0]):
        return _of_scenarios(
            [str(path) for path in paths], out, overwrite, unpaired=unpaired, command=typed, **asked
        )
    given = ("replications", "seed", "months", "overlays", "explain", "resume")
    _refuse_for_runs({_OPTION.get(name, f"--{name}"): asked[name] for name in given})
    runs = [Path(one) for one in paths]
    output = _output(out, [run.resolve().name for run in runs], overwrite, runs)
    with output.held():
        _of_runs(runs, output, unpaired, typed)
    return None


def _of_runs(runs: list[Path], output: Output, unpaired: bool, typed: str) -> None:
    """Compare what has been written."""
    from sufficiency.comparison.compare import compare_runs
    from sufficiency.finance.movement import are_apart

    if not unpaired and are_apart(runs):
        _moved(runs[0], runs[1], output, typed)
    else:
        result = compare_runs(runs, unpaired, typed)
        _write(result, output)
        _show(result, output)


def _of_scenarios(
    paths: list[str],
    out: Path | None,
    overwrite: bool,
    *,
    overlays: Sequence[str],
    months: int | None,
    replications: int | None,
    seed: int | None,
    **how: Any,
) -> int | None:
    """Simulate scenarios and compare them."""
    scenarios = _scenarios(paths, overlays, months)
    names = [scenario.name for scenario in scenarios]
    output = _output(out, names, overwrite, files_of(scenarios))
    from sufficiency import terminal
    from sufficiency.chunk_folder import has_chunks, what_is_dropped
    from sufficiency.comparison.compare import (
        DEFAULT_REPLICATIONS,
        DEFAULT_SEED,
        Asked,
        compare_scenarios,
    )
    from sufficiency.simulation.simulate import why_wait

    asked = Asked(
        replications=DEFAULT_REPLICATIONS if replications is None else replications,
        seed=DEFAULT_SEED if seed is None else seed,
        kept_beside=output.folder,
        **how,
    )
    terminal.show_warnings(why_wait(asked.engine))
    try:
        with terminating_as_interrupt(), output.held():
            terminal.show_warnings(what_is_dropped(output.folder, resume=asked.resume))
            with terminal.progress_bar(asked.replications) as progress:
                result = compare_scenarios(scenarios, asked, progress)
            _write(result, output)
    except KeyboardInterrupt:
        if not output.is_written:
            kept = has_chunks(output.folder)
            click.echo(f"Stopped. {STOPPED if kept else 'Nothing was written.'}", err=True)
            return INTERRUPTED
    _show(result, output)
    return None


def _as_path(one: str) -> str | Path:
    """What was typed, or the file of a scenario that ships, where its name was typed."""
    from sufficiency.shipped import shipped_path

    path = Path(one)
    shipped = shipped_path("scenarios", f"{one}.yaml")
    if not path.exists() and path.name == one and shipped.is_file():
        return shipped
    return path


def _scenarios(paths: Sequence[str], overlays: Sequence[str], months: int | None) -> list[Scenario]:
    """The scenarios under the files laid over them; of one alone, without and with these."""
    under = [overlays] * len(paths) if len(paths) > 1 else [(), overlays]
    read = paths if len(paths) > 1 else [*paths, *paths]
    return [
        chosen_scenario(path, None, None, None, months, over)
        for path, over in zip(read, under, strict=True)
    ]


def _refuse_for_runs(given: dict[str, Any]) -> None:
    """Refuse options that are a run's own affair."""
    for option, value in given.items():
        if value:
            raise click.UsageError(
                f"{option} belongs to scenarios; runs that have been written are compared as they "
                "are. Leave it out, or give scenario files."
            )


def _moved(before: Path, after: Path, output: Output, typed: str) -> None:
    """Say why the expected outturn moved between runs that start on different days."""
    from sufficiency.finance.movement import explain
    from sufficiency.report.finance_movement import movement_sentence, write_movement

    movement = explain(before, after)
    with output.finishing():
        write_movement(movement, output.folder, output.overwrite, typed)
    with output.telling():
        click.echo(movement_sentence(movement))
        click.echo(f"The report is {output.folder / 'report.html'}")


def _output(out: Path | None, names: list[str], overwrite: bool, reads: Sequence[Path]) -> Output:
    """The folder to write, checked before anything is simulated."""
    name = f"compare-{'-'.join(names)}"[:_LONGEST_FOLDER]
    return Output(out, name, overwrite, Results.COMPARISON, reads)


def _write(result: Comparison, output: Output) -> None:
    """Write a comparison, and forget its futures only then."""
    from sufficiency import terminal
    from sufficiency.chunk_folder import KEPT, has_chunks
    from sufficiency.report.comparison_folder import write_comparison

    terminal.show_warnings(result.manifest["warnings"])
    try:
        with output.finishing(result.forget):
            write_comparison(result, output.folder, output.overwrite)
    except OutputError as error:
        if not has_chunks(output.folder):  # As where written runs are compared.
            raise
        raise OutputError(f"{error} {KEPT}") from error


def _show(result: Comparison, output: Output) -> None:
    """Say what was found."""
    from sufficiency import terminal

    with output.telling():
        terminal.show_comparison(result)
        click.echo(f"The report is {output.folder / 'report.html'}")
