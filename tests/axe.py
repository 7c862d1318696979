"""What axe-core says of a page."""

from tests.tools import tool

STREAMLITS_OWN = {"list", "listitem"}
"""Rules that Streamlit's navigation breaks: the `ul` of the sidebar holds a `div` for each section.
No style sheet can mend that."""


def barriers(page) -> list[str]:
    """Run axe-core; return what is serious, without what is Streamlit's own."""
    axe = tool("axe-core") / "axe.min.js"
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.read_text(encoding="utf-8"))
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
