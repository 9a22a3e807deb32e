"""``sufficiency authorities``: which authorities there are, with their latest figures."""

from __future__ import annotations

import click


@click.command("authorities", short_help="List authorities, codes and latest figures.")
@click.argument("text", required=False, metavar="[NAME, REGION OR CODE]")
def command(text: str | None) -> None:
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
