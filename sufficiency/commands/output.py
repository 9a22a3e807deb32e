"""The folder that a command writes its results to, from the first look at it to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sufficiency.commands.options import output_folder
from sufficiency.report.kinds import Results


class Output:
    """The folder to write to: ``out``, or the one in outputs/ for ``name``.

    Raises `OutputError` as `output_folder` does.
    """

    def __init__(
        self,
        out: Path | None,
        name: str,
        overwrite: bool,
        kind: Results = Results.RUN,
        reads: Iterable[Path] = (),
    ) -> None:
        self.overwrite = overwrite
        self._kind, self._reads = kind, tuple(reads)
        self.folder = output_folder(out, name, overwrite, kind, self._reads)
        self._before = _number(self.folder)

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other command works on the folder meanwhile. Raises `OutputError` if one does."""
        from sufficiency.report.holding import held
        from sufficiency.report.run_folder import check_writable

        with held(self.folder):
            # Another may have ended since, or what one was replacing been put back.
            check_writable(self.folder, self.overwrite, self._kind, self._reads)
            self._before = _number(self.folder)
            yield

    @contextmanager
    def finishing(self, clean_up: Callable[[], object] = lambda: None) -> Iterator[None]:
        """What is left to do is to write, then to clean up; results that are there are said to be.

        Ctrl-C that is heard once they have their name stops nothing.
        """
        from sufficiency.report.replacing import tidy

        try:
            yield
            clean_up()
        except KeyboardInterrupt:
            if not self.is_written:
                raise
            click.echo("All results are written already.", err=True)
            tidy(self.folder)
            clean_up()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What is left to do is to say what was found: Ctrl-C ends no more than that."""
        try:
            yield
        except KeyboardInterrupt:
            click.echo(f"All results are written already, in {self.folder}", err=True)

    @property
    def is_written(self) -> bool:
        """Whether the folder is another than when it was first held."""
        return _number(self.folder) not in (None, self._before)


def _number(folder: Path) -> tuple[int, int] | None:
    """What the system knows a folder by, whatever its name; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
