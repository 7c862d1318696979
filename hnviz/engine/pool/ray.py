"""Workers on a Ray cluster, or on a local Ray that ends with the sweep.

Ray is an optional package: it is loaded only for ``hnviz sweep --engine ray``.
"""

import importlib
import logging
import math
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any

import hnviz
from hnviz.config import RunConfig
from hnviz.engine.pool.engine import PoolError
from hnviz.runs import RunFolder
from hnviz.runs.files import scratch

ADDRESS_VARIABLE = "RAY_ADDRESS"
ANY_ADDRESS = "auto"  # the cluster that this machine belongs to
OWN_ADDRESS = "local"  # no cluster: a local Ray of our own
TASKS_LEFT = 2  # per worker, after taking a task: so tasks shrink along with the queue
STORE_BYTES = 80 * 2**20  # for Ray's object store, which we do not use; Ray requires 75 MB
CONNECT_SECONDS = 5.0


def names_a_cluster() -> bool:
    """Return whether the environment names a cluster; otherwise we start a local Ray."""
    return _address() not in ("", OWN_ADDRESS)


def _address() -> str:
    return os.environ.get(ADDRESS_VARIABLE, "")


class RayTask:
    """A task on Ray."""

    def __init__(self, ray: Any, reference: Any) -> None:
        self._ray, self._reference = ray, reference

    def done(self) -> bool:
        """Return whether it has ended, or its worker is lost."""
        try:
            return bool(self._ray.wait([self._reference], timeout=0)[0])
        except self._ray.exceptions.RayError:  # the cluster is gone, as `exception` reports
            return True

    def exception(self) -> BaseException | None:
        """Return why it failed, PoolError if every other task would fail too, or None."""
        try:
            problem = self._ray.get(self._reference)
        except self._ray.exceptions.RayTaskError as error:
            if _is_import(error):
                return PoolError(_without("hnviz"))
            return error
        except self._ray.exceptions.RayError as error:
            return error
        return PoolError(problem) if problem else None


class RayExecutor:
    """Connects to the cluster at $RAY_ADDRESS, or starts a local Ray with `n_workers` workers."""

    def __init__(self, n_workers: int | None) -> None:
        """None uses all processors of the cluster. Raises PoolError."""
        self._open = ExitStack()
        self._ray = _ray()
        try:
            self._connect(n_workers)
        except BaseException:
            self.close()
            raise

    def _connect(self, n_workers: int | None) -> None:
        address = _address()
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if names_a_cluster():
            _check_address(address)
            options["address"] = address
        else:
            options |= self._local(n_workers or 1)
        # Ray would report lost workers on stdout, in the middle of the sweep's table.
        self._open.enter_context(redirect_stdout(sys.stderr))
        self._open.callback(self._ray.shutdown)
        try:
            self._ray.init(**options)
            self.n_workers = n_workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
            self._train = self._ray.remote(train_on_worker)
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as error:
            raise PoolError(_unreachable(address, error)) from error

    def _local(self, n_workers: int) -> dict[str, Any]:
        """Return the options of a local Ray that leaves nothing behind."""
        folder = self._open.enter_context(scratch())
        os.environ["RAY_TMPDIR"] = str(folder)
        root = str(Path(hnviz.__file__).parent.parent)  # workers can then import a checkout
        path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(path)
        return {
            "address": OWN_ADDRESS,  # not a cluster that another user has started here
            "num_cpus": n_workers,
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
        }

    def choose(self, waiting: Sequence[RunConfig]) -> Sequence[int]:
        """Take several runs at first, and one at a time at the end, so that all end together."""
        size = math.ceil(len(waiting) / (TASKS_LEFT * self.n_workers))
        alike = [i for i, each in enumerate(waiting) if each.device == waiting[0].device]
        return alike[:size]

    def submit(self, folders: Sequence[RunFolder]) -> RayTask:
        """Give Ray a task; it needs a core, and a GPU if its runs ask for cuda."""
        n_gpus = int(folders[0].config.device == "cuda")
        paths = [str(folder.path.absolute()) for folder in folders]
        # The sweep itself counts a run's tries, and the run's folder says where to go on.
        task = self._train.options(num_cpus=1, num_gpus=n_gpus, max_retries=0)
        try:
            return RayTask(self._ray, task.remote(paths))
        except (OSError, RuntimeError, self._ray.exceptions.RayError) as error:
            raise PoolError(_unreachable(_address(), error)) from error

    def close(self) -> None:
        """Leave the cluster, or end the local Ray; running tasks are ended."""
        self._open.close()


def train_on_worker(paths: list[str]) -> str:
    """Train runs on a worker; return "", or why it cannot train any."""
    try:
        from hnviz.engine.pool.worker import train_runs
    except ModuleNotFoundError as error:
        return _without(error.name or "a package")
    return train_runs(paths)


def _without(package: str) -> str:
    return (
        f"a worker of Ray has no {package}; install hnviz and its requirements for the Python of "
        "every worker"
    )


def _ray() -> Any:
    """Load Ray. Raises PoolError."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # report nothing to anybody
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise PoolError(
            f"--engine ray needs the package ray ({error}); install it with pip install "
            "'hnviz[ray]', or leave the option out"
        ) from error


def _check_address(address: str) -> None:
    """Raise PoolError for a cluster that does not answer; Ray itself would try for a minute."""
    if address == ANY_ADDRESS:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise PoolError(
            f"{ADDRESS_VARIABLE} must be host:port, or {ANY_ADDRESS}; got {address[:100]!r}"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise PoolError(_unreachable(address, error)) from error


def _unreachable(address: str, error: BaseException) -> str:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    if names_a_cluster():
        return f"no Ray cluster answers at {ADDRESS_VARIABLE}={address[:100]}: {said}"
    return f"Ray could not start on this machine: {said}"


def _is_import(error: BaseException) -> bool:
    """Return whether a worker could not load our code."""
    return "failed to import" in str(error) or "No module named 'hnviz" in str(error)
