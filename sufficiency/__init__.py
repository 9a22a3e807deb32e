"""Forecasts how many placements for children in care an English council needs, and at what cost."""

__version__ = "0.1.0"
