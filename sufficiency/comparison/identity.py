"""What decides the futures of a comparison: who may go on with whose."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sufficiency.identity import Identity, identity_of
from sufficiency.replication import Job

_DECIDE = ("many.py", "totals.py", "values.py", "waterfall.py")
"""Code of this package that says what is kept of a future."""
_LETTERS = 12


def identity_of_many(jobs: Sequence[Job]) -> Identity:
    """The identity of several jobs in their order, whichever engine and executor work on them."""
    each = [identity_of(job) for job in jobs]
    digest = hashlib.sha256()
    for one in each:
        digest.update(one.digest.encode())
    for name in _DECIDE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return Identity(
        ", ".join(one.name for one in each),
        digest.hexdigest()[:_LETTERS],
        each[0].version,
        each[0].seed,
    )
