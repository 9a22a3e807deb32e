"""Is what a scenario changes listed with its evidence, and marked on the time axis of charts?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sample_forecast import SampleForecast, sample_forecast

from sufficiency.report.figures import Figures
from sufficiency.report.interventions_section import interventions_section, marks_in_words
from sufficiency.report.page_charts import gap_charts, in_care_chart, setting_charts

ROW = {
    "name": "Edge of care",
    "what": "Children starting care",
    "who": "10 to 15",
    "when": "from 1 September 2020 on",
    "first": "2020-09-01",
    "last": "",
    "certainty": "low",
    "effect_is_known": False,
}
SECOND = {**ROW, "name": "Price shock", "first": "2021-06-01", "last": "2021-12-31"}


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast(months=24)


def figures(run: SampleForecast, *rows: dict[str, object]) -> Figures:
    return Figures.of(replace(run, manifest={**run.manifest, "interventions": list(rows)}))


def drawn(figures: Figures) -> list[str]:
    """What is drawn for every fan over time of the page."""
    charts = [in_care_chart(figures), *setting_charts(figures), *gap_charts(figures)]
    return [json.dumps(chart) for chart in charts]


def test_each_fan_has_a_numbered_mark_where_an_intervention_begins(
    run: SampleForecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_the_drawing(key: str, title: str, words: str, drawing: Any, **_: Any) -> Any:
        return drawing

    monkeypatch.setattr("sufficiency.report.page_charts.finished", only_the_drawing)
    together = drawn(figures(run, ROW, SECOND))
    assert '"label": "1, 2"' in together[0]  # beside ten years of history there is room for one
    assert len(together) == 10
    for chart in together[1:]:
        assert '"label": "1"' in chart
        assert '"label": "2"' in chart
    for chart in together:
        assert "2020-09-01T" in chart
        assert "2021-12-31T" in chart
    for chart in drawn(figures(run)):
        assert '"strokeDash": [4, 3]' not in chart


def test_the_marks_are_named_and_the_table_says_how_sure(run: SampleForecast) -> None:
    shown = figures(run, ROW, SECOND)
    assert "1 Edge of care; 2 Price shock" in marks_in_words(shown)
    first, second = interventions_section(shown)["interventions"]
    assert (first["number"], first["sureness"]) == (1, "not sure")
    assert (second["number"], second["when"]) == (2, "From 1 September 2020 on")
    assert marks_in_words(figures(run)) == ""
