"""The command line: one thin command a verb.

Only click is imported here; everything else waits until a command needs it, so that help is
instant. Exit status: 0 done, 2 the user's input is wrong, 1 our fault, 130 interrupted.
"""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from sufficiency import __version__
from sufficiency.errors import UserError

if TYPE_CHECKING:
    from sufficiency.scenario.model import Scenario

WRONG_INPUT, INTERRUPTED = 2, 130
COMPILING = "Compiling the simulation, once after an install; this takes 10 to 20 seconds."
Command = TypeVar("Command", bound=Callable[..., Any])


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; anything unexpected is one line, or all with ``--debug``."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A Windows console or pipe may not hold every character of a council's name.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if "--debug" not in typed:
        sys.excepthook = _one_line
    sys.exit(_status(typed))


def _status(typed: list[str]) -> int:
    try:
        result = commands.main(typed, prog_name="sufficiency", standalone_mode=False, obj=typed)
    except click.ClickException as wrong:
        wrong.show()
        return WRONG_INPUT
    except UserError as wrong:
        click.echo(f"Error: {wrong}", err=True)
        return WRONG_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped. Nothing was written.", err=True)
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _one_line(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    del trace
    what = f"{kind.__name__}: {fault}".splitlines()[0]
    click.echo(
        f"Sorry, this is our fault, not yours. {what} "
        "(put --debug after `sufficiency` to see where it happened)",
        err=True,
    )


class _Whole(click.IntRange):
    """A whole number within ends, refused in the words of every other message."""

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        """The number; fails with what was expected."""
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter:
            ends = f"{self.min:,} or more" if self.max is None else f"{self.min} to {self.max:,}"
            self.fail(f'found "{value}", expected a whole number, {ends}.', parameter, context)


def _as_date(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f'found "{value}", expected a date such as 2024-09-30.') from None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the whole traceback if something goes wrong.")
def commands(debug: bool) -> None:
    """Forecast placements for children in care: how many, where, by when, at what cost.

    \b
    Examples:
      sufficiency run --authority Wolverhampton
      sufficiency run scenarios/wolverhampton-2020-medium.yaml
    """


def scenario_options(command: Command) -> Command:
    """The ways to say which scenario: a file, or an authority and what is known of it today."""
    for decorate in reversed(
        (
            click.argument("scenario", required=False, metavar="[SCENARIO.yaml]"),
            click.option(
                "--authority",
                metavar="TEXT",
                help="Instead of a file: an authority's name, three-digit code or ONS code.",
            ),
            click.option(
                "--in-care",
                type=_Whole(min=1),
                metavar="N",
                help="Children in care at the start, if you know better than the published figure; "
                "ages and placements are rescaled to it.",
            ),
            click.option(
                "--as-at",
                callback=_as_date,
                metavar="DATE",
                help="Start from this date, written 2024-09-30. Goes with --in-care.",
            ),
            click.option(
                "--months",
                type=_Whole(1, 120),
                metavar="N",
                help="How many months to forecast.  [default: the scenario's, or 36]",
            ),
        )
    ):
        command = decorate(command)
    return command


def _shipped_scenario(name: str) -> Path:
    """The file of a scenario that ships, by its name: an installed copy has no folder of them."""
    from difflib import get_close_matches

    from sufficiency.shipped import shipped_path

    path = shipped_path("scenarios", f"{name}.yaml")
    if Path(name).name == name and path.is_file():
        return path
    ships = sorted(found.stem for found in path.parent.glob("*.yaml"))
    near = get_close_matches(name, ships, n=1, cutoff=0.8)
    hint = f"Did you mean {near[0]}? Or give" if near else "Give"
    raise click.UsageError(
        f"{name}: no such file. {hint} the path of a scenario ending in .yaml, or for an "
        f'authority: --authority "{name}"'
    )


def _scenario(
    path: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    months: int | None,
) -> Scenario:
    """The scenario that the options of `scenario_options` ask for."""
    if (path is None) == (authority is None):
        problem = "not both" if path else "such as --authority Wolverhampton"
        raise click.UsageError(f"Give a scenario file or --authority, {problem}.")
    from sufficiency.scenario.files import load_scenario
    from sufficiency.scenario.options import scenario_for_authority, with_options

    if authority is not None:
        found = scenario_for_authority(authority)
    elif path is not None and not Path(path).suffix and not Path(path).exists():
        found = load_scenario(_shipped_scenario(path))
    else:
        found = load_scenario(path or "")
    return with_options(found, in_care=in_care, as_at=as_at, months=months)


@commands.command(short_help="Forecast a scenario or any authority.")
@scenario_options
@click.option(
    "--replications",
    type=_Whole(min=1, max=100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="How many futures to simulate; more make the ends of the ranges surer.",
)
@click.option(
    "--seed",
    type=_Whole(min=0, max=2**63 - 1),
    default=1,
    show_default=True,
    metavar="S",
    help="The same seed gives the same figures.",
)
@click.option(
    "--workers",
    type=_Whole(min=1),
    metavar="W",
    help="Processes to use; figures do not depend on it.  [default: all processors]",
)
@click.option(
    "--engine",
    type=click.Choice(["compiled", "simpy"]),
    default="compiled",
    show_default=True,
    help="The simulation's clock; both give the same figures. SimPy is the definition, and slower.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write.  [default: outputs/ and the scenario's name]",
)
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run.")
@click.pass_context
def run(
    context: click.Context,
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    months: int | None,
    *,
    replications: int,
    seed: int,
    workers: int | None,
    engine: str,
    out: Path | None,
    overwrite: bool,
) -> None:
    """Forecast a scenario, or any English authority, and write a folder of results.

    \b
    Examples:
      sufficiency run scenarios/wolverhampton-2020-medium.yaml
      sufficiency run --authority "Wolverhampton" --in-care 512 --as-at 2024-09-30
    """
    chosen = _scenario(scenario, authority, in_care, as_at, months)
    from sufficiency.report.run_folder import check_writable, default_run_folder

    folder = out or default_run_folder(chosen.name)
    check_writable(folder, overwrite)
    from sufficiency import experiment, terminal
    from sufficiency.report.run_folder import write_run
    from sufficiency.resolution.resolve import resolve
    from sufficiency.simulation.simulate import must_compile, why_another_engine

    resolved = resolve(chosen)
    terminal.show_warnings([*resolved.warnings, *why_another_engine(engine)])
    if must_compile(engine):
        terminal.show_warnings([COMPILING])
    with terminal.progress_bar() as progress:
        forecast = experiment.run(
            resolved,
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine,
            progress=progress,
            command=shlex.join(["sufficiency", *context.obj]),
        )
    written = write_run(forecast, folder, overwrite)
    terminal.show_forecast(forecast.forecast, forecast.finance)
    click.echo(f"The report is {written / 'report.html'}")


@commands.command(short_help="Show every number of a scenario and its source.")
@scenario_options
def check(
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    months: int | None,
) -> None:
    """Show what a scenario resolves to: every number, its origin and its source.

    \b
    Examples:
      sufficiency check scenarios/wolverhampton-2020.yaml
      sufficiency check --authority Leeds
    """
    chosen = _scenario(scenario, authority, in_care, as_at, months)
    from sufficiency import terminal
    from sufficiency.resolution.resolve import resolve

    terminal.show_resolved(resolve(chosen))


@commands.command(short_help="Print the JSON Schema of a scenario file.")
def schema() -> None:
    """Print the JSON Schema of a scenario file, every key described.

    \b
    Example, to have an editor complete and check scenario files:
      sufficiency schema > scenario.schema.json
    """
    import json

    from sufficiency.scenario.model import scenario_schema

    click.echo(json.dumps(scenario_schema(), indent=2))


@commands.command(short_help="List authorities, codes and latest figures.")
@click.argument("text", required=False, metavar="[NAME, REGION OR CODE]")
def authorities(text: str | None) -> None:
    """List the authorities with their codes and latest published figures.

    \b
    Examples:
      sufficiency authorities
      sufficiency authorities midlands
    """
    from sufficiency import terminal
    from sufficiency.history.authorities import find_authority, latest_figures

    figures = latest_figures()
    if text:
        columns = figures[["name", "region", "old_la_code", "new_la_code"]].fillna("")
        holds = columns.agg(" ".join, axis=1).str.contains(text, case=False, regex=False)
        # Another spelling is found as it is elsewhere; what is not found says what is near.
        figures = (
            figures[holds]
            if holds.any()
            else figures[figures["old_la_code"] == find_authority(text).old_la_code]
        )
    terminal.show_authorities(figures)
