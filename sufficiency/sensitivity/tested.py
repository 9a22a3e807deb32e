"""The numbers that are tested: those that could be lower or higher, and by how much.

A range is where the number could lie. Of what is fitted it is the 10th to the 90th percentile of
the fit; of an assumption or a lever, the lowest and the highest value that are plausible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sufficiency.calibration.assumptions import assumptions
from sufficiency.errors import UserError
from sufficiency.scenario.origins import Origin
from sufficiency.scenario.sourced import Kind

Floats = NDArray[np.float64]

_Z_90 = float(stats.norm.ppf(0.9))
_SHOWN = 12
"""How many keys a message lists."""


@dataclass(frozen=True)
class Tested:
    """A number with the range in which it could lie."""

    key: str
    """The scenario key by which `check` names it."""
    label: str
    kind: Kind
    unit: str
    value: float
    """As the scenario has it."""
    low: float
    high: float
    source: str
    is_whole: bool = False
    """Whether only whole numbers have a meaning."""

    def quantile(self, chances: Floats) -> Floats:
        """Values by chance, of any shape: how likely we take the number to lie where.

        What is fitted is lognormal about the fit with ``low`` and ``high`` as its 10th and 90th
        percentile; any other is triangular from ``low`` to ``high``, most likely at ``value``.
        """
        if self.kind is Kind.FITTED and self.low > 0:
            sd = (np.log(self.high) - np.log(self.low)) / (2 * _Z_90)
            middle = np.log(self.value) - sd**2 / 2
            return np.asarray(np.exp(middle + sd * stats.norm.ppf(chances)), dtype=float)
        width = self.high - self.low
        mode = min(max((self.value - self.low) / width, 0.0), 1.0)
        return np.asarray(stats.triang.ppf(chances, mode, self.low, width), dtype=float)

    def along(self, shares: Floats) -> Floats:
        """Values by the share of the way from ``low`` to ``high``."""
        return np.asarray(self.low + shares * (self.high - self.low), dtype=float)


@dataclass(frozen=True)
class LeftOut:
    """A number that is not tested, and why."""

    key: str
    label: str
    reason: str


def with_a_range(origins: Iterable[Any]) -> list[Tested]:
    """Every number of a resolved scenario that has a range of more than one value."""
    found: dict[str, Tested] = {}
    for origin in origins:
        if _is_number(origin) and (origin.low is not None or origin.high is not None):
            tested = _tested(origin)
            if tested.low < tested.high:
                found.setdefault(tested.key, tested)
    return list(found.values())


def _is_number(origin: Origin) -> bool:
    return isinstance(origin.value, int | float) and not isinstance(origin.value, bool)


def _tested(origin: Origin) -> Tested:
    value = float(origin.value)
    low = value if origin.low is None else float(origin.low)
    high = value if origin.high is None else float(origin.high)
    whole = isinstance(origin.value, int) and low == round(low) and high == round(high)
    return Tested(
        origin.key,
        origin.label,
        origin.kind,
        origin.unit,
        value,
        low,
        high,
        origin.source,
        whole,
    )


def chosen(names: Sequence[str], origins: Sequence[Any]) -> list[Tested]:
    """The numbers that a user names; every number with a range if there are no names.

    A name is a key as `check` shows it, its beginning (``entries.by_age``) for all below it, its
    ending, or a shipped assumption's name. ``KEY=LOW:HIGH`` gives a range of the user's own.

    Raises:
        UserError: nothing is called so, or it has no range.
    """
    ranged = with_a_range(origins)
    if not names:
        return ranged
    found: dict[str, Tested] = {}
    for name in names:
        key, given, ends = (part.strip() for part in name.partition("="))
        for tested in _with_ends(key, ends, origins) if given else _named(key, ranged, origins):
            found[tested.key] = tested
    return list(found.values())


def _named(name: str, ranged: Sequence[Tested], origins: Sequence[Any]) -> list[Tested]:
    keys = {tested.key: tested for tested in ranged}
    found = [keys[key] for key in _matching(name, keys)]
    if found:
        return found
    known = [origin.key for origin in origins]
    if _matching(name, known):
        raise UserError(
            f"--assumptions: {name} has no range to test. Give it one, such as {name}=LOW:HIGH, or "
            f"choose from those that have one: {_listed(list(keys))}."
        )
    raise _unknown(name, list(keys), known)


def _with_ends(name: str, ends: str, origins: Sequence[Any]) -> list[Tested]:
    """A number at ends of the user's own."""
    try:
        low, high = (float(end) for end in ends.split(":"))
    except ValueError:
        raise UserError(
            f'--assumptions: found "{name}={ends}", expected two numbers such as {name}=10:18.'
        ) from None
    if not low < high or not np.isfinite([low, high]).all():
        raise UserError(
            f"--assumptions: {name} from {low:g} to {high:g}, expected the lower end first."
        )
    numbers = {origin.key: origin for origin in origins if _is_number(origin)}
    keys = _matching(name, numbers)
    if not keys:
        raise _unknown(name, list(numbers), list(numbers))
    if len(keys) > 1:
        raise UserError(
            f"--assumptions: {name} names {len(keys)} numbers ({_listed(keys)}), and a range "
            "belongs to one. Give its whole key."
        )
    own = replace(_tested(numbers[keys[0]]), low=low, high=high)
    if not low <= own.value <= high:
        raise UserError(
            f"--assumptions: {name} is {own.value:g} in the scenario, which is not from {low:g} to "
            f"{high:g}. Give a range that holds it."
        )
    return [own]


def _matching(name: str, keys: Iterable[str]) -> list[str]:
    """The key of that name; else all below it; else those that end so, or the assumption's."""
    known = list(dict.fromkeys(keys))
    if name in known:
        return [name]
    below = [key for key in known if key.startswith(f"{name}.")]
    if below:
        return below
    ending = [key for key in known if key.endswith(f".{name}")]
    if ending or name not in assumptions():
        return ending
    return [key for key in known if key == assumptions()[name].key]


def _unknown(name: str, ranged: Sequence[str], known: Sequence[str]) -> UserError:
    near = get_close_matches(name, [*dict.fromkeys([*ranged, *known])], n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"Those with a range: {_listed(list(ranged))}."
    return UserError(
        f'--assumptions: found "{name}", which is no number of this scenario. {hint} '
        "`sufficiency check` shows all."
    )


def _listed(keys: Sequence[str]) -> str:
    rest = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + rest if keys else "none"
