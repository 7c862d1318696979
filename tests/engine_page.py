"""A small page around the engine of hnviz/browser, served for tests in browsers."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.conftest import ROOT

POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""All that a page with the engine has to allow; it fetches its subjects, too."""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>engine</title>
<body><script type="module" src="/tests/js/engine_page.js"></script></body></html>"""


@dataclass
class Site:
    """A running server of the page; `served` names the files of the repository that it has sent."""

    url: str
    subjects: dict[str, Any]
    policy: str = POLICY
    page: str = PAGE
    served: set[str] = field(default_factory=set)


@contextmanager
def engine_site(subjects: Mapping[str, Any] | None = None, policy: str = POLICY) -> Iterator[Site]:
    """Serve the page, the repository's JavaScript, and subjects: a job and the losses of torch."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = _answer(site, self.path.split("?")[0])
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Content-Security-Policy", site.policy)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}", dict(subjects or {}), policy)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join(20)


def _answer(site: Site, path: str) -> tuple[str, bytes | None]:
    """Return the type and the content of what is at a path; None where there is nothing."""
    if path == "/":
        return "text/html", site.page.encode()
    if path.startswith("/subjects/"):
        subject = site.subjects.get(path.removeprefix("/subjects/"))
        return "application/json", None if subject is None else json.dumps(subject).encode()
    file = ROOT / path[1:]
    if file.suffix == ".js" and file.is_file() and file.is_relative_to(ROOT):
        site.served.add(path[1:])
        return "text/javascript", file.read_bytes()
    return "text/plain", None
