"""What holds for every process that the tests start."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from unittest.mock import patch

import pytest

# A shell that starts the suite in the background has all it starts ignore Ctrl-C, which the tests
# of stopping a command send.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _nothing_is_hidden() -> Iterator[None]:
    """Hypothesis asks who holds its generator, and is not told of what a command run here froze."""
    with patch.object(gc, "freeze"):
        yield
