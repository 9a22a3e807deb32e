"""Is one of two results whole, the earlier or the new, whenever a command is stopped?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from sufficiency.report.holding import held
from sufficiency.report.run_folder import write_manifest, written_whole


def write(out: Path, said: str, *, overwrite: bool = False) -> None:
    """A folder of results of a run, as small as one can be."""
    with written_whole(out, overwrite) as folder:
        (folder / "report.html").write_text(said, encoding="utf-8")
        (folder / "forecast.csv").write_text(said, encoding="utf-8")
        write_manifest({"kind": "run", "package_version": "0.1.0"}, folder / "manifest.json")


def said_in(out: Path) -> set[str]:
    """What every page and table there says; fails if one is missing."""
    return {(out / name).read_text(encoding="utf-8") for name in ("report.html", "forecast.csv")}


def interrupt_rename(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """Ctrl-C is heard just after the ``which``th rename from now."""
    rename, n_renamed = Path.rename, [0]

    def interrupted(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        n_renamed[0] += 1
        if n_renamed[0] == which:
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "rename", interrupted)


@pytest.mark.parametrize(("which", "left"), [(1, "before"), (2, "after"), (3, "after")])
def test_stopped_between_any_two_renames_leaves_one_of_them_whole(
    which: int, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    write(out, "before")
    with monkeypatch.context() as stopping:
        interrupt_rename(stopping, which)
        with pytest.raises(KeyboardInterrupt):
            write(out, "after", overwrite=True)
    assert said_in(out) == {left}
    with held(out):
        pass
    assert said_in(out) == {left}
    assert list(tmp_path.iterdir()) == [out]


def test_stopped_as_the_former_results_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    write(out, "before")

    def interrupted(folder: Path, **how: Any) -> None:
        (folder / "forecast.csv").unlink(missing_ok=True)
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(out, "after", overwrite=True)
    shutil.rmtree(out)  # Whoever does not want the new ones is not given half of the former.
    with held(out):
        assert not out.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_empty", [False, True], ids=["nothing there", "an empty folder"])
def test_killed_between_two_renames_has_its_results_put_back(
    is_empty: bool, tmp_path: Path
) -> None:
    out = tmp_path / "a[1]"
    write(tmp_path / ".a[1].0123abcd.old", "before")
    write(tmp_path / ".a[1].0123abcd.part", "after")
    write(tmp_path / ".a1.0123abcd.old", "another's")
    if is_empty:
        out.mkdir()
    with held(out):
        assert said_in(out) == {"before"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a1.0123abcd.old", "a[1]"]


def test_killed_before_the_former_results_went_has_them_removed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    write(out, "after")
    write(tmp_path / ".run.0123abcd.old", "before")
    with held(out):
        pass
    assert said_in(out) == {"after"}
    assert list(tmp_path.iterdir()) == [out]
