"""What breaks on the way: workers that are killed, a disk that fills, a cluster that is wrong."""

from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import found_first, leave_out_the_report, status
from small_council import KilledCouncil, SmallCouncil, in_bytes

from sufficiency import dask_cluster
from sufficiency.chunk_folder import KEPT, ChunkFolder
from sufficiency.errors import ClusterLost, OutputError, UserError
from sufficiency.experiment import run
from sufficiency.shipped import shipped_path

REPLICATIONS = 24
SIZES = {"replications": REPLICATIONS, "seed": 5, "chunk_size": 4}


@pytest.fixture(scope="module")
def undisturbed() -> list[bytes]:
    return in_bytes(run(SmallCouncil(), workers=1, **SIZES))


def test_a_worker_process_killed_on_the_way_changes_nothing(
    tmp_path: Path, undisturbed: list[bytes]
) -> None:
    council = KilledCouncil(marks=str(tmp_path))
    found = run(council, workers=2, executor="processes", **SIZES)
    assert (tmp_path / "killed").exists()
    assert in_bytes(found) == undisturbed
    assert multiprocessing.active_children() == []


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two worker processes on this computer."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    ) as cluster:
        yield cluster.scheduler_address


def test_a_dask_worker_killed_on_the_way_changes_nothing(
    tmp_path: Path, undisturbed: list[bytes], scheduler: str
) -> None:
    council = KilledCouncil(marks=str(tmp_path))
    found = run(council, scheduler=scheduler, **SIZES)
    assert (tmp_path / "killed").exists()
    assert in_bytes(found) == undisturbed
    assert found.manifest["executor"] == "dask"


def test_a_cluster_of_another_version_is_refused(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sufficiency.identity.code_version", lambda: "9.9.9+new")
    with pytest.raises(UserError, match=r"workers run sufficiency 0\.\S+, and this computer 9.9.9"):
        run(SmallCouncil(), scheduler=scheduler, **SIZES)


def test_a_worker_of_another_version_that_comes_later_is_refused(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that grows on demand has nobody to ask for a version when a run begins."""
    monkeypatch.setattr(dask_cluster, "_checked_version", lambda client: "9.9.9+new")
    with pytest.raises(UserError, match=r"workers run sufficiency 0\.\S+, and this computer 9.9.9"):
        run(SmallCouncil(), scheduler=scheduler, **SIZES)


def test_a_cluster_that_goes_is_said_and_the_futures_are_kept(
    tmp_path: Path, undisturbed: list[bytes]
) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:

        def go(done: int, total: int) -> None:
            if done:
                cluster.close()

        with pytest.raises(ClusterLost, match=r"no longer answers.* with --resume goes on"):
            run(
                SmallCouncil(),
                scheduler=cluster.scheduler_address,
                kept_beside=tmp_path / "run",
                progress=go,
                **SIZES,
            )
    resumed = run(SmallCouncil(), kept_beside=tmp_path / "run", resume=True, workers=1, **SIZES)
    assert in_bytes(resumed) == undisturbed


def test_what_dask_gets_wrong_as_it_goes_is_its_going(scheduler: str) -> None:
    """It may tell of a lost result in a form that its own code cannot take apart."""

    def lost(status: str) -> None:
        with dask_cluster.dask_crew(max, 1, scheduler) as crew:
            crew.watch._client.status = status  # type: ignore[attr-defined]
            raise ValueError("too many values to unpack")

    with pytest.raises(ClusterLost, match="no longer answers"):
        lost("connecting")
    with pytest.raises(ValueError, match="too many values"):
        lost("running")


def test_a_cluster_without_workers_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(dask_cluster, "PATIENCE_SECONDS", 1)
    with (
        distributed.LocalCluster(
            n_workers=0, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
        pytest.raises(ClusterLost, match="has had no workers for 0 minutes"),
    ):
        run(SmallCouncil(), scheduler=cluster.scheduler_address, **SIZES)


def test_no_cluster_at_the_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run(SmallCouncil(), scheduler="tcp://127.0.0.1:9", **SIZES)


@pytest.mark.parametrize("address", ["inproc://x", "bogus://x", "tcp://x:y"])
def test_what_is_no_address_is_refused_in_plain_words(address: str) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(UserError) as error:
        run(SmallCouncil(), scheduler=address, **SIZES)
    assert str(error.value) == (
        f"scheduler: found {address}, expected the address that `dask scheduler` prints, such as "
        "tcp://10.0.0.5:8786."
    )


def test_an_address_that_is_empty_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert status("run", "--authority", "Rutland", "--scheduler", "") == 2
    assert "--scheduler: found nothing, expected an address" in " ".join(
        capsys.readouterr().err.replace("'", "").split()
    )


def test_nothing_is_said_to_be_kept_where_nothing_could_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match=r"the disk is full.* Nothing was written\.$"):
        run(SmallCouncil(), kept_beside=tmp_path / "run", workers=1, **SIZES)
    assert not list(tmp_path.iterdir())


def test_dask_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r'Install it with: python -m pip install "sufficiency'):
        run(SmallCouncil(), scheduler="tcp://127.0.0.1:9", **SIZES)


@dataclass(frozen=True)
class RealChildren(SmallCouncil):
    """A council whose start is a list of real children."""

    personal_data: bool = True


@pytest.mark.parametrize(
    ("scheduler_address", "allowed", "found"),
    [
        ("tcp://127.0.0.1:9", False, "found tcp://127.0.0.1:9, expected an encrypted address"),
        ("tcp://127.0.0.1:9", True, "found tcp://127.0.0.1:9, expected an encrypted address"),
        ("tls://127.0.0.1:9", False, "found no leave to send it"),
    ],
)
def test_real_children_do_not_travel_in_the_open_or_unasked(
    scheduler_address: str, allowed: bool, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # whoever tried to connect would fail
    options: dict[str, Any] = {"scheduler": scheduler_address, "allow_personal_data": allowed}
    with pytest.raises(UserError, match="starts from real children") as error:
        run(RealChildren(), **options, **SIZES)
    assert found in str(error.value)
    assert "--allow-personal-data" in str(error.value)


def test_real_children_may_travel_encrypted_with_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="Dask is not installed"):
        run(RealChildren(), scheduler="tls://127.0.0.1:9", allow_personal_data=True, **SIZES)


def test_an_encrypted_cluster_without_certificates_here_says_where_they_are_named() -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(UserError, match=r"knows no certificates .* tls\.client\.cert"):
        run(RealChildren(), scheduler="tls://127.0.0.1:9", allow_personal_data=True, **SIZES)


def test_real_children_stay_here_without_a_word() -> None:
    found = run(RealChildren(), workers=1, **SIZES)
    assert found.manifest["executor"] == "threads"


def test_a_disk_that_fills_keeps_what_was_finished(
    tmp_path: Path, undisturbed: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    kept = []
    rename = Path.replace

    def full_after_two(self: Path, target: Path) -> Path:
        if len(kept) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        kept.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", full_after_two)
    with pytest.raises(OutputError) as error:
        run(SmallCouncil(), kept_beside=out, workers=2, **SIZES)
    assert str(error.value) == (
        f"{out}: the disk is full. Free some space, or choose another folder with --out. The "
        "futures that are finished are kept: the same command with --resume goes on from there."
    )
    (folder,) = tmp_path.iterdir()
    assert sorted(path.suffix for path in folder.iterdir()) == [".chunk", ".chunk", ".json"]
    monkeypatch.undo()
    resumed = run(SmallCouncil(), kept_beside=out, resume=True, workers=2, **SIZES)
    assert in_bytes(resumed) == undisturbed


def test_a_disk_that_is_full_at_once_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="Nothing was written"):
        run(SmallCouncil(), kept_beside=tmp_path / "new" / "run", workers=1, **SIZES)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_keeps_the_futures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(run: Any, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    leave_out_the_report(monkeypatch)
    monkeypatch.setattr("sufficiency.report.workbook.write_workbook", full)
    monkeypatch.chdir(tmp_path)
    command = ["run", "--authority", "Rutland", "--months", "3", "--replications", "3"]
    assert status(*command, "--out", "run") == 2
    complaint = capsys.readouterr().err
    assert "the disk is full" in complaint
    assert "with --resume goes on from there" in complaint
    leave_out_the_report(monkeypatch)
    assert status(*command, "--out", "run", "--resume") == 0
    assert "Note: There is no unfinished run" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_somebody_makes_meanwhile_keeps_the_futures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = ChunkFolder.put

    def put(*kept: Any) -> None:
        keep(*kept)
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / "theirs.txt").touch()

    leave_out_the_report(monkeypatch)
    monkeypatch.setattr(ChunkFolder, "put", put)
    monkeypatch.chdir(tmp_path)
    command = ["run", "--authority", "Rutland", "--months", "3", "--replications", "3"]
    assert status(*command, "--out", "run") == 2
    complaint = capsys.readouterr().err
    assert "run: the folder exists already" in complaint
    assert complaint.count("with --resume goes on from there") == 1
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["theirs.txt"]
    (tmp_path / "run" / "theirs.txt").unlink()
    monkeypatch.setattr(ChunkFolder, "put", keep)
    assert status(*command, "--out", "run", "--resume") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_futures_that_cannot_be_read_back_are_said_to_be_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OutputError(f"run: this file was cut short while the run went on. {KEPT}")

    monkeypatch.setattr("sufficiency.experiment.tables", gone)
    monkeypatch.chdir(tmp_path)
    command = ["run", "--authority", "Rutland", "--months", "3", "--replications", "3"]
    assert status(*command, "--out", "run") == 2
    assert capsys.readouterr().err.count("with --resume goes on from there") == 1
    assert [path.suffix.partition("-")[0] for path in tmp_path.iterdir()] == [".chunks"]


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
def test_a_command_that_is_asked_to_end_says_how_to_go_on(tmp_path: Path) -> None:
    command = ["run", str(shipped_path("scenarios", "wolverhampton-2020.yaml"))]
    command += ["--months", "12", "--replications", "20000", "--workers", "1", "--out", "run"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sufficiency", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=found_first(Path(dask_cluster.__file__).parents[1]),
        cwd=tmp_path,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".run.chunks-*/*.chunk")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    said, complaint = process.communicate(timeout=30)
    assert process.returncode == 130, complaint
    assert said == ""
    assert complaint.rstrip().endswith("and the same command with --resume goes on from there.")
    assert "Traceback" not in complaint
    assert not (tmp_path / "run").exists()
    assert not list(tmp_path.glob(".run.chunks-*/*.part"))
