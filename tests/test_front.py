"""Streamlit's page as the app serves it: with our style sheets, and a place for each picture."""

import re
import struct
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from hnviz.app.kit.places import SHEET, places
from hnviz.app.pictures import PICTURES
from hnviz.app.shell.asgi import STYLES, page_classes, step_address
from hnviz.app.shell.share import ROOMS, SIZE, share_tags
from hnviz.lessons import lessons
from hnviz.lessons.panel import page_path
from hnviz.web.assets import ASSETS
from hnviz.web.limits import naming, viewer, viewer_of
from hnviz.web.page import Page, Pages, dressed, front, late_modules

OURS = b'<html lang="en"><head></head>ours</html>'
THEIRS = '<html><script type="module" src="./static/main.js"></script><script>a()</script></html>'


def page_of(page: str, script: str) -> Page:
    assert page == THEIRS and script in ("", "main()")
    return Page(OURS, f"script-src {script or 'none'}")


def answered(text: str, media_type: str) -> Callable[[Request], Response]:
    return lambda request: Response(text, media_type=media_type)


@pytest.fixture
def client():
    page, script = answered(THEIRS, "text/html"), answered("main()", "text/javascript")
    routes = [
        *(Route(path, page) for path in ("/page", "/base/train", "/page/below/it")),
        *(Route(path, script) for path in ("/static/main.js", "/base/static/main.js")),
        Route("/base/class/join", answered("theirs", "text/html")),
        Route("/page/below/static/main.js", page),  # as Streamlit answers
        Route("/data", lambda request: JSONResponse({"a": 1})),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            front(Pages(dress=page_of, head=lambda path: "<i></i>" * path.endswith("/train")))
        ],
    )
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_a_page_is_ours_and_all_else_is_left_alone(client):
    page = client.get("/page")
    assert page.content == OURS
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-length"] == str(len(OURS))
    assert client.get("/data").json() == {"a": 1}
    assert client.get("/nothing").status_code == 404
    head = client.head("/page")
    assert (head.content, head.headers["content-length"]) == (b"", page.headers["content-length"])


def test_a_page_is_dressed_again_until_its_script_is_found(client):
    policies = [
        client.get(path).headers["content-security-policy"]
        for path in ("/page/below/it", "/base/train", "/page/below/it")
    ]
    assert policies == ["script-src none", "script-src main()", "script-src main()"]


def test_the_page_of_home_is_dressed_before_the_server_has_started(client):
    seen = []

    def dress(page: str, script: str) -> Page:
        seen.append("dressed")
        return page_of(page, script)

    app = Starlette(
        routes=client.app.routes, middleware=[front(Pages(dress=dress, home=lambda: "/base/train"))]
    )
    with TestClient(app, base_url="http://127.0.0.1") as started:
        assert seen == ["dressed"]
        assert started.get("/page").headers["content-security-policy"] == "script-src main()"
        assert seen == ["dressed"]


def test_a_browser_gets_a_name_with_its_first_page_and_keeps_it(client):
    assert "set-cookie" not in client.get("/data").headers
    (cookie,) = client.get("/page").headers.get_list("set-cookie")
    name, _, rest = cookie.partition("; ")
    assert re.fullmatch(r"hnviz-viewer=[0-9a-f]{32}", name)
    assert rest == "Path=/; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in client.get("/page").headers  # it has one now
    client.cookies.clear()
    for other in ("x", "", "A" * 32, "0" * 33):
        again = client.get("/page", headers={"cookie": f"hnviz-viewer={other}"})
        assert "set-cookie" in again.headers


def test_a_browser_keeps_its_name_in_a_frame_of_another_site():
    (_, plain), (_, framed) = naming({"type": "http", "headers": []}, framed=True)
    assert plain.endswith(b"SameSite=Lax") and plain[:45] == framed[:45]
    assert framed.endswith(b"SameSite=None; Secure; Partitioned")


def test_a_viewer_without_a_name_is_an_address():
    name = "0123456789abcdef" * 2
    assert viewer({"hnviz-viewer": name}, "10.0.0.7") == (name, "10.0.0.7")
    for cookies in ({}, {"hnviz-viewer": "10.0.0.8"}, {"other": name}):
        assert viewer(cookies, "10.0.0.7").name == "10.0.0.7"
        assert viewer(cookies, None).name == "127.0.0.1"
    scope = {"type": "websocket", "headers": [(b"cookie", f"a=1; hnviz-viewer={name}".encode())]}
    assert viewer_of(scope | {"client": ("10.0.0.7", 1)}) == (name, "10.0.0.7")


def test_a_page_that_a_route_of_ours_answers_is_left_alone(client):
    assert client.get("/base/class/join").text == "theirs"


def test_a_page_of_present_mode_says_so_from_its_first_frame(client):
    page = client.get("/page?run=Model5&present=true")
    assert page.content == b'<html class="hn-present" lang="en"><head></head>ours</html>'
    assert page.headers["content-length"] == str(len(page.content))
    for query in ("present=false", "present=maybe", "at=present%3Dtrue", "represent=true"):
        assert client.get(f"/page?{query}").content == OURS


def test_a_switch_may_be_typed_as_a_number(client):
    told = client.get("/page?run=a%26b&present=1&at=2", follow_redirects=False)
    assert (told.status_code, told.headers["location"]) == (307, "?run=a%26b&present=true&at=2")
    page = client.get("/page?present=1")
    assert page.url.query == b"present=true" and page.content.startswith(
        b'<html class="hn-present"'
    )
    assert client.get("/page?present=0").url.query == b"present=false"
    assert client.get("/page?present=2", follow_redirects=False).content == OURS


def test_a_teachers_link_says_so_from_its_first_frame(client):
    page = client.get("/page?lock=1&present=true")
    assert page.content.startswith(b'<html class="hn-present hn-locked" lang="en">')
    assert client.get("/page?lock=1").content.startswith(b'<html class="hn-locked" lang="en">')
    assert client.get("/page?embed=true").content.startswith(b'<html class="hn-embedded" lang')
    for query in ("lock=true", "lock=0", "unlock=1"):
        assert client.get(f"/page?{query}").content == OURS


def test_a_step_of_a_lesson_says_so_from_its_first_frame():
    classes = page_classes()
    assert classes[b"lesson=text-into-batches.1"] == b"hn-lesson hn-guessing"
    assert classes[b"lesson=text-into-batches.2"] == b"hn-lesson"
    assert b"lesson=text-into-batches.99" not in classes
    assert b"lesson=nothing.1" not in classes


def test_a_lessons_link_leads_to_its_step_and_keeps_what_else_it_says():
    there = step_address("/base/lesson", "id=why-truncate&step=2&present=true")
    assert there is not None
    path, _, asked = there.partition("?")
    assert (path, dict(parse_qsl(asked))) == (
        "./learn-back",
        {
            "run": "Model5",
            "time_between": "detach",
            "lesson": "why-truncate.2",
            "present": "true",
        },
    )
    assert str(step_address("/lesson", "id=counting-past-8000&step=3")).startswith("./?")
    steps = len(lessons()["why-truncate"].steps)
    assert "why-truncate.1" in str(step_address("/lesson", "id=why-truncate"))
    assert step_address("/lesson", f"id=why-truncate&step={steps + 1}") is not None  # the end
    assert step_address("/time", "id=why-truncate") is None


@pytest.mark.parametrize("name", ["lesson", "lessons"])
@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("", "./"),
        ("present=true", "./?present=true"),
        ("id=why-truncate&step=99", "./?lesson=why-truncate.99"),
        ("id=why-truncate&step=x", "./?lesson=why-truncate.x"),
        ("id=no-such", "./?lesson=no-such.1"),
        ("id=a.b&step=%00&id", "./?lesson=a.b.%00"),
    ],
)
def test_a_link_to_no_step_leads_to_the_lessons_on_the_first_page(name, asked, there):
    assert step_address(f"/base/{name}", asked) == there


def test_a_browser_goes_where_an_address_leads_and_all_else_passes(client):
    def where(path: str, asked: str) -> str | None:
        return f"./page?{asked}" if path == "/old" else None

    app = Starlette(
        routes=client.app.routes, middleware=[front(Pages(dress=page_of, elsewhere=where))]
    )
    with TestClient(app, base_url="http://127.0.0.1") as browser:
        told = browser.get("/old?a=%26b", follow_redirects=False)
        assert (told.status_code, told.headers["location"]) == (307, "./page?a=%26b")
        assert browser.get("/data").json() == {"a": 1}
        assert browser.post("/old").status_code == 404


def test_a_page_has_its_own_head_besides(client):
    page = client.get("/base/train")
    assert page.content == OURS.replace(b"</head>", b"<i></i></head>")
    assert page.headers["content-length"] == str(len(page.content))


def tags_of(path: str) -> dict[str, str]:
    return dict(re.findall(r'property="([^"]+)" content="([^"]+)"', share_tags(path)))


def test_a_link_to_a_room_has_its_question_and_a_picture_where_an_address_is_public(monkeypatch):
    assert share_tags("/train") == ""
    monkeypatch.setenv("HNVIZ_ORIGINS", "https://lab.example.org, https://other.example.org")
    pictures = {page: tags_of(f"/{page_path(page)}") for page in ROOMS}
    for page, tags in pictures.items():
        assert tags["og:url"] == f"https://lab.example.org/{page_path(page)}"
        asset = ASSETS.find(tags["og:image"].removeprefix("https://lab.example.org/"))
        assert asset is not None and asset.media == "image/png"
        wide, high = struct.unpack(">II", asset.content[16:24])
        assert (wide, high) == SIZE and len(asset.content) < 100_000
        assert tags["og:title"] == ROOMS[page][0]
    assert len({tags["og:image"] for tags in pictures.values()}) == len(ROOMS)
    assert share_tags("/words") == share_tags("/class/join") == ""


def test_a_browser_that_kept_another_versions_page_gets_this_one(client):
    told = client.get("/page", headers={"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert (told.status_code, told.content) == (200, OURS)
    assert "etag" not in told.headers


def test_a_dressed_page_loads_its_styles_last_and_its_modules_early():
    theirs = '<html lang="en"><head><title>Streamlit</title></head><div id="root"></div></html>'
    page = dressed(theirs, title="hnviz", styles=["a.css"], modules=["b.js"]).decode()
    assert "<title>hnviz</title>" in page
    head, body = page.split("</head>")
    assert '<link rel="modulepreload" href="./b.js">' in head
    assert body.index('href="./a.css"') < body.index('<div id="root">')


def test_the_modules_of_elements_are_found_in_the_main_script():
    script = (
        'd=(m.f||(m.f=["./A.1x_-.js","./a.js","./in_page.js","./a.css","./B.2.js","./C.js"]));'
        "x(()=>import(`./A.1x_-.js`),__deps([0,1,2,3])),y(()=>import(`./B.2.js`)"
        ".then(e=>e.t),__deps([4,1])),z(()=>import(`./D.3.js`),[]),w(()=>import(`./E.js`),deps([5]))"
    )
    found = late_modules('<link href="./in_page.js">', script, ("A", "B", "D", "none"))
    assert found == ["static/js/A.1x_-.js", "static/js/a.js", "static/js/B.2.js"]
    assert late_modules("", "another bundler's script", ("A", "B")) == []


def test_another_page_of_streamlits_is_refused():
    with pytest.raises(ValueError, match="has no </head>"):
        dressed("<html></html>", title="", styles=[], modules=[])


def test_each_picture_has_a_place_and_a_name_wins_over_a_pattern():
    sheet = SHEET.read_text(encoding="utf-8")
    assert sheet == places(PICTURES.values()), "write it again: python -m hnviz.app.pictures"
    for picture in PICTURES.values():
        assert re.search(rf"{re.escape(picture.place.key.removeprefix('*'))}\b", sheet), (
            picture.name
        )
        assert picture.place.height in sheet
    assert sheet.index('class*="_bar"') < sheet.index(".st-key-run_line")


def test_what_the_page_names_is_served():
    for style in STYLES:
        assert ASSETS.find(ASSETS.address(style)) is not None
    modules = ASSETS.addresses("app/kit/js/", ".js")
    assert ASSETS.address("app/kit/js/picture.js") in modules
    assert all(ASSETS.find(module) for module in modules)
