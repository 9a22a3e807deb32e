"""The words of the backtest page: methods, counts, scores, and what they mean."""

from __future__ import annotations

from sufficiency.report.words import AGE_LABELS, Definition

OURS, NO_CHANGE, MEAN_KEPT = "sufficiency", "no_change", "no_change_mean_kept"
METHOD_LABELS = {
    OURS: "This forecast",
    NO_CHANGE: "No change",
    MEAN_KEPT: "No change, its past bias kept",
    "last_year_rates": "Last year's rates go on",
    "three_year_rates": "Three years' rates go on",
    "markov_cohort": "Markov cohort model",
    "council_method": "A council's three multiplications",
    "damped_trend": "Damped trend",
    "ets": "Exponential smoothing",
}
"""Methods in the order shown."""
METHOD_MEANINGS = {
    OURS: "What `sufficiency run` would have said: simulated from the figures of that day.",
    NO_CHANGE: "Every number stays as it was. The hardest to beat a year ahead. Its range is how "
    "far off it was before, with the average of those misses taken out.",
    MEAN_KEPT: "The same, shifted by the average of its earlier misses.",
    "last_year_rates": "Last year's starters again each year; children leave at last year's rate.",
    "three_year_rates": "The same with the average of three years.",
    "markov_cohort": "The method of other open-source tools: children by age band enter, age and "
    "leave at last year's rates; how long a child has been in care plays no part.",
    "council_method": "Opening number, plus three quarters of last year's starters, less the "
    "exits on a list (taken to be last year's).",
    "damped_trend": "Each council's own past trend, fading (Holt's damped trend, statsmodels).",
    "ets": "The better of simple smoothing, trend and damped trend (statsmodels).",
}
TARGET_LABELS = {
    ("in_care", "all", "all"): "Children in care",
    ("starters", "all", "all"): "Starters in the year",
    ("leavers", "all", "all"): "Leavers in the year",
    **{
        ("in_care", "all", key): f"In care, {label[:1].lower()}{label[1:]}"
        for key, label in AGE_LABELS.items()
        if key != "all"
    },
    ("in_care", "fostering", "all"): "With foster carers",
    ("in_care", "with_parents", "all"): "With parents",
    ("in_care", "placed_for_adoption", "all"): "Placed for adoption",
    ("in_care", "homes_and_supported", "all"): "In homes or supported accommodation",
    ("in_care", "homes", "all"): "of which in secure or children's homes (from 2020)",
    ("in_care", "supported", "all"): "of which in supported accommodation (from 2020)",
}
"""What is forecast, by measure, placement group and age band."""
SIZE_LABELS = {
    "under_200": "Under 200",
    "200_to_399": "200 to 399",
    "400_to_799": "400 to 799",
    "800_and_over": "800 and over",
}

DEFINITIONS = (
    Definition(
        "origin",
        "Made on",
        "A forecast is made again as if on a past 31 March, with nothing but what was known then, "
        "and set against what happened since.",
    ),
    Definition(
        "held",
        "Held by the range",
        "How often what happened lay within the range. An 8-in-10 range should hold 80% of "
        "outcomes: fewer, and it promised too much; more, and it was wider than it need be.",
    ),
    Definition(
        "miss",
        "Average miss",
        "How far the single figure was from what happened, as a share of what happened, on "
        "average, too high and too low alike (the mean absolute percentage error).",
    ),
    Definition(
        "crps",
        "Score of the whole range",
        "The continuous ranked probability score: how far the whole range was from what happened, "
        "in children. It rewards a range that is narrow and right. Shown as a share of the score "
        "of “no change”: below 1.00 is better, above it worse.",
    ),
    Definition(
        "bias",
        "Too high or too low",
        "The average of forecast less outcome, as a share of the outcome: above none, forecasts "
        "were too high.",
    ),
    Definition(
        "pit",
        "Where outcomes fell",
        "Each outcome's place among its simulated futures, from the lowest tenth to the highest. "
        "If the ranges are right, every tenth holds a tenth of outcomes. High ends: ranges too "
        "narrow. One side high: forecasts lean to the other.",
    ),
    Definition(
        "standard_error",
        "Give or take",
        "The standard error of a share, by drawing the years again at random (a bootstrap over "
        "years): councils of one year share its surprises, so there are far fewer independent "
        "tests than forecasts.",
    ),
)

HOW_MADE = (
    "Every forecast was made again as `sufficiency run --authority` makes one, from published "
    "statistics up to its origin alone, and its drift, damping and trend were fitted to earlier "
    "years only. Counts that the publisher holds back (1 to 5 children) are left unscored. All "
    "methods are judged on the same forecasts."
)
FROZEN_NOTE = (
    "A few inputs are newer than the older origins, because nothing older was published. None is "
    "what an authority's numbers came to after the origin. Origins from 2019 on, when most of "
    "them begin, are shown apart; those too use shapes averaged over years to 2023."
)
"""Said above the list of such inputs."""
