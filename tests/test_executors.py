"""Many hands: the same answers from each executor, workers that die, stopping."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

from sufficiency.errors import SufficiencyError, UserError
from sufficiency.executors import (
    ATTEMPTS,
    PROCESSES,
    SERIAL,
    THREADS,
    SerialExecutor,
    Workers,
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


def test_a_windows_computer_of_many_processors_gets_as_many_processes_as_it_can_have() -> None:
    assert [most_processes(96, system) for system in ("win32", "linux")] == [61, 96]
    assert most_processes(8, "win32") == 8


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
