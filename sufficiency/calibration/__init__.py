"""From history to rates: posteriors, not points."""
