"""``sufficiency run``: forecast a scenario or any authority."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sufficiency.commands.options import (
    chosen_scenario,
    engine_option,
    files_of,
    out_options,
    replications_option,
    scenario_options,
    seed_option,
    workers_option,
)
from sufficiency.commands.output import Output
from sufficiency.commands.stopping import INTERRUPTED, terminating_as_interrupt
from sufficiency.errors import OutputError
from sufficiency.page_process import page_beside

if TYPE_CHECKING:
    from sufficiency.forecast import Forecast
    from sufficiency.report.run_folder import BeginPage, RunWriter
    from sufficiency.scenario.model import Scenario

STOPPED = (
    "No results are written yet; the futures that are finished are kept, and the same command with "
    "--resume goes on from there."
)


def _some_address(context: click.Context, option: click.Parameter, found: str | None) -> str | None:
    """Refuse an empty address, such as of a variable that is not set."""
    if found == "":
        raise click.BadParameter("found nothing, expected an address.", context, option)
    return found


@click.command("run", short_help="Forecast a scenario or any authority.")
@scenario_options
@replications_option("How many futures to simulate; more make the ends of the ranges surer.")
@seed_option()
@workers_option()
@engine_option
@click.option(
    "--executor",
    type=click.Choice(["serial", "threads", "processes", "dask"]),
    help="Who works; figures do not depend on it.  [default: threads; processes for SimPy; dask "
    "with --scheduler]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    callback=_some_address,
    help="Work on the Dask cluster whose scheduler answers here, such as tcp://10.0.0.5:8786.",
)
@click.option(
    "--allow-personal-data",
    is_flag=True,
    help="Let a start from real children go to a cluster, over tls:// only.",
)
@click.option(
    "--resume", is_flag=True, help="Go on with the same run where it was stopped or broke down."
)
@out_options("outputs/ and the scenario's name", "run")
@click.option(
    "--actuals",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What was spent before the start: a CSV of month,sector,cost,nights. With the forecast it "
    "makes the year's outturn.",
)
@click.option(
    "--internal",
    is_flag=True,
    help="Show real counts of 1 to 5 children in the page and the workbook: not to be sent on.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    overlays: tuple[str, ...],
    months: int | None,
    *,
    replications: int,
    workers: int | None,
    out: Path | None,
    overwrite: bool,
    actuals: Path | None,
    internal: bool,
    **how: Any,
) -> int | None:
    """Forecast a scenario, or any English authority, and write a folder of results.

    \b
    Examples:
      sufficiency run scenarios/wolverhampton-2020-medium.yaml
      sufficiency run --authority "Wolverhampton" --in-care 512 --as-at 2024-09-30
    """
    output = None
    try:
        with terminating_as_interrupt(), page_beside(replications, workers) as page:
            chosen = chosen_scenario(scenario, authority, in_care, as_at, months, overlays)
            from sufficiency.scenario.options import with_options

            chosen = with_options(chosen, actuals=actuals)
            output = Output(out, chosen.name, overwrite, reads=files_of([chosen]))
            with (
                output.held(),
                output.finishing(lambda: forecast.forget()),
                _written(output.folder, overwrite, page) as writer,
            ):
                forecast = _simulated(
                    chosen,
                    replications,
                    workers=workers,
                    kept_beside=output.folder,
                    simulated=writer.begin,
                    command=shlex.join(["sufficiency", *context.obj]),
                    **how,
                )
                forecast.manifest["internal"] = internal
                writer.finish(forecast)
    except KeyboardInterrupt:
        if output is None or not output.is_written:
            folder = out if output is None else output.folder
            click.echo(f"Stopped. {_what_is_kept(folder)}", err=True)
            return INTERRUPTED
    with output.telling():
        from sufficiency import terminal

        terminal.show_forecast(forecast.forecast, forecast.finance)
        click.echo(f"The report is {output.folder / 'report.html'}")
    return None


def _simulated(
    chosen: Scenario,
    replications: int,
    *,
    engine: str,
    kept_beside: Path,
    resume: bool,
    **how: Any,
) -> Forecast:
    """The forecast, with what the user should know of it said as soon as it is known."""
    from sufficiency import experiment, terminal
    from sufficiency.chunk_folder import what_is_dropped
    from sufficiency.resolution.resolve import resolve
    from sufficiency.simulation.simulate import why_another_engine, why_wait

    resolved = resolve(chosen)
    known = [*resolved.warnings, *why_another_engine(engine)]
    terminal.show_warnings(known)
    terminal.show_warnings(why_wait(engine))
    terminal.show_warnings(what_is_dropped(kept_beside, resume=resume))
    with terminal.progress_bar(replications) as progress:
        forecast = experiment.run(
            resolved,
            replications=replications,
            engine=engine,
            kept_beside=kept_beside,
            resume=resume,
            progress=progress,
            **how,
        )
    said = forecast.manifest["warnings"]
    terminal.show_warnings(note for note in said if note not in known)
    return forecast


@contextmanager
def _written(folder: Path, overwrite: bool, page: BeginPage | None) -> Iterator[RunWriter]:
    """Who writes the run; once it has begun, what cannot be written leaves the futures behind.

    Raises `OutputError`.
    """
    from sufficiency.chunk_folder import KEPT
    from sufficiency.report.run_folder import RunWriter

    writer = RunWriter(folder, overwrite, page)
    try:
        with writer:
            yield writer
    except OutputError as error:
        if not writer.has_begun or KEPT in str(error):
            raise
        raise OutputError(f"{error} {KEPT}") from error


def _what_is_kept(folder: Path | None) -> str:
    from sufficiency.chunk_folder import has_chunks

    return STOPPED if folder is not None and has_chunks(folder) else "Nothing was written."
