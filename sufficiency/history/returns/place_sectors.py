"""From the return's kinds of placement and providers to sectors: a table that ships as data."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sufficiency.domain import SECTORS
from sufficiency.errors import HistoryError
from sufficiency.history.returns.chains import Days
from sufficiency.history.returns.frames import SourceFile
from sufficiency.shipped import shipped_path

ANY = "*"
PLACE_SECTORS = "place_sectors"
"""The kind of file that such a table is, among those read."""
AS_OTHER_FOSTERING = "as_other_fostering"
"""Fostering whose provider is not known: shared out as the council's other fostering is."""
COLUMNS = ["place", "provider", "sector", "subsector"]


@dataclass(frozen=True)
class PlaceSectors:
    """Which sector and part of it a kind of placement and its provider belong to.

    The first line that fits decides.
    """

    places: tuple[frozenset[str], ...]
    providers: tuple[frozenset[str], ...]
    sectors: tuple[str, ...]
    subsectors: tuple[str, ...]

    def line_of(self, place: str, provider: str) -> int:
        """The line that a placement belongs to."""
        for line, (kinds, owners) in enumerate(zip(self.places, self.providers, strict=True)):
            if (place in kinds or ANY in kinds) and (provider in owners or ANY in owners):
                return line
        return len(self.sectors) - 1

    def lines(self, place: pd.Series, provider: pd.Series) -> Days:
        """(n,): the line that each row's placement belongs to."""
        names = [
            [self.line_of(str(kind), str(owner)) for owner in provider.cat.categories]
            for kind in place.cat.categories
        ]
        table = np.array(names, dtype=np.int64).reshape(len(names), -1)
        return table[place.cat.codes.to_numpy(), provider.cat.codes.to_numpy()]


def as_source(path: Path) -> SourceFile:
    """A table of kinds of placement as a file that was read, for provenance."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return SourceFile(path.name, PLACE_SECTORS, digest, "utf-8", "", None, 0, 0, 2)


@cache
def shipped_sectors() -> PlaceSectors:
    """The table that ships, `calibration/place_sectors.csv`."""
    return read_sectors(shipped_path("calibration", "place_sectors.csv"))


def read_sectors(path: Path) -> PlaceSectors:
    """A table of kinds of placement and providers from a CSV.

    Columns: ``place`` and ``provider`` (codes parted by ``|``, or ``*`` for any, blank too),
    ``sector`` (one of the six, or ``as_other_fostering``), ``subsector`` (any word).

    Raises:
        HistoryError: other columns, a sector that does not exist, or no last line for the rest.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise HistoryError(
                f"{path.name}: found columns {', '.join(reader.fieldnames or ['none'])}, expected "
                f"{', '.join(COLUMNS)}. Start from calibration/place_sectors.csv."
            )
        rows = list(reader)
    allowed = [*map(str, SECTORS), AS_OTHER_FOSTERING]
    for number, row in enumerate(rows, start=2):
        if row["sector"] not in allowed:
            raise HistoryError(
                f'{path.name}, line {number}: found sector "{row["sector"]}", expected one of '
                f"{', '.join(allowed)}."
            )
    if not rows or rows[-1]["place"] != ANY or rows[-1]["provider"] != ANY:
        raise HistoryError(f"{path.name}: the last line must be for all the rest: *,*,other,...")
    return PlaceSectors(
        places=tuple(frozenset(row["place"].split("|")) for row in rows),
        providers=tuple(frozenset(row["provider"].split("|")) for row in rows),
        sectors=tuple(row["sector"] for row in rows),
        subsectors=tuple(row["subsector"] for row in rows),
    )
