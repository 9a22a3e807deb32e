"""What comes first when several things happen at once.

Within one instant places open and close; children leave care, and places held after 18 are left;
those who wait are served; children move one by one, and what each leaves is offered to those who
wait; a step-down programme takes a child on; those settled outside their first choice move back
there; children enter.
"""

from __future__ import annotations

from enum import IntEnum


class Order(IntEnum):
    """The order within one instant. SimPy itself uses 0 and 1, for what follows at once."""

    PLACES_CHANGE = 2
    CHILDREN_LEAVE = 3
    QUEUE_IS_SERVED = 4
    CHILDREN_MOVE = 5
    CHILDREN_STEP_DOWN = 6
    CHILDREN_SETTLE = 7
    CHILDREN_MOVE_BACK = 8
    CHILDREN_ENTER = 9
    HORIZON_PASSES = 10
