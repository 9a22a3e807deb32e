"""The command line: what it prints, its exit status, and one clear message for each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from sufficiency import cli
from sufficiency.commands.options import output_folder
from sufficiency.errors import OutputError
from sufficiency.history.authorities import all_authorities
from sufficiency.shipped import shipped_path

MEDIUM = str(shipped_path("scenarios", "wolverhampton-2020-medium.yaml"))


@pytest.fixture(autouse=True)
def _keep_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def in_a_process(
    *arguments: str, encoding: str = "utf-8", folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    here = Path(cli.__file__).parents[1]
    path = os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-m", "sufficiency", *arguments],
        capture_output=True,
        env=environment,
        cwd=folder,
        check=False,
    )


def test_help_names_every_command_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("--help") == 0
    said = capsys.readouterr().out
    context = click.Context(cli.commands)
    for name in cli.VERBS:
        command = cli.commands.get_command(context, name)
        assert command is not None
        assert f"  {name}" in said
        assert f"sufficiency {name}" in (command.help or "")


def test_help_is_instant() -> None:
    loaded = "import sys; from sufficiency import cli; sys.stdout.write(' '.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True)
    heavy = {"numpy", "pandas", "pydantic", "rich", "scipy", "simpy", "numba"}
    assert heavy.isdisjoint(modules.stdout.decode().split())
    times = []
    # A busy computer is slow now and then; slow help is slow every time.
    while len(times) < 20 and min(times, default=1.0) >= 0.4:
        begun = time.perf_counter()
        in_a_process("--help")
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.4


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"name", "authority"} <= set(schema["required"])


def test_authorities_lists_every_one_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("authorities") == 0
    said = capsys.readouterr().out
    assert all(found.old_la_code in said for found in all_authorities())
    line = next(line for line in said.splitlines() if "Wolverhampton" in line)
    assert {"336", "E08000031", "498"} <= set(line.replace("│", " ").split())


def test_authorities_of_a_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("authorities", "west midlands") == 0
    said = capsys.readouterr().out
    assert "Wolverhampton" in said
    assert "Leeds" not in said


@pytest.mark.parametrize("text", ["336", "e08000031", "wolverham", "City of Wolverhampton Council"])
def test_authorities_of_a_code_or_another_spelling(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status("authorities", text) == 0
    said = capsys.readouterr().out
    assert "E08000031" in said
    assert "Leeds" not in said


def test_a_narrow_terminal_cuts_no_code_short(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sufficiency import terminal

    monkeypatch.setattr(terminal, "PIPED_WIDTH", 80)
    assert status("authorities") == 0
    said = capsys.readouterr().out
    assert all(found.new_la_code in said for found in all_authorities())
    assert all(name in said for name in ("Northamptonshire", "Nottinghamshire", "Wolverhampton"))
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_narrow_terminal_shows_every_key_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sufficiency import terminal
    from sufficiency.resolution.resolve import resolve
    from sufficiency.scenario.options import scenario_for_authority

    monkeypatch.setattr(terminal, "PIPED_WIDTH", 80)
    found = resolve(scenario_for_authority("Leeds"))
    terminal.show_resolved(found)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Leeds"
    assert max(map(len, lines)) <= 80
    first_column = "".join(line[1:].partition("│")[0].strip() for line in lines)
    assert all(origin.key in first_column for origin in found.origins if " " not in origin.key)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_without_unicode_is_served(encoding: str) -> None:
    done = in_a_process("authorities", encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert b"Wolverhampton" in done.stdout
    done.stdout.decode(encoding)


def test_a_message_with_any_character_reaches_any_console(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("name: a\nauthority: Łódź\n", encoding="utf-8")
    done = in_a_process("check", "s.yaml", encoding="cp1252", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: s.yaml, line 2, authority: ")
    assert b"Traceback" not in done.stderr


WRONG = {
    "no scenario": (("run",), "Give a scenario file or --authority, such as"),
    "file and authority": (
        ("run", MEDIUM, "--authority", "Leeds"),
        "Give a scenario file or --authority, not both.",
    ),
    "no replications": (
        ("run", MEDIUM, "--replications", "0"),
        '--replications\': found "0", expected',
    ),
    "negative replications": (
        ("run", MEDIUM, "--replications=-5"),
        'found "-5", expected a whole number, 1',
    ),
    "text for replications": (
        ("run", MEDIUM, "--replications", "many"),
        'found "many", expected a whole number, 1',
    ),
    "negative seed": (("run", MEDIUM, "--seed=-1"), '--seed\': found "-1", expected'),
    "no workers": (
        ("run", MEDIUM, "--workers", "0"),
        '--workers\': found "0", expected a whole number, 1 or more.',
    ),
    "unknown engine": (("run", MEDIUM, "--engine", "magic"), "'--engine': 'magic' is not"),
    "no children": (("run", MEDIUM, "--in-care", "0"), '--in-care\': found "0", expected'),
    "British date": (
        ("run", MEDIUM, "--as-at", "30/09/2024"),
        '--as-at\': found "30/09/2024", expected a date such as 2024-09-30.',
    ),
    "too many months": (("run", MEDIUM, "--months", "121"), '--months\': found "121", expected'),
    "start before the history": (
        ("check", MEDIUM, "--as-at", "2019-06-30"),
        "calibration.history_to: found 2020-03-31, expected a date not after the start",
    ),
    "missing file": (("run", "no.yaml"), "no.yaml: no such file. Check the name and the folder."),
    "authority for a file": (
        ("run", "Wolverhampton"),
        'or for an authority: --authority "Wolverhampton"',
    ),
    "folder for a file": (("run", "./"), "is a folder, not a file"),
    "empty folder of returns": (("check", "."), "there is no file in the folder"),
    "near miss": (("run", "--authority", "Wolverhamton"), "Did you mean Wolverhampton"),
    "split authority": (("check", "--authority", "Northamptonshire"), "North Northamptonshire"),
    "misspelt shipped scenario": (
        ("run", "wolverhampton-2020-wrost"),
        "Did you mean wolverhampton-2020-worst? Or give the path",
    ),
    "unknown region": (("authorities", "zzz"), 'No English authority is called "zzz".'),
    "near miss in the list": (("authorities", "wolverhamton"), "Did you mean Wolverhampton"),
    "merged authority in the list": (("authorities", "Poole Borough"), "Use Bournemouth"),
    "unknown command": (("rum",), "No such command 'rum'"),
    "unknown option": (("run", MEDIUM, "--sed", "1"), "No such option"),
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_one_message_and_status_2(
    arguments: tuple[str, ...],
    expected: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert expected in said.err
    assert said.err.count("Error: ") == 1
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_run_is_not_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    assert status("run", MEDIUM, "--out", str(tmp_path)) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_folder_typed_as_here_or_above_has_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "above" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert output_folder(Path(), "unused", overwrite=False) == here
    (here / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(OutputError, match=r"above.* --overwrite"):
        output_folder(Path(".."), "unused", overwrite=False)
    assert output_folder(None, "A plan", overwrite=False).name == "a-plan"


def test_ctrl_c_says_that_nothing_was_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(path: str, overlays: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sufficiency.scenario.files.load_scenario", interrupted)
    assert status("check", MEDIUM) == 130
    assert capsys.readouterr().err.strip() == "Stopped. Nothing was written."


def test_a_file_that_ends_too_soon_is_no_wish_to_stop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Click takes every `EOFError` for a user who ends the input at a prompt."""

    def damaged(path: str, overlays: object) -> None:
        raise EOFError("Ran out of input")

    monkeypatch.setattr("sufficiency.scenario.files.load_scenario", damaged)
    with pytest.raises(EOFError, match="Ran out of input"):
        cli.main(["check", MEDIUM])
    assert "Stopped" not in capsys.readouterr().err


def test_our_own_fault_is_one_line_unless_asked_for_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(path: str, overlays: object) -> None:
        raise RuntimeError("a wheel came off\nand another")

    monkeypatch.setattr("sufficiency.scenario.files.load_scenario", broken)
    with pytest.raises(RuntimeError) as fault:
        cli.main(["check", MEDIUM])
    sys.excepthook(RuntimeError, fault.value, None)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "RuntimeError: a wheel came off" in said
    assert "--debug" in said
    hook = sys.excepthook
    with pytest.raises(RuntimeError):
        cli.main(["--debug", "check", MEDIUM])
    assert sys.excepthook is hook


def test_check_shows_each_number_with_its_kind_and_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sufficiency import terminal
    from sufficiency.scenario.files import load_scenario

    scenario = load_scenario(MEDIUM)
    origin = SimpleNamespace(
        key="entries.starters_per_month",
        label="Starters a month [all ages]",
        value=12.0,
        unit="children",
        kind="lever",
        source="the strategy",
        note="",
        low=10.0,
        high=15.0,
    )
    terminal.show_resolved(
        SimpleNamespace(
            scenario=scenario,
            authority=SimpleNamespace(name="Wolverhampton"),
            start=scenario.start,
            months=33,
            origins=[origin],
            warnings=["Figures are old."],
        )
    )
    said = capsys.readouterr()
    for part in ("[all ages]", "12 children", "10 to 15", "lever", "the strategy", "line "):
        assert part in said.out
    assert "33 months from 30 June 2020" in said.out
    assert "Note: Figures are old." in said.err


def test_the_short_table_shows_the_start_each_31_march_and_the_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sample_forecast import sample_forecast

    from sufficiency import terminal

    forecast = sample_forecast()
    terminal.show_forecast(forecast.forecast, forecast.finance)
    said = capsys.readouterr().out
    total = forecast.forecast.query(
        "measure == 'in_care' and sector == 'all' and age_band == 'all'"
    )
    springs = [row for row in total.to_dict("records") if "-03-31" in str(row["date"])]
    assert len(springs) > 1
    for row in springs:
        line = next(
            line for line in said.splitlines() if f"31 March {str(row['date'])[:4]}" in line
        )
        assert f"{row['p10']:,.0f} to {row['p90']:,.0f}" in line
    for year in forecast.finance["financial_year"].unique():
        assert year in said
    assert "£" in said
