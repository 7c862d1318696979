"""The gallery's ASGI app: the web door on the pre-trained runs, and one page of our own."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from hnviz.app.run.names import shown_name
from hnviz.app.shell.asgi import STYLES
from hnviz.app.shell.server import server, sweeps
from hnviz.app.shell.variables import variables
from hnviz.app.topics import topics
from hnviz.engine.client import close_shared_engine
from hnviz.gallery.cases import MODES, WIDTHS, pictures, views
from hnviz.runs import DamagedRun
from hnviz.web import answers, assets, controls, corpora, live
from hnviz.web.assets import ASSETS
from hnviz.web.guard import Rules, guard
from hnviz.web.http import Refusal, door
from hnviz.web.runs import curve_routes, run_routes
from hnviz.web.state import ServerState
from hnviz.web.sweeps import sweep_routes

FILES = Path(__file__).parent
PAGE = {"/": "page.html", "/mount": "page.html", "/main.js": "main.js", "/style.css": "style.css"}
"""`/` is the index, or frames that show what its query names; `/mount` is what is in one frame."""

REFUSED = "the engine is busy with other questions; try again in a moment"
"""The answer to every question in the state "error"."""

HOSTS = ("127.0.0.1", "localhost")


def site(empty: Mapping[str, str], started: Callable[[], None] = lambda: None) -> Starlette:
    """Make the app. `empty` maps a pre-trained run to one that has no snapshots."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        started()
        try:
            yield
        finally:
            await run_sync(close_shared_engine)

    async def told(request: Request) -> Response:
        return JSONResponse(cases(empty))

    state, followed = server(), topics(sweeps())
    swept = sweep_routes(sweeps())
    listed = [*assets.routes(), *run_routes(state, shown_name), *swept, *corpora.routes()]
    real = [
        *answers.observation_routes(state, views()),
        *curve_routes(state, shown_name),
        *live.routes(live.Hub(followed, _shipped(state))),
        *controls.button_routes(state),
    ]
    failing = [
        Route("/api/runs/{run_id}/{step}/{question}", _refuse),
        Route("/api/curves", _refuse),
        *live.routes(live.Hub(followed, live.Source(_fail, dict))),
    ]
    routes: Iterable[BaseRoute] = [
        *(Route(path, _file(FILES / name)) for path, name in PAGE.items()),
        *_fonts(),
        Route("/cases.json", told),
        Mount("/error", routes=door([*listed, *failing])),
        *door([*listed, *real]),
    ]
    rules = Rules(hosts=HOSTS, frames=("'self'",))
    return Starlette(routes=list(routes), middleware=[guard(lambda: rules)], lifespan=lifespan)


def cases(empty: Mapping[str, str]) -> dict[str, Any]:
    """Return everything that the page is made from."""
    return {
        "pictures": pictures(empty),
        "modes": {mode: variables(mode) for mode in MODES},
        "widths": WIDTHS,
        "styles": [ASSETS.address(name) for name in STYLES],
        "tab": ASSETS.address("app/kit/js/tab.js"),
    }


async def _refuse(request: Request) -> Response:
    raise Refusal(REFUSED, 503)


def _fail(run_id: str) -> Any:
    raise DamagedRun(REFUSED)  # the hub passes its sentence on as it is


def _shipped(state: ServerState) -> live.Source:
    """Return news of all runs; the list has the shipped ones alone, which never change."""
    source = live.source_of(state)

    def look(run_id: str) -> Any:
        found = source.look(run_id)
        if isinstance(found, live.Listing):
            return live.Listing(tuple(line for line in found.lines if line.shipped), found.jobs)
        return found

    return live.Source(look, source.jobs)


def _file(path: Path) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return FileResponse(path, headers={"Cache-Control": "no-store"})

    return answer


def _fonts() -> list[Route]:
    """Serve Streamlit's fonts, whose files are named after their content."""
    spec = find_spec("streamlit")
    folder = Path(spec.origin).parent / "static/static/media" if spec and spec.origin else FILES
    fonts = {"sans": "SourceSansVF-Upright*.woff2", "code": "SourceCodeVF-Upright*.woff2"}
    return [
        Route(f"/fonts/{name}.woff2", _file(path))
        for name, pattern in fonts.items()
        for path in list(folder.glob(pattern))[:1]
    ]
