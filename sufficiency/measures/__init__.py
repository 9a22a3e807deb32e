"""From records to numbers: children, gaps, flows, nights and money."""
