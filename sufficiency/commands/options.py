"""Options that several commands share, and how they are read.

Only click and what takes no time are imported here; all else waits until a command needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sufficiency.report.kinds import Results

if TYPE_CHECKING:
    from sufficiency.scenario.model import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])


class Whole(click.IntRange):
    """A whole number within ends, refused in the words of every other message."""

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        """The number; fails with what was expected."""
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter:
            ends = f"{self.min:,} or more" if self.max is None else f"{self.min} to {self.max:,}"
            self.fail(f'found "{value}", expected a whole number, {ends}.', parameter, context)


def as_date(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """The date that was typed; fails with what was expected."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f'found "{value}", expected a date such as 2024-09-30.') from None


def replications_option(
    help: str, *, least: int = 1, most: int = 100_000, default: int | None = 200
) -> Callable[[Command], Command]:
    """How many futures to simulate."""
    return click.option(
        "--replications",
        type=Whole(min=least, max=most),
        default=default,
        show_default=default is not None,
        metavar="N",
        help=help,
    )


def seed_option(
    same: str = "figures", *, most: int = 2**63 - 1, default: int | None = 1
) -> Callable[[Command], Command]:
    """Where the random numbers begin; ``same`` is what the same seed gives."""
    said = "" if default is not None else "  [default: 1]"
    return click.option(
        "--seed",
        type=Whole(min=0, max=most),
        default=default,
        show_default=default is not None,
        metavar="S",
        help=f"The same seed gives the same {same}.{said}",
    )


def workers_option(
    who: str = "Threads or processes", what: str = "figures do"
) -> Callable[[Command], Command]:
    """How many work at once."""
    return click.option(
        "--workers",
        type=Whole(min=1),
        metavar="W",
        help=f"{who} to use; {what} not depend on it.  [default: all processors]",
    )


def engine_option(command: Command) -> Command:
    """Which of the two clocks."""
    return click.option(
        "--engine",
        type=click.Choice(["compiled", "simpy"]),
        default="compiled",
        show_default=True,
        help="The simulation's clock; both give the same figures. SimPy is the definition, and "
        "slower.",
    )(command)


def out_options(default: str, replaced: str) -> Callable[[Command], Command]:
    """The folder to write, and whether what is in it may go; ``default`` says which it is else."""

    def both(command: Command) -> Command:
        overwrite = click.option(
            "--overwrite",
            is_flag=True,
            help=f"Replace the results of an earlier {replaced}, never anything else.",
        )
        return click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=f"The folder to write.  [default: {default}]",
        )(overwrite(command))

    return both


def output_folder(
    out: Path | None,
    name: str,
    overwrite: bool,
    kind: Results = Results.RUN,
    reads: Iterable[Path] = (),
) -> Path:
    """The folder to write to, by its own name: ``out``, or the one in outputs/ for ``name``.

    Raises `OutputError` if it cannot be written, or holds anything but earlier results of this
    kind, such as what the command ``reads``.
    """
    from sufficiency.report.run_folder import check_writable, default_run_folder

    folder = out or default_run_folder(name)
    # Typed as "here" or "above" it has no name, which what lies beside it is named after.
    folder = folder.resolve() if folder.name in ("", "..") else folder
    check_writable(folder, overwrite, kind, reads)
    return folder


def files_of(scenarios: Iterable[Scenario]) -> list[Path]:
    """The user's own files that scenarios are read from."""
    from sufficiency.manifest import files_read

    return [path for scenario in scenarios for path in files_read(scenario)]


def overlay_option(command: Command) -> Command:
    """Files laid over a scenario: a crisis, a programme, a set of prices."""
    return click.option(
        "--with",
        "overlays",
        multiple=True,
        metavar="FILE",
        help="Lay a crisis or a programme over the scenario, such as crises/court-closure; several "
        "times, in order. A file of yours, or one that ships.",
    )(command)


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
                type=Whole(min=1),
                metavar="N",
                help="Children in care at the start, if you know better than the published figure; "
                "ages and placements are rescaled to it.",
            ),
            click.option(
                "--as-at",
                callback=as_date,
                metavar="DATE",
                help="Start from this date, written 2024-09-30. Goes with --in-care.",
            ),
            overlay_option,
            click.option(
                "--months",
                type=Whole(1, 120),
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


def chosen_scenario(
    path: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    months: int | None,
    overlays: Sequence[str] = (),
) -> Scenario:
    """The scenario that the options of `scenario_options` ask for."""
    if (path is None) == (authority is None):
        problem = "not both" if path else "such as --authority Wolverhampton"
        raise click.UsageError(f"Give a scenario file or --authority, {problem}.")
    from sufficiency.scenario.files import load_scenario
    from sufficiency.scenario.options import scenario_for_authority, with_options

    if authority is not None:
        found = scenario_for_authority(authority, overlays=overlays)
    elif path is not None and not Path(path).suffix and not Path(path).exists():
        found = load_scenario(_shipped_scenario(path), overlays)
    else:
        found = load_scenario(path or "", overlays)
    return with_options(found, in_care=in_care, as_at=as_at, months=months)
