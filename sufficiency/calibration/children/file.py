"""The calibrated file: a head in YAML that people read, with tables in Parquet beside it.

It holds no child: counts of events by cell, posteriors, and where they came from (names of files
with their SHA-256, never a folder). Small counts of events can still tell of children, so the head
is marked OFFICIAL-SENSITIVE.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sufficiency.calibration.children.arrivals import Season
from sufficiency.calibration.children.fit import Fitted, Ratios
from sufficiency.calibration.children.pooling import Family
from sufficiency.calibration.children.rates import ChildRates
from sufficiency.calibration.children.writing import write_whole
from sufficiency.calibration.posterior import GammaPosterior
from sufficiency.domain import (
    AGE_BANDS,
    AGE_GROUPS,
    CAUSES,
    MONTHS_PER_YEAR,
    MOVE_REASONS,
    NEED_GROUPS,
    SECTORS,
)
from sufficiency.errors import HistoryError, OutputError

Floats = NDArray[np.float64]

FORMAT = 1
MARKING = "OFFICIAL-SENSITIVE"
_HEADER = (
    "# A council's own rates of entering, leaving and moving in care, fitted by\n"
    "# `sufficiency calibrate`. A scenario uses them with  calibration: {file: this file}\n"
    "# It holds no child. Counts of events can be small: keep it as OFFICIAL-SENSITIVE.\n"
)
_CELL_COLUMNS = ("events", "expected", "mean", "shape", "level_weight")
_ARRAYS = ("base_per_day", "sector_factor", "age_factor", "first_need_weights")
_DESTINATION = "destination_weights"


@dataclass(frozen=True)
class CalibratedFile:
    """A calibrated file as read."""

    name: str
    """Its name, without a folder."""
    authority: str
    fitted: Fitted
    head: Mapping[str, Any]
    """What the head says: sources, window, counts, rules, assumptions."""

    @property
    def entries_window_years(self) -> int:
        """Years that the level of entries was counted over, to the nearest."""
        return max(round(float(self.head["window"]["entries_years"])), 1)

    @property
    def source(self) -> str:
        """How a number from it is said to be fitted."""
        window = self.head["window"]
        return (
            f"The council's own return ({self.name}): {window['after']} to {window['until']}, "
            "pooled toward what is published for it"
        )


# --- writing --------------------------------------------------------------------------------


def write_calibrated(
    fitted: Fitted, authority: str, about: Mapping[str, Any], path: Path
) -> tuple[Path, Path]:
    """Write head and tables, each whole or not at all; returns their paths.

    Args:
        fitted: what to keep.
        authority: whose.
        about: further keys of the head: sources, window, counts, rules, assumptions.
        path: of the head, ending in ``.yaml``.

    Raises:
        OutputError: if the files cannot be written there.
    """
    tables = path.with_suffix(".parquet")
    raw = io.BytesIO()
    _table(fitted.rates).to_parquet(raw, index=False)
    head = {
        "format": FORMAT,
        "marking": MARKING,
        "authority": authority,
        "as_at": fitted.as_at.isoformat(),
        **about,
        "starters_per_year": _starters(fitted.starters),
        "sibling_group_sizes": [round(float(size), 6) for size in fitted.sibling_group_sizes],
        "season": {
            "supported": fitted.season.supported,
            "factor_by_month": [round(float(factor), 6) for factor in fitted.season.factor],
            "starters_by_month": [round(float(count), 2) for count in fitted.season.starters],
        },
        "against_published": _ratios(fitted.ratios),
        "rates": {name: _family(family) for name, family in fitted.rates.families.items()},
        "adoptive_ending_factor": fitted.rates.adoptive_ending_factor,
        "tables": {"file": tables.name, "sha256": hashlib.sha256(raw.getvalue()).hexdigest()},
    }
    text = io.StringIO()
    _yaml().dump(head, text)
    try:
        write_whole(tables, raw.getvalue())
        write_whole(path, (_HEADER + text.getvalue()).encode("utf-8"))
    except OSError as wrong:
        raise OutputError(
            f"{path}: cannot be written ({wrong.strerror}). Choose another place with --to."
        ) from None
    return path, tables


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 160
    return yaml


def is_calibrated_file(path: Path) -> bool:
    """Whether a file begins with the line that `write_calibrated` begins one with."""
    first = _HEADER.partition("\n")[0].encode("utf-8")
    try:
        with path.open("rb") as file:
            return file.read(len(first)) == first
    except OSError:
        return False


def _starters(posterior: GammaPosterior) -> dict[str, dict[str, float]]:
    low, high = (posterior.quantile(np.full(len(AGE_GROUPS), at)) for at in (0.05, 0.95))
    return {
        str(group): {
            "mean": round(float(posterior.mean[row]), 2),
            "p05": round(float(low[row]), 2),
            "p95": round(float(high[row]), 2),
            "events": float(posterior.events[row]),
            "years": float(posterior.exposure[row]),
        }
        for row, group in enumerate(AGE_GROUPS)
    }


def _ratios(ratios: Ratios) -> dict[str, Any]:
    by_band = zip(AGE_BANDS, ratios.leave, strict=True)
    return {
        "leaving_before_18": {str(band): float(ratio) for band, ratio in by_band},
        "placed_for_adoption": ratios.match,
        "moves": ratios.moves,
        "uasc_leaving_before_18": ratios.uasc,
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "events": round(float(family.events.sum()), 2),
        "expected_from_published": round(float(family.expected.sum()), 2),
        "level": family.level,
        "level_events": family.level_events,
        "prior_events": family.prior_events,
        "cells": list(family.events.shape),
    }


def _table(rates: ChildRates) -> pd.DataFrame:
    """Long: ``table, name, cell`` and the columns of a family's cells, or ``value``."""
    parts = [
        pd.DataFrame(
            {
                "table": "cell",
                "name": name,
                "cell": np.arange(family.events.size),
                **{column: getattr(family, column).ravel() for column in _CELL_COLUMNS},
            }
        )
        for name, family in rates.families.items()
    ]
    parts += [
        pd.DataFrame(
            {
                "table": "array",
                "name": name,
                "cell": np.arange(getattr(rates, name).size),
                "value": getattr(rates, name).ravel(),
            }
        )
        for name in (*_ARRAYS, _DESTINATION)
    ]
    return pd.concat(parts, ignore_index=True)


# --- reading --------------------------------------------------------------------------------


def read_calibrated(path: Path) -> CalibratedFile:
    """Read a calibrated file and the tables beside it.

    Raises:
        HistoryError: it is missing, is not such a file, or its tables are not those written with
            it.
    """
    head = _read_head(path)
    try:
        tables = path.parent / str(head["tables"]["file"])
        raw = _bytes(tables, f"{path.name} names it as its tables; keep the two side by side")
        if hashlib.sha256(raw).hexdigest() != head["tables"]["sha256"]:
            raise HistoryError(
                f"{tables.name}: not the tables that {path.name} was written with (their SHA-256 "
                "differ). Copy both files from the same place, or calibrate again."
            )
        return CalibratedFile(
            name=path.name,
            authority=str(head["authority"]),
            fitted=_fitted(head, pd.read_parquet(io.BytesIO(raw))),
            head=head,
        )
    except (KeyError, TypeError, ValueError):
        raise HistoryError(
            f"{path.name}: a key that `sufficiency calibrate` writes is missing or was changed. "
            "Calibrate again."
        ) from None


def _bytes(path: Path, why: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise HistoryError(f"{path.name}: cannot be read. {why}.") from None


def _read_head(path: Path) -> dict[str, Any]:
    raw = _bytes(path, "Give the path of a file that `sufficiency calibrate` wrote")
    try:
        head = YAML(typ="safe", pure=True).load(raw.decode("utf-8-sig"))
    except (YAMLError, UnicodeDecodeError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise HistoryError(
            f"{path.name}: not a calibrated file of this version, expected `format: {FORMAT}` and "
            "what `sufficiency calibrate` writes. Calibrate again, or give the right file."
        )
    return head


def _fitted(head: Mapping[str, Any], table: pd.DataFrame) -> Fitted:
    starters, season = head["starters_per_year"], head["season"]
    ratios = head["against_published"]
    leave = ratios["leaving_before_18"]
    return Fitted(
        as_at=date.fromisoformat(str(head["as_at"])),
        rates=_rates(head, table),
        starters=GammaPosterior(
            np.array([float(starters[str(group)]["events"]) for group in AGE_GROUPS]),
            np.array([float(starters[str(group)]["years"]) for group in AGE_GROUPS]),
        ),
        sibling_group_sizes=np.array(head["sibling_group_sizes"], dtype=np.float64),
        season=Season(
            _shaped(season["factor_by_month"], MONTHS_PER_YEAR),
            bool(season["supported"]),
            _shaped(season["starters_by_month"], MONTHS_PER_YEAR),
        ),
        ratios=Ratios(
            np.array([float(leave[str(band)]) for band in AGE_BANDS]),
            float(ratios["placed_for_adoption"]),
            float(ratios["moves"]),
            float(ratios["uasc_leaving_before_18"]),
        ),
    )


def _rates(head: Mapping[str, Any], table: pd.DataFrame) -> ChildRates:
    cells = table[table["table"] == "cell"].groupby("name", sort=False)
    families = {}
    for name, kept in head["rates"].items():
        own = cells.get_group(name).sort_values("cell")
        columns = {
            column: own[column].to_numpy(np.float64).reshape(kept["cells"])
            for column in _CELL_COLUMNS
        }
        families[name] = Family(
            prior_events=float(kept["prior_events"]),
            level=float(kept["level"]),
            level_events=float(kept["level_events"]),
            **columns,
        )
    arrays = table[table["table"] == "array"].groupby("name", sort=False)
    values = {
        name: arrays.get_group(name).sort_values("cell")["value"].to_numpy(np.float64)
        for name in (*_ARRAYS, _DESTINATION)
    }
    needs, groups = len(NEED_GROUPS), len(AGE_GROUPS)
    return ChildRates(
        base_per_day=values["base_per_day"].reshape(len(CAUSES), len(SECTORS), groups, -1),
        families=families,
        sector_factor=values["sector_factor"].reshape(len(CAUSES), len(SECTORS)),
        age_factor=_shaped(values["age_factor"], groups),
        first_need_weights=values["first_need_weights"].reshape(groups, needs),
        destination_weights=values[_DESTINATION].reshape(len(MOVE_REASONS), 2, needs, needs),
        adoptive_ending_factor=float(head["adoptive_ending_factor"]),
    )


def _shaped(values: Any, size: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (size,):
        raise ValueError
    return array
