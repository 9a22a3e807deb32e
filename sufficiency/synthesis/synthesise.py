"""Make a synthetic return, and write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sufficiency.domain import SECTORS, UNPLACED, NeedGroup, Sector
from sufficiency.errors import UserError
from sufficiency.synthesis.episodes import episodes_of
from sufficiency.synthesis.faults.inject import KEY, damaged
from sufficiency.synthesis.lives import Lives, lives_of
from sufficiency.synthesis.respite import respite_children
from sufficiency.synthesis.settings import with_settings
from sufficiency.synthesis.tables import YearTables, last_day_of, tables_of
from sufficiency.synthesis.world import SimulatedYears, simulated_years
from sufficiency.synthesis.writing import clean_files, csv_bytes, write_files


@dataclass(frozen=True)
class SyntheticReturn:
    """A return of children who never lived, and the truth behind it."""

    simulated: SimulatedYears
    lives: Lives
    tables: list[YearTables]
    """The tables of each year, clean."""

    @property
    def years(self) -> range:
        """Collection years."""
        return self.simulated.years

    def stock(self) -> pd.DataFrame:
        """Children in care on 31 March, years (the one before the first too) by sector, ``all``."""
        placements = self._placements()
        rows = {}
        for year in (self.simulated.first_year - 1, *self.years):
            day = last_day_of(year)
            there = (placements["began"] <= day) & (placements["ended"] > day)
            rows[year] = placements[there].groupby("sector").size()
        return _by_sector(rows)

    def starters(self) -> pd.DataFrame:
        """Children who entered care, years by first sector, ``all``."""
        return self._flow(self._placements().drop_duplicates("child"), "entered")

    def leavers(self) -> pd.DataFrame:
        """Children who left care, years by last sector, ``all``."""
        return self._flow(self._placements().drop_duplicates("child", keep="last"), "left")

    def _flow(self, placements: pd.DataFrame, event: str) -> pd.DataFrame:
        day = self.lives.children[event].reindex(placements["child"]).to_numpy()
        rows = {}
        for year in self.years:
            in_year = (day > last_day_of(year - 1)) & (day <= last_day_of(year))
            rows[year] = placements[in_year].groupby("sector").size()
        return _by_sector(rows)

    def _placements(self) -> pd.DataFrame:
        others = dict.fromkeys([UNPLACED, NeedGroup.PLACED_FOR_ADOPTION], Sector.OTHER.value)
        placements = self.lives.placements
        sector = placements["setting"].map(lambda setting: str(others.get(setting, setting)))
        return placements.assign(sector=sector)


def synthesise(
    authority: str,
    first_year: int,
    last_year: int,
    seed: int = 1,
    *,
    in_care: int | None = None,
    drift: bool = False,
) -> SyntheticReturn:
    """A synthetic return of collection years ``first_year`` to ``last_year``, clean.

    Children in placements that a return cannot name (no registered place found) are ``other``.
    The same arguments give the same return. ``in_care`` sets the number of children at the start;
    ``drift`` lets rates wander from year to year as they do in England.

    Raises:
        UserError: years other than 2017 to 2026, or nobody comes into care in them.
        UnknownAuthority: no such authority, or one that was merged or split.
    """
    simulated = simulated_years(
        authority, first_year, last_year, seed, in_care=in_care, drift=drift
    )
    if not len(simulated.record.spells):
        raise UserError(
            f"{authority} has no child in care from {first_year} to {last_year}, by its published "
            "rates, so its return would be empty. Give a number to start from (--in-care), more "
            "years, or another authority."
        )
    return return_of(simulated, seed)


def return_of(simulated: SimulatedYears, seed: int) -> SyntheticReturn:
    """The return of a world that was simulated already, such as one with other rates."""
    lives = lives_of(simulated)
    episodes = episodes_of(lives, with_settings(lives, seed), seed)
    guests, breaks = respite_children(lives, seed)
    children = pd.concat([lives.children, guests]).astype({"uasc": bool})
    everything = pd.concat([episodes, breaks], ignore_index=True)
    everything = everything.sort_values(["child", "decom"], kind="stable", ignore_index=True)
    return SyntheticReturn(
        simulated, lives, tables_of(lives, children, everything, simulated.years, seed)
    )


def write_return(
    made: SyntheticReturn, out: Path, *, seed: int = 1, messy_rate: float = 0.0
) -> list[Path]:
    """Write the files into the new folder ``out``; returns them.

    With a ``messy_rate`` above 0 the return is damaged as real ones are, at so many times the
    shares of `calibration/return_faults.yaml` (``seed`` says where), and ``injected_faults.csv``
    beside it says what was done on which line.

    Raises:
        OutputError: the folder is not empty or cannot be written.
    """
    files: dict[str, bytes] = {}
    if messy_rate > 0:
        messy = damaged(made.tables, seed, messy_rate)
        files |= messy.files
        files[KEY] = csv_bytes(messy.key)
    else:
        files |= clean_files(made.tables)
    write_files(files, out)
    return [out / name for name in files]


def _by_sector(rows: dict[int, pd.Series[int]]) -> pd.DataFrame:
    columns = [str(sector) for sector in SECTORS]
    frame = pd.DataFrame(rows).T.reindex(columns=columns).fillna(0).astype(int)
    return frame.assign(all=frame.sum(axis=1)).rename_axis(index="year", columns=None)
