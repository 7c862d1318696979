"""Who may ask: Host and Origin over HTTP and WebSocket, and the headers of every answer."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from hnviz.web.guard import Guard, Rules, inline_scripts, security_policy, site
from hnviz.web.limits import proxies

RULES = Rules(
    hosts=("127.0.0.1", "::1", "localhost", "*.class.example"), origins=("https://lab.example.org",)
)


class Inside:
    """Streamlit's place: keeps what reaches it, and answers."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


class Asked:
    """One request, and what came back."""

    def __init__(self, kind: str = "http", method: str = "GET", scheme: str = "", **headers: str):
        rules, inside = headers.pop("rules", RULES), Inside()
        raw = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
        scope = {
            "type": kind,
            "path": "/_stcore/stream",
            "scheme": scheme or ("ws" if kind == "websocket" else "http"),
            "client": ("10.0.0.2", 1),
            "headers": raw,
            "extensions": {"websocket.http.response": {}},
        }
        if kind == "http":
            scope["method"] = method
        self.sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            self.sent.append(message)

        guard = Guard(inside, lambda: rules)
        with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
            thread.submit(asyncio.run, guard(scope, None, send)).result()
        self.inside = inside.seen

    @property
    def status(self) -> int:
        return self.sent[0].get("status", 101)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def error(self) -> str:
        return json.loads(self.sent[1]["body"])["error"]


HOSTS = [
    ("127.0.0.1:8501", 0),
    ("localhost", 0),
    ("LOCALHOST:80", 0),
    ("localhost.:8501", 0),
    ("[::1]:8501", 0),
    ("room.class.example:8501", 0),
    ("lab.example.org", 0),
    ("evil.example", 400),
    ("evil.example:8501", 400),
    ("class.example", 400),
    ("127.0.0.1.evil.example", 400),
    ("127.0.0.1@evil.example", 400),
    ("evil.example#127.0.0.1", 400),
    ("127.0.0.1:port", 400),
    ("127.0.0.1:99999", 400),
    ("localhost/x", 400),
    ("", 400),
]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("host", "refused"), HOSTS)
def test_host(host, refused, kind):
    asked = Asked(kind, host=host)
    assert asked.status == (refused or (101 if kind == "websocket" else 200))
    assert len(asked.inside) == (not refused)
    if refused:
        assert asked.error.startswith("this app does not answer to the name ")
        assert "127.0.0.1" in asked.error and "\n" not in asked.error


def test_no_host_and_two_hosts_are_refused():
    assert Asked().status == 400


ORIGINS = [
    # host, origin, scheme of the request, allowed
    ("127.0.0.1:8501", "http://127.0.0.1:8501", "http", True),
    ("localhost:8501", "http://localhost:8501", "http", True),
    ("LocalHost:8501", "http://localhost:8501", "http", True),
    ("localhost", "http://localhost:80", "http", True),
    ("localhost", "http://localhost", "http", True),
    ("localhost", "https://localhost", "https", True),
    ("localhost:443", "https://localhost", "https", True),
    ("[::1]:8501", "http://[::1]:8501", "http", True),
    ("lab.example.org", "https://lab.example.org", "http", True),  # TLS ends at a proxy
    ("127.0.0.1:8501", "https://lab.example.org", "http", True),  # which names itself to us
    ("127.0.0.1:8501", "http://127.0.0.1:8502", "http", False),  # some other app here
    ("127.0.0.1:8501", "http://localhost:8501", "http", False),
    ("127.0.0.1:8501", "https://127.0.0.1:8501", "http", False),
    ("localhost", "https://localhost", "http", False),
    ("127.0.0.1:8501", "http://lab.example.org", "http", False),
    ("127.0.0.1:8501", "https://lab.example.org:444", "http", False),
    ("127.0.0.1:8501", "http://evil.example", "http", False),
    ("127.0.0.1:8501", "http://127.0.0.1:8501.evil.example", "http", False),
    ("127.0.0.1:8501", "http://127.0.0.1:8501@evil.example", "http", False),
    ("127.0.0.1:8501", "http://127.0.0.1:8501/", "http", False),
    ("127.0.0.1:8501", "null", "http", False),
    ("127.0.0.1:8501", "file://", "http", False),
    ("127.0.0.1:8501", "chrome-extension://abc", "http", False),
    ("127.0.0.1:8501", "", "http", False),
    ("127.0.0.1:8501", "x" * 5000, "http", False),
]


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_named_proxy_says_who_asks_and_that_the_site_is_secure(kind):
    told = {"x_forwarded_proto": "https", "x_forwarded_for": "192.0.2.7"}
    told |= {"host": "lab.class.example", "origin": "https://lab.class.example"}
    assert Asked(kind, **told).status == 403
    behind: Any = {"rules": replace(RULES, proxies=proxies(["10.0.0.0/8"]))}
    (seen,) = Asked(kind, **told, **behind).inside
    assert seen["client"] == ("192.0.2.7", 1)


@pytest.mark.parametrize("kind", ["GET", "POST", "PUT", "websocket"])
@pytest.mark.parametrize(("host", "origin", "scheme", "allowed"), ORIGINS)
def test_origin(host, origin, scheme, allowed, kind):
    if kind == "websocket":
        asked = Asked(kind, scheme=scheme.replace("http", "ws"), host=host, origin=origin)
    else:
        asked = Asked("http", kind, scheme, host=host, origin=origin)
    passed = 101 if kind == "websocket" else 200
    assert asked.status == (passed if allowed else 403)
    assert len(asked.inside) == allowed
    if not allowed:
        assert asked.error.startswith("a page of ") and len(asked.error) < 150


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_no_origin_is_no_browser(kind):
    assert Asked(kind, host="localhost").inside


@pytest.mark.parametrize("sent_for", ["cross-site", "same-site"])
def test_a_browsers_request_for_another_site_changes_nothing(sent_for):
    assert Asked(host="localhost", sec_fetch_site=sent_for).status == 200  # a link
    assert Asked(method="POST", host="localhost", sec_fetch_site=sent_for).status == 403
    assert Asked("websocket", host="localhost", sec_fetch_site=sent_for).status == 403
    assert Asked(method="POST", host="localhost", sec_fetch_site="same-origin").status == 200


def test_streamlit_sees_a_proxys_page_as_its_own():
    """Else it would ask the network for its own address, inside the event loop."""
    for host in ("lab.example.org", "127.0.0.1:8501"):
        (seen,) = Asked("websocket", host=host, origin="https://lab.example.org").inside
        given = dict(seen["headers"])
        assert given[b"host"] in (b"127.0.0.1", b"127.0.0.1:8501")
        assert given[b"origin"] == b"http://" + given[b"host"]


def test_every_answer_has_the_headers():
    for asked in (Asked(host="localhost"), Asked(host="evil.example"), Asked("websocket", host="")):
        assert asked.headers[b"x-content-type-options"] == b"nosniff"
        assert asked.headers[b"referrer-policy"] == b"same-origin"
        assert b"frame-ancestors 'self';" in asked.headers[b"content-security-policy"]


def test_a_refused_head_request_has_no_body():
    assert Asked(method="HEAD", host="evil.example").sent[1]["body"] == b""


def test_policy_names_the_inline_scripts_and_frames():
    policy = security_policy(Rules(hosts=(), ancestors=("'self'", "https://lms.example.org")))
    assert "frame-ancestors 'self' https://lms.example.org;" in policy
    assert "script-src 'self' blob: 'wasm-unsafe-eval';" in policy and "worker-src 'none'" in policy
    in_class = security_policy(Rules(hosts=(), workers="'self'"))
    assert in_class == security_policy(Rules(hosts=())).replace(
        "worker-src 'none'", "worker-src 'self'"
    )
    assert "'unsafe-eval'" not in policy  # it would let text become JavaScript
    digest = "'sha256-LAfYd7pbFUgwfQu8b4q135PeTG2z+/coPEUYCd74eCQ='"  # openssl's of `let a = 1`
    page = "<script>let a = 1</script>"
    assert f"blob: 'wasm-unsafe-eval' {digest};" in security_policy(RULES, page)


def test_inline_scripts_are_found_as_they_are():
    page = "<script>\n a()\n</script><script src='x.js'></script><SCRIPT type=module>b</SCRIPT>"
    assert inline_scripts(page) == ("\n a()\n", "b")


@pytest.mark.parametrize("origin", ["lab.example.org", "https://", "https://a/b", "ftp://a"])
def test_an_origin_that_an_operator_cannot_mean(origin):
    assert site(origin) is None
    with pytest.raises(ValueError, match="HNVIZ_ORIGINS has"):
        Rules(hosts=(), origins=(origin,))


@pytest.mark.parametrize("ancestor", ["a; script-src *", "a b", "<x>"])
def test_a_frame_that_an_operator_cannot_mean(ancestor):
    with pytest.raises(ValueError, match="HNVIZ_FRAME_ANCESTORS has"):
        Rules(hosts=(), ancestors=(ancestor,))
