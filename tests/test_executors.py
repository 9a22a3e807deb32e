"""Many hands: the same answers from each executor, workers that die, stopping."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sufficiency import executors
from sufficiency.errors import SufficiencyError, UserError
from sufficiency.executors import (
    ATTEMPTS,
    PROCESSES,
    SERIAL,
    THREADS,
    SerialExecutor,
    Workers,
    awaited,
    check_workers,
    work_out,
)
from sufficiency.processes import most_processes

HERE = [SERIAL, THREADS, PROCESSES]


def _times(shared: int, item: int) -> int:
    return shared * item


@pytest.mark.parametrize("executor", HERE)
@pytest.mark.parametrize("n_items", [0, 1, 23])
def test_every_item_is_worked_out_once(executor: str, n_items: int) -> None:
    found = list(work_out(_times, 7, range(n_items), Workers(executor, 2)))
    assert sorted(found) == [(item, 7 * item) for item in range(n_items)]
    assert multiprocessing.active_children() == []


def _fail(shared: None, item: int) -> int:
    if item == 5:
        raise UserError("five is too many")
    return item


@pytest.mark.parametrize("executor", HERE)
def test_an_error_comes_out_and_leaves_no_worker(executor: str) -> None:
    with pytest.raises(UserError, match="five is too many"):
        list(work_out(_fail, None, range(40), Workers(executor, 2)))
    assert multiprocessing.active_children() == []


def run_script(script: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What a script says that processes start again from; one that hangs fails."""
    script.write_text(textwrap.dedent(text), encoding="utf-8")
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_worker_stopped_while_it_sends_a_result_holds_up_nobody(tmp_path: Path) -> None:
    done = run_script(
        tmp_path / "stopping.py",
        """
            from contextlib import closing
            from sufficiency.executors import Workers, work_out

            def large(shared, item):
                return bytes(300_000_000)

            if __name__ == "__main__":
                with closing(work_out(large, None, range(6), Workers("processes", 2))) as results:
                    next(results)
                print("ended")
            """,
    )
    assert done.stdout == "ended\n", done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signals here")
def test_a_worker_killed_while_it_is_sent_work_holds_up_nobody(tmp_path: Path) -> None:
    done = run_script(
        tmp_path / "killed.py",
        """
            import multiprocessing, os, signal, time
            from concurrent.futures import BrokenExecutor
            from sufficiency.processes import process_crew

            def length(shared, item):
                return len(item)

            if __name__ == "__main__":
                with process_crew(length, None, 1) as crew:
                    assert crew.submit(b"1").result() == 1
                    (worker,) = multiprocessing.active_children()
                    os.kill(worker.pid, signal.SIGSTOP)
                    sent = crew.submit(bytes(10_000_000))
                    time.sleep(0.5)  # More than fits into a pipe is on its way.
                    os.kill(worker.pid, signal.SIGKILL)
                    try:
                        sent.result()
                    except BrokenExecutor:
                        print("broken")
                print("ended")
            """,
    )
    assert done.stdout == "broken\nended\n", done.stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_worker_killed_as_it_starts_holds_up_nobody(tmp_path: Path) -> None:
    """More than a pipe holds is shared, and nobody will read it: the first worker is killed before
    it runs a line of its own, the next ones work."""
    done = run_script(
        tmp_path / "starting.py",
        """
            import os, signal
            from multiprocessing import resource_tracker, util
            from sufficiency.executors import Workers, work_out

            start, started = util.spawnv_passfds, []

            def started_and_killed(*args):
                pid = start(*args)
                started.append(pid)
                if len(started) == 1:
                    os.kill(pid, signal.SIGKILL)
                return pid

            def length(shared, item):
                return len(shared) + item

            if __name__ == "__main__":
                resource_tracker.ensure_running()  # a process too
                util.spawnv_passfds = started_and_killed
                found = work_out(length, bytes(1_000_000), range(3), Workers("processes", 1))
                print(sorted(found), len(started) > 1)
            """,
    )
    assert done.stdout == "[(0, 1000000), (1, 1000001), (2, 1000002)] True\n", done.stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_worker_killed_while_it_sends_a_result_holds_up_nobody(tmp_path: Path) -> None:
    done = run_script(
        tmp_path / "sending.py",
        """
            import os, signal, sys, threading, time
            from pathlib import Path
            from sufficiency.executors import Workers, work_out

            def killed():
                time.sleep(0.5)
                os.kill(os.getpid(), signal.SIGKILL)

            def large_at_first(shared, item):
                if Path(shared).exists():
                    return item
                Path(shared).touch()
                # The parent reads nothing for so long: the message is sent in part.
                os.kill(os.getppid(), signal.SIGSTOP)
                again = f"sleep 1; kill -CONT {os.getppid()}"
                os.spawnlp(os.P_NOWAIT, "sh", "sh", "-c", again)
                threading.Thread(target=killed, daemon=True).start()
                return bytes(10_000_000)

            if __name__ == "__main__":
                flag = sys.argv[0] + ".begun"
                found = work_out(large_at_first, flag, range(4), Workers("processes", 1))
                print(sorted(found))
            """,
    )
    assert done.stdout == "[(0, 0), (1, 1), (2, 2), (3, 3)]\n", done.stderr


def test_a_crew_that_ends_leaves_the_processes_of_others_alone(tmp_path: Path) -> None:
    done = run_script(
        tmp_path / "others.py",
        """
            import multiprocessing, time
            from sufficiency.processes import process_crew

            def fail(shared, item):
                raise ValueError("no")

            if __name__ == "__main__":
                try:
                    with process_crew(fail, None, 1) as crew:
                        spawn = multiprocessing.get_context("spawn")
                        mine = spawn.Process(target=time.sleep, args=(1,))
                        mine.start()
                        crew.submit(1).result()
                except ValueError:
                    mine.join()
                    print(mine.exitcode, multiprocessing.active_children())
            """,
    )
    assert done.stdout == "0 []\n", done.stderr


def test_what_workers_share_is_removed_when_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(work_out(_times, 7, range(9), Workers(PROCESSES, 2))) as results:
        next(results)
        (told,) = tmp_path.iterdir()
        assert os.name == "nt" or told.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_what_workers_share_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pickle, "dump", full)
    with pytest.raises(UserError, match=r"share cannot be written \(No space left on device\)"):
        list(work_out(_times, 7, range(9), Workers(PROCESSES, 2)))
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_sent_out_than_can_be_worked_on() -> None:
    begun: list[int] = []

    def work(shared: None, item: int) -> int:
        begun.append(item)
        return item

    with closing(work_out(work, None, range(1000), Workers(THREADS, 2))) as results:
        for _ in range(3):
            next(results)
    assert len(begun) <= 3 + 2 * 2


def _die_at_first(marks: Path, item: int) -> int:
    """The first worker that comes to item 5 dies, as if the system had killed it."""
    mark = marks / "died"
    if item == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL) if hasattr(signal, "SIGKILL") else os._exit(9)
    return item * item


def test_what_a_worker_that_died_had_in_hand_is_worked_out_by_others(tmp_path: Path) -> None:
    found = list(work_out(_die_at_first, tmp_path, range(30), Workers(PROCESSES, 2)))
    assert sorted(found) == [(item, item * item) for item in range(30)]
    assert (tmp_path / "died").exists()
    assert multiprocessing.active_children() == []


def _always_die(marks: Path, item: int) -> int:
    if item == 1:
        (marks / str(time.monotonic_ns())).touch()
        os._exit(9)
    return item


def test_a_piece_that_kills_every_worker_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(SufficiencyError, match="3 times over the same piece of work, most likely"):
        list(work_out(_always_die, tmp_path, range(3), Workers(PROCESSES, 2)))
    assert len(list(tmp_path.iterdir())) == ATTEMPTS
    assert multiprocessing.active_children() == []


class _Unreadable:
    """Can be sent, but whoever reads it fails."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("no number",)


def test_workers_that_cannot_start_are_not_started_for_every_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []
    real = executors._opened
    monkeypatch.setattr(executors, "_opened", lambda *asked: opened.append(1) or real(*asked))
    with pytest.raises(SufficiencyError, match="3 times before they had finished anything"):
        list(work_out(_times, _Unreadable(), range(60), Workers(PROCESSES, 2)))
    assert len(opened) == ATTEMPTS


def test_a_windows_computer_of_many_processors_gets_as_many_processes_as_it_can_have() -> None:
    assert [most_processes(96, system) for system in ("win32", "linux")] == [61, 96]
    assert most_processes(8, "win32") == 8


def test_what_is_awaited_comes_whole_or_raises_its_own_error() -> None:
    def slow() -> int:
        time.sleep(0.5)
        return 5

    def fails() -> None:
        time.sleep(0.5)
        raise TimeoutError("its own")

    with ThreadPoolExecutor(2) as pool:
        assert awaited(pool.submit(slow)) == 5
        with pytest.raises(TimeoutError, match="its own"):
            awaited(pool.submit(fails))


def test_a_serial_executor_is_an_executor() -> None:
    with SerialExecutor() as executor:
        assert executor.submit(_times, 2, item=4).result() == 8
        assert isinstance(executor.submit(_fail, None, 5).exception(), UserError)
        assert list(executor.map(_times, [1, 2], [3, 4])) == [3, 8]


def test_workers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UserError, match="workers: found 0, expected a whole number from 1 up"):
        check_workers(Workers(THREADS, 0))


def _sleep(shared: float, item: int) -> int:
    time.sleep(shared)
    return os.getpid()


INTERRUPTED = """
    import sys, time
    from test_executors import _sleep
    from sufficiency.executors import Workers, work_out

    if __name__ == "__main__":
        try:
            for _, worker in work_out(_sleep, 0.05, range(2000), Workers({executor!r}, 2)):
                print(worker, flush=True)
        except KeyboardInterrupt:
            sys.exit(130)
"""
UNGUARDED = """
    from test_executors import _times
    from sufficiency.executors import Workers, work_out
    print(sorted(work_out(_times, 2, range(5), Workers("processes", 2))))
"""


def _started(script: Path, text: str) -> subprocess.Popen[str]:
    script.write_text(textwrap.dedent(text), encoding="utf-8")
    here = Path(__file__).parent
    return subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
        start_new_session=True,
    )


def test_a_script_without_a_guard_is_told_so_and_ends(tmp_path: Path) -> None:
    process = _started(tmp_path / "unguarded.py", UNGUARDED)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "does not guard its entry with" in complaint


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes are POSIX")
@pytest.mark.parametrize(
    ("how", "executor"),
    [(signal.SIGINT, PROCESSES), (signal.SIGKILL, PROCESSES), (signal.SIGINT, THREADS)],
)
def test_stopping_is_quick_and_leaves_no_worker(
    tmp_path: Path, how: signal.Signals, executor: str
) -> None:
    process = _started(tmp_path / "interrupted.py", INTERRUPTED.format(executor=executor))
    assert process.stdout is not None
    workers = {int(process.stdout.readline()) for _ in range(30)}
    began = time.monotonic()
    if how is signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.kill()
    _, complaint = process.communicate(timeout=10)
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert time.monotonic() - began < 5
    assert "Traceback" not in complaint
    deadline = time.monotonic() + 5
    while any(_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(worker) for worker in workers)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="utf-8").split()[2] != "Z"
