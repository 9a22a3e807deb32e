"""Where the numbers of children who start care come from, whoever counted them."""

from __future__ import annotations

import numpy as np

from sufficiency.domain import AGE_BANDS, AGE_GROUPS, MONTHS_PER_YEAR
from sufficiency.report.words import AGE_LABELS
from sufficiency.resolution.population import given_or
from sufficiency.scenario.model import Scenario
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.worlds import Levels

DRAWN_TOWARDS = (
    ", drawn towards the level that keeps the number in care on its trend (this is the first "
    "year's; later years follow the trend)"
)
_AGE_WORDS = [*(AGE_LABELS[band] for band in AGE_BANDS), "unaccompanied children"]
_RANGE = (0.1, 0.9)


def entry_origins(scenario: Scenario, levels: Levels, source: str) -> list[Origin]:
    """Children who start care a month, as given or from ``source``, and a year by age."""
    given = scenario.entries.starters_per_month
    mean = levels.starters_per_year.mean
    total = float(mean.sum()) / MONTHS_PER_YEAR
    low, high = (levels.starters_per_year.quantile(np.full(len(mean), at)) for at in _RANGE)
    scale = 1.0 if given is None else given.value / total
    return [
        given_or(
            given,
            "entries.starters_per_month",
            "Children who start care a month",
            round(total if given is None else given.value, 2),
            "children a month",
            source,
        ),
        *(
            Origin(
                f"entries.by_age.{group}",
                f"Starters a year: {_AGE_WORDS[row]}",
                round(float(mean[row] * scale), 1),
                "children a year",
                Kind.FITTED,
                source,
                "range: 10th to 90th percentile of the fit",
                low=round(float(low[row] * scale), 1),
                high=round(float(high[row] * scale), 1),
            )
            for row, group in enumerate(AGE_GROUPS)
        ),
    ]
