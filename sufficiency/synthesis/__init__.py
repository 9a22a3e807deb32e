"""A synthetic SSDA903 return: children who never lived, from this very model.

`world.simulated_years` draws one world of an authority; `lives` tells its record in whole days;
`settings`, `legal`, `events` and `episodes` give it the codes of a return; `tables` cuts it into
the files of each year; `faults` damages them as real returns are damaged; `writing` writes them.
"""

from sufficiency.synthesis.synthesise import SyntheticReturn, synthesise, write_return

__all__ = ["SyntheticReturn", "synthesise", "write_return"]
