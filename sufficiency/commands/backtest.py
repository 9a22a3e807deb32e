"""``sufficiency backtest``: how good past forecasts would have been."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sufficiency.commands.options import (
    out_options,
    replications_option,
    seed_option,
    workers_option,
)
from sufficiency.commands.output import Output
from sufficiency.commands.stopping import INTERRUPTED, errors_after_an_interrupt
from sufficiency.errors import UserError
from sufficiency.report.kinds import Results

if TYPE_CHECKING:
    from sufficiency.backtest.study import Backtest, Study

FUTURES, FUTURES_OF_RETURNS = 200, 100
MAKING_AGAIN = "Making past forecasts again"
FIRST_ORIGIN, LAST_ORIGIN = 2015, 2022


def as_origins(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """The years that were typed, as 2015-2022 or 2018; fails with what was expected."""
    del context, parameter
    years = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", value.strip())
    first, last = (int(years[1]), int(years[2] or years[1])) if years else (0, 0)
    if not FIRST_ORIGIN <= first <= last <= LAST_ORIGIN:
        raise click.BadParameter(
            f'found "{value}", expected a year or years from {FIRST_ORIGIN} to {LAST_ORIGIN}, '
            f"such as {FIRST_ORIGIN}-{LAST_ORIGIN}: earlier ones leave too little to learn from, "
            "and the outcome of later ones is not published."
        )
    return tuple(range(first, last + 1))


@click.command("backtest", short_help="Score past forecasts against what happened.")
@click.argument("returns", nargs=-1, type=click.Path(path_type=Path), metavar="[RETURNS...]")
@click.option(
    "--authority", metavar="TEXT", help="An authority's name, three-digit code or ONS code."
)
@click.option("--all", "every", is_flag=True, help="Every authority of England, together.")
@click.option(
    "--origins",
    default=f"{FIRST_ORIGIN}-{LAST_ORIGIN}",
    show_default=True,
    metavar="YEARS",
    callback=as_origins,
    help="Forecasts are made again as if on 31 March of these years.",
)
@replications_option(
    "How many futures to simulate for each forecast.  [default: 200, for returns 100]",
    least=20,
    most=10_000,
    default=None,
)
@seed_option()
@workers_option("Processes")
@out_options("outputs/backtest- and the authority's name, or all", "backtest")
@click.option(
    "--every",
    "every_months",
    type=click.Choice(["3", "6"]),
    metavar="MONTHS",
    help="For returns: a forecast every 3 or every 6 months.  [default: 6]",
)
@click.option(
    "--place-sectors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.csv",
    help="For returns: your own table of which kinds of placement belong to which setting.",
)
@click.option("--resume", is_flag=True, help="Go on with a backtest that was stopped.")
@click.pass_context
def command(
    context: click.Context,
    *,
    returns: tuple[Path, ...],
    authority: str | None,
    every: bool,
    origins: tuple[int, ...],
    replications: int | None,
    seed: int,
    workers: int | None,
    out: Path | None,
    every_months: str | None,
    place_sectors: Path | None,
    resume: bool,
    overwrite: bool,
) -> int:
    """Make past forecasts again, as at each 31 March, and score them against what happened.

    Writes a page (backtest.html), every forecast (backtest.csv) and every score
    (scoreboard.csv). All authorities take some minutes; what is finished is kept if you stop.

    Given RETURNS, a folder, files or a zip of a council's own child-level returns (SSDA903),
    forecasts are made from them every few months instead, and scored 3, 6, 12 and 24 months
    ahead, by setting.

    \b
    Examples:
      sufficiency backtest --authority Wolverhampton
      sufficiency backtest --all --origins 2015-2022 --resume
      sufficiency backtest data/903 --authority Wolverhampton --every 3
    """
    if returns:
        _refuse_with_returns(context)
        return _backtest_returns(
            context,
            returns,
            authority,
            every_months,
            replications,
            seed,
            place_sectors,
            out,
            overwrite=overwrite,
        )
    if every_months is not None or place_sectors is not None:
        raise click.UsageError("--every and --place-sectors go with RETURNS, such as data/903.")
    if every == (authority is not None):
        problem = "not both" if every else "such as --authority Wolverhampton"
        raise click.UsageError(f"Give --authority or --all, {problem}.")
    asked = _study(authority, origins, replications or FUTURES, seed)
    return _backtest_published(context, *asked, workers, out, resume=resume, overwrite=overwrite)


def _backtest_published(
    context: click.Context,
    study: Study,
    not_scored: list[dict[str, object]],
    workers: int | None,
    out: Path | None,
    *,
    resume: bool,
    overwrite: bool,
) -> int:
    """Score forecasts from published statistics."""
    from sufficiency.backtest.output import PAGE_FILE, result_of, write_result
    from sufficiency.backtest.pieces import Pieces, settings_of

    output = Output(out, f"backtest {authority_name(study)}", overwrite, Results.BACKTEST)
    with output.held():
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        unfinished = output.folder.with_name(f"{output.folder.name}.unfinished")
        try:
            with errors_after_an_interrupt():
                found = _judged(study, unfinished, workers, resume=resume)
        except KeyboardInterrupt:
            click.echo(
                f"Stopped. What is finished is kept in {unfinished}: the same command with "
                "--resume goes on from there.",
                err=True,
            )
            return INTERRUPTED
        if found.forecasts.empty:
            Pieces(unfinished).remove()
            raise UserError(_nothing_scored(study, found))
        from sufficiency.report.backtest_figures import BacktestFigures
        from sufficiency.report.backtest_page import verdict_sentences

        result = result_of(
            study,
            found,
            settings_of(study.replications, study.seed, study.engine),
            command=shlex.join(["sufficiency", *(context.obj or ())]),
            started_at=started_at,
            not_scored=not_scored,
        )
        with output.finishing(Pieces(unfinished).remove):
            write_result(result, output.folder, overwrite=overwrite)
        with output.telling():
            for sentence in verdict_sentences(BacktestFigures.of(result)):
                click.echo(sentence)
            click.echo(f"The page is {output.folder / PAGE_FILE}")
        return 0


def _refuse_with_returns(context: click.Context) -> None:
    """Refuse what belongs to a backtest on published statistics."""
    typed = [
        f"--{option}"
        for option, name in (
            ("all", "every"),
            ("origins", "origins"),
            ("workers", "workers"),
            ("resume", "resume"),
        )
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if typed:
        raise click.UsageError(
            f"{' and '.join(typed)}: of a backtest on published statistics. Leave out with RETURNS."
        )


def _backtest_returns(
    context: click.Context,
    returns: tuple[Path, ...],
    authority: str | None,
    every_months: str | None,
    replications: int | None,
    seed: int,
    place_sectors: Path | None,
    out: Path | None,
    *,
    overwrite: bool,
) -> int:
    """Score forecasts from a council's own returns."""
    if authority is None:
        raise click.UsageError(
            "Say whose returns these are with --authority, such as --authority Wolverhampton."
        )
    from sufficiency import terminal
    from sufficiency.backtest.output import PAGE_FILE
    from sufficiency.backtest.returns_output import Asked, backtest_files, write_returns_backtest
    from sufficiency.history.authorities import find_authority
    from sufficiency.report.returns_backtest_page import verdict_sentences

    name = find_authority(authority).name
    reads = [*returns, *([] if place_sectors is None else [place_sectors])]
    output = Output(out, f"backtest returns {name}", overwrite, Results.RETURNS_BACKTEST, reads)
    futures, every = replications or FUTURES_OF_RETURNS, int(every_months or 6)
    with output.held():
        with terminal.share_bar(MAKING_AGAIN) as show:
            result = backtest_files(
                Asked(returns, name, every, futures, seed, place_sectors),
                command=shlex.join(["sufficiency", *(context.obj or ())]),
                started_at=datetime.now(UTC).isoformat(timespec="seconds"),
                progress=show,
            )
        with output.finishing():
            write_returns_backtest(result, output.folder, overwrite=overwrite)
    with output.telling():
        for sentence in verdict_sentences(result):
            click.echo(sentence)
        click.echo(f"The page is {output.folder / PAGE_FILE} (OFFICIAL-SENSITIVE)")
    return 0


def authority_name(study: Study) -> str:
    """What the folder is named after."""
    return study.authorities[0].name if len(study.authorities) == 1 else "all"


def _study(
    authority: str | None, origins: tuple[int, ...], replications: int, seed: int
) -> tuple[Study, list[dict[str, object]]]:
    """What is asked for, and the authorities left out altogether."""
    from sufficiency.backtest.study import Study, every_authority
    from sufficiency.history.authorities import find_authority

    if authority is not None:
        areas = (find_authority(authority),)
        return Study(areas, origins, replications, seed, smoothing=False), []
    scored, not_scored = every_authority()
    return Study(scored, origins, replications, seed), not_scored


def _nothing_scored(study: Study, found: Backtest) -> str:
    """Why there is nothing to score: an authority made since, or with too few children."""
    said = dict.fromkeys(str(row["reason"]) for row in found.left_out)
    # An origin that could not be forecast says why by itself.
    unresolved = [str(row["reason"]) for row in found.left_out if "old_la_code" in row]
    why = unresolved[-1] if unresolved else f"{'; '.join(said)}."
    return (
        f"--authority {authority_name(study)}: none of its forecasts from 31 March of "
        f"{', '.join(map(str, study.origins))} can be scored. {why} Score another authority, or "
        "--all."
    )


def _judged(study: Study, unfinished: Path, workers: int | None, *, resume: bool) -> Backtest:
    """The backtest, with a bar of what is done and the time left."""
    from sufficiency import terminal
    from sufficiency.backtest.study import backtest
    from sufficiency.executors import usable_processors

    with terminal.share_bar(MAKING_AGAIN) as show:
        return backtest(
            study,
            unfinished,
            workers=workers or usable_processors(),
            resume=resume,
            progress=show,
        )
