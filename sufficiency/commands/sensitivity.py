"""``sufficiency sensitivity``: which assumptions the forecast hangs on."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sufficiency.commands.options import (
    Whole,
    as_date,
    chosen_scenario,
    files_of,
    out_options,
    replications_option,
    scenario_options,
    seed_option,
    workers_option,
)
from sufficiency.commands.output import Output
from sufficiency.commands.stopping import INTERRUPTED, terminating_as_interrupt
from sufficiency.report.kinds import Results

if TYPE_CHECKING:
    from sufficiency.scenario.model import Scenario
    from sufficiency.sensitivity.study import Asked


@click.command("sensitivity", short_help="Say which assumptions the forecast hangs on.")
@scenario_options
@click.option(
    "--assumptions",
    multiple=True,
    metavar="A,B=LOW:HIGH",
    help="The numbers to test, by the keys that `sufficiency check` shows; a key's beginning "
    "stands for all below it.  [default: every number that has a range]",
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="What is asked: gap (both kinds), in_house_shortfall, unmet_need, in_care or cost; may be "
    "repeated.  [default: all]",
)
@click.option(
    "--at",
    callback=as_date,
    metavar="DATE",
    help="A month's last day: children on it, money of its financial year.  [default: the end]",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="What a decision hangs on, such as unmet_need=30 or cost=36000000; may be repeated.  "
    "[default: the year's budget, if there is one]",
)
@click.option(
    "--method",
    type=click.Choice(["morris", "sobol"]),
    default="morris",
    show_default=True,
    help="How the strongest are changed together; sobol takes some times as long.",
)
@click.option(
    "--strongest",
    type=Whole(min=1, max=12),
    metavar="N",
    help="How many are changed together.  [default: 6; 4 for sobol]",
)
@replications_option("How many futures each number meets.", least=2)
@seed_option(most=2**32 - 1)
@workers_option("Threads")
@out_options("outputs/, the scenario's name and -sensitivity", "study")
@click.pass_context
def command(
    context: click.Context,
    /,
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    months: int | None,
    *,
    overlays: tuple[str, ...],
    assumptions: tuple[str, ...],
    measures: tuple[str, ...],
    out: Path | None,
    overwrite: bool,
    **how: Any,
) -> int | None:
    """Test the assumptions of a scenario: one at a time, then the strongest together.

    Every test meets the same futures as the scenario, so that what a number changes is not lost in
    chance. Writes a page (report.html), a workbook, sensitivity.csv (what each number changes at
    its low and its high), indices.csv and information.csv (what is worth knowing better).

    \b
    Examples:
      sufficiency sensitivity wolverhampton-2020
      sufficiency sensitivity s.yaml --assumptions entries.by_age,population.overflow_share.ifa
      sufficiency sensitivity s.yaml --measure cost --at 2022-03-31 --limit cost=36000000
    """
    from sufficiency.sensitivity.study import Asked

    chosen = chosen_scenario(scenario, authority, in_care, as_at, months, overlays)
    name, reads = f"{chosen.name}-sensitivity", files_of([chosen])
    output = Output(out, name, overwrite, Results.SENSITIVITY, reads)
    asked = Asked(
        assumptions=_parts(assumptions),
        measures=_parts(measures),
        command=shlex.join(["sufficiency", *context.obj]),
        **how,
    )
    return _studied(chosen, asked, output)


def _studied(chosen: Scenario, asked: Asked, output: Output) -> int | None:
    """Make the study, write it and say what was found."""
    from sufficiency import terminal
    from sufficiency.report.sensitivity_folder import write_sensitivity
    from sufficiency.sensitivity.study import study
    from sufficiency.simulation.simulate import DEFAULT_ENGINE, why_wait

    terminal.show_warnings(why_wait(DEFAULT_ENGINE))
    try:
        with terminating_as_interrupt(), output.held():
            with terminal.progress_bar(asked.replications) as progress:
                result = study(chosen, asked, progress)
            with output.finishing():
                write_sensitivity(result, output.folder, output.overwrite)
    except KeyboardInterrupt:
        if not output.is_written:
            click.echo("Stopped. Nothing was written.", err=True)
            return INTERRUPTED
    with output.telling():
        terminal.show_warnings(result.manifest["warnings"])
        _show(result)
        click.echo(f"The report is {output.folder / 'report.html'}")
    return None


def _parts(given: tuple[str, ...]) -> tuple[str, ...]:
    """Names that were typed with commas, or the option again and again."""
    return tuple(name.strip() for each in given for name in each.split(",") if name.strip())


def _show(result: object) -> None:
    """Print what each answer hangs on."""
    from typing import cast

    from sufficiency.report.headline import plain
    from sufficiency.report.sensitivity_report import SensitivityReport, SensitivityResult
    from sufficiency.report.sensitivity_words import summary_sentences

    for sentence in summary_sentences(SensitivityReport(cast("SensitivityResult", result))):
        click.echo(plain(sentence))
