"""Is the page whole, safe, reachable by keyboard and screen reader, and does it say what the
frames say?"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import altair as alt
import pandas as pd
import pytest
from sample_forecast import REPLICATIONS, SampleForecast, sample_forecast

from sufficiency.report import page, page_charts
from sufficiency.report.charts import script_safe
from sufficiency.report.formats import (
    children,
    children_range,
    gbp,
    gbp_range,
    percent,
)
from sufficiency.report.page import (
    render_page,
    write_page,
)
from sufficiency.report.words import GLOSSARY, NEED_LABELS, SETTING_LABELS

VOID = {"meta", "img", "br", "hr", "input", "link"}
LARGEST_PAGE_BYTES = 3_000_000


class Reader(HTMLParser):
    """Collects elements, the words outside scripts, and whether tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        (self.scripts if inside == "script" else self.words).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast()


@pytest.fixture(scope="module")
def html(run: SampleForecast, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(run, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown(html: str) -> Reader:
    return read(html)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow parts that the tests of the whole page cover."""
    monkeypatch.setattr(page, "drawing_library", lambda: "")
    monkeypatch.setattr(page_charts, "setting_charts", lambda figures: [])
    monkeypatch.setattr(page_charts, "gap_charts", lambda figures: [])


def marginal(run: SampleForecast, day: str, measure: str) -> pd.Series:
    rows = run.forecast
    chosen = (rows["date"] == day) & (rows["measure"] == measure)
    return rows[chosen & (rows["sector"] == "all") & (rows["age_band"] == "all")].iloc[0]


def test_the_page_is_one_file_that_closes_what_it_opens(html: str, shown: Reader) -> None:
    assert shown.open == []
    assert html.startswith("<!DOCTYPE html>")
    assert len(html.encode()) < LARGEST_PAGE_BYTES


def test_nothing_is_fetched_from_the_network(shown: Reader) -> None:
    sources = [a[name] for _, a in shown.elements for name in ("src", "href") if a.get(name)]
    assert all(str(source).startswith(("#", "data:")) for source in sources)
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in shown.elements}
    (policy,) = [
        a["content"] for a in shown.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert str(policy).startswith("default-src 'none'")
    assert "http" not in str(policy)


def test_every_link_leads_somewhere_on_the_page(shown: Reader) -> None:
    ids = Counter(a["id"] for _, a in shown.elements if a.get("id"))
    assert max(ids.values()) == 1
    assert {str(a["href"])[1:] for a in shown.all("a")} <= set(ids)


def test_every_definition_is_linked_from_where_its_figure_is_shown(shown: Reader) -> None:
    linked = {str(a["href"]).removeprefix("#def-") for a in shown.all("a")}
    assert {entry.key for entry in GLOSSARY} <= linked


def test_tables_and_pictures_speak_to_a_screen_reader(shown: Reader) -> None:
    assert len(shown.all("table")) == len(shown.all("caption")) > 8
    assert all(a.get("scope") in {"col", "row"} for a in shown.all("th"))
    assert all(len(str(a.get("alt"))) > 40 for a in shown.all("img"))
    regions = [a for _, a in shown.elements if a.get("role") == "region"]
    assert all(a.get("tabindex") == "0" and a.get("aria-labelledby") for a in regions)
    first_link = shown.all("a")[0]
    assert (first_link["class"], first_link["href"]) == ("skip", "#main")
    assert shown.all("html")[0]["lang"] == "en-GB"
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_headline_says_what_the_frames_say(run: SampleForecast, shown: Reader) -> None:
    then, now = (marginal(run, day, "in_care") for day in ("2023-03-31", "2020-06-30"))
    assert (
        f"On 31 March 2023 we expect {children_range(then.p10, then.p90)} children in care "
        f"in 8 of 10 simulated futures, and on average about {children(then['mean'])}. "
        f"The forecast starts from {children(now['mean'])} on 30 June 2020."
    ) in shown.text
    money = run.finance.set_index(["financial_year", "sector", "pool", "measure"])
    cost = money.loc[("2022-23", "all", "all", "cost")]
    over = money.loc[("2022-23", "all", "all", "over_budget_probability")]["mean"]
    assert (
        f"Placements in the financial year 2022-23 cost {gbp_range(cost.p10, cost.p90)}, about "
        f"{gbp(cost['mean'])} on average; the chance of spending more than the budget of £31.0m "
        f"is {percent(over)}."
    ) in shown.text
    for measure in ("in_house_shortfall", "unmet_need"):
        gap = marginal(run, "2023-03-31", measure)
        assert f"{children_range(gap.p10, gap.p90)} (about {children(gap['mean'])})" in shown.text
    assert "We assumed that you keep the places you use today." in shown.text
    assert "not a target" in shown.text


def test_what_to_know_of_the_run_stands_before_its_figures(
    run: SampleForecast, shown: Reader
) -> None:
    (warning,) = run.manifest["warnings"]
    assert shown.text.index(warning) < shown.text.index("Children in care by setting")


def test_the_page_uses_plain_names_and_shows_no_gaps_in_its_data(shown: Reader) -> None:
    for name in (*SETTING_LABELS.values(), *NEED_LABELS.values()):
        assert name in shown.text
    for slip in ("internal_fostering", "unmet_need", "nan", "None", "NaN", "{{", "[]"):
        assert not re.search(rf"(?<![\w-]){re.escape(slip)}(?![\w-])", shown.text), slip


def test_charts_can_be_drawn_from_what_is_in_the_page(shown: Reader) -> None:
    specs = [text for text in shown.scripts if text.lstrip().startswith("{")]
    assert len(specs) == len(shown.all("img")) >= 12
    for spec in map(json.loads, specs):
        assert spec["description"]
        assert "url" not in json.dumps(spec.get("datasets", {}))
        alt.Chart.from_dict(spec)  # raises where it is not what Vega-Lite's schema says


@pytest.mark.usefixtures("quick")
def test_names_from_a_users_file_are_text_and_never_markup(run: SampleForecast) -> None:
    attack = "<script>alert('x')</script><img src=http://example.org>"
    manifest = {
        **run.manifest,
        "authority": {"name": attack},
        "scenario": {"name": attack, "description": attack},
        "warnings": [attack],
        "data_age": attack,
        "origins": [{**run.manifest["origins"][0], "label": attack, "source": attack}],
        "comparisons": [{**run.manifest["comparisons"][0], "label": attack, "note": attack}],
        "starting_figures": [{**row, "source": attack} for row in run.manifest["starting_figures"]],
    }
    shown = read(render_page(replace(run, manifest=manifest)))
    assert not [a for a in shown.all("img") if not str(a["src"]).startswith("data:")]
    executed = [a for a in shown.all("script") if a.get("type") != "application/json"]
    assert len(executed) == 2
    assert attack in shown.text


@pytest.mark.usefixtures("quick")
def test_a_run_that_has_only_the_needful_still_makes_a_page(run: SampleForecast) -> None:
    bare = replace(
        run,
        manifest={"replications": REPLICATIONS, "scenario": {"name": "Bare"}},
        layers=run.layers.iloc[0:0],
    )
    shown = read(render_page(bare))
    assert "Bare: children in care to 30 June 2023" in shown.text
    assert "did not take the range apart" in shown.text
    assert "Beside England" not in shown.text


@pytest.mark.usefixtures("quick")
def test_a_forecast_that_reaches_no_31_march_speaks_of_its_end() -> None:
    shown = read(render_page(sample_forecast(months=2)))
    assert "On 31 August 2020 we expect" in shown.text
    assert "2020-21 (2 months only)" in shown.text
    assert "Chance of spending" not in shown.text.split("What the words mean")[0]


@pytest.mark.usefixtures("quick")
def test_the_same_run_makes_the_same_page(run: SampleForecast) -> None:
    assert render_page(run) == render_page(run)


def test_other_figures_stand_beside_ours_and_each_note_is_said_once(
    run: SampleForecast, quick: None
) -> None:
    note = "opening + 12 x starters x remain - tracked exits"
    days = ("2021-03-31", "2021-03-31", "2022-03-31")
    comparisons = [
        {"label": "worst", "method": "council_method", "date": days[0], "value": 602, "note": note},
        {"label": "best", "method": "council_method", "date": days[1], "value": 557, "note": note},
        {"label": "what happened", "method": "outcome", "date": days[1], "value": 540, "note": ""},
        {"label": "what happened", "method": "outcome", "date": days[2], "value": 512, "note": ""},
        {"label": "not known yet", "method": "outcome", "date": days[2], "value": None},
    ]
    shown = read(render_page(replace(run, manifest={**run.manifest, "comparisons": comparisons})))
    assert shown.text.count(note) == 1
    for day in set(days):
        ours = marginal(run, day, "in_care")
        assert children_range(ours.p10, ours.p90) in shown.text
    for said in ("Council's own method: worst", "What happened", "602", "557", "540", "512"):
        assert said in shown.text
    (alt,) = [str(a["alt"]) for a in shown.all("img") if "other figures" in str(a["alt"])]
    assert "What happened, 31 March 2021: 540" in alt
    assert "What happened, 31 March 2022: 512" in alt
    assert "not known yet" not in shown.text


def test_text_inside_a_script_cannot_end_it() -> None:
    text = json.dumps({"name": "</script><!--&"})
    assert "<" not in script_safe(text)
    assert json.loads(script_safe(text)) == json.loads(text)


def test_an_unwritable_place_is_an_error_of_the_system(
    run: SampleForecast, tmp_path: Path, quick: None
) -> None:
    with pytest.raises(OSError, match="absent"):
        write_page(run, tmp_path / "absent" / "report.html")
