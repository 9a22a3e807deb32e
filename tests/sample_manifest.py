"""What the manifest of the sample forecast says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd


def _origin(key: str, label: str, value: Any, unit: str, kind: str, **more: Any) -> dict[str, Any]:
    source = more.pop("source", "Department for Education, published statistics")
    return {
        "key": key,
        "label": label,
        "value": value,
        "unit": unit,
        "kind": kind,
        "source": source,
        "note": more.pop("note", ""),
        "low": more.pop("low", None),
        "high": more.pop("high", None),
    }


HISTORY = [
    {
        "year": year,
        "date": f"{year}-03-31",
        "in_care": in_care,
        "started": 190 - 8 * n,
        "ceased": 200 - 4 * n,
        "rate_per_10k": in_care / 6.45,
        "england_rate_per_10k": 60.0 + n,
        "neighbours_rate_per_10k": 88.0 + 1.5 * n,
    }
    for n, (year, in_care) in enumerate(
        [(2014, 780), (2015, 765), (2016, 670), (2017, 645), (2018, 628), (2019, 624)]
    )
]

ORIGINS = [
    _origin("entries.starters_per_month", "Starters a month", 12, "children", "lever"),
    _origin(
        "needs.overflow_from_family",
        "Children in agency care or homes for want of a family place",
        0.3,
        "share",
        "assumed",
        low=0.15,
        high=0.45,
        source="Judgement: no published figure",
    ),
    _origin("exits.turned_18", "Leavers who turn 18", 0.31, "share", "fitted", low=0.27),
    _origin("costs.residential", "A week in residential", 4600, "gbp_per_week", "assumed"),
    _origin("text.formula", "=1+1", "@SUM(A1)", "", "assumed", source="+44 source"),
]


def sample_manifest(dates: list[date], layers: pd.DataFrame, replications: int) -> dict[str, Any]:
    return {
        "package_version": "0.1.0",
        "command": "sufficiency run scenarios/sample.yaml",
        "seed": 1,
        "replications": replications,
        "engine": "simpy",
        "workers": 2,
        "started_at": "2020-07-14T09:30:00",
        "timings_s": {"simulate": 3.2},
        "inputs": [{"file": "scenarios/sample.yaml", "sha256": "0" * 64}],
        "warnings": ["Age 16 and 17 leavers were suppressed in 2019; they come by difference."],
        "authority": {
            "name": "Sampleshire",
            "old_la_code": "999",
            "new_la_code": "E06999999",
            "region": "Midshire",
        },
        "scenario": {"name": "Sample, medium", "description": "Twelve starters a month."},
        "origins": [dict(row) for row in ORIGINS],
        "history": [dict(row) for row in HISTORY],
        "starting_figures": [
            {"date": "2020-06-30", "figure": 585, "source": "The council's strategy"},
            {"date": "2020-03-31", "figure": 607, "source": "SSDA903 return, DfE"},
        ],
        "uncertainty_layers": layers.to_dict("records"),
        "monte_carlo": {"in_care": {"p10_se": 2.1, "p90_se": 2.4}},
        "comparisons": _comparisons(dates[min(9, len(dates) - 1)].isoformat()),
        "frozen_set": ["National duration shapes, 2019 onwards"],
        "places_statement": "We assumed that you keep the places you use today.",
        "key_assumptions": [
            "needs.overflow_from_family",
            "entries.starters_per_month",
            "exits.turned_18",
        ],
        "data_age": "The newest published figures used are for the year to 31 March 2020.",
        "sectors": [{"sector": "internal_fostering", "places": 180}],
    }


def _comparisons(day: str) -> list[dict[str, Any]]:
    return [
        {
            "label": "Council, worst case",
            "method": "council_method",
            "date": day,
            "value": 602,
            "note": "opening + 12 x starters x remain - tracked exits",
        },
        {
            "label": "What happened",
            "method": "outcome",
            "date": day,
            "value": 540,
            "note": "",
        },
    ]
