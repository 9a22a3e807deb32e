"""The words that people read: plain names for keys, a definition for every figure, standing notes.

Keys stay as they are in files; only pages and workbooks use these words. Nothing is computed here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SETTING_LABELS = {
    "internal_fostering": "Our own foster carers",
    "ifa": "Foster carers from independent agencies",
    "connected_persons": "Family and friends carers (connected persons)",
    "residential": "Children's homes and secure homes",
    "supported_accommodation": "Supported accommodation (16 and 17)",
    "other": "With parents, placed for adoption and other settings",
    "unplaced": "No registered place found",
    "all": "All children in care",
}
SHORT_SETTING_LABELS = {
    **SETTING_LABELS,
    "ifa": "Agency foster carers",
    "connected_persons": "Family and friends carers",
    "residential": "Children's homes",
    "supported_accommodation": "Supported accommodation",
    "other": "Other settings",
    "unplaced": "No registered place",
}
"""For charts and column heads, where a table or the glossary beside them has the full name."""

AGE_LABELS = {
    "under_1": "Under 1",
    "1_4": "1 to 4",
    "5_9": "5 to 9",
    "10_15": "10 to 15",
    "16_17": "16 and 17",
    "all": "All ages",
}

NEED_LABELS = {
    "connected": "Family or friends",
    "family": "A foster family",
    "specialist_family": "A specialist foster family",
    "residential": "A children's home",
    "supported_16_plus": "Supported accommodation (16 and 17)",
    "placed_for_adoption": "An adoptive family",
    "other_setting": "Another setting",
}

MEASURE_LABELS = {
    "in_care": "Children in care",
    "starters": "Children who start to be looked after",
    "leavers": "Children who leave care",
    "moves": "Moves between placements",
    "places": "Usable places",
    "occupied": "Places taken",
    "in_house_shortfall": "In-house shortfall: suitable, but not the first choice",
    "unmet_need": "Unmet need: no suitable place",
    "outside_area": "Placed outside the council's boundary",
    "over_20_miles": "Placed over 20 miles from home",
    "in_care_rate_per_10k": "Children in care per 10,000 children",
    "in_house_shortfall_nights": "Nights in the in-house shortfall",
    "unmet_need_nights": "Nights of unmet need",
    "in_house_shortfall_extra_cost": "Extra cost of the in-house shortfall",
    "unmet_need_extra_cost": "Extra cost of unmet need",
    "in_house_shortfall_probability": "Chance of any in-house shortfall",
    "unmet_need_probability": "Chance of any unmet need",
    "three_or_more_placements": "Three or more placements in the year",
    "long_term": "Under 16 and in care for two and a half years or more",
    "same_placement_2_years": "Of these, in the same placement for two years",
    "sibling_groups": "Sibling groups with two or more in care, who came after the start",
    "sibling_groups_split": "Of these, not all in the same kind of place",
    "sibling_groups_started": "Sibling groups who start to be looked after",
    "sibling_groups_started_split": "Of these, split when they came",
    "cost": "Cost of placements",
    "nights": "Nights in care",
    "income": "Income",
    "budget": "Budget",
    "net_cost": "All placements less income",
    "after_care_cost": "Money after care",
    "extra_cost_of_gap": "Extra cost of the gaps",
    "over_budget_probability": "Chance of spending more than the budget",
}


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
        "matched. A setting without a line for places is not limited in this forecast; the "
        "forecast then says how many places would be asked of the market.",
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
        "either gap.",
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

KIND_LABELS = {"fitted": "Fitted", "lever": "Lever", "assumed": "Assumed"}
KIND_ORDER = ("lever", "assumed", "fitted")

NOT_A_TARGET = "A forecast is not a target, and it is not for decisions about a child."
DEFAULT_PLACES_STATEMENT = "We assumed that you keep the places you use today."
MARKING = "OFFICIAL-SENSITIVE"
"""What government marks papers with whose loss could harm people."""
HIDDEN_COUNTS = "c: left out, because it is a real count of 1 to 5 children or would give one away."
PERCENTILES_DO_NOT_ADD = (
    "Ranges do not add up: the ends of the ranges of settings, months or years cannot be summed. "
    "Expected figures do."
)

NOT_SAID = (
    "It does not say what will happen to any one child. Nothing here lists, ranks or scores a "
    "child.",
    "It does not foresee a change of law, of thresholds or of practice, unless the scenario "
    "includes one. Past changes of rates are in the range; a break with the past is not.",
    "Need is not observed, only where children live. Which children live in a second choice "
    "today is an assumption, listed below.",
    "Prices are averages, but for placements of the start whose own price is known: the range of "
    "cost leaves out the difference in price between one child's placement and another's.",
    "Cost is the cost of placements alone: not social workers, support to families, legal costs "
    "or care leavers.",
    "Settings without a limit on places show what would be asked of the market, not what the "
    "market can supply. Where agencies are not limited, nobody new goes to a children's home for "
    "want of a family, so unmet need falls by that assumption alone.",
)

HOW_TO_READ = (
    (
        "Read the range first",
        "A range such as 515 to 610 holds the figure in 8 of 10 simulated futures. One future in "
        "ten lies below it and one in ten above. Plan for the range, not for its middle.",
    ),
    (
        "The shaded fan",
        "Half of the futures lie in the darkest band, 8 of 10 within the next, and 9 of 10 within "
        "the palest. The line is the expected figure. The fan widens because the further ahead, "
        "the less is known.",
    ),
    (
        "Two gaps, never added together",
        "The in-house shortfall counts children who are suitably placed, but not in the first "
        "choice. Unmet need counts children without a suitable place. They call for different "
        "answers.",
    ),
    (
        "Where a number comes from",
        "Every number is fitted (from named data), a lever (a choice that this scenario explores) "
        "or assumed (with a reason). The list of assumptions shows which.",
    ),
    (
        "What a word means",
        "Each figure's name is a link to its meaning at the foot of the page.",
    ),
)


def need_label(key: str) -> str:
    """The plain name of a need group; a scenario's own planning group is called as it is there."""
    return NEED_LABELS.get(key, key.replace("_", " ").capitalize())


def setting_label(key: str) -> str:
    """The plain name of a sector, ``unplaced`` or ``all``; an unknown key is shown as it is."""
    return SETTING_LABELS.get(key, key)


METHOD_LABELS = {"council_method": "Council's own method", "outcome": "What happened"}
"""Whose figure a comparison is."""

_KEYS_IN_LABELS = {
    **{
        key: label[:1].lower() + label[1:]
        for key, label in SHORT_SETTING_LABELS.items()
        if key not in ("all", "other")
    },
    **{key: label.lower() for key, label in AGE_LABELS.items() if key != "all"},
    "uasc": "unaccompanied asylum-seeking children",
}
_A_KEY = re.compile(r"\b(" + "|".join(map(re.escape, _KEYS_IN_LABELS)) + r")\b(?! care)")
_OTHER = re.compile(r"(?<=\b(?:in|of)\s)other(?=$| at | outside | over )")


def in_plain_words(label: str) -> str:
    """A label of the manifest with the keys in it (sectors, age bands) as people say them."""
    named = _A_KEY.sub(lambda found: _KEYS_IN_LABELS[found.group()], label)
    return _OTHER.sub("other settings", named)
