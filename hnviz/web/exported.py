"""Files to take away: a lesson, a run as a notebook or a zip file, a report on runs.

GET /api/lessons/{id}/file, /api/runs/{id}/notebook, /api/runs/{id}/zip and /api/report?runs=a,b.
/lessons leads to the list of lessons. Another process writes them, as a page's script would disturb
this one; one file at a time.
"""

import logging
import re
import subprocess
import sys
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hnviz.own import own_models
from hnviz.questions.params import Param, quoted, read_query
from hnviz.runs.files import scratch
from hnviz.web.curves import run_ids
from hnviz.web.errors import Refusal, RefusedError
from hnviz.web.kept import Entry, kept_entries
from hnviz.web.lanes import ANYBODY, Lane, Shared
from hnviz.web.replies import entry_reply, until_gone
from hnviz.web.standing import store
from hnviz.web.viewer import viewer_of

KEPT_BYTES = 24 * 2**20  # of files: a lesson has at most 2 MB
LINE = (1, 8, 2)  # files that are written at a time, and that may wait, in all and of a viewer
SECONDS = 600  # that writing a file may take
SECONDS_FOR_CLASS = 3600  # and a lesson for phones, for which nobody waits before the class
MOST_MB = 64  # of a run's snapshots: the server holds a zip file in memory while it sends it
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)

log = logging.getLogger(__name__)

_writing: "set[subprocess.Popen[str]]" = set()

Write = Callable[[str], bytes]


class Form(NamedTuple):
    """What a run can be taken away as."""

    kind: str  # as `hnviz export` names it
    suffix: str
    media: str


NOTEBOOK = Form("notebook", ".ipynb", "application/x-ipynb+json")
ZIP = Form("run", ".zip", "application/zip")
REPORT = Form("report", ".html", "text/html; charset=utf-8")
LOGGED = 4000  # characters of what a process said before it failed
LONGEST_NAME = 100  # characters of a report's name


def written(lesson: str, *, in_class: bool = False) -> bytes:
    """Have a lesson written in another process. Raises Refusal with that process's sentence.

    `in_class`: for phones of a class, which send their answers to this server.
    """
    if in_class:  # no lower priority: on a busy computer it would take an hour
        return _exported(["lesson", lesson, "--class"], SECONDS_FOR_CLASS)
    return _exported(["lesson", lesson])


def run_written(form: Form, run_id: str) -> bytes:
    """Have a run written in another process. Raises Refusal, or RunNotFound."""
    folder = store().folder(run_id)
    paths = [folder.snapshot_path(step) for step in folder.snapshots()]
    size = sum(path.stat().st_size for path in paths if path.is_file()) / 10**6
    if form is ZIP and size > MOST_MB:
        command = f"python -m hnviz export run {run_id}"
        raise Refusal(
            f"the run has {size:,.0f} MB of snapshots, and a browser gets at most {MOST_MB}; "
            f"write it with: {command}",
            413,
        )
    return _runs_exported(form, [run_id])


def report_written(ids: Sequence[str]) -> bytes:
    """Have a report on runs written in another process. Raises Refusal, or RunNotFound."""
    for run_id in ids:
        store().folder(run_id)
    return _runs_exported(REPORT, ids)


def _runs_exported(form: Form, ids: Sequence[str]) -> bytes:
    with scratch() as folder:
        own = own_models()
        if own is not None:  # the other process must know the models that the runs may be of
            (folder / own.file).write_text(own.text, encoding="utf-8")
        models = ["--models", str(folder / own.file)] if own else []
        return _exported([form.kind, *ids, "--runs-dir", str(store().root), *models])


def _exported(arguments: Sequence[str], seconds: int = SECONDS) -> bytes:
    """Run `hnviz export` with these arguments, and return the file that it wrote.

    Raises Refusal; what the process said is then in the server's log.
    """
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
            said = _said(process, seconds)
        if process.returncode:
            log.error("hnviz export %s failed: %s", " ".join(arguments), said[-LOGGED:])
            last = next(iter(said.splitlines()[-1:]), "")
            raise Refusal(last.removeprefix("hnviz: ") or "the file could not be written", 422)
        return path.read_bytes()


def _said(process: "subprocess.Popen[str]", seconds: int) -> str:
    """Wait for a process; return what it complains of. Raises Refusal."""
    _writing.add(process)
    try:
        return process.communicate(timeout=seconds)[1].strip()
    except subprocess.TimeoutExpired:
        process.kill()
        raise Refusal(
            f"writing the file took more than {seconds} s: this computer is busy; try again", 503
        ) from None
    finally:
        _writing.discard(process)


def end() -> None:
    """End the processes that write files."""
    for process in tuple(_writing):
        process.terminate()


def routes(write: Write = written) -> list[Route]:
    """Return the route of the files, and the one to the list of lessons."""
    files = Files(write)
    return [
        Route("/api/lessons/{lesson}/file", until_gone(files.file), name="lesson"),
        Route(
            "/api/runs/{run_id}/notebook", until_gone(partial(files.run, NOTEBOOK)), name="notebook"
        ),
        Route("/api/runs/{run_id}/zip", until_gone(partial(files.run, ZIP)), name="zip"),
        Route("/api/report", until_gone(files.report), name="report"),
        Route("/lessons", _to_list),
    ]


async def _to_list(request: Request) -> Response:
    """Lead on to the page Lessons, whose address has no s."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"lesson{asked}")


class Files:
    """Files that were asked for, written once for all who ask."""

    def __init__(self, write: Write) -> None:
        self._write, self._kept = write, kept_entries(KEPT_BYTES)
        self._shared, self._lane = Shared(), Lane(*LINE)

    async def file(self, request: Request) -> Response:
        """Answer with a lesson's file, to be saved and not shown."""
        name = request.path_params["lesson"]
        entry = await self.entry(name, viewer_of(request.scope))
        reply = entry_reply(request, entry, "text/html; charset=utf-8", immutable=False)
        reply.headers["Content-Disposition"] = f'attachment; filename="{name}.html"'
        return reply

    async def run(self, form: Form, request: Request) -> Response:
        """Answer with a run's file, to be saved."""
        run_id = request.path_params["run_id"]
        entry = await self._shared.result(
            (form, run_id),
            lambda: Entry.of(run_written(form, run_id)),
            self._lane,
            viewer_of(request.scope),
        )
        reply = entry_reply(request, entry, form.media, immutable=False)
        reply.headers["Content-Disposition"] = f'attachment; filename="{run_id}{form.suffix}"'
        return reply

    async def report(self, request: Request) -> Response:
        """Answer with a report on the runs of the address, to be saved."""
        asked = read_query({"runs": Param("text")}, request.query_params.multi_items(), "a report")
        ids = run_ids(asked["runs"])
        entry = await self._shared.result(
            (REPORT, ids),
            lambda: Entry.of(report_written(ids)),
            self._lane,
            viewer_of(request.scope),
        )
        reply = entry_reply(request, entry, REPORT.media, immutable=False)
        name = f"report-{'-'.join(ids)[:LONGEST_NAME]}{REPORT.suffix}"
        reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return reply

    async def entry(self, name: str, viewer: Hashable = ANYBODY) -> Entry:
        """Return a lesson's file. Raises Refusal or RefusedError."""
        if not _NAME.fullmatch(name):
            raise RefusedError(404, f"no lesson is named {quoted(name)}")
        return self._kept.get(name) or await self._shared.result(
            name, lambda: self._made(name), self._lane, viewer
        )

    def _made(self, name: str) -> Entry:
        entry = Entry.of(self._write(name))
        self._kept.put(name, entry)
        return entry
