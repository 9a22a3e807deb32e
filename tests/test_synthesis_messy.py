"""A messy synthetic return has every kind of fault, where its key says, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from sufficiency import cli
from sufficiency.synthesis import SyntheticReturn, synthesise
from sufficiency.synthesis.faults.draft import fault_kinds
from sufficiency.synthesis.faults.inject import KEY, KEY_COLUMNS, DamagedReturn, damaged
from sufficiency.synthesis.tables import YearTables
from sufficiency.synthesis.writing import clean_files


@pytest.fixture(scope="module")
def made() -> SyntheticReturn:
    return synthesise("Wolverhampton", 2018, 2023, seed=5)


@pytest.fixture(scope="module")
def messy(made: SyntheticReturn) -> DamagedReturn:
    return damaged(made.tables, seed=5)


def lines(files: dict[str, bytes] | DamagedReturn, name: str) -> list[str]:
    content = files.files[name] if isinstance(files, DamagedReturn) else files[name]
    encoding = "utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig"
    return content.decode(encoding, errors="replace").split("\n")


def damaged_lines(messy: DamagedReturn, fault: str) -> list[str]:
    """The lines of a fault, from files that are comma-separated in the usual way."""
    rows = messy.key[messy.key["fault"] == fault].dropna(subset=["line"])
    assert len(rows)
    return [lines(messy, row.file)[row.line - 1] for row in rows.itertuples()]


def test_every_kind_of_fault_is_there_and_the_key_names_it(messy: DamagedReturn) -> None:
    assert set(messy.key["fault"]) == set(fault_kinds())
    assert list(messy.key.columns) == list(KEY_COLUMNS)
    assert set(messy.key["file"]) <= set(messy.files)
    for row in messy.key.dropna(subset=["line"]).itertuples():
        assert 1 < row.line <= len(lines(messy, row.file)), row.fault


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("end_unreadable", r"31/02/2019|00/00/0000|not known|1/1|99/99/9999"),
        ("place_unknown", r",U9,"),
        ("rne_unknown", r",Q,"),
        ("cin_unknown", r",N9,"),
        ("exit_unknown", r",E77,"),
        ("child_missing", r"^,"),
        ("start_before_1991", r"01/06/90|01/06/1990|1990-06-01"),
        ("codes_padded", r"  ,"),
        ("words_for_codes", r",Male,|,Female,"),
        ("blank_line_between", r"^,+$"),
        ("line_with_too_many_cells", r",[?],[?],[?]"),
        ("header_of_an_adult", r"15/06/19\d\d|19\d\d-06-15"),
    ],
)
def test_the_key_points_at_the_line(messy: DamagedReturn, fault: str, pattern: str) -> None:
    for line in damaged_lines(messy, fault):
        assert pd.Series([line]).str.contains(pattern).all(), line


def test_a_child_has_at_most_one_fault_of_its_own(messy: DamagedReturn) -> None:
    rows = messy.key.dropna(subset=["line"])
    rows = rows[~rows["fault"].isin(["blank_line_between", "line_with_too_many_cells"])]
    found: dict[str, set[str]] = {}
    for row in rows.itertuples():
        child = lines(messy, row.file)[row.line - 1].partition(",")[0]
        if child:
            found.setdefault(child, set()).add(row.fault)
    assert all(len(faults) == 1 for faults in found.values())


def test_what_no_fault_touched_is_as_it_was(made: SyntheticReturn, messy: DamagedReturn) -> None:
    """Files written plainly differ from the clean ones only by lines of children in the key."""
    clean = clean_files(made.tables)
    touched = set()
    for row in messy.key.itertuples():
        if not pd.isna(row.line):
            touched.add(lines(messy, row.file)[row.line - 1].partition(",")[0])
    compared = 0
    for name, content in clean.items():
        now = lines(messy, name)
        if now[0] != content.decode("utf-8").split("\n")[0]:
            continue
        missing = set(content.decode("utf-8").split("\n")) - set(now)
        gone = {line.partition(",")[0] for line in missing} - touched
        files_of_removed = messy.key[messy.key["line"].isna()]
        of_whole_file = name in set(files_of_removed["file"])
        assert not gone or of_whole_file, name
        compared += len(content.decode("utf-8").split("\n")) - len(missing)
    assert compared > 3_000


@pytest.fixture(scope="module")
def two_years() -> list[YearTables]:
    return synthesise("Rutland", 2021, 2022, seed=5, in_care=200).tables


@pytest.fixture(scope="module")
def once(two_years: list[YearTables]) -> DamagedReturn:
    return damaged(two_years, seed=5)


def test_the_rate_multiplies_and_none_is_clean(
    two_years: list[YearTables], once: DamagedReturn
) -> None:
    twice, none = (damaged(two_years, seed=5, factor=factor) for factor in (2, 0))
    assert len(twice.key) > 1.4 * len(once.key)
    assert none.key.empty
    assert none.files == clean_files(two_years)


def test_the_same_seed_gives_the_same_bytes(
    two_years: list[YearTables], once: DamagedReturn
) -> None:
    again = damaged(two_years, seed=5)
    assert again.files == once.files
    assert again.key.equals(once.key)
    assert damaged(two_years, seed=6).files != once.files


def test_one_year_of_a_small_council_can_be_messy_too() -> None:
    small = synthesise("Rutland", 2022, 2022, seed=1)
    found = damaged(small.tables, seed=1)
    assert {"duplicate_row", "end_unreadable", "dates_of_two_digit_years"} & set(found.key["fault"])
    assert "stale_near_copy" not in set(found.key["fault"])


def test_the_command_writes_the_key_beside_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "messy"
    arguments = ["synthesise", "--authority", "Rutland", "--years", "2021-2022", "--out", str(out)]
    with pytest.raises(SystemExit) as stopped:
        cli.main([*arguments, "--messy-rate", "2"])
    assert stopped.value.code == 0
    assert KEY in capsys.readouterr().out
    key = pd.read_csv(io.BytesIO((out / KEY).read_bytes()))
    assert set(key["file"]) < {path.name for path in out.iterdir()}
    for wrong in ("0", "11", "many"):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*arguments[:-1], str(tmp_path / "no"), "--messy-rate", wrong])
        assert stopped.value.code == 2
    assert not (tmp_path / "no").exists()
