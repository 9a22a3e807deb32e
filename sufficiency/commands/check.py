"""``sufficiency check``: every number of a scenario and where it comes from."""

from __future__ import annotations

from datetime import date

import click

from sufficiency.commands.options import chosen_scenario, scenario_options


@click.command("check", short_help="Show every number of a scenario and its source.")
@scenario_options
def command(
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
    chosen = chosen_scenario(scenario, authority, in_care, as_at, months)
    from sufficiency import terminal
    from sufficiency.resolution.resolve import resolve

    terminal.show_resolved(resolve(chosen))
