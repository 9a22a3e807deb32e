"""Scenarios side by side: the same children and the same luck, so that differences are sure."""
