"""Run the engine: ``python -m hnviz.engine --runs-dir DIR``.

The client starts it. If you start it yourself, it answers JSON requests, one per line. It logs to
stderr, which the client writes to engine.log in the folder of the runs.
"""

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path

from hnviz.engine.protocol import frames_in_child
from hnviz.engine.scheduler import Limits
from hnviz.engine.server import serve
from hnviz.engine.workers import CannotStartError
from hnviz.own import OwnModels, register
from hnviz.runs import SHIPPED_DIR, RunStore, default_runs_dir
from hnviz.runs.files import scratch


def main() -> None:
    """Read the command line and serve until stdin closes."""
    parser = argparse.ArgumentParser(prog="python -m hnviz.engine", description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=default_runs_dir())
    parser.add_argument("--shipped", type=Path, default=SHIPPED_DIR)
    parser.add_argument("--frames", type=int, help="descriptor for binary answers; none by default")
    parser.add_argument(
        "--models", action="store_true", help="the first line of stdin holds the user's own models"
    )
    arguments = parser.parse_args()
    if arguments.models:
        with open(0, "rb", buffering=0, closefd=False) as requests:  # unbuffered: reads no more
            register(OwnModels.from_json(requests.readline()))
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s engine %(message)s")
    try:
        limits = Limits.from_environ(os.environ, arguments.runs_dir)
    except ValueError as error:
        sys.exit(str(error))
    if arguments.frames is None:
        frames = os.open(os.devnull, os.O_WRONLY)
    else:
        frames = frames_in_child(arguments.frames)
    store = RunStore(arguments.runs_dir, arguments.shipped)
    os._exit(_serve(store, limits, frames))  # a normal exit would look for the sockets' folder


def _serve(store: RunStore, limits: Limits, frames: int) -> int:
    """Serve with a temporary folder for all child processes; return the exit status."""
    store.remove_unfinished()
    try:
        with scratch() as folder:
            # Python's fork server puts its sockets there, and leaves them behind when it is killed.
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
            serve(store, limits, frames)
    except CannotStartError:
        return 1  # the last line of the log is the fork server's
    except Exception:
        logging.exception("the engine has failed")
        return 1
    return 0


if __name__ == "__main__":
    main()
