"""A crew on a Dask cluster that runs already: other machines, or other processes of this one."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any

from sufficiency.errors import ClusterLost, UserError
from sufficiency.executors import Crew

CONNECT_SECONDS = 10
PATIENCE_SECONDS = 600
"""How long a cluster may be without a worker: one that grows on demand takes minutes to begin."""
_LOOK_SECONDS = 5
_PIECES_A_THREAD = 2
_LEAST_ROOM = 8
"""A cluster that grows on demand may begin with no worker at all."""


@contextmanager
def dask_crew(
    work: Callable[[Any, Any], Any], shared: Any, scheduler: str
) -> Generator[Crew, None, None]:
    """The workers of the cluster whose scheduler answers at ``scheduler`` (tcp:// or tls://).

    A worker that dies loses nothing: the scheduler gives its pieces to others.

    Raises:
        UserError: Dask is not installed, nothing answers, or the workers run another version.
        ClusterLost: the cluster gave a piece up, is gone, or has had no worker for long.
    """
    try:
        import distributed
    except ImportError as error:
        raise UserError(
            "executor: Dask is not installed here. Install it with: "
            'python -m pip install "sufficiency[dask]"'
        ) from error
    client = _connected(distributed, scheduler)
    try:
        here = _checked_version(client)
        # A task and not scattered data: the scheduler can make it again where a worker died.
        known = client.submit(_as_it_is, shared, pure=False)
        executor = client.get_executor(pure=False)

        def submit(item: Any) -> Future[Any]:
            future: Future[Any] = executor.submit(_as_here, here, work, known, item)
            return future

        room = max(_LEAST_ROOM, _PIECES_A_THREAD * sum(client.nthreads().values()))
        yield Crew(submit, room, _Watch(client, scheduler))
    except distributed.KilledWorker as error:
        raise ClusterLost(
            f"scheduler: workers of the cluster at {scheduler} ended over the same piece of work "
            f"again and again, most likely for want of memory: their logs say more ({error})."
        ) from error
    except UserError:
        raise
    except Exception as error:
        # Dask has many ways to say that it is gone, of which some are mistakes of its own.
        gone = isinstance(error, CancelledError | distributed.comm.CommClosedError)
        if not gone and client.status == "running":
            raise
        raise ClusterLost(
            f"scheduler: the cluster at {scheduler} no longer answers. See that its scheduler runs."
        ) from error
    finally:
        client.close(timeout=CONNECT_SECONDS)


class _Watch:
    """Ends the waiting for a cluster that has had no worker for too long."""

    def __init__(self, client: Any, scheduler: str):
        self._client, self._scheduler = client, scheduler
        self._looked = self._somebody = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._looked < min(_LOOK_SECONDS, PATIENCE_SECONDS):
            return
        self._looked = now
        if self._client.nthreads():
            self._somebody = now
        elif now - self._somebody >= PATIENCE_SECONDS:
            raise ClusterLost(
                f"scheduler: the cluster at {self._scheduler} has had no workers for "
                f"{PATIENCE_SECONDS // 60} minutes. Start some there, such as with `dask worker`."
            )


def _connected(distributed: Any, scheduler: str) -> Any:
    try:
        return distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except TypeError as error:
        # How Dask says that an encrypted address was given and no certificates.
        raise UserError(
            f"scheduler: Dask knows no certificates with which to reach {scheduler} ({error}). "
            "Name them in its own settings, here and on the cluster: tls.ca-file, tls.client.cert "
            "and tls.client.key under distributed.comm."
        ) from error
    except ValueError as error:
        # What is wrong with an address, Dask says in words of its own code.
        raise UserError(
            f"scheduler: found {scheduler}, expected the address that `dask scheduler` prints, "
            "such as tcp://10.0.0.5:8786."
        ) from error
    except OSError as error:
        raise UserError(
            f"scheduler: no Dask scheduler answers at {scheduler} ({error}). Expected the address "
            "that `dask scheduler` prints, such as tcp://10.0.0.5:8786."
        ) from error


def _checked_version(client: Any) -> str:
    """The version here; refuses workers that would compute something else."""
    from sufficiency.identity import code_version

    here = code_version()
    try:
        there = client.run(_version_there)
    except ModuleNotFoundError as error:
        raise UserError(
            "scheduler: sufficiency is not installed on the cluster's workers. Install the same "
            "version there."
        ) from error
    other = sorted({version for version in there.values() if version != here})
    if other:
        raise _another_version(", ".join(other), here)
    return here


def _another_version(there: str, here: str) -> UserError:
    return UserError(
        f"scheduler: the cluster's workers run sufficiency {there}, and this computer {here}. "
        "Install the same version on both."
    )


def _as_here(here: str, work: Callable[[Any, Any], Any], shared: Any, item: Any) -> Any:
    """Work out an item on a worker, which may have come long after the others were asked."""
    there = _version_there()
    if there != here:
        raise _another_version(there, here)
    return work(shared, item)


def _version_there() -> str:
    from sufficiency.identity import code_version

    return code_version()


def _as_it_is(shared: Any) -> Any:
    return shared
