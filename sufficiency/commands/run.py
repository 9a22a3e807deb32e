"""``sufficiency run``: forecast a scenario or any authority."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sufficiency.commands.options import Whole, chosen_scenario, scenario_options
from sufficiency.commands.stopping import INTERRUPTED, terminating_as_interrupt
from sufficiency.errors import OutputError

if TYPE_CHECKING:
    from sufficiency.forecast import Forecast

COMPILING = "Compiling the simulation, once after an install; this takes 10 to 20 seconds."
STOPPED = (
    "No results are written yet; the futures that are finished are kept, and the same command with "
    "--resume goes on from there."
)


@click.command("run", short_help="Forecast a scenario or any authority.")
@scenario_options
@click.option(
    "--replications",
    type=Whole(min=1, max=100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="How many futures to simulate; more make the ends of the ranges surer.",
)
@click.option(
    "--seed",
    type=Whole(min=0, max=2**63 - 1),
    default=1,
    show_default=True,
    metavar="S",
    help="The same seed gives the same figures.",
)
@click.option(
    "--workers",
    type=Whole(min=1),
    metavar="W",
    help="Threads or processes to use; figures do not depend on it.  [default: all processors]",
)
@click.option(
    "--engine",
    type=click.Choice(["compiled", "simpy"]),
    default="compiled",
    show_default=True,
    help="The simulation's clock; both give the same figures. SimPy is the definition, and slower.",
)
@click.option(
    "--executor",
    type=click.Choice(["serial", "threads", "processes", "dask"]),
    help="Who works; figures do not depend on it.  [default: threads; processes for SimPy; dask "
    "with --scheduler]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
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
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write.  [default: outputs/ and the scenario's name]",
)
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run.")
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
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    overlays: tuple[str, ...],
    months: int | None,
    *,
    replications: int,
    seed: int,
    workers: int | None,
    engine: str,
    executor: str | None,
    scheduler: str | None,
    allow_personal_data: bool,
    resume: bool,
    out: Path | None,
    overwrite: bool,
    actuals: Path | None,
    internal: bool,
) -> int | None:
    """Forecast a scenario, or any English authority, and write a folder of results.

    \b
    Examples:
      sufficiency run scenarios/wolverhampton-2020-medium.yaml
      sufficiency run --authority "Wolverhampton" --in-care 512 --as-at 2024-09-30
    """
    chosen = chosen_scenario(scenario, authority, in_care, as_at, months, overlays)
    from sufficiency.report.run_folder import check_writable, default_run_folder
    from sufficiency.scenario.options import with_options

    chosen = with_options(chosen, actuals=actuals)
    folder = _with_a_name(out or default_run_folder(chosen.name))
    check_writable(folder, overwrite)
    from sufficiency import experiment, terminal
    from sufficiency.chunk_folder import has_chunks
    from sufficiency.resolution.resolve import resolve
    from sufficiency.simulation.simulate import must_compile, why_another_engine

    resolved = resolve(chosen)
    known = [*resolved.warnings, *why_another_engine(engine)]
    terminal.show_warnings(known)
    if must_compile(engine):
        terminal.show_warnings([COMPILING])
    try:
        with terminating_as_interrupt():
            with terminal.progress_bar(replications) as progress:
                forecast = experiment.run(
                    resolved,
                    replications=replications,
                    seed=seed,
                    workers=workers,
                    engine=engine,
                    executor=executor,
                    scheduler=scheduler,
                    allow_personal_data=allow_personal_data,
                    kept_beside=folder,
                    resume=resume,
                    progress=progress,
                    command=shlex.join(["sufficiency", *context.obj]),
                )
            said = forecast.manifest["warnings"]
            terminal.show_warnings(note for note in said if note not in known)
            forecast.manifest["internal"] = internal
            written = _written(forecast, folder, overwrite)
    except KeyboardInterrupt:
        click.echo(
            f"Stopped. {STOPPED if has_chunks(folder) else 'Nothing was written.'}", err=True
        )
        return INTERRUPTED
    terminal.show_forecast(forecast.forecast, forecast.finance)
    click.echo(f"The report is {written / 'report.html'}")
    return None


def _written(forecast: Forecast, folder: Path, overwrite: bool) -> Path:
    """Write a run, and forget its futures only then. Raises `OutputError`."""
    from sufficiency.chunk_folder import KEPT
    from sufficiency.report.run_folder import write_run

    try:
        written = write_run(forecast, folder, overwrite)
    except OutputError as error:
        raise OutputError(f"{error} {KEPT}") from error
    forecast.forget()
    return written


def _with_a_name(folder: Path) -> Path:
    """The folder by its own name where it was typed as "here" or "above"."""
    return folder.resolve() if folder.name in ("", "..") else folder
