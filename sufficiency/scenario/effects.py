"""How much an intervention changes: a number, a distribution, or a chain of prevention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sufficiency.scenario.distributions import NEEDED, Distribution, fixed
from sufficiency.scenario.sourced import Kind, Strict, Text, contradiction, expecting

EffectNumber = Annotated[
    float, Field(strict=True, ge=-10_000, le=10_000), expecting("a number from -10,000 to 10,000")
]
Family = Literal["normal", "lognormal", "triangular", "uniform", "beta"]
_PARAMETERS = ("mean", "sd", "mode", "low", "high")
_SAID_IN_SCENARIO = "the scenario file"


class Effect(Strict):
    """A number (``0.9``), or a distribution that one is drawn from in each simulated future.

    ``{distribution: triangular, low: 0.8, mode: 0.9, high: 1}``
    """

    value: EffectNumber | None = Field(
        default=None, description="The number itself, where it is taken as certain."
    )
    distribution: Family | None = Field(
        default=None,
        description="Or the distribution that it is drawn from: normal, lognormal or beta (with "
        "mean and sd), triangular (low, mode, high) or uniform (low, high).",
    )
    mean: EffectNumber | None = Field(
        default=None, description="The distribution's mean, before it is cut off at low and high."
    )
    sd: EffectNumber | None = Field(
        default=None, description="The distribution's standard deviation, before it is cut off."
    )
    mode: EffectNumber | None = Field(
        default=None, description="The likeliest value of a triangular distribution."
    )
    low: EffectNumber | None = Field(
        default=None,
        description="The least value possible; beside a number, the least that is plausible.",
    )
    high: EffectNumber | None = Field(
        default=None,
        description="The greatest value possible; beside a number, the greatest that is plausible.",
    )
    kind: Kind = Field(
        default=Kind.ASSUMED,
        description="fitted (from data), lever (chosen to explore) or assumed (a judgement). "
        "A plain number is a lever.",
    )
    source: Text = Field(
        default=_SAID_IN_SCENARIO,
        description="Where the number comes from, or who assumed it and why.",
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_plain(cls, written: Any) -> Any:
        if isinstance(written, dict | list | Effect):
            return written
        return {"value": written, "kind": Kind.LEVER}

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        given = [name for name in _PARAMETERS if getattr(self, name) is not None]
        if (self.value is None) == (self.distribution is None):
            found = "neither" if self.value is None else "both"
            raise contradiction(
                f"expected either a number (value) or a distribution, and found {found}"
            )
        if self.distribution is None:
            self._check_number(given)
        else:
            self._check_distribution(self.distribution, given)
        return self

    def _check_number(self, given: list[str]) -> None:
        for name in given:
            if name not in ("low", "high"):
                raise contradiction(
                    f"a single number has no {name}. Take it out, or name the distribution", name
                )
        known = [n for n in (self.low, self.value, self.high) if n is not None]
        if known != sorted(known):
            raise contradiction(
                f"found {', '.join(f'{n:g}' for n in known)}, expected low <= value <= high"
            )

    def _check_distribution(self, family: str, given: list[str]) -> None:
        missing = [name for name in NEEDED[family] if name not in given]
        if missing:
            raise contradiction(
                f"a {family} distribution needs {', '.join(NEEDED[family])}, and {missing[0]} is "
                "missing"
            )
        for name in given:
            if name not in (*NEEDED[family], "low", "high"):
                raise contradiction(
                    f"a {family} distribution has no {name}: it is given by "
                    f"{', '.join(NEEDED[family])}. Take it out",
                    name,
                )
        problem = self.drawn_from.problem()
        if problem is not None:
            raise contradiction(problem[1], problem[0])

    @property
    def drawn_from(self) -> Distribution:
        """The distribution; one that has a single value for a number."""
        if self.distribution is None:
            assert self.value is not None
            return fixed(self.value)
        bounds = {"low": 0.0, "high": 1.0} if self.distribution == "beta" else {}
        given = {
            name: getattr(self, name)
            for name in ("sd", "low", "mode", "high")
            if getattr(self, name) is not None
        }
        mean = {} if self.mean is None else {"mean_given": self.mean}
        return Distribution(self.distribution, **{**bounds, **given, **mean})

    @property
    def expected(self) -> float:
        """The number, or the mean of the distribution."""
        return self.drawn_from.mean


class Prevention(Strict):
    """Children kept out of care, as a chain of numbers that can each be questioned.

    Children served a month x the share of them who would otherwise have entered x the share of
    those whom the service keeps out: never more than all who would enter at these ages.
    """

    children_served_per_month: Effect = Field(
        description="How many children the service takes on in a month, at full size."
    )
    would_enter_share: Effect = Field(
        description="Which share of them would have entered care without it."
    )
    kept_out_share: Effect = Field(
        description="Which share of those it keeps out: this is the effect, and needs a comparison "
        "group."
    )
    months_kept_out: Effect | None = Field(
        default=None,
        description="After how many months those who come into care after all do so, in the age "
        "band in which they were kept out. Default: nobody does, which is an assumption.",
    )
    return_share: Effect | None = Field(
        default=None,
        description="Which share of those kept out come into care after `months_kept_out`. "
        "Default: all of them, if that is given.",
    )
    would_enter_evidence: Text | None = Field(
        default=None, description="Evidence for `would_enter_share`, quoted."
    )
    kept_out_evidence: Text | None = Field(
        default=None, description="Evidence for `kept_out_share`, quoted."
    )
    months_evidence: Text | None = Field(
        default=None, description="Evidence for `months_kept_out`, quoted."
    )

    def links(self) -> Iterator[tuple[str, Effect]]:
        """The numbers of the chain that are given, by their keys."""
        for name in (
            "children_served_per_month",
            "would_enter_share",
            "kept_out_share",
            "months_kept_out",
            "return_share",
        ):
            effect = getattr(self, name)
            if effect is not None:
                yield name, effect

    @property
    def prevented_per_month(self) -> float:
        """Children kept out in a month at full size, expected, before any cap."""
        return (
            self.children_served_per_month.expected
            * self.would_enter_share.expected
            * self.kept_out_share.expected
        )

    @model_validator(mode="after")
    def _links_are_possible(self) -> Self:
        for name, effect in self.links():
            low, high = effect.drawn_from.support
            most = 1.0 if name.endswith("_share") else float("inf")
            if low < 0 or high > most:
                wanted = "a share from 0 to 1" if most == 1 else "nothing below 0"
                hint = "" if effect.distribution is None else _bounds_hint(low, high, most)
                raise contradiction(
                    f"found values from {low:g} to {high:g}, expected {wanted}{hint}", name
                )
        if self.return_share is not None and self.months_kept_out is None:
            raise contradiction(
                "expected months_kept_out too: after how many months do they come into care?",
                "return_share",
            )
        return self


def _bounds_hint(low: float, high: float, most: float) -> str:
    """What to add to a distribution that goes too far."""
    wanted = ["low: 0"] * (low < 0) + [f"high: {most:g}"] * (high > most)
    return f". Cut the distribution off with {' and '.join(wanted)}"
