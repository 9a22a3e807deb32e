"""One world: children, placements, places, and the record of what happened to them."""
