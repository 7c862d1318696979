"""The parts of the ASGI app that app.py and the launcher serve: Streamlit, and ours beside it.

Importing this module must not read Streamlit's settings: Streamlit reads its files once, and finds
the one beside the script only after `st.App` has been made.

The server answers before it has loaded the pictures, numpy and the runs: the first browser needs as
long for Streamlit's own files. So this module imports those only in functions.
"""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hnviz.app.shell.classroom import class_service, open_class
from hnviz.app.shell.host import ORIGINS, base_path, named
from hnviz.app.shell.server import exporter, server, sweeps
from hnviz.app.shell.share import share_tags
from hnviz.lessons import PARAMETER, address, lessons_and_translations, query
from hnviz.lessons.moved import moved
from hnviz.lessons.panel import FIRST_PAGE, page_path
from hnviz.own import OwnModelError, use_named
from hnviz.web import assets
from hnviz.web.assets import ASSETS
from hnviz.web.guard import Rules, guard, security_policy
from hnviz.web.http import door
from hnviz.web.limits import (
    PROXIES,
    Bounds,
    allow_many_open_files,
    give_memory_back,
    is_nearly_full,
    limits,
    most_closed_tabs,
    proxies,
)
from hnviz.web.log import keep_short, no_warnings
from hnviz.web.page import CLASSES, Page, Pages, dressed, front, late_modules
from hnviz.web.uvicorn_fixes import mend_uvicorn

SCRIPT = Path(__file__).parents[1] / "script.py"
STYLES = (
    "app/shell/page.css",
    "app/shell/cards.css",
    "app/shell/lesson.css",
    "app/kit/places.css",
)
LESSONS = (PARAMETER, "lessons")
"""What addresses of lessons end with."""
EARLY = ("BidiComponent", "Selectbox", "Html", "PageLink")
"""Streamlit's, on our pages, whose modules a browser should load at once."""
ANCESTORS = "HNVIZ_FRAME_ANCESTORS"  # pages that may show the app in a frame
TURN_SECONDS = 0.0005  # of the interpreter while modules load: a browser's files come in between
ENGINE_DELAY = 1.5  # seconds; a page that needs the engine sooner starts it
LATER = ("pandas", "pyarrow", "plotly.io", "PIL.Image")  # which Start does without; .4 s to load


def routes() -> list[Any]:
    """Return the routes beside Streamlit's; first load the user's own models and open the class.

    Streamlit makes its store of sessions before `lifespan` begins, so that is bounded here, too.
    """
    from hnviz.app.shell.streamlit_parts import keep_few_closed_tabs

    give_memory_back()
    allow_many_open_files()
    keep_few_closed_tabs(most_closed_tabs())
    _use_own_models()
    open_class()
    return door(assets.routes(), base_path, _pictures_routes)


def _pictures_routes() -> list[Any]:
    import_module("hnviz.app.shell.everything")  # before any other part of hnviz.app
    from hnviz.app.pictures import VIEWS
    from hnviz.app.run.names import shown_name
    from hnviz.app.topics import topics
    from hnviz.web import answers, controls, corpora, live
    from hnviz.web.downloads import download_routes
    from hnviz.web.runs import curve_routes, run_routes
    from hnviz.web.sweeps import sweep_routes

    classroom, state = class_service(), server()
    permit, of_class = controls.anyone, []
    if classroom is not None:
        from hnviz.app.rooms.classroom.join.page import join_page, train_page
        from hnviz.web.classroom import routes as classes
        from hnviz.web.classroom.experiment_routes import experiment_routes
        from hnviz.web.classroom.runs import sent_run_route

        permit = partial(classes.permit, classroom)
        of_class = [
            *classes.class_routes(classroom, join_page()),
            *experiment_routes(classroom, train_page()),
            sent_run_route(classroom, state.store),
        ]
    return [
        *controls.start_routes(state, classroom),
        *sweep_routes(sweeps(), classroom),
        *run_routes(state, shown_name),
        *curve_routes(state, shown_name),
        *corpora.routes(),
        *answers.observation_routes(state, VIEWS),
        *live.routes(live.Hub(topics(sweeps()), live.source_of(state))),
        *controls.button_routes(state, permit),
        *download_routes(state, exporter()),
        *of_class,
    ]


def _use_own_models() -> None:
    """Use the file that $HNVIZ_MODELS names; with a bad one, the server does not start."""
    try:
        use_named()
    except OwnModelError as error:
        sys.stderr.write(f"hnviz: {error}\n")
        sys.exit(2)


def middleware() -> list[Any]:
    """Return what each request passes before Streamlit sees it: the checks, and our page's head."""
    pages = Pages(
        dress=_dressed,
        home=lambda: f"{base_path()}/",
        head=_head,
        framed=lambda: bool(named(ANCESTORS)),
        classes=page_classes(),
        elsewhere=elsewhere,
    )
    return [guard(_rules), *_members_only(), limits(_bounds), front(pages)]


def _head(path: str) -> str:
    """Return what is added to the head of the page at an address."""
    # Train's first picture needs it.
    charts = f'<script async src="./{ASSETS.plotly}"></script>' if path.endswith("/train") else ""
    return share_tags(path) + charts


def _members_only() -> list[Any]:
    classroom = class_service()
    if classroom is None or classroom.view != "coded":
        return []
    from hnviz.web.classroom.routes import members_only

    return [members_only(classroom, base_path)]


def page_classes() -> dict[bytes, bytes]:
    """Return which parameters name classes of the page.

    Beside a lesson its panel has a place, and what a step asks for is covered from the first frame.
    """
    steps = {
        f"{PARAMETER}={lesson.id}.{number}".encode(): b"hn-lesson hn-guessing"
        if step and step.guess
        else b"hn-lesson"
        for lesson in lessons_and_translations().values()
        for number, step in enumerate([*lesson.steps, None], 1)
    }
    return {**CLASSES, **steps}


def elsewhere(path: str, asked: str) -> str | None:
    """Return where an address leads that asks for a lesson's step, or for what has moved."""
    return step_address(path, asked) or moved_address(path, asked)


def moved_address(path: str, asked: str) -> str | None:
    """Return the address that an older version's address has now; None if it is the same."""
    name = path.rpartition("/")[2] or FIRST_PAGE
    parameters = dict(parse_qsl(asked, keep_blank_values=True))
    there, now = moved(name, parameters)
    if (there, now) == (name, parameters):
        return None
    query = f"?{urlencode(now)}" if now else ""
    return f"./{page_path(there)}{query}"


def step_address(path: str, asked: str) -> str | None:
    """Return where a lesson's step is, for "/lesson?id=...&step=..."; None for other addresses.

    Without an id it is the page with all lessons, which also says what step does not exist.
    """
    from hnviz.app.lesson.place import place_named

    if path.rpartition("/")[2] not in LESSONS:
        return None
    parameters = dict(parse_qsl(asked))
    name, number = parameters.pop("id", ""), parameters.pop("step", "1")
    place = place_named(f"{name}.{number}")
    if place is None and name:
        parameters[PARAMETER] = f"{name}.{number}"
    there = address(*place).partition("?")[0] if place else ""
    others = urlencode({**parameters, **(query(*place) if place else {})})
    return f"./{there}?{others}" if others else f"./{there}"


def _rules() -> Rules:
    """Say who may ask, once Streamlit's settings are read."""
    import streamlit as st

    return Rules(
        hosts=tuple(st.get_option("server.allowedHosts")) or ("*",),  # none: any, to Streamlit
        origins=named(ORIGINS),
        ancestors=("'self'", *named(ANCESTORS)),
        proxies=proxies(named(PROXIES)),
        workers="'none'" if class_service() is None else "'self'",
    )


def _dressed(page: str, script: str) -> Page:
    """Return the HTML page of every address, made of Streamlit's."""
    content = dressed(
        page,
        title="hnviz",
        styles=map(ASSETS.address, STYLES),
        modules=[*ASSETS.addresses("app/kit/js/", ".js"), *late_modules(page, script, EARLY)],
    )
    return Page(content, security_policy(_rules(), content.decode()))


def _bounds() -> Bounds:
    """Say how much one visitor may take."""
    from hnviz.app.shell.streamlit_parts import is_end_of_script

    return Bounds(is_full=is_nearly_full, draws=is_end_of_script)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Warm up beside the first requests; end the engine with the server."""
    # The garbage collector rests while hundreds of modules are loaded, and later skips them: each
    # look through them all delays a page by .06 s.
    gc.disable()
    starting = threading.Lock()  # an ending server keeps it, so that no engine starts
    threading.Thread(target=_warm_up, args=(starting,), daemon=True).start()
    mend_uvicorn()
    keep_short()
    if (classroom := class_service()) is not None:
        classroom.lessons.begin()
        classroom.experiments.begin()
    try:
        yield {}
    finally:
        await asyncio.to_thread(starting.acquire)
        await _end()


async def _end() -> None:
    from hnviz.engine.client import close_shared_engine

    if (classroom := class_service()) is not None:
        classroom.close()
    exporter().end()
    await asyncio.to_thread(sweeps().close)
    await asyncio.to_thread(close_shared_engine)


def _warm_up(starting: threading.Lock) -> None:
    """Load what the pages need while the first browser loads Streamlit's own files.

    The engine and pandas follow: they take a core for seconds, and a browser that was opened at
    once needs that core for its first picture.
    """
    until, usual = time.monotonic() + ENGINE_DELAY, sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        load_pages()
        time.sleep(max(0.0, until - time.monotonic()))
        for name in LATER:
            import_module(name)
        ASSETS.prepare()
    finally:
        sys.setswitchinterval(usual)
        gc.freeze()
        gc.enable()
    if starting.acquire(blocking=False):
        try:
            import_module("hnviz.engine.client").shared_engine().start()
        finally:
            starting.release()


def load_pages() -> None:
    """Import all pages, and read what each of them shows."""
    import streamlit as st

    with no_warnings():
        # The very first element looks for a notebook, in the files of a thousand modules.
        st.empty()
    import_module("hnviz.app.shell.everything")
    from hnviz.app.rooms.start.overview import ladder_rows
    from hnviz.data import human_numbers_stream
    from hnviz.web.live import LISTED

    ladder_rows()  # reads the pre-trained runs, which every page lists
    server().store.summaries(LISTED)
    human_numbers_stream()
