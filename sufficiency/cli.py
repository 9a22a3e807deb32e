"""The command line: one thin command a verb, each in its own module of `sufficiency.commands`.

Only click is imported here; everything else waits until a command needs it, so that help is
instant. Exit status: 0 done, 2 the user's input is wrong, 1 our fault, 130 interrupted.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import NoReturn

import click

from sufficiency import __version__
from sufficiency.another_python import nothing_from_the_current_folder
from sufficiency.commands.stopping import (
    INTERRUPTED,
    errors_after_an_interrupt,
    hearing_interrupts,
)
from sufficiency.errors import UserError
from sufficiency.garbage import search_later

WRONG_INPUT = 2
VERBS = (
    "authorities",
    "backtest",
    "bench",
    "calibrate",
    "check",
    "compare",
    "plan",
    "publish",
    "run",
    "schema",
    "sensitivity",
    "synthesise",
)


class Verbs(click.Group):
    """The commands by name, each loaded when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Every verb, in alphabetical order."""
        del context
        return sorted(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of a verb; None if there is no such verb."""
        del context
        if name not in VERBS:
            return None
        found: click.Command = import_module(f"sufficiency.commands.{name}").command
        return found


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; anything unexpected is one line, or all with ``--debug``."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    search_later()
    for stream in (sys.stdout, sys.stderr):
        # A Windows console or pipe may not hold every character of a council's name.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if "--debug" not in typed:
        sys.excepthook = _one_line
    with hearing_interrupts(), nothing_from_the_current_folder():
        status = _status(typed)
    sys.exit(status)


def _status(typed: list[str]) -> int:
    try:
        with errors_after_an_interrupt():
            result = commands.main(typed, prog_name="sufficiency", standalone_mode=False, obj=typed)
    except click.ClickException as wrong:
        wrong.show()
        return WRONG_INPUT
    except UserError as wrong:
        click.echo(f"Error: {wrong}", err=True)
        return WRONG_INPUT
    except (KeyboardInterrupt, click.Abort) as stopped:
        if isinstance(stopped.__cause__, EOFError):
            # Click takes a file that ends too soon for a user who ends it at a prompt.
            raise stopped.__cause__ from None
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


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the whole traceback if something goes wrong.")
def commands(debug: bool) -> None:
    """Forecast placements for children in care: how many, where, by when, at what cost.

    \b
    Examples:
      sufficiency run --authority Wolverhampton
      sufficiency run scenarios/wolverhampton-2020-medium.yaml
    """
