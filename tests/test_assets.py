"""The door's own addresses: files of the pictures, and what is not there."""

import ast
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import plotly
import plotly.graph_objects as go
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from hnviz.web import assets
from hnviz.web.assets import ASSETS, GIFENC, PACKAGE, PAGE_DATA, PLOTLY, Assets, PageData
from hnviz.web.http import door
from tests.sentences import Recorded


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def breaks(request: Request) -> Response:
    raise KeyError("secret")


async def talks(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def client(base: Callable[[], str] = lambda: "", **options: str) -> TestClient:
    ours = [
        Route("/api/hello", hello),
        Route("/api/breaks", breaks),
        WebSocketRoute("/api/talks", talks),
        *assets.routes(),
    ]
    page = Route("/{path:path}", lambda request: PlainTextResponse("Streamlit's page"))
    return TestClient(Starlette(routes=[*door(ours, base), page]), **options)


MAIN = ASSETS.address("app/kit/panels/main.js")


@pytest.mark.parametrize(
    ("address", "media"),
    [
        (MAIN, "text/javascript; charset=utf-8"),
        (ASSETS.address("app/kit/js/charts.css"), "text/css; charset=utf-8"),
        (ASSETS.address("app/shell/icon.svg"), "image/svg+xml"),
        (ASSETS.address("figures/tokens.json"), "application/json"),
        (ASSETS.address("vendor/gifenc/gifenc.esm.js"), "text/javascript; charset=utf-8"),
        (ASSETS.plotly, "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_comes_whole_with_its_type_and_for_good(address: str, media: str) -> None:
    path = PACKAGE / (PLOTLY if address == ASSETS.plotly else address.split("/", 2)[2])
    for encoding, wanted in (("gzip", "gzip"), ("identity", "identity"), ("gzip;q=0", "identity")):
        answer = client().get(f"/{address}", headers={"accept-encoding": encoding})
        assert answer.status_code == 200
        assert answer.content == path.read_bytes()
        assert answer.headers["content-type"] == media
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        if path.stat().st_size > 500:
            assert answer.headers["content-encoding"] == wanted


def test_a_file_is_compressed_once() -> None:
    first, second = (ASSETS.find(ASSETS.plotly).zipped for _ in range(2))
    assert first is second and len(first) < len(gzip.decompress(first)) / 3


def plotly_js(text: str) -> tuple[int, ...]:
    """Return the version that the first lines of a plotly.js file name."""
    found = re.search(r"^\* plotly\.js .*?v(\d+)\.(\d+)\.(\d+)$", text[:200], re.MULTILINE)
    assert found
    return tuple(map(int, found.groups()))


def test_the_bundle_has_the_version_of_the_package_that_checks_figures() -> None:
    theirs = Path(plotly.__file__).parent / "package_data/plotly.min.js"
    ours, wanted = (plotly_js(path.read_text()) for path in (PACKAGE / PLOTLY, theirs))
    tested = (PACKAGE.parent / "docs/deploy/requirements.lock").read_text()
    is_tested = f"plotly=={plotly.__version__} " in tested  # a newer package may be here
    assert ours == wanted if is_tested else ours[0] == wanted[0], "run `make plotly`"
    assert (PACKAGE / PLOTLY).with_name("LICENSE").read_text().startswith("MIT License")


def test_what_writes_films_has_its_licence_and_names_no_other_file() -> None:
    (script,) = (PACKAGE / GIFENC).glob("*.js")
    assert script.with_name("LICENSE").read_text().startswith("The MIT License")
    assert "http" not in script.read_text() and "sourceMappingURL" not in script.read_text()


def test_figures_have_only_traces_that_the_bundle_draws() -> None:
    """plotly.js draws a kind of trace that it does not know as lines, without an error."""
    adds = {name for name in dir(go.Figure) if name.startswith("add_")}
    assert {"add_scatter", "add_bar", "add_heatmap"} <= adds
    used = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text if "plotly" in text else "")):
            if isinstance(node, ast.Attribute):
                is_plotlys = isinstance(node.value, ast.Name) and node.value.id == "go"
                used |= {node.attr} if is_plotlys or node.attr in adds else set()
    assert "add_scatter" in used
    assert used <= {"add_scatter", "add_bar", "add_annotation", "add_shape", "Figure"}


@pytest.mark.parametrize(
    "path",
    [
        "/assets",
        "/assets/",
        f"/assets/{ASSETS.version}",
        f"/assets/{ASSETS.version}/app/",
        f"/assets/{ASSETS.version}/app/kit/",
        f"/assets/{ASSETS.version}/app/script.py",
        f"/assets/{ASSETS.version}/app/.streamlit/config.toml",
        f"/assets/{ASSETS.version}/settings.py",
        f"/assets/{ASSETS.version}/figures/theme.py",
        f"/assets/{ASSETS.version}/shipped/Model5/config.json",
        f"/assets/{ASSETS.version}/app/../settings.py",
        f"/assets/{ASSETS.version}/app/%2e%2e/settings.py",
        f"/assets/{ASSETS.version}/app/..%2fsettings.py",
        f"/assets/{ASSETS.version}/app/kit/panels/main.js%00",
        f"/assets/{ASSETS.version}//app/kit/panels/main.js",
        f"/assets/{ASSETS.version}/app\\kit\\live\\main.js",
        "/assets/000000000000/app/kit/panels/main.js",
        "/assets/000000000000/plotly-basic.min.js",
        f"/{ASSETS.plotly.rpartition('/')[0]}/LICENSE",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/published/none.bin",
        "/api",
        "/api/",
        "/api/none",
        "/api/../api/none",
    ],
)
def test_what_is_not_there_is_told_as_json(path: str) -> None:
    answer = client().get(path)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error"} and len(answer.json()["error"]) < 200


@pytest.mark.parametrize("path", ["/", "/train", "/apiary", "/assetsx/y", "/_stcore/health"])
def test_what_is_not_ours_is_left_to_streamlit(path: str) -> None:
    assert client().get(path).text == "Streamlit's page"


def test_routes_are_below_the_base_path() -> None:
    below = client(lambda: "/class/7")
    assert below.get("/class/7/api/hello").text == "hello"
    assert below.get(f"/class/7/{MAIN}").status_code == 200
    assert below.get("/class/7/api/none").status_code == 404
    for path in ("/api/hello", f"/{MAIN}", "/class/7", "/class/77/api/hello"):
        assert below.get(path).text == "Streamlit's page"


def test_another_method_is_told() -> None:
    answer = client().post("/api/hello")
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
    assert "not POST" in answer.json()["error"]


def test_what_fails_is_told_in_one_sentence_and_logged_in_one_line(
    caplog: pytest.LogCaptureFixture, recorded: Recorded
) -> None:
    answer = client().get("/api/breaks")
    assert answer.status_code == 500
    assert [*answer.json()] == ["error"]
    recorded(answer.json()["error"])
    assert [each.message for each in caplog.records if each.name == "hnviz.web.http"] == [
        "/api/breaks failed: KeyError('secret')"
    ]


def test_a_websocket_is_answered_or_refused() -> None:
    with client().websocket_connect("/api/talks") as socket:
        assert socket.receive_text() == "hello"
    with pytest.raises(Exception) as refused:  # noqa: SIM117
        with client().websocket_connect("/api/none"):
            pass
    assert getattr(refused.value, "status_code", 404) == 404


def test_another_file_has_another_address(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/tokens.json").write_text("{}")
    (tmp_path / "app/.hidden").mkdir(parents=True)
    versions = set()
    for name, content in (("a.js", "1"), ("a.js", "2"), ("b.js", "2"), (".hidden/c.js", "1")):
        (tmp_path / "app" / name).write_text(content)
        versions.add(Assets(tmp_path).version)
    assert len(versions) == 3  # a hidden file is not served


def test_published_data_are_kept_as_long_as_they_fit() -> None:
    kept = PageData(largest=10)
    first, second = kept.keep(b"12345", ".bin"), kept.keep(b"abcde", ".gz")
    assert kept.keep(b"12345", ".bin") == first  # used again
    kept.keep(b"xyz", ".bin")
    assert kept.find(second.rpartition("/")[2]) is None
    assert kept.find(first.rpartition("/")[2]) == b"12345"
    address = PAGE_DATA.keep(json.dumps([1]).encode(), ".json")
    answer = client().get(f"/{address}")
    assert answer.json() == [1] and answer.headers["content-type"] == "application/json"
