"""The section of a scenario file about money: prices, income, and what comes after care."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sufficiency.domain import Sector
from sufficiency.scenario.budgets import Budgets, BudgetYear
from sufficiency.scenario.sourced import (
    Day,
    Inflation,
    Pounds,
    PoundsNumber,
    Ratio,
    Share,
    Sourced,
    Strict,
    Switch,
    Text,
    contradiction,
    expecting,
)

SpreadNumber = Annotated[
    float,
    Field(strict=True, gt=0, le=3),
    expecting("a standard deviation as a share of the mean, above 0 and up to 3, such as 0.6"),
]
IndexNumber = Annotated[
    float,
    Field(strict=True, ge=0.01, le=1e6),
    expecting("an index number from 0.01 to 1,000,000, such as 104.2"),
]
ChildrenEachNumber = Annotated[
    float,
    Field(strict=True, ge=1, le=1_000),
    expecting("a number of children from 1 to 1,000"),
]
UntilAge = Annotated[
    int, Field(strict=True, ge=18, le=25), expecting("an age in whole years from 18 to 25")
]


class SpreadShare(Sourced[SpreadNumber]):
    """A standard deviation as a share of the mean."""


class ChildrenEach(Sourced[ChildrenEachNumber]):
    """A number of children to one post."""


class FosteringSplit(Strict):
    """Prices of kinds of fostering as multiples of internal fostering's."""

    ifa_to_internal_ratio: Ratio | None = Field(
        default=None, description="An agency place's price over an internal fostering place's."
    )
    connected_to_internal_ratio: Ratio | None = Field(
        default=None, description="A connected carer's price over an internal fostering place's."
    )


class PriceSpread(Strict):
    """How prices differ between placements: drawn once for each, with the pool's price as mean."""

    shape: Literal["lognormal", "gamma", "triangular", "none"] = Field(
        description="lognormal or gamma (with sd_share), triangular (with low, mode and high), or "
        "none: every placement at the mean."
    )
    sd_share: SpreadShare | None = Field(
        default=None,
        description="Standard deviation as a share of the mean (lognormal, gamma): 0.6 is 60%.",
    )
    low_gbp: PoundsNumber | None = Field(
        default=None, description="The lowest weekly price (triangular)."
    )
    mode_gbp: PoundsNumber | None = Field(
        default=None, description="The most common weekly price (triangular)."
    )
    high_gbp: PoundsNumber | None = Field(
        default=None,
        description="The highest weekly price (triangular). The mean of the three is the price.",
    )

    @model_validator(mode="after")
    def _says_what_its_shape_needs(self) -> Self:
        ends = {"low_gbp": self.low_gbp, "mode_gbp": self.mode_gbp, "high_gbp": self.high_gbp}
        wanted = {"lognormal": ["sd_share"], "gamma": ["sd_share"], "triangular": list(ends)}
        told = {**ends, "sd_share": self.sd_share}
        need = wanted.get(self.shape, [])
        for key, number in told.items():
            if (number is None) is (key in need):
                verb = "is missing; expected" if key in need else "has no meaning; expected only"
                raise contradiction(
                    f"{key} {verb} {', '.join(need) or 'the shape'} for the shape {self.shape}",
                    *(["shape"] if key in need else [key]),
                )
        given = [number for number in ends.values() if number is not None]
        if given != sorted(given) or (given and given[0] == given[-1]):
            raise contradiction(
                f"found low, mode and high {', '.join(f'{number:g}' for number in given)}; "
                "expected each at least as high as the one before, and low below high",
                "low_gbp",
            )
        return self


class PriceFrom(Strict):
    """A price from a date on."""

    from_: Day = Field(alias="from", description="The first day at this price.")
    weekly_cost_gbp: PoundsNumber = Field(
        description="Pounds a week from that day, for every child there; later 1 Aprils raise it."
    )


class SpotPremium(Strict):
    """What a new placement costs more while the sector is nearly full."""

    above_occupied_share: Share = Field(
        description="The sector is pressed while at least this share of its limited usable places "
        "is taken: 0.95 is 95%."
    )
    rise: Share = Field(
        description="The rise of the price of a placement that begins then, for as long as it "
        "lasts: 0.15 is 15%."
    )


class PoolPrice(Strict):
    """What a sector or a pool costs, where more is known than one price."""

    weekly_cost_gbp: Pounds | None = Field(
        default=None,
        description="Pounds a week for a child here. Default: the sector's price, or the mean of "
        "the council's list of prices.",
    )
    price_year: BudgetYear | None = Field(
        default=None,
        description="The financial year of that price. Default: `costs.price_year`, else the "
        "start's.",
    )
    spread: PriceSpread | None = Field(
        default=None,
        description="How prices differ between placements. Default: the council's list of prices "
        "if it has some for this pool, else a labelled assumption.",
    )
    changes: tuple[PriceFrom, ...] = Field(
        default=(), description="Later prices, in order of date."
    )
    uplift_per_year: Inflation | None = Field(
        default=None, description="The share by which this price rises each 1 April."
    )
    uplift_index: Text | None = Field(
        default=None,
        description="The name of an index (`costs.indexes`, or one that ships) that this price "
        "follows each 1 April, in place of one rise a year.",
    )
    spot_premium: SpotPremium | None = Field(
        default=None, description="What placements cost more when they begin under pressure."
    )
    empty_place_share: Share | None = Field(
        default=None,
        description="Share of the price that is paid for a usable place in which nobody lives. "
        "Default: 1 in a pool of the kind block, else 0.",
    )
    fixed_gbp_per_place_year: Pounds | None = Field(
        default=None,
        description="Pounds a year for each usable place, whoever lives there; the weekly price is "
        "then what a child costs on top.",
    )
    fixed_gbp_per_year: Pounds | None = Field(
        default=None, description="Pounds a year for the whole pool, whoever lives there."
    )

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        for position in range(1, len(self.changes)):
            before, after = self.changes[position - 1].from_, self.changes[position].from_
            if after <= before:
                raise contradiction(
                    f"found {after} after {before}, expected dates in rising order",
                    *("changes", position, "from"),
                )
        if self.uplift_per_year is not None and self.uplift_index is not None:
            raise contradiction(
                "the price follows an index, so uplift_per_year cannot be given too. Take one of "
                "the two out",
                "uplift_index",
            )
        triangular = self.spread is not None and self.spread.shape == "triangular"
        if triangular and self.weekly_cost_gbp is not None:
            raise contradiction(
                "the mean of low, mode and high is the price, so weekly_cost_gbp cannot be given "
                "too. Take one of the two out",
                "weekly_cost_gbp",
            )
        return self


class CarerCosts(Strict):
    """What recruiting a carer costs, beside the price of a child's placement."""

    gbp_per_approval: Pounds | None = Field(
        default=None, description="Pounds once for each carer approved: recruitment, assessment."
    )
    gbp_per_household_year: Pounds | None = Field(
        default=None,
        description="Pounds a year for each household approved after the start: support, fees, "
        "supervision that the price of a placement does not hold.",
    )


class OneOffCost(Strict):
    """An amount paid once."""

    name: Text = Field(description="What it is for; a line of the finance tables.")
    date: Day = Field(description="The day it is paid.")
    amount_gbp: Pounds = Field(description="Pounds, of that day.")
    sector: Sector = Field(description="The sector whose spend it is part of.")


class JointFundingPlan(Strict):
    """What a partner pays of the cost of some placements."""

    name: Text = Field(description="Who pays: health, education; a line of the finance tables.")
    share: Share = Field(description="Share of the cost that the partner pays.")
    sectors: tuple[Sector, ...] = Field(
        default=(), description="Only placements in these sectors. Default: all."
    )
    need_groups: tuple[Text, ...] = Field(
        default=(), description="Only children of these need or planning groups. Default: all."
    )


class AllowancePlan(Strict):
    """A weekly allowance after leaving care, until the 18th birthday."""

    share_receiving: Share = Field(description="Share of the children who leave so and get it.")
    weekly_gbp: Pounds = Field(description="Pounds a week for one child, at the start's prices.")


class StayingPutPlan(Strict):
    """Places held after 18."""

    share_of_price: Share = Field(description="What such a place costs, as a share of its price.")


class LeavingCarePlan(Strict):
    """Accommodation that the council pays for after 18."""

    share: Share = Field(description="Share of those who turn 18 in care whom the council houses.")
    weekly_gbp: Pounds = Field(description="Pounds a week, net of rent that others pay.")
    until_age: UntilAge = Field(
        default=25, description="Until this birthday; the forecast's end if that is sooner."
    )


class AfterCarePlan(Strict):
    """What children cost after they have left care; never part of the placement total."""

    special_guardianship: AllowancePlan | None = Field(
        default=None, description="Allowances of special guardians. Default: assumed."
    )
    child_arrangements: AllowancePlan | None = Field(
        default=None,
        description="Allowances after leaving care to family (child arrangements orders among "
        "them). Default: assumed.",
    )
    adoption: AllowancePlan | None = Field(
        default=None, description="Adoption allowances. Default: assumed."
    )
    staying_put: StayingPutPlan | None = Field(
        default=None, description="Staying put and staying on, where places are held after 18."
    )
    leaving_care: LeavingCarePlan | None = Field(
        default=None, description="Leaving-care accommodation to 25. Default: left out."
    )
    counted: Switch = Field(
        default=True, description="false: nothing after care is worked out at all."
    )


class Caseloads(Strict):
    """How many children one post has, for the posts that a forecast implies."""

    children_per_social_worker: ChildrenEach | None = Field(
        default=None, description="Children in care to one full-time social worker."
    )
    children_per_reviewing_officer: ChildrenEach | None = Field(
        default=None, description="Children in care to one full-time reviewing officer."
    )


class RealTerms(Strict):
    """Which index shows money in the prices of one year, beside nominal money."""

    index: Text = Field(description="Its name: one of `costs.indexes`, or one that ships.")
    prices_of: BudgetYear | None = Field(
        default=None, description="The year in whose prices. Default: the start's financial year."
    )


class Costs(Strict):
    """Prices, income and budgets."""

    weekly_cost_gbp: dict[Sector, Pounds] = Field(
        default_factory=dict,
        description="Pounds a week for a child in each sector. Default: the authority's published "
        "unit costs, fostering split by the ratios below.",
    )
    prices: dict[Text, PoolPrice] = Field(
        default_factory=dict,
        description="More about the price of a sector, of a pool (by its name) or of `unplaced`: "
        "how prices differ, change and rise, and what is paid whoever lives there.",
    )
    price_multiple_by_need: dict[Text, Ratio] = Field(
        default_factory=dict,
        description="What a placement costs for children of a need or planning group (by its "
        "name), as a multiple of the price of where they live: 1.4 is 40% more. Default: 1.",
    )
    price_list: Text | None = Field(
        default=None,
        description="The council's own list of current weekly prices: a CSV with the column "
        "weekly_price_gbp and sector, pool or both, beside this file. A placement draws one.",
    )
    price_year: BudgetYear | None = Field(
        default=None, description='The financial year of the prices given, such as "2019-20".'
    )
    inflation_per_year: Inflation | None = Field(
        default=None, description="The share by which prices rise each 1 April."
    )
    indexes: dict[Text, dict[BudgetYear, IndexNumber]] = Field(
        default_factory=dict,
        description="Price indexes by name: a number for each financial year.",
    )
    real_terms: RealTerms | None = Field(
        default=None, description="Show money in the prices of one year too, by a named index."
    )
    known_price_rise_per_year: Inflation | None = Field(
        default=None,
        description="The share by which prices known child by child (from the cohort) rise each "
        "1 April while the placement lasts. Default: they stay.",
    )
    fostering_split: FosteringSplit = Field(
        default_factory=FosteringSplit,
        description="How the published fostering price, which blends all three, is parted.",
    )
    unplaced_weekly_cost_gbp: Pounds | None = Field(
        default=None,
        description="Pounds a week for a child with no registered place found. Default: the "
        "dearest residential price.",
    )
    carers: CarerCosts = Field(
        default_factory=CarerCosts, description="What a recruited carer costs."
    )
    one_off: tuple[OneOffCost, ...] = Field(default=(), description="Amounts paid once.")
    joint_funding: tuple[JointFundingPlan, ...] = Field(
        default=(), description="What health, education and others pay of placements."
    )
    uasc_grant: Annotated[
        Switch | Pounds, expecting("true, false or an amount in pounds a night, 0 or more")
    ] = Field(
        default=True,
        description="The Home Office's grant for each night of an unaccompanied asylum-seeking "
        "child in care: true for the published rate, false for none, or pounds a night.",
    )
    after_care: AfterCarePlan = Field(
        default_factory=AfterCarePlan, description="What children cost after they have left care."
    )
    caseloads: Caseloads = Field(
        default_factory=Caseloads, description="Children to one post, for the posts implied."
    )
    budget: Budgets = Field(
        default_factory=dict,
        description="The placements budget by financial year, in pounds: one sum, or one for each "
        "sector.",
    )
    actuals: Text | None = Field(
        default=None,
        description="What placements have cost so far: a CSV of month,sector,cost,nights beside "
        "this file. With the forecast it makes the outturn of the year.",
    )
    discount_rate: Inflation | None = Field(
        default=None,
        description="The share a year by which later money counts less when interventions are "
        "appraised, after the general rise of prices. Default: the Green Book's 0.035.",
    )
    general_inflation_per_year: Inflation | None = Field(
        default=None,
        description="The share a year by which prices in general rise, which appraisals of "
        "interventions take out of later money.",
    )
