"""The README and docs/: what they point to is there."""

import re

import pytest

from hnviz.app.shell.navigation import PAGES
from hnviz.cli.main import COMMANDS
from tests.conftest import ROOT

TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = TEXTS[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(text):
    for target in re.findall(r"\]\(([^)#]+)", text.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (text.parent / target).exists(), target


def test_code_in_documents_is_the_projects():
    """A block below `<!-- from FILE -->` is a part of that file, at any indent."""
    block = re.compile(r"<!-- from (\S+) -->\n *```\w*\n(.*?)\n *```", re.DOTALL)
    found = [found for text in TEXTS for found in block.findall(text.read_text(encoding="utf-8"))]
    assert found
    for name, code in found:
        source = [line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
        lines = [line.strip() for line in code.splitlines()]
        there = any(source[at : at + len(lines)] == lines for at in range(len(source)))
        assert there, f"{name} no longer has what a document shows of it:\n{code}"


def test_every_page_is_named_in_the_readme():
    for pages in PAGES.values():
        for title in pages.values():
            assert f"**{title}**" in README, title


def test_every_command_is_named_in_the_readme():
    for command in COMMANDS:
        assert f"hnviz {command}" in README, command


def test_every_promise_of_security_has_its_test():
    text = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!promise|---).+\|$", text, re.MULTILINE)
    assert len(rows) > 10
    for row in rows:
        tests = re.findall(r"`((?:\w+/)?test_\w+\.py)::(test_\w+)`", row)
        assert tests, row
        for file, name in tests:
            source = (ROOT / "tests" / file).read_text(encoding="utf-8")
            assert re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE), name


def test_the_design_is_read_in_one_sitting():
    assert len((ROOT / "docs/design.md").read_text(encoding="utf-8").splitlines()) < 150
