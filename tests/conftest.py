"""What holds for every process that the tests start."""

from __future__ import annotations

import signal

# A shell that starts the suite in the background has all it starts ignore Ctrl-C, which the tests
# of stopping a command send.
signal.signal(signal.SIGINT, signal.default_int_handler)
