"""How good were we? Forecasts as at past dates, made again and set against what happened.

`counts` reads what was published, `baselines`, `markov` and `smoothing` forecast from it, `spread`
gives each of them a range from its own earlier errors, `published_source` makes our own forecasts,
`scores` and `scoreboard` judge all alike, `pieces` keeps what is finished, `study` runs it all.
"""
