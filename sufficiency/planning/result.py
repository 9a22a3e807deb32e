"""A plan with all that is said of it, ready for its files, page and workbook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sufficiency
from sufficiency.domain import AGE_BANDS, SECTORS, UNPLACED, Sector
from sufficiency.executors import Workers
from sufficiency.manifest import about_the_scenario
from sufficiency.measures.reporting import report_calendar
from sufficiency.planning.asking import Request
from sufficiency.planning.hindrances import hindrances_of
from sufficiency.planning.making import Option, Search, find_plan
from sufficiency.planning.market import FAMILIES, SAME_DAY, URGENCIES, Market, market_of
from sufficiency.planning.outcome import Outcome, measured, names, plan_table
from sufficiency.planning.reaching import Wish, reach_lines
from sufficiency.planning.steps import Step, Told, nobody
from sufficiency.report.plan_report import (
    MarketLine,
    OptionLine,
    PlaceLine,
    PlanReport,
    TargetLine,
    YearlyCost,
    pool_label,
)
from sufficiency.resolution.places_added import pools_of, with_places_added
from sufficiency.resolution.resolve import Resolved

Floats = NDArray[np.float64]

MARKET_FUTURES = 200


def make_plan(
    resolved: Resolved,
    request: Request,
    workers: Workers,
    wishes: Sequence[Wish] = (),
    command: str = "",
    told: Told = nobody,
) -> PlanReport:
    """Search, confirm, count and say. Raises `UserError` as `find_plan` and `reach_lines` do."""
    started_at = datetime.now(UTC)
    reach, in_care = reach_lines(resolved, wishes, request.seed, workers)
    search = find_plan(resolved, request, workers, told)
    outcome = measured(resolved, request, search, workers, told)
    hindrances = hindrances_of(resolved, request, search, outcome.certainty(1), workers)
    futures = min(MARKET_FUTURES, request.futures)
    with_plan = with_places_added(resolved, search.plan.additions)
    without, planned = (
        market_of(each, futures, request.seed, workers, lambda n: told(Step.COUNTING, n))
        for each in (resolved, with_plan)
    )
    calendar = report_calendar(resolved.start, resolved.months)
    return PlanReport(
        manifest={
            **about_the_scenario(resolved, calendar),
            "package_version": sufficiency.__version__,
            "command": command,
            "started_at": started_at.isoformat(timespec="seconds"),
            "seed": request.seed,
            "engine": "compiled",
            **_in_manifest(request, search, outcome),
        },
        start=calendar.dates[0],
        end=calendar.dates[-1],
        is_met=search.is_met,
        targets=tuple(_targets(search, outcome)),
        places=tuple(_places(resolved, search)),
        options=tuple(_options(search, outcome)),
        table=plan_table(outcome),
        market=tuple(_market(resolved, without, planned)),
        needs=needs_table(resolved, planned),
        market_table=market_table(resolved, {"no-change": without, "plan": planned}),
        reach=reach,
        in_care_now=in_care,
        hindrances=hindrances,
        notes=tuple(_notes(search, request)),
    )


def _in_manifest(request: Request, search: Search, outcome: Outcome) -> dict[str, Any]:
    return {
        "targets": [target.text for target in request.targets],
        "pools": [each.pool.name for each in search.allowed],
        "least": request.least,
        "lead_times_kept": request.keep_lead_times,
        "replications": request.futures,
        "further_replications": outcome.futures,
        "measures_named": [
            f"{target.measure} {'+'.join(target.sectors) or 'all'}" for target in request.targets
        ],
        "is_met": search.is_met,
        "plan": [
            {"pool": each.pool, "from": each.day.isoformat(), "places": each.places}
            for each in search.plan.additions
        ],
    }


def _targets(search: Search, outcome: Outcome) -> list[TargetLine]:
    without, with_plan = outcome.certainty(0), outcome.certainty(1)
    errors = outcome.standard_error(with_plan)
    lines = []
    for number, each in enumerate(search.constraints):
        target, bound = each.target, search.reachable[number]
        moved = bound != target.bound
        lines.append(
            TargetLine(
                asked=target.text,
                in_words=target.at(each.reading.date, each.reading.year),
                when=each.reading.date,
                certainty_asked=target.certainty,
                without=float(without[number]),
                with_plan=float(with_plan[number]),
                standard_error=float(errors[number]),
                reachable=target.bounded(bound) if moved else "",
            )
        )
    return lines


def _places(resolved: Resolved, search: Search) -> list[PlaceLine]:
    """In order of the month that places are needed by."""
    pools = {pool.name: pool for pool in pools_of(resolved)}
    so_far: dict[str, int] = {}
    lines = []
    for added in sorted(search.plan.additions, key=lambda each: (each.day, each.pool)):
        pool = pools[added.pool]
        so_far[pool.name] = so_far.get(pool.name, 0) + added.places
        start_by = added.day - timedelta(days=math.ceil(pool.lead_time_days))
        lines.append(
            PlaceLine(
                pool=pool.name,
                sector=str(pool.sector),
                kind=pool.kind,
                places=added.places,
                needed_by=added.day,
                lead_time_days=pool.lead_time_days,
                start_by=start_by,
                too_late=start_by < resolved.start,
                so_far=so_far[pool.name],
            )
        )
    return lines


def _options(search: Search, outcome: Outcome) -> list[OptionLine]:
    sectors = {each.pool.name: str(each.pool.sector) for each in search.allowed}
    before = outcome.cost_gbp(0)
    lines = []
    for number, (option, key) in enumerate(zip(outcome.options, names(outcome), strict=True)):
        certainty = outcome.certainty(number)
        worst = int(certainty.argmin())
        lines.append(
            OptionLine(
                key=key,
                name=option.name,
                changes=in_words(option, sectors),
                places=option.places,
                meets=option.meets,
                certainty=float(certainty[worst]),
                standard_error=float(outcome.standard_error(certainty[worst])),
                costs=tuple(_costs(outcome, number, before)),
            )
        )
    return lines


def in_words(option: Option, sectors: Mapping[str, str]) -> str:
    """What an option changes, pool by pool."""
    total: dict[str, int] = {}
    first: dict[str, date] = {}
    for added in option.additions:
        total[added.pool] = total.get(added.pool, 0) + added.places
        first[added.pool] = min(added.day, first.get(added.pool, added.day))
    parts = [
        f"{abs(places)} {'more' if places > 0 else 'fewer'}: "
        f"{pool_label(pool, sectors.get(pool, pool))} (from {first[pool]:%B %Y})"
        for pool, places in total.items()
    ]
    return "; ".join(parts) or "nothing"


def _costs(outcome: Outcome, number: int, before: Mapping[str, Floats]) -> list[YearlyCost]:
    found = []
    for year, cost in outcome.cost_gbp(number).items():
        more = cost - before[year]
        ends = (10, 90)
        low, high = np.percentile(cost, ends)
        more_low, more_high = np.percentile(more, ends)
        found.append(
            YearlyCost(
                year=year,
                months=outcome.calendar.whole_months(year),
                mean=float(cost.mean()),
                p10=float(low),
                p90=float(high),
                more_mean=float(more.mean()),
                more_p10=float(more_low),
                more_p90=float(more_high),
            )
        )
    return found


def _notes(search: Search, request: Request) -> list[str]:
    notes = []
    for each in search.too_late:
        notes.append(
            f"{pool_label(each.pool.name, each.pool.sector)} cannot help: by its lead time of "
            f"{each.pool.lead_time_days:,.0f} days no place opens before the targets end."
        )
    if not request.keep_lead_times:
        notes.append(
            "Lead times were set aside: places may open from the first month on, and the table "
            "says when work on them should have begun."
        )
    return notes


# --- the market ------------------------------------------------------------------------------


def _market(resolved: Resolved, without: Market, planned: Market) -> list[MarketLine]:
    """A line for each pool that anybody is placed in."""
    per_year = _per_whole_year(planned)
    last = (
        len(planned.years) - 1
        if not planned.whole_years
        else planned.years.index(planned.whole_years[-1])
    )
    places, lines = resolved.plan.places, []
    outside, over = _localities(resolved)
    for number, pool in enumerate(pools_of(resolved)):
        made = per_year[number]
        total = float(made.sum())
        nobody = total <= 0 and planned.children[last, number] <= 0
        if nobody or pool.sector is Sector.OTHER:
            continue
        same_day = float(made[..., URGENCIES.index(SAME_DAY)].sum())
        low, high = _price_band(resolved, number)
        lines.append(
            MarketLine(
                pool=pool.name,
                sector=str(SECTORS[places.pool_sector[number]]),
                new_placements_a_year=total,
                same_day_share=same_day / total if total else math.nan,
                stay_days=tuple(planned.stay_days[number].tolist()),
                in_area_share=1 - float(outside[number]),
                outside_share=max(float(outside[number] - over[number]), 0.0),
                over_20_miles_share=float(over[number]),
                weekly_price_gbp=resolved.costs.weekly_cost_gbp[number],
                price_low_gbp=low,
                price_high_gbp=high,
                children_without=float(without.children[last, number]),
                children_with=float(planned.children[last, number]),
            )
        )
    return lines


def _per_whole_year(market: Market) -> Floats:
    """(P + 1, N, 5, 2, 2): expected new placements a year, over the whole years there are."""
    whole = [market.years.index(year) for year in market.whole_years]
    chosen = whole or list(range(len(market.years)))
    found: Floats = market.new_placements[chosen].mean(axis=0)
    return found


def _localities(resolved: Resolved) -> tuple[Floats, Floats]:
    """(P + 1,) shares outside the boundary and over 20 miles away, by pool, unplaced last."""
    places = resolved.plan.places
    settings = np.append(places.pool_sector, len(SECTORS))
    by_pool = (places.outside_area_share, places.over_20_miles_share)
    keys = ("outside_area_share", "over_20_miles_share")
    outside, over = (
        np.asarray(resolved.shares[key])[settings] if own is None else np.asarray(own)
        for own, key in zip(by_pool, keys, strict=True)
    )
    return outside, over


def _price_band(resolved: Resolved, pool: int) -> tuple[float | None, float | None]:
    """Between which weekly prices 8 of 10 placements of a pool are, where they differ."""
    factors = resolved.costs.factors.get(pool)
    if factors is None:
        return None, None
    low, high = resolved.costs.weekly_cost_gbp[pool] * np.percentile(factors, (10, 90))
    return float(low), float(high)


def needs_table(resolved: Resolved, market: Market) -> pd.DataFrame:
    """Expected new placements a year by what children need.

    Columns: ``need_group, age_band, siblings, urgency, placements``.
    """
    by_need = _per_whole_year(market).sum(axis=0)
    rows = [
        (need, str(band), family, urgency, float(by_need[n, b, f, u]))
        for n, need in enumerate(resolved.plan.places.need_names)
        for b, band in enumerate(AGE_BANDS)
        for f, family in enumerate(FAMILIES)
        for u, urgency in enumerate(URGENCIES)
        if by_need[n, b, f, u] > 0
    ]
    columns = ["need_group", "age_band", "siblings", "urgency", "placements"]
    return pd.DataFrame(rows, columns=columns)


def market_table(resolved: Resolved, markets: Mapping[str, Market]) -> pd.DataFrame:
    """``market_position.csv``: expected new placements by year, pool and need.

    Columns: ``plan, financial_year, months, sector, pool, need_group, age_band, siblings, urgency,
    placements``; rows without any are left out.
    """
    places = resolved.plan.places
    calendar = report_calendar(resolved.start, resolved.months)
    sectors = [str(SECTORS[code]) for code in places.pool_sector]
    pools = [*zip(sectors, places.pool_names, strict=True), (UNPLACED, UNPLACED)]
    rows = []
    for plan, market in markets.items():
        for at in np.argwhere(market.new_placements > 0):
            year, pool, need, band, family, urgency = at
            name = market.years[year]
            rows.append(
                (
                    plan,
                    name,
                    calendar.whole_months(name),
                    *pools[pool],
                    places.need_names[need],
                    str(AGE_BANDS[band]),
                    FAMILIES[family],
                    URGENCIES[urgency],
                    float(market.new_placements[tuple(at)]),
                )
            )
    head = ["plan", "financial_year", "months", "sector", "pool"]
    rest = ["need_group", "age_band", "siblings", "urgency", "placements"]
    return pd.DataFrame(rows, columns=[*head, *rest])
