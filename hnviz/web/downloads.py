"""Downloads: a lesson, a run as a notebook or a zip file, a report on runs.

GET /api/lessons/{id}/file, /api/runs/{id}/notebook, /api/runs/{id}/zip and /api/report?runs=a,b.
/lessons redirects to the list of lessons. Other processes write the files, one at a time: doing it
here would slow down the pages.
"""

import logging
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.own import own_models
from hnviz.questions.params import Param, quoted
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.files import RESUME, scratch
from hnviz.web.http import Endpoint, Entry, Refusal, entry_reply, query, until_gone
from hnviz.web.limits import viewer_of
from hnviz.web.runs import run_ids
from hnviz.web.state import ServerState
from hnviz.web.work import Pool, Shared

POOL = 1, 8, 2  # files written at once, files waiting in all, files waiting per viewer
SECONDS = 600  # limit for writing a file
SECONDS_FOR_CLASS = 3600  # limit for phones: nobody waits for a lesson before the class
MAX_ZIP_MB = 64  # of weights: the server holds a zip file in memory while sending it
MAX_LOG_CHARS = 4000  # of a failed process's output
MAX_NAME_CHARS = 100  # in a report's name
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)

log = logging.getLogger(__name__)


class Form(NamedTuple):
    """A kind of file."""

    kind: str  # as `hnviz export` names it
    suffix: str
    media: str


LESSON = Form("lesson", ".html", "text/html; charset=utf-8")
NOTEBOOK = Form("notebook", ".ipynb", "application/x-ipynb+json")
ZIP = Form("run", ".zip", "application/zip")
REPORT = Form("report", ".html", LESSON.media)


class Exporter:
    """Writes files with `hnviz export` in other processes. Thread-safe.

    Each call raises Refusal with that process's sentence; the log has all its output.
    """

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[str]] = set()

    @property
    def is_writing(self) -> bool:
        """Return whether a file is being written."""
        return bool(self._processes)

    def end(self) -> None:
        """End the processes."""
        for process in tuple(self._processes):
            process.terminate()

    def lesson(self, lesson: str, *, in_class: bool = False) -> bytes:
        """Write a lesson; `in_class`: for phones, which send their answers to this server."""
        if in_class:  # at normal priority: on a busy computer it would otherwise take an hour
            return self._export(["lesson", lesson, "--class"], SECONDS_FOR_CLASS)
        return self._export(["lesson", lesson])

    def runs(self, form: Form, ids: Sequence[str], store: RunStore) -> bytes:
        """Write runs. May also raise RunNotFound."""
        folders = [store.folder(run_id) for run_id in ids]
        if form is ZIP:
            _check_size(*folders)
        with scratch() as folder:
            own = own_models()
            if own is not None:  # the runs may use the user's own models
                (folder / own.file).write_text(own.text, encoding="utf-8")
            models = ["--models", str(folder / own.file)] if own else []
            return self._export([form.kind, *ids, "--runs-dir", str(store.root), *models])

    def _export(self, arguments: Sequence[str], seconds: int = SECONDS) -> bytes:
        """Run `hnviz export` with these arguments, and return the file that it wrote."""
        with scratch() as folder:
            path = folder / "file"
            command = [sys.executable, "-m", "hnviz", "export", *arguments, "-o", str(path)]
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            ) as process:
                said = self._wait(process, seconds)
            if process.returncode:
                log.error("hnviz export %s failed: %s", " ".join(arguments), said[-MAX_LOG_CHARS:])
                last = next(iter(said.splitlines()[-1:]), "")
                raise Refusal(last.removeprefix("hnviz: ") or "the file could not be written", 422)
            return path.read_bytes()

    def _wait(self, process: "subprocess.Popen[str]", seconds: int) -> str:
        """Wait for a process; return its error output."""
        self._processes.add(process)
        try:
            return process.communicate(timeout=seconds)[1].strip()
        except subprocess.TimeoutExpired:
            process.kill()
            raise Refusal(
                f"writing the file took more than {seconds} s: this computer is busy; try again",
                503,
            ) from None
        finally:
            self._processes.discard(process)


def _check_size(folder: RunFolder) -> None:
    """Raise Refusal for a run whose weights are too large for a browser."""
    paths = [folder.path / RESUME, *(folder.snapshot_path(step) for step in folder.snapshots())]
    size = sum(path.stat().st_size for path in paths if path.is_file()) / 10**6
    if size > MAX_ZIP_MB:
        raise Refusal(
            f"the run has {size:,.0f} MB of weights, and a browser gets at most {MAX_ZIP_MB}; "
            f"write it with: python -m hnviz export run {folder.id}",
            413,
        )


def download_routes(state: ServerState, exporter: Exporter) -> list[Route]:
    """Return the routes of the files."""
    files = Downloads(state, exporter)

    def route(path: str, end: Endpoint, name: str) -> Route:
        return Route(path, until_gone(end), name=name)

    return [
        route("/api/lessons/{lesson}/file", files.lesson, "lesson"),
        route("/api/runs/{run_id}/notebook", partial(files.run, NOTEBOOK), "notebook"),
        route("/api/runs/{run_id}/zip", partial(files.run, ZIP), "zip"),
        route("/api/report", files.report, "report"),
    ]


class Downloads:
    """Requested files, each written once for all who request it."""

    def __init__(self, state: ServerState, exporter: Exporter) -> None:
        self._state, self._exporter = state, exporter
        self._shared = Shared(Pool(*POOL))

    async def lesson(self, request: Request) -> Response:
        """Answer with a lesson's file, to be saved and not shown."""
        name = request.path_params["lesson"]
        if not _NAME.fullmatch(name):
            raise Refusal(f"no lesson is named {quoted(name)}", 404)
        entry = self._state.cache.get((LESSON, name)) or await self._shared.result(
            name, partial(self._made, name), viewer_of(request.scope)
        )
        return _to_save(entry_reply(request, entry, LESSON.media), name, LESSON)

    def _made(self, name: str) -> Entry:
        entry = Entry.of(self._exporter.lesson(name))
        self._state.cache.put((LESSON, name), entry)
        return entry

    async def run(self, form: Form, request: Request) -> Response:
        """Answer with a run's file, to be saved."""
        run_id = request.path_params["run_id"]
        return await self._runs(request, (run_id,), form, run_id)

    async def report(self, request: Request) -> Response:
        """Answer with a report on the runs of the address, to be saved."""
        asked = query(request, {"runs": Param("text")}, "a report")
        ids = run_ids(asked["runs"])
        name = f"report-{'-'.join(ids)[:MAX_NAME_CHARS]}"
        return await self._runs(request, ids, REPORT, name)

    async def _runs(
        self, request: Request, ids: tuple[str, ...], form: Form, name: str
    ) -> Response:
        write = partial(self._exporter.runs, form, ids, self._state.store)
        key = form, ids
        reply = await self._shared.reply(request, key, lambda: Entry.of(write()), form.media)
        return _to_save(reply, name, form)


def _to_save(reply: Response, name: str, form: Form) -> Response:
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}{form.suffix}"'
    return reply
