"""One line an authority: what its reports say of earlier forecasts of children in care."""

from __future__ import annotations

import math

import pandas as pd

from sufficiency.backtest.pieces import Settings
from sufficiency.backtest.scoreboard import NO_CHANGE, OURS, standard_errors, with_scores
from sufficiency.backtest.scores import TARGET_COLUMNS
from sufficiency.backtest.targets import IN_CARE
from sufficiency.report.track_record import ALL_COUNCILS, TrackRecord, one_line_each

EVERYONE = "All councils"


def of_target(rows: pd.DataFrame, target: tuple[str, ...]) -> pd.DataFrame:
    """The rows of one target."""
    return rows[(rows[TARGET_COLUMNS] == list(target)).all(axis=1)]


def track_records(forecasts: pd.DataFrame, settings: Settings) -> list[TrackRecord]:
    """A record of every authority by years ahead, those of all together last.

    ``forecasts`` has the columns of `sufficiency.backtest.scores.COLUMNS`.
    """
    rows = of_target(forecasts, IN_CARE).reset_index(drop=True)
    scored = pd.concat([rows[["old_la_code", "authority"]], with_scores(rows)], axis=1)
    found = []
    everyone = scored.assign(old_la_code=ALL_COUNCILS, authority=EVERYONE)
    for of_whom in (scored, everyone):
        groups = of_whom.groupby(["old_la_code", "authority", "years_ahead"], sort=True)
        for (code, name, years), mine in groups:
            found.append(_record(str(code), str(name), int(str(years)), mine, settings))
    return found


def _record(
    code: str, name: str, years: int, scored: pd.DataFrame, settings: Settings
) -> TrackRecord:
    ours = scored[scored["method"] == OURS]
    plain = scored[scored["method"] == NO_CHANGE]
    # For one authority's few forecasts a standard error would promise what it cannot hold.
    error = _coverage_error(scored) if code == ALL_COUNCILS else math.nan
    return TrackRecord(
        old_la_code=code,
        authority=name,
        years_ahead=years,
        first_origin=int(ours["origin"].min()),
        last_origin=int(ours["origin"].max()),
        forecasts=len(ours),
        held_80=int(ours["coverage_80"].sum()),
        mape=float(ours["mape"].mean()),
        bias_share=float(ours["bias_share"].mean()),
        no_change_mape=float(plain["mape"].mean()),
        ratio_crps=float(ours["crps"].mean() / plain["crps"].mean()),
        width_share_80=float(ours["width_share_80"].mean()),
        coverage_80_standard_error=error,
        replications=settings.replications,
        seed=settings.seed,
        version=settings.version,
        data_sha256=settings.data_sha256,
    )


def _coverage_error(scored: pd.DataFrame) -> float:
    """The standard error of the share that our 8-in-10 range held, by resampling the years."""
    errors = standard_errors(scored)
    wanted = (errors["method"] == OURS) & (errors["score"] == "coverage_80")
    return float(errors.loc[wanted, "standard_error"].iloc[0])


def lines_table(forecasts: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The table that ships: the fields of `TrackRecord`."""
    return one_line_each(track_records(forecasts, settings))
