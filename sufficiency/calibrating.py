"""From files of returns to a calibrated file, a cohort and a report: what `calibrate` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from sufficiency import __version__
from sufficiency.calibration.children.cohort import (
    Cohort,
    check_cohort_path,
    cohort_of,
    cohort_of_list,
    write_cohort,
)
from sufficiency.calibration.children.file import is_calibrated_file, write_calibrated
from sufficiency.calibration.children.fit import ChildCalibration
from sufficiency.calibration.children.provenance import about_the_fit, counts_of
from sufficiency.errors import HistoryError, OutputError
from sufficiency.history.authorities import find_authority
from sufficiency.history.children_now import ChildrenNow, read_children_now, read_headings
from sufficiency.history.returns.frames import CareHistories
from sufficiency.history.returns.gates import FEW_CHILDREN
from sufficiency.history.returns.place_sectors import PlaceSectors, as_source, read_sectors
from sufficiency.history.returns.quality import reasons_to_stop
from sufficiency.history.returns.reading import read_return
from sufficiency.history.returns.rebuilding import rebuild
from sufficiency.history.returns.stocks import in_care_on
from sufficiency.predictive_check import predictive_check
from sufficiency.report.calibration_page import CalibrationReport, render_calibration_page
from sufficiency.resolution.children import calibrate
from sufficiency.terminal import show_warnings

MOST_LIST_DIFFERENCE = 0.2
"""A council's number in care seldom changes by more within a year or two."""


@dataclass(frozen=True)
class Calibrated:
    """What was fitted and written."""

    fit: ChildCalibration
    file: Path
    page: Path
    cohort: Cohort | None
    cohort_file: Path | None
    not_used: tuple[str, ...] = ()
    """Columns of the team's list that forecasts do not use."""
    doubts: tuple[str, ...] = ()
    """Why nobody should forecast from these returns, or this list, before looking again."""


def calibrate_files(
    returns: Sequence[Path],
    authority: str,
    to: Path,
    *,
    as_at: date | None = None,
    window_months: int | None = None,
    entries_window_months: int | None = None,
    cohort_path: Path | None = None,
    children_now: Path | None = None,
    headings: Path | None = None,
    place_sectors: Path | None = None,
) -> Calibrated:
    """Read returns, fit the council's rates and write them; everything is checked before anything
    is written.

    ``place_sectors`` is a table of kinds of placement and providers instead of the shipped one, for
    the returns and for the list of children.

    Raises:
        UserError: a path, an authority or the data will not do; nothing is written.
    """
    _check_target(to)
    if cohort_path is not None:
        check_cohort_path(cohort_path)
    today = as_at or date.today()
    mapping = read_sectors(place_sectors) if place_sectors else None
    listed = _listed(children_now, headings, mapping, today, cohort_path)
    council = find_authority(authority)
    returned, ledger = read_return(list(returns))
    histories = rebuild(returned, ledger, mapping)
    fit = calibrate(
        histories,
        council.name,
        as_at=as_at,
        window_months=window_months,
        entries_window_months=entries_window_months,
    )
    cohort = None if listed is None else cohort_of_list(listed, today)
    if cohort is None and cohort_path is not None:
        cohort = _cohort(histories, fit)
    doubts = (
        *reasons_to_stop(returned, ledger, histories, council),
        *doubts_of_list(histories, cohort if listed is not None else None),
    )
    files = (*returned.files, *((as_source(place_sectors),) if place_sectors else ()))
    about = about_the_fit(fit, files, ledger, __version__)
    page = to.with_suffix(".html")
    text = render_calibration_page(
        CalibrationReport(histories, fit, predictive_check(histories, fit), about, doubts)
    )
    write_calibrated(fit.fitted, council.name, about, to)
    _write_page(text, page)
    if cohort is not None and cohort_path is not None:
        write_cohort(cohort, cohort_path)
    not_used = () if listed is None else listed.not_used
    return Calibrated(fit, to, page, cohort, cohort_path, not_used, doubts)


def _listed(
    children_now: Path | None,
    headings: Path | None,
    mapping: PlaceSectors | None,
    today: date,
    cohort_path: Path | None,
) -> ChildrenNow | None:
    """The placements team's list, if one is given."""
    if children_now is None:
        if headings is not None:
            raise OutputError(
                "--headings: goes with --children-now, the list whose headings it maps."
            )
        return None
    if cohort_path is None:
        raise OutputError(
            "--children-now: say with --cohort where to write the children that forecasts start "
            "from, such as today.cohort.parquet."
        )
    mapped = read_headings(headings, mapping) if headings is not None else None
    return read_children_now(children_now, today, mapped, mapping)


def _cohort(histories: CareHistories, fit: ChildCalibration) -> Cohort:
    """The children in care when the rates were fitted; refuses that there are none."""
    cohort = cohort_of(histories, fit.fitted.as_at, fit.prior.at_start)
    if cohort.children.empty:
        raise HistoryError(
            f"--cohort: nobody whose date of birth is known is in care on {cohort.as_at}, so "
            "there are no children to start from. Leave --cohort out, or change --as-at."
        )
    return cohort


def doubts_of_list(histories: CareHistories, listed: Cohort | None) -> list[str]:
    """Said where the team's list has far more or fewer children than the returns end with."""
    if listed is None:
        return []
    last = int(in_care_on(histories.periods, histories.last_day).sum())
    now = len(listed.children)
    if abs(now - last) <= max(MOST_LIST_DIFFERENCE * last, FEW_CHILDREN):
        return []
    return [
        f"The list has {now:,} children in care on {listed.as_at}; the returns end with {last:,} "
        f"on {histories.last_day}. Look whether the list is of all children in care."
    ]


def _write_page(text: str, page: Path) -> None:
    try:
        page.write_text(text, encoding="utf-8", newline="\n")
    except OSError as wrong:
        raise OutputError(f"{page}: cannot be written ({wrong.strerror}).") from None


def _check_target(to: Path) -> None:
    if to.suffix not in (".yaml", ".yml"):
        raise OutputError(f"--to {to.name}: expected a name that ends in .yaml.")
    if to.is_dir():
        raise OutputError(f"--to {to.name}: is a folder, expected the name of a file.")
    if to.is_file() and not is_calibrated_file(to):
        raise OutputError(
            f"--to {to.name}: exists and is no calibrated file, perhaps a scenario; it would be "
            "written over. Choose another name."
        )


def show(made: Calibrated) -> None:
    """Say on the terminal what was fitted, from how much, and what to do with it."""
    show_warnings(made.doubts)
    counts = counts_of(made.fit)
    window, fitted = made.fit.counts.window, made.fit.fitted
    starters = sum(counts["starters"].values())
    leavers, moves = (sum(counts[key].values()) for key in ("leavers_before_18", "moves"))
    click.echo(
        f"{made.fit.authority}, from {window.after} to {window.until}: "
        f"{counts['child_years']:,.0f} child-years, {starters:,} starters, {leavers:,} leavers "
        f"before 18, {counts['turned_18']:,} who turned 18, {moves:,} moves."
    )
    known = counts["child_years_with_time_in_care_known"]
    if known < counts["child_years"]:
        click.echo(
            f"{1 - known / counts['child_years']:.0%} of the child-years are of children whose "
            "care began before the first return: they count for moves, not for leaving. Give "
            "returns of earlier years if you have them."
        )
    season = (
        "differ by month" if fitted.season.supported else "do not differ by month beyond chance"
    )
    click.echo(
        f"{fitted.starters.mean.sum():.0f} starters a year; entries {season}. Every rate is pooled "
        "toward what is published for the council."
    )
    if made.cohort is not None:
        missing = made.cohort.left_out
        without = f" ({missing} without a date of birth are left out)" if missing else ""
        click.echo(
            f"{len(made.cohort.children):,} children in care on {made.cohort.as_at}{without} are "
            f"in {made.cohort_file}: PERSONAL DATA, keep it where the returns are kept."
        )
        _show_times_drawn(made.cohort)
        _show_plans(made.cohort)
    if made.not_used:
        click.echo(
            f"Used for nothing and kept in no file: {', '.join(made.not_used)}. Brothers and "
            "sisters in care are taken to leave independently of each other."
        )
    click.echo(f"How well they fit, rate by rate, is in {made.page} (OFFICIAL-SENSITIVE).")
    click.echo(f"The rates are in {made.file} (OFFICIAL-SENSITIVE). In a scenario here:")
    click.echo(f'  calibration: {{file: "{made.file.as_posix()}"}}')
    if made.cohort_file is not None:
        click.echo(f'  population: {{cohort: "{made.cohort_file.as_posix()}"}}')


def _show_times_drawn(cohort: Cohort) -> None:
    """Say of how many children the time in care is an assumption."""
    if cohort.times_drawn:
        click.echo(
            "Time in care drawn from the published ages and durations: "
            f"{cohort.times_drawn:,} of {len(cohort.children):,}. Their care began before the "
            "first return; it is at least what was seen, and the rest is assumed. Their present "
            "placement is taken to have begun on the day it was first seen."
        )


def _show_plans(cohort: Cohort) -> None:
    """Say how many prices and plans the placements team's list knows."""
    if cohort.known_prices:
        free = int((cohort.children["weekly_cost_gbp"] == 0).sum())
        nothing = f" ({free} of them nothing at all)" if free else ""
        click.echo(
            f"The weekly price of {cohort.known_prices:,} is known{nothing} and holds until the "
            "placement held now ends."
        )
    if cohort.planned_ends:
        click.echo(
            f"An end of care, or a stay until 18, is planned for {cohort.planned_ends:,}: it "
            "stands in for their rates of leaving (population: {planned_ends: false} leaves the "
            "plans out)."
        )
