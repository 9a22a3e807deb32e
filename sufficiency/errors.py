"""What can go wrong, as a tree.

SufficiencyError
├── UserError          the user's input is wrong: one clear message, exit status 2
│   ├── ScenarioError      a scenario file: which file, line and key
│   ├── HistoryError       a data file: which file, row and column
│   ├── UnknownAuthority   no such authority, or one that was merged or split
│   ├── OutputError        a folder or file that cannot be written
│   └── ClusterLost        a cluster that a run was given has gone
└── ClosedRecordError  our fault: a fact arrived after the record was closed
"""

from __future__ import annotations


class SufficiencyError(Exception):
    """The root of every error that this package raises on purpose."""


class UserError(SufficiencyError):
    """The user's input is wrong. The message says what was found, expected and what to do."""


class ScenarioError(UserError):
    """A scenario file cannot be used."""


class HistoryError(UserError):
    """A file of past data cannot be used."""


class UnknownAuthority(UserError):
    """No authority of that name or code has data, or it was merged or split."""


class OutputError(UserError):
    """A result cannot be written where the user asked for it."""


class ClusterLost(UserError):
    """A Dask cluster has gone, or given up, while a run went on."""


class ClosedRecordError(SufficiencyError):
    """A fact was recorded after the replication had ended."""
