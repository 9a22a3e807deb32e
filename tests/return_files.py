"""Small SSDA903 files as a council might have them, for tests that read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sufficiency.history.returns.frames import Return
from sufficiency.history.returns.ledger import RowLedger
from sufficiency.history.returns.reading import read_return

HEADER_HEADINGS = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB")
EPISODE_HEADINGS = (
    *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC"),
    *("REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"),
)
UASC_HEADINGS = ("CHILD", "SEX", "DOB", "DUC")
Row = Sequence[str]


def header_row(child: str, dob: str = "14/05/2010", sex: str = "1") -> Row:
    return (child, sex, dob, "WBRI", "UN1", "", "")


def episode_row(
    child: str,
    decom: str = "01/06/2021",
    dec: str = "",
    rec: str = "",
    place: str = "U6",
    provider: str = "PR1",
    **other: str,
) -> Row:
    cells = {
        **dict.fromkeys(EPISODE_HEADINGS, ""),
        **{"CHILD": child, "DECOM": decom, "RNE": "S", "LS": "C2", "CIN": "N1", "PLACE": place},
        **{"PLACE_PROVIDER": provider, "DEC": dec, "REC": rec},
        **{name.upper(): value for name, value in other.items()},
    }
    return [cells[name] for name in EPISODE_HEADINGS]


def as_csv(headings: Sequence[str], rows: Sequence[Row], delimiter: str = ",") -> str:
    return "".join(delimiter.join(cells) + "\r\n" for cells in (headings, *rows))


def header_csv(*rows: Row) -> str:
    return as_csv(HEADER_HEADINGS, rows)


def episodes_csv(*rows: Row) -> str:
    return as_csv(EPISODE_HEADINGS, rows)


def write(folder: Path, **texts: str | bytes) -> Path:
    """Files of a folder by name without ``.csv``; ``a__b`` is ``b.csv`` in the folder ``a``."""
    for name, text in texts.items():
        path = folder.joinpath(*f"{name}.csv".split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return folder


def read(folder: Path, **texts: str | bytes) -> tuple[Return, RowLedger]:
    """What is read from files that are written first; every row is accounted for."""
    returned, ledger = read_return([write(folder, **texts)])
    assert_every_row_is_accounted_for(returned, ledger)
    return returned, ledger


def assert_every_row_is_accounted_for(returned: Return, ledger: RowLedger) -> None:
    """Rows in = used + repaired + set aside, and what was set aside is in no table."""
    counts = ledger.counts()
    assert sum(counts.values()) == ledger.n_rows == sum(file.n_rows for file in returned.files)
    fate = ledger.fate()
    for frame in (returned.episodes, returned.header, returned.uasc):
        assert not (fate[frame["row"].to_numpy()] == "set_aside").any()
    kept = {*returned.episodes["row"], *returned.header["row"], *returned.uasc["row"]}
    assert kept == {row for row in range(ledger.n_rows) if fate[row] != "set_aside"}


def found_by(ledger: RowLedger) -> dict[str, list[int]]:
    """The rows that each rule found."""
    return {rule.name: rows.tolist() for rule, rows in ledger.rules()}
