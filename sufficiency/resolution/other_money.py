"""Money outside the placement total: income, what comes after care, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

import numpy as np

from sufficiency.calibration.assumptions import assumed
from sufficiency.domain import EXIT_REASONS, SECTORS, SETTINGS, ExitReason, Sector, financial_year
from sufficiency.errors import ScenarioError
from sufficiency.history.published import PublishedHistory
from sufficiency.history.reference import shipped_reference
from sufficiency.measures.money import CostPlan
from sufficiency.measures.money_lines import (
    AfterCareLine,
    Allowance,
    IncomeLine,
    JointFunding,
    LeavingCare,
    NightlyGrant,
    StayingOn,
)
from sufficiency.measures.reporting import report_calendar
from sufficiency.report.words import SETTING_LABELS
from sufficiency.resolution.pool_checks import refused
from sufficiency.resolution.population import given_or
from sufficiency.resolution.price_indexes import named_index
from sufficiency.scenario.costs import AllowancePlan
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind, Pounds

UASC_GRANT = "uasc_grant"
HIGHER_RATE_SHARE = 0.0007
"""Unaccompanied children over all under-18s from which the Home Office pays the higher rate."""
ALLOWANCES = {
    "special_guardianship": (ExitReason.SPECIAL_GUARDIANSHIP, "Special guardianship allowances"),
    "child_arrangements": (ExitReason.FAMILY_ARRANGEMENT, "Allowances of family arrangements"),
    "adoption": (ExitReason.ADOPTION, "Adoption allowances"),
}
LEFT_OUT = (
    "social workers, reviewing officers, the fostering and placement teams, and legal costs",
    "short breaks, transport, contact and therapy that are billed apart from the placement",
    "support of families whose children are not in care",
    "children who had left care before the start",
)


@dataclass(frozen=True)
class Around:
    """What other money reads of a scenario."""

    scenario: Scenario
    history: PublishedHistory
    start: date
    need_names: tuple[str, ...]
    uasc_at_start: int
    population_0_17: float | None


def with_other_money(costs: CostPlan, around: Around) -> tuple[CostPlan, list[Origin]]:
    """The plan with income, money after care, posts and real terms, and their origins.

    Raises:
        ScenarioError: joint funding of a need group that does not exist, or an index that does
            not reach the end.
    """
    joint, joint_origins = _joint_funding(around)
    grant, grant_origins = _uasc_grant(around)
    rise = _fostering_rise(costs)
    after, after_origins = _after_care(around.scenario, rise, around.start)
    caseloads = around.scenario.costs.caseloads
    workers = caseloads.children_per_social_worker
    officers = caseloads.children_per_reviewing_officer
    plan = replace(
        costs,
        income_lines=(*joint, *grant),
        after_care_lines=after,
        left_out=_left_out(costs, around.scenario, after),
        children_per_social_worker=None if workers is None else workers.value,
        children_per_reviewing_officer=None if officers is None else officers.value,
    )
    posts = [
        given_or(own, f"costs.caseloads.{key}", label, own.value, "children a post", "")
        for own, key, label in (
            (workers, "children_per_social_worker", "Caseload of a social worker"),
            (officers, "children_per_reviewing_officer", "Caseload of a reviewing officer"),
        )
        if own is not None
    ]
    plan, real_origins = _real_terms(plan, around)
    return plan, [*joint_origins, *grant_origins, *after_origins, *posts, *real_origins]


def _fostering_rise(costs: CostPlan) -> float:
    """How own fostering's price rises, which allowances follow."""
    if isinstance(costs.inflation_per_year, tuple):
        return float(costs.inflation_per_year[0])
    return float(costs.inflation_per_year)


def _joint_funding(around: Around) -> tuple[list[IncomeLine], list[Origin]]:
    """What partners pay: a line for each setting that they pay in."""
    lines, origins = [], []
    paid = np.zeros((len(SETTINGS), len(around.need_names)))
    for position, plan in enumerate(around.scenario.costs.joint_funding):
        for at, name in enumerate(plan.need_groups):
            if name not in around.need_names:
                key = f"costs.joint_funding.{position}.need_groups.{at}"
                raise unknown_need(around.scenario, key, name, around.need_names)
        groups = plan.need_groups or around.need_names
        shares = tuple(plan.share.value * (name in groups) for name in around.need_names)
        settings = [SECTORS.index(sector) for sector in plan.sectors or SECTORS]
        if not plan.sectors:
            settings.append(len(SECTORS))
        paid[settings] += shares
        if paid.max() > 1 + 1e-9:
            key = f"costs.joint_funding.{position}.share"
            message = (
                f"found {plan.share.value:g}, with which partners pay {paid.max():.0%} of what "
                "some children cost; expected 100% or less of any placement from all together"
            )
            raise refused(around.scenario, key, message)
        lines += [
            IncomeLine(plan.name, str(SETTINGS[code]), JointFunding(shares, code))
            for code in settings
        ]
        whom = ", ".join(
            [SETTING_LABELS[sector] for sector in plan.sectors] + list(plan.need_groups)
        )
        label = f"Joint funding, {plan.name}" + (f" ({whom})" if whom else "")
        key = f"costs.joint_funding.{position}.share"
        origins.append(given_or(plan.share, key, label, plan.share.value, "share of cost", ""))
    return lines, origins


def unknown_need(scenario: Scenario, key: str, name: str, known: Sequence[str]) -> ScenarioError:
    """The error of a need group that is none of those known."""
    near = get_close_matches(name, known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return refused(scenario, key, f'found "{name}", expected one of {", ".join(known)}.{hint}')


def _uasc_grant(around: Around) -> tuple[list[IncomeLine], list[Origin]]:
    """The grant for each night of an unaccompanied child, by setting."""
    own = around.scenario.costs.uasc_grant
    label, key = "Home Office grant for unaccompanied children", "costs.uasc_grant"
    if own is False:
        return [], []
    if isinstance(own, Pounds):
        rate: float | None = own.value
        origin = given_or(own, key, label, own.value, "GBP a child-night", "")
    else:
        rate, source = published_grant(around)
        note = "held at the rate known at the start"
        unit = "GBP a child-night"
        origin = Origin(key, label, rate or 0.0, unit, Kind.ASSUMED, source, note)
    if rate is None:
        return [], []
    return [
        IncomeLine(UASC_GRANT, str(setting), NightlyGrant(float(rate), code))
        for code, setting in enumerate(SETTINGS)
    ], [origin]


def published_grant(around: Around) -> tuple[float | None, str]:
    """GBP a night known at the start, by how many such children the council has, and its source.

    None before the first year that the shipped table holds.
    """
    table = shipped_reference().table("grants")
    year = financial_year(around.start)
    known = table[table["from_financial_year"] <= year]
    share = around.uasc_at_start / around.population_0_17 if around.population_0_17 else 0.0
    wanted = ["uasc_night"] + (["uasc_night_higher"] if share >= HIGHER_RATE_SHARE else [])
    rows = known[known["grant"].isin(wanted)].sort_values("rate_gbp")
    if rows.empty:
        return None, "No rate is known before 2019-20"
    row = rows.iloc[-1]
    return float(row["rate_gbp"]), f"{row['source']} (from {row['from_financial_year']})"


def _after_care(
    scenario: Scenario, rise: float, start: date
) -> tuple[tuple[AfterCareLine, ...], list[Origin]]:
    """What children cost after they have left care."""
    plan = scenario.costs.after_care
    if not plan.counted:
        return (), []
    lines, origins = [], []
    for name, (reason, label) in ALLOWANCES.items():
        share, weekly, own = _allowance(name, label, getattr(plan, name), rise, start)
        what = Allowance(EXIT_REASONS.index(reason), share, weekly, rise)
        lines.append(AfterCareLine(f"{name}_allowances", what))
        origins += own
    staying = plan.staying_put
    assumption = assumed("staying_put_share_of_price")
    part = assumption.number if staying is None else staying.share_of_price.value
    lines.append(AfterCareLine("staying_put", StayingOn(part)))
    origins.append(
        assumed_origin(assumption, part, "share of the price")
        if staying is None
        else given_or(staying.share_of_price, assumption.key, assumption.label, part, "share", "")
    )
    if plan.leaving_care is not None:
        housed = plan.leaving_care
        what_then = LeavingCare(housed.share.value, housed.weekly_gbp.value, rise, housed.until_age)
        lines.append(AfterCareLine("leaving_care_accommodation", what_then))
        key = "costs.after_care.leaving_care"
        label = "Leaving-care accommodation"
        origins += [
            given_or(
                housed.share,
                f"{key}.share",
                f"{label}: share housed",
                housed.share.value,
                "share",
                "",
            ),
            given_or(
                housed.weekly_gbp,
                f"{key}.weekly_gbp",
                f"{label}: weekly cost",
                housed.weekly_gbp.value,
                "GBP a week",
                "",
            ),
        ]
    return tuple(lines), origins


def _allowance(
    name: str, label: str, own: AllowancePlan | None, rise: float, start: date
) -> tuple[float, float, list[Origin]]:
    """The share that receives an allowance, the allowance at the start, and their origins."""
    share = assumed(f"{name}_share_receiving")
    if own is not None:
        receiving, weekly_own = own.share_receiving, own.weekly_gbp
        key, words = f"costs.after_care.{name}.weekly_gbp", f"{label}: weekly amount"
        unit = "GBP a week at the start"
        return (
            receiving.value,
            weekly_own.value,
            [
                given_or(receiving, share.key, share.label, receiving.value, "share", ""),
                given_or(weekly_own, key, words, weekly_own.value, unit, ""),
            ],
        )
    weekly = assumed("allowance_after_care_weekly_gbp")
    years = int(financial_year(start)[:4]) - int(str(weekly.price_year)[:4])
    amount = weekly.number * (1 + rise) ** years
    origin = replace(
        assumed_origin(weekly, round(amount, 2), "GBP a week at the start"),
        key=f"costs.after_care.{name}.weekly_gbp",
        label=f"{label}: weekly amount",
        low=None if weekly.low is None else round(weekly.low * (1 + rise) ** years, 2),
        high=None if weekly.high is None else round(weekly.high * (1 + rise) ** years, 2),
        note=f"brought from {weekly.price_year} prices by {rise:.1%} a year" if years else "",
    )
    return share.number, amount, [assumed_origin(share, share.number, "share"), origin]


def _left_out(
    costs: CostPlan, scenario: Scenario, after: Sequence[AfterCareLine]
) -> tuple[str, ...]:
    """What the placement total leaves out, in words."""
    names = [line.name for line in after]
    words = list(LEFT_OUT)
    prices = zip(costs.pool_sector, costs.weekly_cost_gbp, strict=True)
    if not any(price for code, price in prices if SECTORS[code] is Sector.OTHER):
        words.insert(
            0,
            "children with their parents, placed for adoption and in other settings, "
            "whose price is 0",
        )
    if not names:
        words.append("allowances after special guardianship, family arrangements and adoption")
    if "leaving_care_accommodation" not in names:
        words.append("leaving-care accommodation from 18 to 25")
    return tuple(words)


def _real_terms(plan: CostPlan, around: Around) -> tuple[CostPlan, list[Origin]]:
    """The index that shows money in the prices of one year."""
    own = around.scenario.costs.real_terms
    if own is None:
        return plan, []
    base = own.prices_of or financial_year(around.start)
    years = report_calendar(around.start, around.scenario.months).financial_years
    key = "costs.real_terms.index"
    numbers = named_index(around.scenario, around.history, own.index, key, [base, *years])
    label = f"Money in prices of {base}"
    origin = Origin(key, label, own.index, "index", Kind.LEVER, "the scenario file")
    real = tuple(number / numbers[0] for number in numbers[1:])
    return replace(plan, real_index=real, real_prices_of=base, real_index_name=own.index), [origin]
