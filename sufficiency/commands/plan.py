"""``sufficiency plan``: which places to find, and by when, so that a target is met."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sufficiency.commands.options import (
    Whole,
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
    from collections.abc import Sequence

    from sufficiency.executors import Workers
    from sufficiency.planning.asking import Request
    from sufficiency.planning.reaching import Wish
    from sufficiency.planning.target import Target
    from sufficiency.resolution.resolve import Resolved
    from sufficiency.scenario.model import Scenario


def as_month_end(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> date | None:
    """The last day of the month that was typed; fails with what was expected."""
    del context, parameter
    if value is None:
        return None
    from sufficiency.domain import month_end

    try:
        return month_end(date.fromisoformat(f"{value}-01"))
    except ValueError:
        raise click.BadParameter(f'found "{value}", expected a month such as 2022-04.') from None


@click.command("plan", short_help="Find the fewest places that meet a target, and by when.")
@scenario_options
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TEXT",
    help='What must be reached, such as "unmet_need <= 2 with 90% by 2022-04"; may be repeated.',
)
@click.option(
    "--pools",
    multiple=True,
    metavar="A,B=MOST",
    help="The pools that may change, each with the most places to add or take away if there is "
    "such a limit.  [default: every pool that has a number of places]",
)
@click.option(
    "--least",
    type=click.Choice(["places", "cost"]),
    default="places",
    show_default=True,
    help="What is to be least; of plans with as few places, the cheapest is taken.",
)
@click.option(
    "--no-lead-times", is_flag=True, help="Plan as if places could open in the first month."
)
@click.option(
    "--reach",
    multiple=True,
    type=Whole(min=0),
    metavar="N",
    help="Also say when this number of children in care is reached, and what it takes.",
)
@click.option(
    "--reach-rate",
    multiple=True,
    metavar="RATE",
    help="The same for a rate: england, neighbours or a number per 10,000 children.",
)
@click.option(
    "--reach-by",
    callback=as_month_end,
    metavar="YYYY-MM",
    help="By when it is to be reached.  [default: the end of the forecast]",
)
@replications_option(
    "How many futures plans are judged on; the plan is confirmed on up to 1,000 more.",
    least=50,
    default=4000,
)
@seed_option("plan")
@workers_option("Threads", "the plan does")
@out_options("outputs/, the scenario's name and -plan", "plan")
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
    targets: tuple[str, ...],
    reach: tuple[int, ...],
    reach_rate: tuple[str, ...],
    reach_by: date | None,
    workers: int | None,
    out: Path | None,
    overwrite: bool,
    **how: Any,
) -> int | None:
    """Find the least change of places, by pool and month, that meets a target.

    Writes a page (report.html), a workbook, the places to find (places_to_find.csv), what they do
    (plan.csv) and figures for a market position statement (market_position.csv). With --reach
    alone, only says when a number in care is reached.

    A plan of three pools takes some minutes; how many futures it needs is not known before.

    \b
    Examples:
      sufficiency plan wolverhampton-2020-places --target "unplaced <= 2 with 90% by 2022-04"
      sufficiency plan s.yaml --target "in_house_shortfall <= 20 with 80% by 2022-12" --least cost
      sufficiency plan --authority Wolverhampton --reach 480 --reach-rate england
    """
    from sufficiency.planning.target import GRAMMAR, parse_target

    if not targets and not reach and not reach_rate:
        raise click.UsageError(f"Give a --target, or --reach or --reach-rate.\n{GRAMMAR}")
    request = _request(tuple(parse_target(text) for text in targets), **how)
    wishes = _wishes(reach, reach_rate, reach_by)
    chosen = chosen_scenario(scenario, authority, in_care, as_at, months, overlays)
    output = None
    if targets:
        name, reads = f"{chosen.name}-plan", files_of([chosen])
        output = Output(out, name, overwrite, Results.PLAN, reads)
    from sufficiency.executors import THREADS, Workers, usable_processors

    resolved = _checked(chosen, request, wishes)
    crew = Workers(THREADS, workers or usable_processors())
    if output is None:
        if out is not None or overwrite:
            raise click.UsageError(
                "--out and --overwrite go with a --target: --reach alone says when a number is "
                "reached, and writes nothing. Leave them out, or give a --target."
            )
        _only_reach(resolved, wishes, request.seed, crew)
        return None
    typed = shlex.join(["sufficiency", *context.obj])
    return _planned(output, resolved, request, crew, wishes, typed)


def _request(
    targets: tuple[Target, ...],
    *,
    pools: tuple[str, ...],
    least: str,
    no_lead_times: bool,
    replications: int,
    seed: int,
) -> Request:
    """What is asked of the plan."""
    from sufficiency.planning.asking import FURTHER_FUTURES, Request

    return Request(
        targets=targets,
        pools=tuple(name.strip() for each in pools for name in each.split(",") if name.strip()),
        least=least,
        futures=replications,
        further_futures=min(FURTHER_FUTURES, replications),
        seed=seed,
        keep_lead_times=not no_lead_times,
    )


def _wishes(numbers: Sequence[int], rates: Sequence[str], by: date | None) -> list[Wish]:
    """The numbers and rates of children in care that are to be reached."""
    from sufficiency.planning.reaching import Wish

    return [
        *(Wish(number=float(number), by=by) for number in numbers),
        *(Wish(rate=rate, by=by) for rate in rates),
    ]


def _checked(chosen: Scenario, request: Request, wishes: Sequence[Wish]) -> Resolved:
    """The scenario resolved, with what is wrong said before work seems to begin."""
    from sufficiency import terminal
    from sufficiency.planning.asking import check_request
    from sufficiency.planning.reaching import check_wishes
    from sufficiency.resolution.resolve import resolve
    from sufficiency.simulation.simulate import DEFAULT_ENGINE, why_another_engine, why_wait

    resolved = resolve(chosen)
    terminal.show_warnings([*resolved.warnings, *why_another_engine(DEFAULT_ENGINE)])
    check_wishes(resolved, wishes)
    if request.targets:
        check_request(resolved, request)
    terminal.show_warnings(why_wait(DEFAULT_ENGINE))
    return resolved


def _planned(
    output: Output,
    resolved: Resolved,
    request: Request,
    crew: Workers,
    wishes: Sequence[Wish],
    typed: str,
) -> int | None:
    """Make the plan, write it and say what was found."""
    from sufficiency import terminal
    from sufficiency.planning.result import make_plan
    from sufficiency.report.plan_folder import write_plan

    try:
        with terminating_as_interrupt(), output.held():
            with terminal.plan_progress() as told:
                report = make_plan(resolved, request, crew, wishes, typed, told)
            with output.finishing():
                write_plan(report, output.folder, output.overwrite)
    except KeyboardInterrupt:
        if not output.is_written:
            click.echo("Stopped. Nothing was written.", err=True)
            return INTERRUPTED
    with output.telling():
        terminal.show_plan(report)
        click.echo(f"The report is {output.folder / 'report.html'}")
    return None


def _only_reach(resolved: Resolved, wishes: Sequence[Wish], seed: int, workers: Workers) -> None:
    """Say when numbers in care are reached, and write nothing."""
    from sufficiency.planning.reaching import reach_lines
    from sufficiency.report.plan_words import IT_IS_ARITHMETIC, reach_sentences

    lines, in_care = reach_lines(resolved, wishes, seed, workers)
    for line in lines:
        click.echo(" ".join(reach_sentences(line, in_care)))
    click.echo(IT_IS_ARITHMETIC)
