"""The page that a process of its own draws, while other files are written."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest
from sample_forecast import SampleForecast, sample_forecast

from sufficiency import page_process
from sufficiency.page_process import FEWEST_FUTURES, page_beside
from sufficiency.report import drawing
from sufficiency.report.page import render_page


@pytest.fixture(scope="module")
def run() -> SampleForecast:
    return sample_forecast(months=12)


@pytest.fixture(scope="module")
def page(run: SampleForecast) -> str:
    return render_page(run)


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_process, "usable_processors", lambda: 2)


def written(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_it_is_the_same_page_and_what_cannot_be_written_is_said(
    run: SampleForecast, page: str, tmp_path: Path
) -> None:
    with page_beside(FEWEST_FUTURES, None) as begin:
        assert begin is not None
        ends = [begin(run, tmp_path / "page.html"), begin(run, tmp_path / "nowhere" / "page.html")]
        ends[0]()
        with pytest.raises(FileNotFoundError):
            ends[1]()
    assert written(tmp_path / "page.html") == page
    assert multiprocessing.active_children() == []


def test_all_that_draws_a_page_can_be_loaded_before_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = []
    monkeypatch.setattr(drawing, "drawing_library", lambda: loaded.append("last"))
    page_process._draw(None, None)
    assert loaded == ["last"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_where_the_process_dies_the_page_is_drawn_here(
    run: SampleForecast, page: str, tmp_path: Path
) -> None:
    with page_beside(FEWEST_FUTURES, None) as begin:
        assert begin is not None
        (process,) = multiprocessing.active_children()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        begin(run, tmp_path / "page.html")()
    assert written(tmp_path / "page.html") == page


@pytest.mark.parametrize("fault", [OSError, ImportError, NotImplementedError])
def test_where_no_process_can_be_had_the_page_is_drawn_here(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """As where there are no semaphores, or too few."""

    def refused() -> None:
        raise fault("system provides too few semaphores")

    monkeypatch.setattr("concurrent.futures.process._check_system_limits", refused)
    with page_beside(FEWEST_FUTURES, None) as begin:
        assert begin is None
    assert multiprocessing.active_children() == []


def test_where_nothing_can_be_written_for_a_process_the_page_is_drawn_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such folder"))
    with page_beside(FEWEST_FUTURES, None) as begin:
        assert begin is None


def test_it_ends_at_once_with_what_it_was_started_for() -> None:
    beside = page_beside(FEWEST_FUTURES, None)
    assert beside.__enter__() is not None
    assert len(multiprocessing.active_children()) == 1
    stopped = KeyboardInterrupt()
    assert not beside.__exit__(KeyboardInterrupt, stopped, None)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("futures", "workers"), [(FEWEST_FUTURES - 1, None), (1000, 1)])
def test_no_process_where_it_would_not_pay_or_was_not_allowed(
    futures: int, workers: int | None
) -> None:
    with page_beside(futures, workers) as begin:
        assert begin is None
    assert multiprocessing.active_children() == []
