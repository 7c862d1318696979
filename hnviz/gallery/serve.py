"""Starts the gallery in this process, on runs of its own, never the developer's."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import uvicorn

from hnviz.app.kit.picture import DEBUG_VARIABLE
from hnviz.app.shell.server import server
from hnviz.events import Ended, RunStarted
from hnviz.gallery.cases import runs
from hnviz.gallery.site import site
from hnviz.runs import RunStore
from hnviz.runs.files import scratch

RUNS_VARIABLE = "HNVIZ_RUNS_DIR"


def serve(port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` gets the URL just before the server answers."""
    with scratch() as folder:
        os.environ[RUNS_VARIABLE] = str(folder)
        os.environ.setdefault(DEBUG_VARIABLE, "1")
        app = site(empty_runs(folder, runs()), lambda: announce(f"http://127.0.0.1:{port}"))
        settings = uvicorn.Config(app, "127.0.0.1", port, log_level="warning")
        settings.timeout_graceful_shutdown = 1  # a browser's connections stay open
        uvicorn.Server(settings).run()


def empty_runs(root: Path, shipped: Iterable[str]) -> dict[str, str]:
    """Make a run without snapshots for each pre-trained one, stopped before its first step."""
    return {run_id: _empty_run(RunStore(root), run_id) for run_id in shipped}


def _empty_run(new: RunStore, run_id: str) -> str:
    record = server().store.record(run_id)
    folder, started = new.create(record.config), record.started
    now = time.time()
    with folder.writer() as writer:
        writer.append(
            RunStarted(
                n_batches=started.n_batches if started else 1,
                n_steps=started.n_steps if started else 1,
                n_weights=started.n_weights if started else 1,
                device="cpu",
                time=now,
            )
        )
        writer.append(Ended(status="stopped", step=0, message="stopped", time=now))
    return folder.id
