"""What the steps of bridges, movements and appraisals are called on pages and in workbooks."""

from __future__ import annotations

BRIDGE_LABELS = {
    "budget": "Budget of {from_year}",
    "this_year": "{from_year} above (+) or below (-) its budget",
    "full_year_effect": "Children already placed, for the whole of {to_year}",
    "volume": "More or fewer children",
    "mix": "In dearer or cheaper settings",
    "price": "Prices",
    "interventions": "What interventions change in placements",
    "programme_costs": "What interventions cost themselves",
    "rounding": "Rounding to the pound",
    "need": "Need of {to_year}",
    "income": "Income",
    "net_need": "Need of {to_year} after income",
}
MOVEMENT_LABELS = {
    "before": "Outturn as forecast before",
    "actuals": "Months now known, in place of their forecast",
    "restated": "Earlier months restated",
    "leavers": "Children placed before: who left, and who stayed",
    "placed_since": "Children placed since, beside those expected",
    "children_at_start": "More or fewer children than expected at the new start",
    "still_to_come": "Placements still to begin",
    "price": "Prices",
    "rounding": "Rounding to the pound",
    "after": "Outturn as forecast now",
}


def bridge_label(step: str, from_year: str, to_year: str) -> str:
    """A step of a bridge in plain words."""
    return BRIDGE_LABELS[step].format(from_year=from_year, to_year=to_year)
