"""A scenario and a calibration put together: every number found, with its origin."""
