"""What the words of a report mean, each beside the key that pages link to."""

from __future__ import annotations

from typing import NamedTuple


class Definition(NamedTuple):
    """A term of the glossary: its key (the anchor on the page), the term and its meaning."""

    key: str
    term: str
    meaning: str


GLOSSARY = (
    Definition(
        "in_care",
        "Children in care",
        "Children looked after by the council under the Children Act 1989 at midnight at the end "
        "of the date shown. Short breaks are not counted.",
    ),
    Definition(
        "range",
        "In 8 of 10 simulated futures",
        "The model plays the future many times. The range leaves out the lowest tenth and the "
        "highest tenth of those futures: in 8 of 10 the figure lies inside it. It says what the "
        "model's chances are, not what the council should aim for.",
    ),
    Definition(
        "expected",
        "Expected",
        "The average over all simulated futures. Expected figures add up across rows and columns; "
        "ends of ranges do not.",
    ),
    Definition(
        "in_house_shortfall",
        "In-house shortfall (suitable, but not the first choice)",
        "Children who live somewhere that suits their need but that is not the first choice for "
        "it, because the first choice had no place: for example with an agency family although "
        "one of the council's own would suit. It is usually more expensive.",
    ),
    Definition(
        "unmet_need",
        "Unmet need (no suitable place)",
        "Children who live somewhere that does not suit their need, such as a children's home "
        "for want of a foster family, or for whom no registered place was found. Never added to "
        "the in-house shortfall.",
    ),
    Definition(
        "unplaced",
        "No registered place found",
        "No place in any setting was free when the child needed one. No child is without a bed: "
        "this stands for an unregistered, emergency or distant arrangement, and its nights have a "
        "price.",
    ),
    Definition(
        "places",
        "Usable places",
        "Places that a child could in fact be given: approved places less those that cannot be "
        "matched, and less those that people who are not in care hold. A setting without a line "
        "for places is not limited in this forecast; the forecast then says how many places would "
        "be asked of the market.",
    ),
    Definition(
        "occupied",
        "Places taken",
        "Places with a child in care in them, and those that a young person holds who stays on "
        "after turning 18 (staying put, staying close), where the scenario says that some do.",
    ),
    Definition(
        "full",
        "Chance that none is free",
        "The share of simulated futures in which every usable place is taken on that date. A child "
        "who needs one then goes to the next choice.",
    ),
    Definition(
        "gap_nights",
        "Nights in a gap",
        "One child in a gap at one midnight is one night. Nights say how long a gap lasts as well "
        "as how many children are in it; divided by the days of the period they are the average "
        "number of children.",
    ),
    Definition(
        "gap_probability",
        "Chance that there is any",
        "The share of simulated futures in which at least one child is in the gap on that date.",
    ),
    Definition(
        "three_or_more_placements",
        "Three or more placements in the year",
        "Children in care on the date who lived in three or more placements in the year that ends "
        "on it, as the Department for Education counts them. Placements of one month or of one "
        "night count alike.",
    ),
    Definition(
        "same_placement_2_years",
        "Same placement for two years",
        "Of the children under 16 who have been in care for two and a half years or more on the "
        "date: those who have lived in the same placement for at least two years, or are placed "
        "for adoption and that placement and the one before it come to two years together. The "
        "Department for Education's measure of long-term stability.",
    ),
    Definition(
        "sibling_groups",
        "Sibling groups",
        "Brothers and sisters who came into care together after the start, two or more of whom "
        "are in care on the date; who belongs together among the children of the start is not "
        "known. A group is split if its children live in different pools of places (the council's "
        "own carers, say, and an agency's): those in one pool may still live in different homes, "
        "so at least so many are split.",
    ),
    Definition(
        "moves_between",
        "Moves between settings",
        "Each change of placement in the year by where it begins and where it ends. Coming into "
        "care and leaving it are shown with them, so what comes to a setting and what goes from it "
        "is complete.",
    ),
    Definition(
        "simulated_lives",
        "Simulated lives",
        "Children whom the model drew by chance in one of its futures, with the dates that chance "
        "gave them. They are not real children, and the children in care at the start are not "
        "among them.",
    ),
    Definition(
        "starters",
        "Children who start to be looked after",
        "Children who come into care in the period, by the setting they first live in. Brothers "
        "and sisters often come together, as sibling groups.",
    ),
    Definition(
        "leavers",
        "Children who leave care",
        "Children who leave care in the period, whether before 18 or by turning 18, by the "
        "setting they last lived in.",
    ),
    Definition(
        "moves",
        "Moves between placements",
        "Changes from one home or carer to another while the child stays in care: planned moves, "
        "unplanned endings, a carer who stops, and moves on at 16.",
    ),
    Definition(
        "in_care_rate_per_10k",
        "Rate per 10,000 children",
        "Children in care for every 10,000 residents aged under 18. It lets areas of different "
        "size be set side by side.",
    ),
    Definition(
        "neighbours",
        "Statistical neighbours",
        "Councils whose families and circumstances are most like this one's, as the Department "
        "for Education lists them. Their rate is shown as one average.",
    ),
    Definition(
        "outside_area",
        "Outside the council's boundary",
        "Children whose placement is not in the council's own area. Always shown beside "
        "placements over 20 miles from home, because a placement over a boundary may be near.",
    ),
    Definition(
        "over_20_miles",
        "Over 20 miles from home",
        "Children whose placement is more than 20 miles from the home they came from.",
    ),
    Definition(
        "cost",
        "Cost of placements",
        "Nights in care multiplied by the price of a night in each setting, in the prices of the "
        "year in which the money is spent. Social work, support and court costs are not included.",
    ),
    Definition(
        "extra_cost_of_gap",
        "Extra cost of the gaps",
        "What placements cost beyond the price of each child's first choice, over the children in "
        "either gap; a placement that costs less than the first choice is taken off.",
    ),
    Definition(
        "nights",
        "Nights in care",
        "One child in care at one midnight is one night.",
    ),
    Definition("income", "Income", "What others pay towards the cost of placements."),
    Definition(
        "net_cost",
        "All placements less income",
        "What placements cost, less what others pay towards them.",
    ),
    Definition(
        "after_care_cost",
        "Money after care",
        "What children who leave care after the start go on to cost: allowances to their 18th "
        "birthday, places held after it, and accommodation if the scenario prices it. It is no "
        "part of the cost of placements.",
    ),
    Definition(
        "budget",
        "Budget",
        "The budget that the scenario gives for a whole financial year. A part of a year is never "
        "set against it.",
    ),
    Definition(
        "over_budget_probability",
        "Chance of spending more than the budget",
        "The share of simulated futures in which the year's placements cost more than the budget.",
    ),
    Definition(
        "part_year",
        "Part of a year",
        "A financial year runs from 1 April to 31 March. Where the forecast covers only part of "
        "one, the number of months is shown, and the figure is for those months only.",
    ),
    Definition(
        "layers",
        "What makes the range wide",
        "Layers of uncertainty. Chance: who happens to need care, and for how long. "
        "Estimation: past figures measure today's rates only roughly. Drift: rates themselves "
        "change from year to year. Effects, where an intervention has one that is not certain: how "
        "much it changes. Each is the growth of the variance as it is switched on.",
    ),
    Definition(
        "kinds",
        "Fitted, lever, assumed",
        "Every number is one of three. Fitted: estimated from named data. Lever: a choice this "
        "scenario explores. Assumed: a judgement, with who made it and why.",
    ),
    Definition(
        "settings",
        "Settings",
        "Where children live. Our own foster carers: approved by the council. Agency foster "
        "carers: bought from an independent fostering agency. Family and friends carers: "
        "connected persons approved for one child. Children's homes include secure homes, which "
        "published tables do not show apart.",
    ),
)
