"""Which assumptions the answer hangs on: tornado, indices, and what it is worth to know better."""
