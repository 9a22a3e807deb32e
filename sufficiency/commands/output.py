"""The folder that a command writes its results to, from the first look at it to the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other command works on the folder meanwhile. Raises `OutputError` if one does."""
        from sufficiency.report.holding import held
        from sufficiency.report.run_folder import check_writable

        with held(self.folder):
            # Another may have ended since, or what one was replacing been put back.
            check_writable(self.folder, self.overwrite, self._kind, self._reads)
            yield
