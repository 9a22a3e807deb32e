"""Where the rates come from that a council's own returns were fitted to, number by number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sufficiency.calibration.assumptions import Assumption
from sufficiency.calibration.children.assumptions import child_assumptions
from sufficiency.calibration.children.file import CalibratedFile
from sufficiency.calibration.children.pooling import Family
from sufficiency.calibration.children.rates import ADOPTION_FAMILY, ENDING_FAMILY, UASC_FAMILY
from sufficiency.domain import AGE_BANDS, CAUSES, MONTHS_PER_YEAR, N_EXIT_CAUSES
from sufficiency.report.suppression import FEWEST_SHOWN
from sufficiency.report.words import AGE_LABELS
from sufficiency.resolution.entry_origins import DRAWN_TOWARDS, entry_origins
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.worlds import Levels

_RANGE = (0.1, 0.9)
_EXITS = {str(cause) for cause in CAUSES[:N_EXIT_CAUSES]} | {UASC_FAMILY, ADOPTION_FAMILY}
_WORDS: Mapping[str, str] = {
    UASC_FAMILY: "leaving before 18, unaccompanied children",
    ADOPTION_FAMILY: "adoption of children placed for it",
    ENDING_FAMILY: "placements for adoption that end while care goes on",
}
_AGE_WORDS = [*(AGE_LABELS[band] for band in AGE_BANDS), "unaccompanied children"]


def own_rate_origins(
    scenario: Scenario, calibrated: CalibratedFile, levels: Levels
) -> list[Origin]:
    """Entries, exits, moves, brothers and sisters, and what their fit assumed."""
    return [
        *_entries(scenario, calibrated, levels),
        *_rates(scenario, calibrated),
        *_siblings(scenario, calibrated),
        _season(calibrated),
        *_settings(calibrated),
        *(_assumed(assumption, calibrated) for assumption in child_assumptions().values()),
    ]


def _entries(scenario: Scenario, calibrated: CalibratedFile, levels: Levels) -> list[Origin]:
    counted = float(calibrated.fitted.starters.mean.sum()) / MONTHS_PER_YEAR
    source = f"{calibrated.source}; {counted:.1f} starters a month as counted"
    return entry_origins(
        scenario, levels, source + (DRAWN_TOWARDS if scenario.uncertainty.damping else "")
    )


def _rates(scenario: Scenario, calibrated: CalibratedFile) -> list[Origin]:
    families = calibrated.fitted.rates.families
    origins = [_family(name, family, calibrated.source) for name, family in families.items()]
    rate = scenario.exits.annual_exit_rate
    if rate is not None:
        key, label = "exits.annual_exit_rate", "Exits before 18 a year per child in care"
        origins.append(given_or(rate, key, label, rate.value, "a year", ""))
    return origins


def _family(name: str, family: Family, source: str) -> Origin:
    """One kind of event against what is published: all cells together."""
    expected = float(family.expected.sum())
    level = family.level
    if expected > 0:
        level = float((family.mean * family.expected).sum()) / expected
    spread = 1 / max(family.level_events + float(family.events.sum()), 1e-9) ** 0.5
    words = _WORDS.get(name, name.replace("_", " "))
    part = "exits" if name in _EXITS else "moves"
    return Origin(
        f"{part}.own.{name}",
        f"Against what is published for the council: {words}",
        round(level, 3),
        "ratio",
        Kind.FITTED,
        source,
        f"{_events(float(family.events.sum()))} seen, "
        f"{expected:.0f} expected at the published rates; "
        f"cells differ by {family.spread:.0%} beyond chance",
        low=round(level * float(np.exp(-1.28 * spread)), 3),
        high=round(level * float(np.exp(1.28 * spread)), 3),
    )


def _events(number: float) -> str:
    """A count of events in words. Where it is 1 to 5 it says no more: a run's page is sent on."""
    return "1 to 5 events" if 0 < number < FEWEST_SHOWN - 0.5 else f"{number:.0f} events"


def _siblings(scenario: Scenario, calibrated: CalibratedFile) -> list[Origin]:
    if scenario.entries.sibling_group_sizes is not None:
        return []
    sizes = ", ".join(f"{size:.3f}" for size in calibrated.fitted.sibling_group_sizes)
    return [
        Origin(
            "entries.sibling_group_sizes",
            "Chance that 1, 2, 3 or 4 brothers and sisters enter care together",
            sizes,
            "",
            Kind.FITTED,
            calibrated.source,
            "children who started on the same day beyond what chance brings together",
        )
    ]


def _season(calibrated: CalibratedFile) -> Origin:
    season = calibrated.fitted.season
    words = ", ".join(f"{factor:.2f}" for factor in season.factor)
    return Origin(
        "entries.own.season",
        "Starters by calendar month against the average, January to December",
        words if season.supported else "none: the months differ no more than by chance",
        "",
        Kind.FITTED,
        calibrated.source,
    )


def _settings(calibrated: CalibratedFile) -> list[Origin]:
    """Which table of settings the rates were counted with; files of earlier versions do not say."""
    table = calibrated.head.get("place_sectors")
    if table is None:
        return []
    return [
        Origin(
            "calibration.file.place_sectors",
            "Table of which kinds of placement belong to which setting",
            f"{table['file']} ({table['whose']})",
            "",
            Kind.ASSUMED,
            f"The table that {calibrated.name} was made with; calibrate again with --place-sectors "
            "to change it",
        )
    ]


def _assumed(assumption: Assumption, calibrated: CalibratedFile) -> Origin:
    """What the fit assumed, as the file says it was."""
    used = calibrated.head.get("assumptions", {}).get(assumption.name, assumption.value)
    return Origin(
        f"calibration.file.{assumption.name}",
        assumption.label,
        float(used),
        "",
        Kind.ASSUMED,
        assumption.source,
    )
