"""``sufficiency synthesise``: a synthetic SSDA903 return, clean or messy."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sufficiency.commands.options import Whole, seed_option


def _as_years(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    """The first and last year that were typed; fails with what was expected."""
    del context, parameter
    found = re.fullmatch(r"\s*(\d{4})(?:\s*[-–]\s*(\d{4}))?\s*", value)
    if found is None:
        raise click.BadParameter(
            f'found "{value}", expected a first and a last year, such as 2017-2023.'
        )
    return int(found[1]), int(found[2] or found[1])


@click.command("synthesise", short_help="Make a synthetic SSDA903 return to try things with.")
@click.option(
    "--authority",
    required=True,
    metavar="TEXT",
    help="The authority whose published rates are used: its name, three-digit or ONS code.",
)
@click.option(
    "--years",
    required=True,
    callback=_as_years,
    metavar="FIRST-LAST",
    help="Collection years from 2017 to 2026, each by the year in which it ends (31 March).",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The new folder to write.",
)
@seed_option("return")
@click.option(
    "--in-care",
    type=Whole(min=1),
    metavar="N",
    help="Children in care before the first year.  [default: the published number]",
)
@click.option("--drift", is_flag=True, help="Let rates change from year to year, as they do.")
@click.option(
    "--messy",
    is_flag=True,
    help="Damage the return as real ones are, and say in injected_faults.csv where.",
)
@click.option(
    "--messy-rate",
    type=click.FloatRange(min=0, min_open=True, max=10),
    metavar="X",
    help="As --messy, with X times as many faults.  [default: 1]",
)
def command(
    authority: str,
    years: tuple[int, int],
    out: Path,
    seed: int,
    in_care: int | None,
    drift: bool,
    messy: bool,
    messy_rate: float | None,
) -> None:
    """Make a synthetic SSDA903 return: children who never lived, in the files of a real one.

    For each year an Episodes, a Header and a UASC file, drawn from this model with an authority's
    published rates. Every id begins SYN, every postcode ZZ.

    \b
    Examples:
      sufficiency synthesise --authority Wolverhampton --years 2017-2023 --out practice
      sufficiency synthesise --authority Leeds --years 2019-2023 --messy --out messy
    """
    from sufficiency.synthesis.synthesise import synthesise, write_return
    from sufficiency.synthesis.world import check_years
    from sufficiency.synthesis.writing import check_folder

    check_years(*years)
    check_folder(out)
    made = synthesise(authority, *years, seed, in_care=in_care, drift=drift)
    rate = messy_rate or (1.0 if messy else 0.0)
    files = write_return(made, out, seed=seed, messy_rate=rate)
    click.echo(
        f"{len(files)} files of a synthetic return are in {out}: "
        f"{len(made.lives.children):,} children who never lived."
    )
    click.echo(
        "Its numbers are the model's, not those published for the council: check it without "
        "--authority."
    )
    if rate:
        click.echo("It was damaged on purpose: injected_faults.csv says how, file by file.")
    if made.simulated.rates_of != years[0] - 1:
        click.echo(
            f"Rates and starting children are those of 31 March {made.simulated.rates_of}, the "
            "first with enough published figures."
        )
