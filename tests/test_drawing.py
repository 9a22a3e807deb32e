"""Are the scripts of a page made once, and made again where they cannot be kept?"""

from __future__ import annotations

from pathlib import Path

import pytest

from sufficiency.report import drawing


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the maker of scripts, which takes seconds in earnest."""
    asked: list[str] = []

    def bundle(snippet: str) -> str:
        asked.append(snippet)
        return "draw('</script><!-- £')"

    monkeypatch.setattr(drawing.vl_convert, "javascript_bundle", bundle)
    return asked


def test_the_scripts_are_put_together_once_and_end_no_script_element(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_places_to_keep", lambda: iter([tmp_path / "a folder"]))
    first, second = drawing.drawing_library(), drawing.drawing_library()
    assert first == second == "draw('<\\/script><\\!-- £')"
    assert len(made) == 1
    assert [path.suffix for path in (tmp_path / "a folder").iterdir()] == [".js"]


def test_where_nothing_can_be_kept_they_are_made_each_time(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    monkeypatch.setattr(drawing, "_places_to_keep", lambda: iter([in_the_way / "below"]))
    assert drawing.drawing_library() == drawing.drawing_library()
    assert len(made) == 2


def test_the_second_best_place_is_used_where_the_best_cannot_be(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    places = [in_the_way / "below", tmp_path / "second"]
    monkeypatch.setattr(drawing, "_places_to_keep", lambda: iter(places))
    drawing.drawing_library()
    drawing.drawing_library()
    assert len(made) == 1
