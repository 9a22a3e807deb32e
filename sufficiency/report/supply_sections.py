"""The page's sections on supply: where the gap is, how full places are, moves, stability, lives."""

from __future__ import annotations

from typing import Any

from sufficiency.report.figures import Figures
from sufficiency.report.flow_picture import flow_picture, moves_table
from sufficiency.report.gap_tables import gap_where
from sufficiency.report.lives import lives, lives_picture
from sufficiency.report.places_section import (
    MOST_CHARTS,
    distance_by_setting,
    limited_pools,
    occupancy_charts,
    occupancy_table,
)
from sufficiency.report.stability import siblings_table, stability_table


def supply_sections(figures: Figures) -> dict[str, Any]:
    """What the templates of these sections show; what a run does not have is None or empty."""
    return {
        "gap_tables": [
            gap_where(
                figures,
                "in_house_shortfall",
                "In-house shortfall: suitable, but not the first choice",
            ),
            gap_where(figures, "unmet_need", "Unmet need: no suitable place"),
        ],
        "occupancy_charts": occupancy_charts(figures),
        "more_pools": len(limited_pools(figures)) > MOST_CHARTS,
        "occupancy_table": occupancy_table(figures),
        "distance_by_setting": distance_by_setting(figures),
        "flow_picture": flow_picture(figures),
        "moves_table": moves_table(figures),
        "stability_table": stability_table(figures),
        "siblings_table": siblings_table(figures),
        "lives_picture": lives_picture(figures),
        "lives": lives(figures),
    }
