"""What calibrate writes, and what a scenario makes of it: rates, children at the start, origins."""

from __future__ import annotations

import errno
import json
import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from child_truth import AUTHORITY, END, Truth, truth

from sufficiency.calibrating import calibrate_files
from sufficiency.calibration.children.cohort import (
    Cohort,
    cohort_of,
    read_cohort,
    write_cohort,
)
from sufficiency.calibration.children.drawing import rate_sampler
from sufficiency.calibration.children.file import read_calibrated, write_calibrated
from sufficiency.calibration.children.fit import ChildCalibration, fit_children
from sufficiency.calibration.children.provenance import about_the_fit
from sufficiency.domain import AGE_GROUPS, CAUSES, DAYS_PER_YEAR, SECTORS, Sector
from sufficiency.errors import HistoryError, OutputError, ScenarioError
from sufficiency.history.returns.frames import SourceFile
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.resolution.own_origins import own_rate_origins
from sufficiency.resolution.resolve import Resolved, resolve
from sufficiency.scenario.files import load_scenario
from sufficiency.scenario.sourced import Kind
from sufficiency.simulation.draws import Draws
from sufficiency.simulation.population import children_of

SOURCE = SourceFile("903.csv", "episodes", "ab" * 32, "utf-8", "dd/mm/yyyy", 2023, 0, 10, 2)


@pytest.fixture(scope="module")
def council() -> Truth:
    return truth(seed=4, spread=0.3)


@pytest.fixture(scope="module")
def fit(council: Truth) -> ChildCalibration:
    return fit_children(council.histories, AUTHORITY, council.prior)


@pytest.fixture(scope="module")
def folder(council: Truth, fit: ChildCalibration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name has spaces, with a calibrated file, a cohort and a scenario of both."""
    place = tmp_path_factory.mktemp("a council's files")
    about = about_the_fit(fit, [SOURCE], RowLedger(10), "9.9.9")
    write_calibrated(fit.fitted, AUTHORITY, about, place / "own.yaml")
    write_cohort(cohort_of(council.histories), place / "own.cohort.parquet")
    (place / "scenario.yaml").write_text(
        f"name: own\nauthority: {AUTHORITY}\nmonths: 12\ncalibration: own.yaml\n"
        "population: {cohort: own.cohort.parquet}\n",
        encoding="utf-8",
    )
    return place


@pytest.fixture(scope="module")
def resolved(folder: Path) -> Resolved:
    return resolve(load_scenario(folder / "scenario.yaml"))


def scenario(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"name: x\nauthority: {AUTHORITY}\nmonths: 12\n{text}", encoding="utf-8")
    return path


# --- the calibrated file --------------------------------------------------------------------


def test_what_is_read_back_is_what_was_written(folder: Path, fit: ChildCalibration) -> None:
    read = read_calibrated(folder / "own.yaml").fitted
    before, after = (rate_sampler(each.rates) for each in (fit.fitted, read))
    uniforms = np.random.default_rng(1).random(before.n_uniforms)
    for one, other in zip(before.draw(uniforms), after.draw(uniforms), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_allclose(read.starters.events, fit.fitted.starters.events)
    np.testing.assert_allclose(read.ratios.leave, fit.fitted.ratios.leave)
    assert read.as_at == END


def test_the_head_says_where_the_rates_come_from(folder: Path) -> None:
    head = read_calibrated(folder / "own.yaml").head
    assert head["marking"] == "OFFICIAL-SENSITIVE"
    assert head["sources"] == [
        {"file": "903.csv", "kind": "episodes", "year": 2023, "sha256": "ab" * 32}
    ]
    assert head["window"]["after"] == "2018-03-31"
    assert head["window"]["entries_after"] == "2021-03-31"
    assert head["counts"]["turned_18"] > 100
    assert head["made_with"] == "sufficiency 9.9.9"


def test_the_file_holds_no_child(folder: Path) -> None:
    tables = pd.read_parquet(folder / "own.parquet")
    # Cells of rates only: as many rows for a council of any size.
    assert set(tables["table"]) == {"cell", "array"}
    text = (folder / "own.yaml").read_text(encoding="utf-8")
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", text))
    assert dates == {"2018-03-31", "2021-03-31", "2023-03-31"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("format: 1", "format: 99"), "not a calibrated file"),
        (lambda text: text.replace("as_at:", "asat:"), "missing or was changed"),
        (lambda text: "[1, 2]", "not a calibrated file"),
        (lambda text: text.replace("own.parquet", "gone.parquet"), "keep the two side by side"),
        (lambda text: text.replace("sha256: ", "sha256: 00"), "not the tables"),
    ],
)
def test_a_damaged_file_is_refused_with_what_to_do(
    folder: Path, tmp_path: Path, change: object, said: str
) -> None:
    assert callable(change)
    text = (folder / "own.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(change(text), encoding="utf-8")
    (tmp_path / "own.parquet").write_bytes((folder / "own.parquet").read_bytes())
    with pytest.raises(HistoryError, match=said):
        read_calibrated(tmp_path / "own.yaml")


# --- the cohort -----------------------------------------------------------------------------


def test_the_cohort_is_who_was_in_care_that_day(council: Truth) -> None:
    cohort = cohort_of(council.histories)
    periods = council.histories.periods
    # Whoever moves on the last day is in no placement that the histories know.
    placements = council.histories.placements
    placed = periods["period"].isin(placements.loc[placements["ended"].isna(), "period"])
    there = periods[periods["left"].isna() & placed]
    assert len(cohort.children) == len(there)
    assert cohort.children["uasc"].sum() == there["uasc"].sum()
    earlier = cohort_of(council.histories, date(2020, 6, 30))
    day = pd.Timestamp("2020-06-30")
    in_care = (periods["entered"] <= day) & ~(periods["left"] <= day)
    assert len(earlier.children) == in_care.sum()
    with pytest.raises(HistoryError, match="reach from"):
        cohort_of(council.histories, date(2030, 1, 1))


def test_a_cohort_keeps_no_number_and_no_day_of_birth(council: Truth) -> None:
    one, other = cohort_of(council.histories), cohort_of(council.histories)
    assert not set(one.children["child"]) & set(other.children["child"])
    assert (one.children["born_month"].dt.day == 1).all()
    assert one.children["child"].is_monotonic_increasing


def test_a_cohort_goes_nowhere_that_people_share(council: Truth, tmp_path: Path) -> None:
    cohort = cohort_of(council.histories)
    with pytest.raises(OutputError, match=r"ends in \.cohort\.parquet"):
        write_cohort(cohort, tmp_path / "children.parquet")
    with pytest.raises(OutputError, match="folder of outputs"):
        write_cohort(cohort, tmp_path / "Outputs" / "x.cohort.parquet")
    ignored = (Path(__file__).parent.parent / ".gitignore").read_text(encoding="utf-8")
    assert "*.cohort.parquet" in ignored.splitlines()


@pytest.mark.parametrize(
    "stopped", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr
)
def test_nothing_of_a_child_stays_in_a_file_that_was_not_finished(
    council: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: BaseException
) -> None:
    begun: list[str] = []
    write = Path.write_bytes

    def half(self: Path, raw: bytes) -> int:
        write(self, raw[: len(raw) // 2])
        begun.extend(path.name for path in tmp_path.iterdir())
        raise stopped

    monkeypatch.setattr(Path, "write_bytes", half)
    wanted = OutputError if isinstance(stopped, OSError) else KeyboardInterrupt
    with pytest.raises(wanted):
        write_cohort(cohort_of(council.histories), tmp_path / "x.cohort.parquet")
    (name,) = begun
    assert name.endswith(".cohort.parquet")  # as git ignores it
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_row_is_named_by_number_and_never_by_value(council: Truth, tmp_path: Path) -> None:
    children = cohort_of(council.histories).children
    children.loc[6, "sector"] = "MARKER"
    path = tmp_path / "x.cohort.parquet"
    write_cohort(Cohort(END, children), path)
    with pytest.raises(HistoryError, match="row 7: a sector") as wrong:
        read_cohort(path)
    assert "MARKER" not in str(wrong.value)


# --- in a scenario --------------------------------------------------------------------------


def test_a_forecast_starts_from_the_children_themselves(resolved: Resolved, council: Truth) -> None:
    assert resolved.start == END
    assert resolved.personal_data
    children = cohort_of(council.histories).children
    world = resolved.draw_world(1, 0, parameter=True, drift=True)
    there = children_of(world, Draws(1, 0))
    first = there.stream == -1
    assert first.sum() == len(children)
    by_sector = np.bincount(there.sector[first], minlength=len(SECTORS))
    seen = children["sector"].value_counts()
    assert by_sector.tolist() == [int(seen.get(str(sector), 0)) for sector in SECTORS]
    days = (pd.Timestamp(END) - children["entered_on"]).dt.days.to_numpy(float)
    assert np.sort(-there.entered[first]).tolist() == pytest.approx(np.sort(days).tolist(), abs=1)
    # Nobody is 18, and only the day within the month of birth is drawn.
    assert there.born_day[first].min() > -18 * DAYS_PER_YEAR - 1
    other = children_of(resolved.draw_world(1, 1, parameter=True, drift=True), Draws(1, 1))
    moved = np.abs(np.sort(other.born_day[other.stream == -1]) - np.sort(there.born_day[first]))
    assert 0 < moved.max() <= 31


def test_rates_are_those_of_the_file(resolved: Resolved, fit: ChildCalibration) -> None:
    world = resolved.draw_world(1, 0, parameter=False, drift=False)
    mean = rate_sampler(fit.fitted.rates).mean()
    np.testing.assert_allclose(world.hazards.per_day, mean.per_day)
    np.testing.assert_allclose(world.hazards.destination.sum(axis=-1), 1.0)
    one, other = (
        resolved.draw_world(1, number, parameter=True, drift=False).hazards.per_day
        for number in (0, 1)
    )
    cause = CAUSES.index("returned_home")
    assert np.all(one[cause][one[cause] > 0] != other[cause][one[cause] > 0])


def test_scenarios_that_share_a_seed_draw_the_same_rates(folder: Path, resolved: Resolved) -> None:
    path = scenario(
        folder,
        "more.yaml",
        "extends: scenario.yaml\nexits: {factor: {returned_home: 1.5}}\n",
    )
    changed = resolve(load_scenario(path))
    one, other = (
        each.draw_world(5, 3, parameter=True, drift=True).hazards for each in (resolved, changed)
    )
    np.testing.assert_array_equal(one.per_day, other.per_day)
    cause = CAUSES.index("returned_home")
    np.testing.assert_allclose(other.calendar_factor[cause], 1.5 * one.calendar_factor[cause])


def test_a_scenarios_own_next_needs_hold_over_the_counted_ones(folder: Path) -> None:
    path = scenario(
        folder,
        "next.yaml",
        "extends: scenario.yaml\nmoves: {next_need: {planned: {family: {residential: 1}}}}\n",
    )
    world = resolve(load_scenario(path)).draw_world(1, 0, parameter=True, drift=True)
    row = world.hazards.destination[0, 1, 1]
    assert row[3] == pytest.approx(1.0)


def test_every_number_says_that_the_return_gave_it(resolved: Resolved) -> None:
    origins = {origin.key: origin for origin in resolved.origins}
    assert "own.yaml" in origins["entries.starters_per_month"].source
    assert "own.yaml" in origins["exits.own.returned_home"].source
    assert "own.cohort.parquet" in origins["population.in_care"].source
    assert origins["calibration.file.child_window_months"].kind is Kind.ASSUMED
    assert origins["calibration.file.place_sectors"].value == (
        "place_sectors.csv (ships with sufficiency)"
    )
    assert not any("pooled toward similar councils" in row.source for row in resolved.origins)
    named = [(row.key, row.label) for row in resolved.origins]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("events", "said"),
    [(0, "0 events"), (1, "1 to 5 events"), (5, "1 to 5 events"), (6, "6 events")],
)
def test_no_number_says_that_something_happened_to_one_to_five_children(
    fit: ChildCalibration, resolved: Resolved, folder: Path, events: int, said: str
) -> None:
    rates = fit.fitted.rates
    cells = np.zeros((len(SECTORS), 8))
    cells[0, 0] = events
    few = replace(rates.families["carer_ends"], events=cells)
    families = {**rates.families, "carer_ends": few}
    fitted = replace(fit.fitted, rates=replace(rates, families=families))
    rows = own_rate_origins(
        resolved.scenario,
        replace(read_calibrated(folder / "own.yaml"), fitted=fitted),
        resolved.plan.levels,
    )
    notes = [row.note for row in rows if row.key == "moves.own.carer_ends"]
    assert [note.partition(" seen")[0] for note in notes] == [said]


def test_the_manifest_keeps_names_without_folders(resolved: Resolved, folder: Path) -> None:
    from sufficiency.manifest import about_the_scenario
    from sufficiency.measures.reporting import report_calendar

    said = about_the_scenario(resolved, report_calendar(resolved.start, resolved.months))
    assert [row["file"] for row in said["inputs"]] == [
        "scenario.yaml",
        "own.yaml",
        "own.cohort.parquet",
    ]
    assert str(folder) not in json.dumps(said, default=str)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calibration: own.yaml\nstart: 2022-03-31", "after the start"),
        ("population: {cohort: own.cohort.parquet}\nstart: 2022-03-31", "starts on 2022-03-31"),
        ("calibration: {file: none.yaml}", "line 4, calibration.file: found"),
        ("calibration: {file: own.yaml, table: own.yaml}", "give one of the two"),
        (
            "population: {cohort: own.cohort.parquet, in_care: 3}",
            "in_care cannot be given too",
        ),
        ("calibration: {file: scenario.yaml}", "not a calibrated file"),
        ("population: {cohort: own.parquet}", "not a cohort"),
    ],
)
def test_what_contradicts_is_refused(folder: Path, text: str, said: str) -> None:
    path = scenario(folder, "wrong.yaml", text + "\n")
    with pytest.raises((ScenarioError, HistoryError), match=said):
        resolve(load_scenario(path))


def test_rates_of_another_council_are_refused(folder: Path) -> None:
    path = folder / "leeds.yaml"
    path.write_text("name: x\nauthority: Leeds\ncalibration: own.yaml\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="fitted to the returns of Wolverhampton"):
        resolve(load_scenario(path))


def test_rates_alone_keep_the_published_children(folder: Path) -> None:
    path = scenario(folder, "rates.yaml", "calibration: {file: own.yaml}\n")
    found = resolve(load_scenario(path))
    assert found.personal_data
    assert found.plan.own.times is None
    in_care = {row.key: row.source for row in found.origins}["population.in_care"]
    assert in_care.startswith("DfE")


def test_every_field_of_a_world_is_finite(resolved: Resolved) -> None:
    world = resolved.draw_world(2, 7, parameter=True, drift=True)
    for part in (world.hazards, world.entries):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name != "placement_band_starts_days" and value is not None:
                assert np.all(np.isfinite(value)), field.name
    assert world.hazards.per_day.min() >= 0
    assert len(AGE_GROUPS) == world.hazards.per_day.shape[2]
    assert world.places.usable_at_start[SECTORS.index(Sector.IFA)] == -1


def test_a_scenario_is_not_written_over_and_a_calibrated_file_is(folder: Path) -> None:
    """Refused before anything is read: the folder of returns is none."""
    before = (folder / "scenario.yaml").read_bytes()
    with pytest.raises(OutputError, match=r"scenario.yaml: exists and is no calibrated file"):
        calibrate_files([folder / "none"], AUTHORITY, folder / "scenario.yaml")
    assert (folder / "scenario.yaml").read_bytes() == before
    with pytest.raises(HistoryError, match="no such file or folder"):
        calibrate_files([folder / "none"], AUTHORITY, folder / "own.yaml")


def test_a_cohort_of_nobody_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "header.csv").write_text("CHILD,SEX,DOB\n1,1,01/01/2010\n", encoding="utf-8")
    (tmp_path / "episodes.csv").write_text(
        "CHILD,DECOM,RNE,LS,PLACE,PLACE_PROVIDER,DEC,REC\n"
        "1,01/05/2022,S,C2,U6,PR1,01/02/2023,E4A\n",
        encoding="utf-8",
    )
    before = sorted(tmp_path.iterdir())
    with pytest.raises(HistoryError, match="nobody whose date of birth is known is in care"):
        calibrate_files(
            before,
            AUTHORITY,
            tmp_path / "own.yaml",
            cohort_path=tmp_path / "own.cohort.parquet",
        )
    assert sorted(tmp_path.iterdir()) == before
