"""What was fitted, from which data; and what the page says about where it all came from."""

from __future__ import annotations

import numpy as np

from sufficiency.calibration.assumptions import Assumption, assumed
from sufficiency.calibration.calibrate import Calibration
from sufficiency.calibration.children.file import CalibratedFile
from sufficiency.calibration.damping import TERMS
from sufficiency.calibration.national_table import shipped_rates
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import AGE_BANDS, SECTORS, ExitReason
from sufficiency.report.words import AGE_LABELS, SETTING_LABELS
from sufficiency.resolution.entry_origins import DRAWN_TOWARDS, entry_origins
from sufficiency.resolution.own_origins import own_rate_origins
from sufficiency.resolution.own_table import OwnTable
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin, assumed_origin
from sufficiency.scenario.sourced import Kind, Share
from sufficiency.simulation.worlds import Levels

_AGE_WORDS = [*(AGE_LABELS[band] for band in AGE_BANDS), "unaccompanied children"]
_RANGE = (0.1, 0.9)
_IN_FORCE = (
    "under_16_share_of_uasc",
    "step_down_share",
    "turning_16_share",
    "moves_with_age_share",
    "early_moves_by_level",
    "long_stay_exit_ratio",
    "drift_correlation",
    "prior_events_exits",
    "prior_events_entries",
    "prior_events_moves",
    "prior_events_uasc_exits",
    "prior_first_need",
)
NATIONAL_FIT = "(part of the national fit that ships)"
"""Stands for the key of what no scenario changes."""
_TABLES = ("first_need_seed", "next_need_seed")


def fitted_origins(
    scenario: Scenario,
    fit: Calibration,
    levels: Levels,
    own: OwnTable | None,
    calibrated: CalibratedFile | None = None,
) -> list[Origin]:
    """Entries, exits, moves, drift and damping, and the assumptions behind them."""
    if calibrated is not None:
        rates = own_rate_origins(scenario, calibrated, levels)
    else:
        rates = [
            *_entry_origins(scenario, fit, levels, own),
            *_exit_origins(scenario, fit, levels, own),
            *_england_origins(),
        ]
    return [
        *rates,
        *_drift_origins(scenario, fit, calibrated),
        *(assumed_origin(assumed(name), assumed(name).number, _unit(name)) for name in _IN_FORCE),
        *(assumed_origin(assumed(name), "a table of weights", "") for name in _TABLES),
        *_sibling_origins(scenario, calibrated),
    ]


def _window(fit: Calibration) -> str:
    first = max(fit.year - fit.window_years + 1, int(fit.counts.years[0]))
    years = f"year ending 31 March {fit.year}"
    return years if first == fit.year else f"years ending 31 March {first} to {fit.year}"


def _unit(name: str) -> str:
    return "share" if name.endswith("_share") or "_share_" in name else ""


def _entry_origins(
    scenario: Scenario, fit: Calibration, levels: Levels, own: OwnTable | None
) -> list[Origin]:
    if own is not None:
        source = (
            f"{own.file}: {own.starters_per_month:.1f} starters a month from {own.first_month} to "
            f"{own.last_month}"
        )
    else:
        started = float(fit.counts.started_total[-1])
        source = (
            f"DfE starters of {fit.authority.name}, {_window(fit)} ({started:.0f} in the last), "
            "pooled toward its statistical neighbours, same-year returns added"
        )
        if scenario.uncertainty.damping:
            source += DRAWN_TOWARDS
    return entry_origins(scenario, levels, source)


def _exit_origins(
    scenario: Scenario, fit: Calibration, levels: Levels, own: OwnTable | None
) -> list[Origin]:
    shape = (
        "England's exits by age and time in care (DfE, leavers by duration, 2019-2023), times this "
        f"council's leavers against those expected, {_window(fit)}, pooled toward similar councils"
    )
    level = levels.exit_level
    low, high = (fit.exits.leave.quantile(np.full(len(AGE_BANDS), at)) for at in _RANGE)
    origins = [
        _ratio_origin(
            f"exits.level.{band}",
            f"Exits before 18 against England's: {_AGE_WORDS[row]}",
            (fit.exits.leave.mean[row], low[row], high[row]),
            level,
            shape,
        )
        for row, band in enumerate(AGE_BANDS)
    ]
    rate = scenario.exits.annual_exit_rate
    if rate is not None:
        key, label = "exits.annual_exit_rate", "Exits before 18 a year per child in care"
        origins.append(given_or(rate, key, label, rate.value, "a year", ""))
    elif own is not None:
        source = (
            f"{own.file}: {own.leavers_per_month:.1f} leavers a month, expected 18th birthdays "
            "taken out"
        )
        label = "Exits before 18 against the published fit"
        value = round(own.exit_level, 3)
        origins.append(Origin("calibration.table", label, value, "ratio", Kind.FITTED, source))
    return [*origins, *_adoption_and_move_origins(fit, level)]


def _adoption_and_move_origins(fit: Calibration, level: float) -> list[Origin]:
    return [
        _ratio_origin(
            "exits.level.adoption",
            "Placements for adoption against England's",
            _mean_and_range(fit.exits.match),
            level,
            f"DfE adoptions of {fit.authority.name}, {_window(fit)}",
        ),
        _ratio_origin(
            "moves.level",
            "Moves against England's for such children",
            _mean_and_range(fit.moves),
            1.0,
            f"DfE placements changing in the year, {fit.authority.name}, latest three years "
            "published, changes of status only taken out (at England's share where held back)",
        ),
    ]


def _england_origins() -> list[Origin]:
    """What every council is taken to share with England."""
    rates = shipped_rates()
    reasons = (ExitReason.RETURNED_HOME, ExitReason.FAMILY_ARRANGEMENT, ExitReason.OTHER_REASON)
    split = ", ".join(
        f"{str(reason).replace('_', ' ')} {share:.0%}"
        for reason, share in zip(reasons, rates.rest_split, strict=True)
    )
    return [
        Origin(
            NATIONAL_FIT,
            "Reasons for leaving before 18, adoption and special guardianship apart",
            split,
            "",
            Kind.FITTED,
            "DfE, leavers by reason, England, 2019-2023: the number who leave is the council's "
            "own, how it parts between these reasons is England's",
        ),
        *(
            Origin(
                NATIONAL_FIT,
                f"Exits before 18 against the average at the same age: {SETTING_LABELS[sector]}",
                round(float(factor), 2),
                "ratio",
                Kind.FITTED,
                "DfE, England's leavers by last placement against children by placement, 2020-2023",
            )
            for sector, factor in zip(SECTORS, rates.exit_factor, strict=True)
        ),
    ]


def population_origin(children: float) -> Origin:
    """The children whom rates per 10,000 are per."""
    return Origin(
        "in_care_rate_per_10k",
        "Children aged 0 to 17 in the area, taken to stay as many",
        round(children),
        "children",
        Kind.FITTED,
        "ONS mid-year estimate of the year before, which DfE's published rates are per",
    )


def _mean_and_range(posterior: GammaPosterior) -> tuple[float, float, float]:
    """Mean, 10th and 90th percentile of a single posterior."""
    low, high = (float(posterior.quantile(np.array([at]))[0]) for at in _RANGE)
    return float(posterior.mean[0]), low, high


def _ratio_origin(
    key: str, label: str, mean_and_range: tuple[float, float, float], level: float, source: str
) -> Origin:
    mean, low, high = (round(float(number) * level, 3) for number in mean_and_range)
    note = "range: 10th to 90th percentile of the fit"
    return Origin(key, label, mean, "ratio", Kind.FITTED, source, note, low=low, high=high)


_TERM_LABELS = {
    "gap_to_peers": "First year's growth because its rate of care differs from similar councils'",
    "share_16_and_over": "First year's growth because more or fewer than usual are 16 or over",
    "starters_over_leavers": "First year's growth because more or fewer started than left",
}


def _drift_origins(
    scenario: Scenario, fit: Calibration, calibrated: CalibratedFile | None
) -> list[Origin]:
    source = (
        "Fitted to English councils' figures of years up to "
        f"{fit.drift.cut_year} (calibration/README.md)"
    )
    damping, drift = fit.damping, fit.drift
    on = scenario.uncertainty
    off = "" if on.drift else "switched off by the scenario"
    undamped = "" if on.damping else "switched off by the scenario"
    rows = [
        ("drift.sigma_entries", "Drift of entries: long-run sd of the log rate", drift.sigma[0]),
        ("drift.sigma_exits", "Drift of exits: long-run sd of the log rate", drift.sigma[1]),
        ("drift.phi_entries", "Drift of entries: correlation from year to year", drift.phi[0]),
        ("drift.phi_exits", "Drift of exits: correlation from year to year", drift.phi[1]),
        ("damping.trend_per_year", "Trend of the number in care, a year", damping.trend_per_year),
        *(
            (f"damping.{name}", _TERM_LABELS[name], effect * (term - mean))
            for name, effect, term, mean in zip(
                TERMS, damping.effect_per_year, fit.growth_terms, damping.mean_term, strict=True
            )
        ),
    ]
    notes = {"drift": off, "damping": undamped}
    return [
        *(
            Origin(
                f"uncertainty.{key}",
                label,
                round(float(value), 4),
                "",
                Kind.FITTED,
                source,
                notes[key.partition(".")[0]],
            )
            for key, label, value in rows
        ),
        *(
            [_returns_origin(scenario, damping.same_year_returns_share, source)]
            if calibrated is None
            else []
        ),
    ]


def _returns_origin(scenario: Scenario, fitted_share: float, source: str) -> Origin:
    own = scenario.calibration.same_year_returns
    key = "calibration.same_year_returns"
    label = "Same-year returns, share of those in care a year"
    if own is True:
        return given_or(None, key, label, round(fitted_share, 4), "share", source)
    return given_or(own, key, label, 0.0 if own is False else own.value, "share", source)


def _sibling_origins(scenario: Scenario, calibrated: CalibratedFile | None) -> list[Origin]:
    sizes, entries = assumed("sibling_group_sizes"), scenario.entries
    own_sizes = entries.sibling_group_sizes
    shares = {
        "sibling_same_band_share": entries.sibling_same_band_share,
        "sibling_same_need_share": entries.sibling_same_need_share,
    }
    chances = own_sizes if own_sizes is not None else sizes.value
    words = ", ".join(f"{chance:g}" for chance in chances)
    fitted = own_sizes is None and calibrated is not None
    group_sizes = (
        given_or(own_sizes, sizes.key, sizes.label, words, "", "")
        if own_sizes is not None
        else assumed_origin(sizes, words, "")
    )
    return [
        *([] if fitted else [group_sizes]),
        *(_share_origin(assumed(name), own) for name, own in shares.items()),
    ]


def _share_origin(assumption: Assumption, own: Share | None) -> Origin:
    """A share of the scenario's own, or the one assumed."""
    if own is None:
        return assumed_origin(assumption, assumption.number, "share")
    return given_or(own, assumption.key, assumption.label, own.value, "share", "")
