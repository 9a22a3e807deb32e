"""``sufficiency bench``: how fast this computer is, and what to expect of a run."""

from __future__ import annotations

import click

from sufficiency.commands.options import Whole, chosen_scenario

SIZES = ("Rutland", "Wolverhampton", "Birmingham")
"""A small, a middling and the largest council."""


@click.command("bench", short_help="Measure how fast this computer is.")
@click.argument("scenario", required=False, metavar="[SCENARIO.yaml]")
@click.option(
    "--authority", metavar="TEXT", help="Measure this authority instead of three of all sizes."
)
@click.option(
    "--months",
    type=Whole(1, 120),
    default=60,
    show_default=True,
    metavar="N",
    help="How many months each future has.",
)
@click.option(
    "--seconds",
    type=Whole(1, 60),
    default=2,
    show_default=True,
    metavar="N",
    help="How long each measurement lasts; longer is surer.",
)
def command(scenario: str | None, authority: str | None, months: int, seconds: int) -> None:
    """Measure this computer: futures a second by engine, processors and size of authority.

    \b
    Examples:
      sufficiency bench
      sufficiency bench --authority Leeds --months 36
    """
    named = [authority] if authority or scenario else list(SIZES)
    chosen = [chosen_scenario(scenario, name, None, None, months) for name in named]
    from sufficiency import speed, terminal
    from sufficiency.resolution.resolve import resolve
    from sufficiency.simulation.simulate import why_another_engine, why_wait

    terminal.show_warnings([*why_another_engine("compiled"), *why_wait("compiled")])
    measured: list[speed.Speed] = []
    for one in chosen:
        resolved = resolve(one)
        measured += [speed.measure(resolved, *plan, seconds) for plan in speed.plans()]
    terminal.show_speeds(measured)
    usual = speed.usual(measured)
    asked = [scenario] if scenario else ["--authority", usual.authority]
    short = speed.seconds_of_a_short_run([*asked, "--months", str(months)])
    terminal.show_expectation(usual, short)
