"""``sufficiency check``: every number of a scenario, or how good a folder of returns is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import click

from sufficiency.commands.options import chosen_scenario, scenario_options
from sufficiency.commands.output import Output
from sufficiency.report.kinds import Results

SCENARIO_ENDINGS = (".yaml", ".yml")


@click.command("check", short_help="Show where a scenario's numbers come from, or check returns.")
@scenario_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="For returns: write the report as a page and CSV tables into this folder.",
)
@click.option(
    "--place-sectors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.csv",
    help="For returns: your own table of which kinds of placement belong to which setting, "
    "instead of the one that ships (calibration/place_sectors.csv).",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace an earlier report of this kind, never anything else.",
)
def command(
    scenario: str | None,
    authority: str | None,
    in_care: int | None,
    as_at: date | None,
    overlays: tuple[str, ...],
    months: int | None,
    out: Path | None,
    place_sectors: Path | None,
    overwrite: bool,
) -> None:
    """Show what a scenario resolves to: every number, its origin and its source.

    Given a folder, a zip or a file of a council's child-level returns (SSDA903) instead, say
    what was recognised, what was repaired or left out and why, and how the children counted
    compare with the figures published for --authority.

    \b
    Examples:
      sufficiency check scenarios/wolverhampton-2020.yaml
      sufficiency check --authority Leeds
      sufficiency check data/903 --authority Leeds --out outputs/903-check
    """
    if scenario is not None and is_return(Path(scenario)):
        other = {"--in-care": in_care, "--as-at": as_at, "--months": months}
        why = f"{scenario} holds returns, and these belong to a scenario"
        _refuse({**other, "--with": overlays or None}, why)
        _check_returns(Path(scenario), authority, place_sectors, out, overwrite)
        return
    given = {"--out": out, "--place-sectors": place_sectors, "--overwrite": overwrite or None}
    _refuse(given, "These belong to a check of returns")
    chosen = chosen_scenario(scenario, authority, in_care, as_at, months, overlays)
    from sufficiency import terminal
    from sufficiency.resolution.resolve import resolve

    terminal.show_resolved(resolve(chosen))


def is_return(path: Path) -> bool:
    """Whether a path holds returns rather than a scenario: a folder, or a file that is no YAML."""
    return path.is_dir() or (path.is_file() and path.suffix.lower() not in SCENARIO_ENDINGS)


def _refuse(given: Mapping[str, object], why: str) -> None:
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise click.UsageError(f"{why}: leave out {' and '.join(wrong)}.")


def _check_returns(
    path: Path,
    authority: str | None,
    place_sectors: Path | None,
    out: Path | None,
    overwrite: bool,
) -> None:
    from sufficiency import returns_check

    reads = [path, *([] if place_sectors is None else [place_sectors])]
    output = None if out is None else Output(out, "", overwrite, Results.QUALITY, reads)
    with nullcontext() if output is None else output.held():
        quality, returned = returns_check.check_returns([path], authority, place_sectors)
        returns_check.show_quality(quality)
        if output is not None:
            page = returns_check.write_quality(
                quality, returned, output.folder, overwrite=overwrite
            )
            click.echo(f"Written: {page} (OFFICIAL-SENSITIVE)")
