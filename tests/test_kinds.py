"""Does --overwrite replace results of the same kind, and nothing else that anybody may miss?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import leave_out_the_report, status

from sufficiency.errors import OutputError
from sufficiency.report.kinds import FILES, Results, check_replaceable, kind_of
from sufficiency.report.run_folder import TABLES
from sufficiency.returns_check import TABLES as TABLES_OF_RETURNS

OURS = {"package_version": "0.1.0", "seed": 1}
RUN = ("run", "wolverhampton-2020-medium", "--replications", "2", "--months", "1", "--workers", "1")


def a_folder(out: Path, manifest: object, *names: str) -> Path:
    """A folder with a manifest and files of nothing."""
    out.mkdir()
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name in names:
        (out / name).touch()
    return out


@pytest.mark.parametrize("kind", Results)
def test_results_of_the_same_kind_may_be_replaced_and_of_no_other(
    kind: Results, tmp_path: Path
) -> None:
    out = a_folder(tmp_path / "out", {"kind": kind, **OURS}, *FILES[kind] - {"manifest.json"})
    (out / ".DS_Store").touch()
    check_replaceable(out, kind)
    for other in set(Results) - {kind}:
        with pytest.raises(OutputError) as error:
            check_replaceable(out, other)
        assert str(error.value) == (
            f"{out}: found a folder that holds {kind.said}, not {other.said}, so it will not be "
            "replaced. Choose another with --out."
        )


@pytest.mark.parametrize(
    ("manifest", "names", "kind"),
    [
        (OURS, ("forecast.csv", "report.html"), Results.RUN),
        ({**OURS, "published": True}, ("forecast.csv",), Results.PUBLISHED),
        (OURS, ("comparison.csv", "scenarios.csv"), Results.COMPARISON),
        (
            {"financial_year": "2020-21", "before_start": "", "after_start": ""},
            ("movement.csv",),
            Results.COMPARISON,
        ),
        (OURS, ("plan.csv",), Results.PLAN),
        (OURS, ("sensitivity.csv",), Results.SENSITIVITY),
        (OURS, ("backtest.csv", "left_out.csv"), Results.BACKTEST),
    ],
)
def test_results_whose_manifest_says_no_kind_are_known_by_their_files(
    manifest: object, names: tuple[str, ...], kind: Results, tmp_path: Path
) -> None:
    out = a_folder(tmp_path / "out", manifest, *names)
    assert kind_of(out) is kind
    check_replaceable(out, kind)


@pytest.mark.parametrize(
    "manifest",
    [
        {"manifest_version": 3, "name": "An extension", "version": "1.0"},
        {"kind": "run", "name": "of another program"},
        {"kind": "a kind of tomorrow", **OURS},
        OURS,
        ["not", "a", "mapping"],
    ],
)
def test_a_manifest_of_another_program_is_not_ours(manifest: object, tmp_path: Path) -> None:
    out = a_folder(tmp_path / "out", manifest, "report.html")
    with pytest.raises(OutputError, match=r"not a run \(its manifest\.json is of another program"):
        check_replaceable(out, Results.RUN)


def test_files_that_no_run_has_are_named(tmp_path: Path) -> None:
    out = a_folder(
        tmp_path / "out", {"kind": "run", **OURS}, "forecast.csv", "b.txt", "c", "d", "e"
    )
    with pytest.raises(OutputError) as error:
        check_replaceable(out, Results.RUN)
    assert str(error.value) == (
        f"{out}: found b.txt, c, d and 1 more in the folder, which no run has, so it will not be "
        "replaced. Move what is yours, or choose another folder with --out."
    )


def test_a_folder_called_as_a_file_of_ours_is_not_ours(tmp_path: Path) -> None:
    out = a_folder(tmp_path / "out", {"kind": "run", **OURS}, "forecast.csv")
    (out / "pools.csv").mkdir()
    with pytest.raises(OutputError, match=r"found pools\.csv in the folder"):
        check_replaceable(out, Results.RUN)


def test_every_table_that_is_written_may_be_replaced() -> None:
    assert {f"{name}.csv" for name in TABLES} <= FILES[Results.RUN]
    assert {f"{name}.csv" for name in TABLES_OF_RETURNS} <= FILES[Results.QUALITY]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one message of a command that is refused."""
    capsys.readouterr()
    assert status(*arguments) == 2
    said = capsys.readouterr().err
    assert said.count("Error: ") == 1
    assert "Simulating" not in said
    return said.partition("Error: ")[2].strip()


def test_no_command_replaces_what_it_reads_or_results_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    leave_out_the_report(monkeypatch)
    assert status(*RUN, "--out", "r") == 0
    assert json.loads(Path("r/manifest.json").read_text(encoding="utf-8"))["kind"] == "run"
    before = {path: path.read_bytes() for path in Path("r").iterdir()}
    out = ("--out", "r", "--overwrite")
    text = "name: Mine\nauthority: Wolverhampton\ncalibration: {table: r/finance.csv}\n"
    Path("mine.yaml").write_text(text, encoding="utf-8")
    read = "finance.csv, which is read by this command"
    assert read in refused(capsys, *RUN, "--actuals", "r/finance.csv", *out)
    assert read in refused(capsys, "run", "mine.yaml", *out)
    assert "r: the folder is read by this command" in refused(capsys, "check", "r", *out)
    assert "r: the folder is read by this command" in refused(capsys, "compare", "r", "other", *out)
    for other, command in (
        ("a comparison", ("compare", RUN[1], "wolverhampton-2020-best")),
        ("a sensitivity study", ("sensitivity", RUN[1])),
        ("a plan", ("plan", RUN[1], "--target", "unplaced <= 2 with 90% by 2022-04")),
        ("a backtest", ("backtest", "--authority", "Rutland")),
    ):
        assert f"holds a run, not {other}" in refused(capsys, *command, *out)
    assert {path: path.read_bytes() for path in Path("r").iterdir()} == before
