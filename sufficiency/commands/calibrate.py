"""``sufficiency calibrate``: rates, and the children at the start, from a council's own returns."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from sufficiency.commands.options import Whole, as_date


@click.command("calibrate", short_help="Fit rates to a council's own SSDA903 returns.")
@click.argument(
    "returns", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RETURNS..."
)
@click.option(
    "--authority",
    required=True,
    metavar="TEXT",
    help="Whose returns: an authority's name, three-digit code or ONS code.",
)
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.yaml",
    help="The calibrated file to write; its tables and a report go beside it.",
)
@click.option(
    "--as-at",
    callback=as_date,
    metavar="DATE",
    help="The last day to count.  [default: the last that the returns reach]",
)
@click.option(
    "--window",
    type=Whole(1, 240),
    metavar="MONTHS",
    help="How far back leaving and moving are counted.  [default: 60]",
)
@click.option(
    "--entries-window",
    type=Whole(1, 240),
    metavar="MONTHS",
    help="How far back the level of entries is counted.  [default: 24]",
)
@click.option(
    "--cohort",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.cohort.parquet",
    help="Also write the children in care that day, to start forecasts from. Personal data: keep "
    "it where the returns are kept.",
)
@click.option(
    "--children-now",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="LIST",
    help="The placements team's own list (CSV or Excel) of the children in care on --as-at (today "
    "unless given): they become the cohort. Columns child, date_of_birth, entered_care_on, "
    "placement_type, provider, placement_started_on; if known uasc, need_group, weekly_cost_gbp, "
    "planned_end_on, planned_end_reason, planned_end_probability.",
)
@click.option(
    "--headings",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.yaml",
    help="How that list reads: columns, placement_types, providers and planned_end_reasons, each "
    "with your words and ours.",
)
@click.option(
    "--place-sectors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.csv",
    help="Your own table of which kinds of placement belong to which setting, instead of the one "
    "that ships (calibration/place_sectors.csv).",
)
def command(
    returns: tuple[Path, ...],
    authority: str,
    to: Path,
    as_at: date | None,
    window: int | None,
    entries_window: int | None,
    cohort: Path | None,
    children_now: Path | None,
    headings: Path | None,
    place_sectors: Path | None,
) -> None:
    """Fit the model's rates to a council's own child-level returns (SSDA903).

    RETURNS is a folder, files or a zip. Every rate is pooled toward what is published for the
    authority. The calibrated file holds no child; a scenario names it with
    calibration: {file: FILE.yaml} and the cohort with population: {cohort: FILE.cohort.parquet}.

    \b
    Examples:
      sufficiency calibrate data/903 --authority Wolverhampton --to calibration/my-la.yaml
      sufficiency calibrate data/903 --authority Wolverhampton --to my-la.yaml
        --children-now placements.csv --headings headings.yaml --cohort today.cohort.parquet
    """
    from sufficiency.calibrating import calibrate_files, show

    show(
        calibrate_files(
            returns,
            authority,
            to,
            as_at=as_at,
            window_months=window,
            entries_window_months=entries_window,
            cohort_path=cohort,
            children_now=children_now,
            headings=headings,
            place_sectors=place_sectors,
        )
    )
