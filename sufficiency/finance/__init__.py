"""The finance desk: budgets, bridges, outturn, movement from month to month, invest to save."""
