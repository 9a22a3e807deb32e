"""The words that people read: plain names for keys, a definition for every figure, standing notes.

Keys stay as they are in files; only pages and workbooks use these words. Nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sufficiency.report.glossary import GLOSSARY as GLOSSARY
from sufficiency.report.glossary import Definition as Definition

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
    "It does not know what each placement costs, but those of the start whose own price is known: "
    "how prices differ between placements is an assumption, or drawn from the council's own list.",
    "Cost is the cost of placements alone: not social workers, support to families or legal costs; "
    "what follows after care is shown apart.",
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


def need_label(key: str, own: Mapping[str, str] | None = None) -> str:
    """The plain name of a need group; a scenario's own planning group is called as it is there,
    or as ``own`` has it by its name."""
    known = NEED_LABELS if own is None else {**NEED_LABELS, **own}
    return known.get(key, key.replace("_", " ").capitalize())


def own_need_labels(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the scenario of a manifest calls its own planning groups, for readers."""
    groups = (manifest.get("scenario") or {}).get("planning_groups") or ()
    return {group["name"]: group["label"] for group in groups if group.get("label")}


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
