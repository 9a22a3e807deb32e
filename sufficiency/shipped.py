"""Where the data that ship with the package are, in a checkout and in an installed copy."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped_path(*parts: str) -> Path:
    """The path of a shipped file: ``shipped_path("calibration", "reference", "panel.csv")``.

    A wheel carries ``calibration/`` and ``scenarios/`` inside the package under ``shipped/``; a
    checkout has them beside it.
    """
    inside = _PACKAGE / "shipped"
    root = inside if inside.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
