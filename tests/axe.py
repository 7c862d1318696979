"""What axe-core says of a page."""

import os

import pytest

from tests.conftest import ROOT

AXE = ROOT / "tests/js/node_modules/axe-core/axe.min.js"

STREAMLITS_OWN = {"list", "listitem"}
"""Rules that Streamlit's navigation breaks: the `ul` of the sidebar holds a `div` for each section.
No style sheet can mend that."""


def barriers(page) -> list[str]:
    """Run axe-core; return what is serious, without what is Streamlit's own."""
    if not AXE.exists():
        if os.environ.get("HNVIZ_REQUIRE_BROWSER"):
            pytest.fail("axe-core is missing: make lint installs it, with node and npm")
        pytest.skip("axe-core is missing: make lint installs it, with node and npm")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # Nothing is fetched first: only rules on sounds and on turned phones would read that.
    told = page.evaluate("axe.run(document, { resultTypes: ['violations'], preload: false })")
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in told["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
        if not (each["id"] in STREAMLITS_OWN and "stSidebarNav" in _parent(page, node))
    ]


def _parent(page, node) -> str:
    return str(
        page.evaluate(
            "selector => document.querySelector(selector)?.closest('nav')?.dataset.testid ?? ''",
            node["target"][0] if isinstance(node["target"][0], str) else "nothing",
        )
    )
