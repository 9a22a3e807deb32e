"""What comes first when several things happen at once."""

from __future__ import annotations

from enum import IntEnum


class Order(IntEnum):
    """The order within one instant. SimPy itself uses 0 and 1, for what follows at once."""

    PLACES_CHANGE = 2
    CHILDREN_LEAVE = 3
    QUEUE_IS_SERVED = 4
    CHILDREN_MOVE = 5
    CHILDREN_ENTER = 6
    HORIZON_PASSES = 7
