"""Small real counts are not shown: in what people send on, 1 to 5 children are blank, marked c.

A forecast is no count of children, but where every simulated future agrees it repeats one: on the
start date, on later dates that have happened, and soon after (where 9 futures in 10 agree). There
counts of 1 to 5 are left out as the Department leaves them out of its own tables, and with
them as many others (the smallest first) as it takes that no total gives them away. By sector and
by age band each adds up to a shown total, and the two are never crossed.

Everything here is a pure function of a run's tables; a run that knows no real child is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sufficiency.report.figures import FLAG, FLAG_COLUMN, STATISTICS, RunResult
from sufficiency.report.small_counts import (
    FEWEST_SHOWN,
    Flags,
    agreed,
    all_but_agreed,
    hidden_parts,
    is_small,
    known_beforehand,
)
from sufficiency.report.small_counts_of_places import hidden_moves, hidden_pools
from sufficiency.report.small_counts_of_prices import hidden_dearest

__all__ = ["FEWEST_SHOWN", "ShownRun", "hidden_parts", "is_small", "knows_children", "shown"]

ALL = "all"
SAME_AS_IN_CARE = ("in_care", "occupied", "outside_area", "over_20_miles")
"""Figures of the same children: shares of them, or they and those who stay on after 18."""
SHARES_OF_IN_CARE = ("outside_area", "over_20_miles")
GAPS = ("in_house_shortfall", "unmet_need")
OF_GAPS = ("nights", "extra_cost")
"""What else there is of a gap in a month: so many children in it, times its nights."""
STAYS = ("long_term", "same_placement_2_years", "three_or_more_placements")
"""Children counted by how they have lived."""
FLOWS = ("starters", "leavers", "moves")
NIGHTS_AND_MONEY = ("nights", "cost", "income", "extra_cost_of_gap")
BASIS, COMMITTED = "basis", "committed"


@dataclass(frozen=True)
class ShownRun:
    """A run as it may be shown: tables with a column ``flag``, blank where it says ``c``."""

    manifest: dict[str, Any]
    forecast: pd.DataFrame
    flows: pd.DataFrame
    needs: pd.DataFrame
    finance: pd.DataFrame
    finance_monthly: pd.DataFrame
    layers: pd.DataFrame
    pools: pd.DataFrame = field(default_factory=pd.DataFrame)
    moves_between: pd.DataFrame = field(default_factory=pd.DataFrame)
    stories: pd.DataFrame = field(default_factory=pd.DataFrame)
    dearest_placements: pd.DataFrame = field(default_factory=pd.DataFrame)


def shown(run: RunResult) -> RunResult:
    """A run with small real counts left out; itself if it knows no real child or is internal."""
    if not knows_children(run.manifest) or run.manifest.get("internal"):
        return run
    forecast_hidden = _hidden_in_forecast(run.forecast)
    sectors = _hidden_sectors(run.forecast, forecast_hidden)
    any_hidden = bool(forecast_hidden.any())
    return ShownRun(
        manifest={
            **run.manifest,
            "origins": _shown_origins(run.manifest.get("origins") or (), sectors),
            **_shown_plans(run.manifest.get("planned_ends")),
        },
        forecast=blanked(run.forecast, forecast_hidden),
        flows=blanked(run.flows, _hidden_flows(run.flows)),
        needs=blanked(run.needs, agreed(run.needs) if any_hidden else _none(run.needs)),
        finance=blanked(run.finance, _hidden_money(run.finance, sectors)),
        finance_monthly=blanked(run.finance_monthly, _hidden_money(run.finance_monthly, sectors)),
        layers=run.layers,
        pools=blanked(run.pools, hidden_pools(run.pools, run.forecast, forecast_hidden)),
        moves_between=blanked(run.moves_between, hidden_moves(run.moves_between)),
        dearest_placements=blanked(run.dearest_placements, hidden_dearest(run.dearest_placements)),
        # Of children who come after the start, and so of nobody.
        stories=run.stories,
    )


def knows_children(manifest: Mapping[str, Any]) -> bool:
    """Whether a run started from real children, or took its rates from them."""
    return bool(manifest.get("personal_data"))


def blanked(table: pd.DataFrame, hidden: Flags) -> pd.DataFrame:
    """A table whose hidden rows have no statistics, with the column ``flag``.

    What was left out before stays so.
    """
    if FLAG_COLUMN in table.columns:
        hidden = hidden | (table[FLAG_COLUMN] == FLAG).to_numpy()
    statistics = [name for name in STATISTICS if name in table.columns]
    values = table[statistics].mask(np.repeat(hidden[:, None], len(statistics), axis=1))
    return table.assign(**{name: values[name] for name in statistics}).assign(
        **{FLAG_COLUMN: np.where(hidden, FLAG, "")}
    )


def _none(table: pd.DataFrame) -> Flags:
    return np.zeros(len(table), dtype=bool)


def _hidden_in_forecast(forecast: pd.DataFrame) -> Flags:
    """(n_rows,): which rows of the forecast table are left out."""
    hidden = _none(forecast)
    must = agreed(forecast) & is_small(forecast["mean"].to_numpy(dtype=np.float64))
    stock = forecast["measure"].isin(("in_care", "occupied", *STAYS)).to_numpy()
    must |= all_but_agreed(forecast) & stock
    must |= known_beforehand(forecast) & forecast["measure"].isin(FLOWS).to_numpy()
    must &= forecast["measure"].isin([*SAME_AS_IN_CARE, *GAPS, *FLOWS, *STAYS]).to_numpy()
    dates = set(forecast.loc[must, "date"])
    table = forecast.assign(position=np.arange(len(forecast)), must=must)
    for _, day in table[forecast["date"].isin(dates)].groupby("date", sort=False):
        hidden[day["position"].to_numpy()] = _hidden_on_a_day(day)
    return hidden | _places_that_tell(forecast, hidden) | _nights_that_tell(forecast, hidden)


def _hidden_on_a_day(day: pd.DataFrame) -> Flags:
    """(n_rows,): of all rows of one date; ``must`` marks the small counts."""
    measure = day["measure"].astype(str).to_numpy()
    cell = (day["sector"].astype(str) + "|" + day["age_band"].astype(str)).to_numpy()
    hidden = np.zeros(len(day), dtype=bool)
    in_care = measure == "in_care"
    hidden[in_care] = _hidden_cells(day[in_care])
    if hidden.any():
        hidden |= np.isin(measure, SAME_AS_IN_CARE) & np.isin(cell, cell[hidden])
        # Each sector's share is known: with its total, two hidden sectors could be worked out.
        hidden |= np.isin(measure, SHARES_OF_IN_CARE) & (cell == f"{ALL}|{ALL}")
        no_total = hidden[in_care & (cell == f"{ALL}|{ALL}")].any()
        hidden |= (measure == "in_care_rate_per_10k") & no_total
    for kind in (*GAPS, *STAYS):
        hidden[measure == kind] = _hidden_cells(day[measure == kind])
    # Of those long in care, who have moved can be told from those who have not.
    stayed = measure == "same_placement_2_years"
    hidden[stayed] |= _differs_by_few(day, measure, "long_term", "same_placement_2_years")
    for flow in FLOWS:
        hidden[measure == flow] = _all_if_any_is_small(day[measure == flow])
    return hidden


def _hidden_cells(rows: pd.DataFrame) -> Flags:
    """(n_rows,): of one measure on one date: the total, its parts by sector and by age band.

    Expected values add up as counts do, so a small count is hidden among others even where only
    it is certain.
    """
    counts = np.nan_to_num(rows["mean"].to_numpy(dtype=np.float64))
    must = rows["must"].to_numpy()
    by_sector = (rows["sector"] != ALL).to_numpy()
    by_age = (rows["age_band"] != ALL).to_numpy()
    total = ~by_sector & ~by_age
    parts = [(part, counts[part], must[part]) for part in (by_sector, by_age)]
    total_is_shown = not must[total].any() and all(
        hidden_parts(values, small, True)[1] for _, values, small in parts
    )
    hidden = total & (not total_is_shown)
    for part, values, small in parts:
        hidden[part] = hidden_parts(values, small, total_is_shown)[0]
    return np.asarray(hidden)


def _all_if_any_is_small(rows: pd.DataFrame) -> Flags:
    """(n_rows,): every part, if one is small: flows can be told from the stocks around them."""
    parts = ((rows["sector"] != ALL) | (rows["age_band"] != ALL)).to_numpy()
    must = rows["must"].to_numpy()
    return np.asarray((parts & must.any()) | must)


def _hidden_flows(flows: pd.DataFrame) -> Flags:
    """(n_rows,): of a date's flow, every part but 0, if one is small and certain or nearly so.

    Expected values add up to their total, and others of a month are too small to hide it among.
    """
    small = agreed(flows) & is_small(flows["mean"].to_numpy(dtype=np.float64))
    must = np.asarray(small | known_beforehand(flows))
    groups = [flows["date"], flows["flow"]]
    concerned = pd.Series(must, flows.index).groupby(groups).transform("any").to_numpy(dtype=bool)
    parts = (flows[["reason", "age_band", "group"]] != ALL).any(axis=1).to_numpy()
    happens = (flows["mean"] > 0).to_numpy()
    return np.asarray(must | (parts & concerned & happens))


def _hidden_sectors(forecast: pd.DataFrame, hidden: Flags) -> frozenset[str]:
    """Sectors whose count of children is left out on some date."""
    rows = forecast[hidden & (forecast["measure"] == "in_care").to_numpy()]
    return frozenset(str(sector) for sector in rows["sector"] if sector != ALL)


def _places_that_tell(forecast: pd.DataFrame, hidden: Flags) -> Flags:
    """(n_rows,): places of a sector that were set to as many as it had children."""
    children = forecast[hidden & (forecast["measure"] == "in_care").to_numpy()]
    counts = children[children["sector"] != ALL].groupby("sector", observed=True)["mean"].agg(set)
    places = agreed(forecast) & (forecast["measure"] == "places").to_numpy()
    tells = [
        is_places and count in counts.get(sector, ())
        for is_places, sector, count in zip(
            places, forecast["sector"], forecast["mean"], strict=True
        )
    ]
    return np.array(tells, dtype=bool)


def _differs_by_few(day: pd.DataFrame, measure: Any, whole: str, part: str) -> Flags:
    """(n_parts,): where a certain count and a part of it, on one day, differ by 1 to 5."""
    of = [day[measure == name].set_index(["sector", "age_band"]) for name in (whole, part)]
    difference = of[0]["mean"].reindex(of[1].index) - of[1]["mean"]
    certain = (of[0]["sd"].reindex(of[1].index) == 0) & (of[1]["sd"] == 0)
    return np.asarray(certain & is_small(difference.to_numpy(dtype=np.float64)))


def _nights_that_tell(forecast: pd.DataFrame, hidden: Flags) -> Flags:
    """(n_rows,): nights and extra cost of a gap in a month that begins or ends with its count left
    out: mostly that count times the nights of the month. The total goes with its sectors."""
    days = sorted(set(forecast["date"]))
    months = {day: {day, after} for day, after in zip(days, [*days[1:], days[-1]], strict=True)}
    cells = list(zip(forecast["date"], forecast["sector"], strict=True))
    some = (forecast["mean"].notna() & (forecast["mean"] != 0)).to_numpy()
    tells = _none(forecast)
    for gap in GAPS:
        left_out = forecast[hidden & (forecast["measure"] == gap).to_numpy()]
        told = {
            (day, of)
            for at, sector in zip(left_out["date"], left_out["sector"], strict=True)
            for day in months[at]
            for of in (sector, ALL)
        }
        of_gap = forecast["measure"].isin([f"{gap}_{what}" for what in OF_GAPS]).to_numpy()
        tells |= of_gap & some & np.array([cell in told for cell in cells], dtype=bool)
    return tells


def _hidden_money(finance: pd.DataFrame, sectors: frozenset[str]) -> Flags:
    """(n_rows,): nights and money that tell how many children of a left out sector there were.

    Those on which all futures agree; and, month by month, those of children who are still where
    they were at the start: at most, and mostly, their number times the nights of the month. With
    them go the nights of all sectors, and their money where the rest of it is one sector's.
    """
    of_measure = finance["measure"].isin(NIGHTS_AND_MONEY).to_numpy()
    of_sector = of_measure & finance["sector"].isin(sectors).to_numpy()
    hidden = np.asarray(agreed(finance) & of_sector)
    if BASIS not in finance.columns:
        return hidden
    there = (finance[BASIS] == COMMITTED).to_numpy() & (finance["mean"] > 0).to_numpy()
    hidden |= of_sector & there
    parts = pd.Series(of_sector & there & (finance["pool"] == ALL).to_numpy(), finance.index)
    n_hidden = parts.groupby([finance["date"], finance["measure"]]).transform("sum").to_numpy()
    total = of_measure & there & (finance["sector"] == ALL).to_numpy()
    is_nights = (finance["measure"] == "nights").to_numpy()
    return np.asarray(hidden | (total & ((is_nights & (n_hidden > 0)) | (n_hidden == 1))))


def _shown_origins(
    origins: Iterable[Mapping[str, Any]], sectors: frozenset[str]
) -> list[dict[str, Any]]:
    """Numbers that the run rests on, without small counts of the children of the start.

    Counts by sector, by age band and of unaccompanied children overlap, and the total stands
    beside them: if one is small none of them is shown. Places that were set to the children of
    the start are left out with them.
    """
    rows = [dict(row) for row in origins]
    counts = [row for row in rows if _is_count_at_start(row)]
    any_small = bool(is_small(np.array([float(row["value"]) for row in counts])).any())
    places = {f"sectors.{sector}.places" for sector in sectors}
    for row in rows:
        if (any_small and row in counts) or str(row.get("key")) in places:
            row.update(value=FLAG, low=None, high=None, note="")
    return rows


def _shown_plans(planned: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the team's plans change, without dates on which they change it for 1 to 5 children.

    A plan that is certain is a real child. Where there are so few plans nothing of them is shown.
    """
    if not planned:
        return {}
    if is_small(np.array([float(planned["children"])])).any():
        return {"planned_ends": {**planned, "children": FLAG, "rows": []}}
    differences = np.array([row["difference"] for row in planned["rows"]], dtype=np.float64)
    small = is_small(np.abs(differences))
    rows = [
        {"date": row["date"], "flag": FLAG} if hidden else row
        for row, hidden in zip(planned["rows"], small, strict=True)
    ]
    return {"planned_ends": {**planned, "rows": rows}}


def _is_count_at_start(row: Mapping[str, Any]) -> bool:
    key, value = str(row.get("key")), row.get("value")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (
        is_number
        and key.startswith("population.")
        and key != "population.in_care"
        and (str(row.get("unit") or "") == "children")
    )
