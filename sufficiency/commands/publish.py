"""``sufficiency publish``: a copy of a run without small real counts."""

from __future__ import annotations

from pathlib import Path

import click

from sufficiency.errors import OutputError


@click.command("publish", short_help="Copy a run without small real counts, to be sent on.")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier copy, never anything else.")
def command(run: Path, to: Path, overwrite: bool) -> None:
    """Write a copy of a run's folder in which no file shows 1 to 5 real children.

    Where every simulated future agrees, as on the start date, a figure repeats a real count. The
    copy leaves out such counts of 1 to 5 and whatever would give them away, and marks them c. It
    holds neither the command nor the names of input files.

    \b
    Example:
      sufficiency publish outputs/my-council --to for-the-board
    """
    from sufficiency.report.publishing import publish

    # Typed as "here" or "above" it has no name, which what lies beside it is named after.
    to = to.resolve() if to.name in ("", "..") else to
    try:
        published = publish(run, to, overwrite)
    except OutputError as error:
        # What is said of a folder that is written names the option of other commands.
        raise OutputError(str(error).replace("--out", "--to")) from error
    figures = (
        "1 figure was" if published.n_left_out == 1 else f"{published.n_left_out:,} figures were"
    )
    click.echo(f"{figures} left out. The copy is in {published.folder}")
