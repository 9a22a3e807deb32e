"""``sufficiency schema``: the JSON Schema of a scenario file."""

from __future__ import annotations

import click


@click.command("schema", short_help="Print the JSON Schema of a scenario file.")
def command() -> None:
    """Print the JSON Schema of a scenario file, every key described.

    \b
    Example, to have an editor complete and check scenario files:
      sufficiency schema > scenario.schema.json
    """
    import json

    from sufficiency.scenario.model import scenario_schema

    click.echo(json.dumps(scenario_schema(), indent=2))
