"""Child-level returns written line by line, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from sufficiency.history.returns.frames import (
    EPISODE_COLUMNS,
    HEADER_COLUMNS,
    UASC_COLUMNS,
    CareHistories,
    Return,
)
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.rebuilding import Rebuilt, rebuild_with_episodes

BORN = "2008-06-15"


@dataclass
class Written:
    """A return under construction: ``episode`` and ``child`` add rows, dates are ISO text."""

    episodes: list[dict[str, object]] = field(default_factory=list)
    header: list[dict[str, object]] = field(default_factory=list)
    uasc: list[dict[str, object]] = field(default_factory=list)
    years: set[int] = field(default_factory=set)

    def _row(self) -> int:
        return len(self.episodes) + len(self.header) + len(self.uasc)

    def episode(self, year: int, decom: str | None, dec: str | None = None, **cells: object) -> int:
        """Add an episode; gives its row number. An end is X1 and planned unless said."""
        usual: dict[str, object] = {
            "row": self._row(),
            "year": year,
            "child": 1,
            "decom": pd.Timestamp(decom) if decom else pd.NaT,
            "rne": "S",
            "ls": "C2",
            "cin": "N1",
            "place": "U6",
            "provider": "PR1",
            "dec": pd.Timestamp(dec) if dec else pd.NaT,
            "dec_unreadable": False,
            "rec": "X1" if dec else "",
            "reason": "CARPL" if dec else "",
            "home_post": -1,
            "pl_post": -1,
            "urn": -1,
        }
        unknown = set(cells) - set(usual)
        assert not unknown, unknown
        self.episodes.append(usual | cells)
        self.years.add(year)
        return int(usual["row"])  # type: ignore[call-overload, no-any-return]

    def child(self, child: int, born: str | None = BORN, year: int = 2020, **cells: object) -> None:
        """Add a Header row."""
        usual: dict[str, object] = {
            "row": self._row(),
            "year": year,
            "child": child,
            "sex": "F",
            "dob": pd.Timestamp(born) if born else pd.NaT,
            "dob_is_month_only": False,
            "uasc": pd.NA,
        }
        self.header.append(usual | cells)

    def unaccompanied(self, child: int, year: int) -> None:
        """Add a row of the UASC table."""
        row = {"row": self._row(), "year": year, "child": child, "dob": pd.NaT, "duc": pd.NaT}
        self.uasc.append(row)

    def as_return(self) -> Return:
        """The return; a child without a Header row gets one, born on `BORN`."""
        told = {row["child"] for row in self.header}
        for child in sorted({int(str(row["child"])) for row in self.episodes} - told):
            self.child(child)
        return Return(
            episodes=frame(self.episodes, EPISODE_COLUMNS),
            header=frame(self.header, HEADER_COLUMNS),
            uasc=frame(self.uasc, UASC_COLUMNS),
            files=(),
            years=tuple(sorted(self.years)),
        )


def frame(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame of the given columns and types."""
    made = pd.DataFrame(list(rows), columns=list(columns))
    return made.astype(columns)


@dataclass
class Result:
    """What was rebuilt, and the ledger."""

    rebuilt: Rebuilt
    ledger: RowLedger

    @property
    def histories(self) -> CareHistories:
        return self.rebuilt.histories

    @property
    def rules(self) -> dict[str, list[int]]:
        """Rows by the name of the rule that touched them."""
        return {rule.name: rows.tolist() for rule, rows in self.ledger.rules()}

    @property
    def periods(self) -> list[tuple[str, str, str, str]]:
        """Entered, left (or blank), how it ended and why."""
        return [
            (day(row.entered), day(row.left), str(row.end_type), str(row.exit_reason))
            for row in self.histories.periods.itertuples()
        ]

    @property
    def placements(self) -> list[tuple[str, str, str]]:
        """Began, ended (or blank), sector."""
        return [
            (day(row.began), day(row.ended), str(row.sector))
            for row in self.histories.placements.itertuples()
        ]


def day(when: object) -> str:
    """A date as text, blank if there is none."""
    return "" if pd.isna(when) else f"{pd.Timestamp(str(when)):%Y-%m-%d}"


def rebuilt(written: Written | Return, **options: int) -> Result:
    """Rebuild a return, with a ledger of its own."""
    returned = written.as_return() if isinstance(written, Written) else written
    n_rows = sum(len(table) for table in (returned.episodes, returned.header, returned.uasc))
    ledger = RowLedger(n_rows)
    return Result(rebuild_with_episodes(returned, ledger, **options), ledger)


def on(text: str) -> date:
    """A date from ISO text."""
    return date.fromisoformat(text)
