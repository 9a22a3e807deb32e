"""What a scenario may say: every key, its type, its range and what it means.

Nothing here reads a file (see `files`) or history (see `resolve`): a field left out is None,
and resolving the scenario fills it from published statistics or a labelled assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from sufficiency.domain import NeedGroup, Sector
from sufficiency.scenario.costs import Costs
from sufficiency.scenario.council_method import CouncilMethod, rates_that_do_not_follow
from sufficiency.scenario.interventions import Intervention, check_interventions
from sufficiency.scenario.matching import (
    Allocation,
    NeedPlan,
    PlanningGroup,
    check_first_choice_suits,
    check_planning_groups,
    check_step_down,
)
from sufficiency.scenario.parts import Calibration, Entries, Exits, Moves, Population
from sufficiency.scenario.plans import Outcome, Uncertainty
from sufficiency.scenario.sourced import Amount, Day, Months, Strict, Text, contradiction, expecting
from sufficiency.scenario.supply import SectorPlan, check_pool_names

DEFAULT_MONTHS = 36

S = Sector
DEFAULT_NEEDS: dict[NeedGroup, NeedPlan] = {
    need: NeedPlan(order=order, suitable=order[: len(order) - unsuitable])
    for need, order, unsuitable in (
        (
            NeedGroup.CONNECTED,
            (S.CONNECTED_PERSONS, S.INTERNAL_FOSTERING, S.IFA, S.RESIDENTIAL),
            1,
        ),
        (NeedGroup.FAMILY, (S.INTERNAL_FOSTERING, S.IFA, S.RESIDENTIAL), 1),
        (NeedGroup.SPECIALIST_FAMILY, (S.IFA, S.RESIDENTIAL), 1),
        (NeedGroup.RESIDENTIAL, (S.RESIDENTIAL, S.IFA), 1),
        (NeedGroup.SUPPORTED_16_PLUS, (S.SUPPORTED_ACCOMMODATION, S.IFA, S.RESIDENTIAL), 1),
        (NeedGroup.PLACED_FOR_ADOPTION, (S.OTHER,), 0),
        (NeedGroup.OTHER_SETTING, (S.OTHER,), 0),
    )
}
"""What each need group should have when the scenario says nothing else."""

ChangeableAssumption = Literal[
    "under_16_share_of_uasc",
    "step_down_share",
    "turning_16_share",
    "moves_with_age_share",
    "early_moves_by_level",
    "drift_correlation",
    "prior_events_exits",
    "prior_events_entries",
    "prior_events_moves",
    "prior_events_uasc_exits",
    "prior_first_need",
]
Setting = Annotated[
    int | float | bool | date | str, expecting("one value, such as a number, a date or some text")
]
Authority = Annotated[
    str,
    Field(min_length=1, max_length=200, coerce_numbers_to_str=True),
    expecting('an authority\'s name or code, such as "Wolverhampton", 336 or E08000031'),
]


class Scenario(Strict):
    """One possible future of the children in an authority's care, as its file says it."""

    name: Text = Field(description="A short name; the folder of results is called after it.")
    description: Text | None = Field(
        default=None,
        description="What the scenario explores, in a sentence or two, for the report.",
    )
    authority: Authority = Field(
        description="The English authority: its name, three-digit code or ONS code."
    )
    extends: Text | None = Field(
        default=None,
        description="Another scenario file, relative to this one, whose values hold wherever this "
        "file says nothing; interventions are added to its list.",
    )
    settings: dict[str, Setting] = Field(
        default_factory=dict,
        description="Values named here and used below as $name, to be changed in one line.",
    )
    start: Day | None = Field(
        default=None,
        description="The date from whose end we forecast. Default: the latest published 31 March.",
    )
    months: Months = Field(
        default=DEFAULT_MONTHS, description="How many months to forecast, from 1 to 120."
    )
    population: Population = Field(
        default_factory=Population,
        description="How many children are in care at the start, of which ages, where.",
    )
    calibration: Calibration = Field(
        default_factory=Calibration, description="The history that rates are fitted to."
    )
    entries: Entries = Field(
        default_factory=Entries, description="How many children start care, and with whom."
    )
    exits: Exits = Field(
        default_factory=Exits,
        description="How many children leave care before they turn 18, and why.",
    )
    moves: Moves = Field(
        default_factory=Moves, description="How often children move, and what they need afterwards."
    )
    sectors: dict[Sector, SectorPlan] = Field(
        default_factory=dict, description="Places and where they are, by sector."
    )
    needs: dict[NeedGroup, NeedPlan] = Field(
        default_factory=dict,
        description="The sectors that suit each need group, where the defaults do not hold.",
    )
    planning_groups: tuple[PlanningGroup, ...] = Field(
        default=(),
        description="Parts of need groups that the council plans for apart, each with an order of "
        "sectors of its own.",
    )
    allocation: Allocation = Field(
        default_factory=Allocation, description="How children and places are matched."
    )
    costs: Costs = Field(
        default_factory=Costs, description="What placements cost, and the money set aside for them."
    )
    interventions: tuple[Intervention, ...] = Field(
        default=(),
        description="Programmes, crises and policies: changes of rates, places or prices from one "
        "date to another, each with its evidence.",
    )
    uncertainty: Uncertainty = Field(
        default_factory=Uncertainty, description="Which layers of uncertainty to simulate."
    )
    assumptions: dict[ChangeableAssumption, Amount] = Field(
        default_factory=dict,
        description="Other values for shipped assumptions, by the name that `check` shows.",
    )
    council_method: CouncilMethod | None = Field(
        default=None,
        description="A council's own printed projection, to be shown beside the forecast.",
    )
    outcomes: tuple[Outcome, ...] = Field(
        default=(), description="What happened afterwards, to be shown beside the forecast."
    )

    _given: dict[str, tuple[str, int]] = PrivateAttr(default_factory=dict)
    _files: tuple[Path, ...] = PrivateAttr(default=())
    _named: dict[str, Path] = PrivateAttr(default_factory=dict)

    @property
    def given(self) -> Mapping[str, tuple[str, int]]:
        """Every dotted key that a file gives (list items by position), with its file and line."""
        return self._given

    @property
    def files(self) -> tuple[Path, ...]:
        """The files this scenario was read from, itself first, then those it extends."""
        return self._files

    @property
    def table_path(self) -> Path | None:
        """Where `calibration.table` is, or None if the scenario names no table."""
        return self._path_of("calibration.table", self.calibration.table)

    @property
    def calibrated_path(self) -> Path | None:
        """Where `calibration.file` is, or None if the scenario names none."""
        return self._path_of("calibration.file", self.calibration.file)

    @property
    def cohort_path(self) -> Path | None:
        """Where `population.cohort` is, or None if the scenario names none."""
        return self._path_of("population.cohort", self.population.cohort)

    @property
    def actuals_path(self) -> Path | None:
        """Where `costs.actuals` is, or None if the scenario names no ledger."""
        return self._path_of("costs.actuals", self.costs.actuals)

    @property
    def price_list_path(self) -> Path | None:
        """Where `costs.price_list` is, or None if the scenario names none."""
        return self._path_of("costs.price_list", self.costs.price_list)

    @property
    def named_paths(self) -> Mapping[str, Path]:
        """The data files that the scenario names, by key, where it was read from a file."""
        return self._named

    def _path_of(self, key: str, written: str | None) -> Path | None:
        return self._named.get(key) or (Path(written) if written is not None else None)

    def read_from(
        self,
        files: tuple[Path, ...],
        given: dict[str, tuple[str, int]],
        named: Mapping[str, Path],
    ) -> Self:
        """The same scenario, remembering its files, where each of its keys was written, and where
        the data files are that it names."""
        remembered = self.model_copy()
        remembered._files, remembered._given, remembered._named = files, given, dict(named)
        return remembered

    def need_plans(self) -> dict[NeedGroup, tuple[tuple[Sector, ...], frozenset[Sector]]]:
        """For every need group its sectors in order of use, and which of them are suitable."""
        plans = {}
        for need, default in DEFAULT_NEEDS.items():
            given = self.needs.get(need, default)
            order = given.order or default.order or ()
            suitable = given.suitable if given.suitable is not None else default.suitable
            plans[need] = (order, frozenset(suitable or ()) & frozenset(order))
        return plans

    def comparisons(self) -> list[dict[str, Any]]:
        """What others forecast and what happened, to be shown beside this forecast.

        Keys of each: label, method (``council_method`` or ``outcome``), date (ISO), value
        (children in care), note.
        """
        rows: list[dict[str, Any]] = []
        method = self.council_method
        if method is not None:
            notes = [method.source, method.note, rates_that_do_not_follow(method.projections)]
            for name, total in method.totals().items():
                ours = " (this scenario)" if name == method.this_scenario else ""
                rows.append(
                    {
                        "label": f"{name}{ours}",
                        "method": "council_method",
                        "date": method.total_at.isoformat(),
                        "value": total,
                        "note": " ".join(note for note in notes if note),
                    }
                )
        for outcome in self.outcomes:
            others = "; ".join(f"{other.figure}: {other.source}" for other in outcome.others)
            rows.append(
                {
                    "label": "what happened",
                    "method": "outcome",
                    "date": outcome.date.isoformat(),
                    "value": float(outcome.in_care),
                    "note": outcome.source + (f" (other sources: {others})" if others else ""),
                }
            )
        return rows

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        read_to, counted = self.calibration.history_to, self.population.as_at
        if self.start and read_to and read_to > self.start:
            raise contradiction(
                f"found {read_to}, expected a date not after the start ({self.start}): "
                "a forecast may not read what happened after it begins",
                *("calibration", "history_to"),
            )
        if self.start and counted and counted > self.start:
            raise contradiction(
                f"found {counted}, expected a date not after the start ({self.start})",
                *("population", "as_at"),
            )
        return self

    @model_validator(mode="after")
    def _interventions_can_be_told_apart(self) -> Self:
        own = [group.name for group in self.planning_groups]
        check_interventions(self.interventions, own)
        return self

    @model_validator(mode="after")
    def _every_need_is_met_somewhere(self) -> Self:
        for need, plan in self.needs.items():
            order = plan.order or DEFAULT_NEEDS[need].order or ()
            stray = [sector for sector in plan.suitable or () if sector not in order]
            if stray:
                raise contradiction(
                    f"{stray[0]} is marked suitable but is not in the order "
                    f"({', '.join(order)}); add it there or take it out here",
                    *("needs", need.value, "suitable"),
                )
            suits = self.need_plans()[need][1]
            says = "order" if plan.suitable is None else "suitable"
            check_first_choice_suits(order, suits, "needs", need.value, says)
        return self

    @model_validator(mode="after")
    def _pools_and_groups_have_their_own_names(self) -> Self:
        check_pool_names(self.sectors)
        plans = self.need_plans()
        check_planning_groups(self.planning_groups, plans)
        check_step_down(
            self.allocation.step_down, {need: order for need, (order, _) in plans.items()}
        )
        return self


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, every key described."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
