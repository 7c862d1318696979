"""The table of session keys and address parameters: as the source has them, and as docs/ says."""

import pytest

from hnviz.app.shell.keys import ADDRESS, DOC, SESSION, as_markdown
from hnviz.app.shell.navigation import CLASS_PAGES, PAGES
from tests.names import fits, names_in_javascript, names_in_python

pytestmark = pytest.mark.xdist_group("addresses")  # the source is read once
LISTED = [key.name for key in (*ADDRESS, *SESSION)]
NOT_SESSION = ("address_*",)
"""Kept by shell/address.py for every name of an address: `address_<name>`."""


def test_every_name_in_the_source_is_in_the_table():
    found = {**names_in_python(), **names_in_javascript()}
    missing = [
        f"{name} ({place})"
        for name, place in sorted(found.items())
        if name not in NOT_SESSION
        and not any(fits(each, name) or fits(name, each) for each in LISTED)
    ]
    assert not missing, (
        "hnviz/app/shell/keys.py lacks these names; add each with its page, default and meaning: "
        + ", ".join(missing)
    )


def test_every_name_in_the_table_is_in_the_source():
    found = {**names_in_python(), **names_in_javascript()}
    gone = [
        name for name in LISTED if not any(fits(name, each) or fits(each, name) for each in found)
    ]
    assert not gone, (
        "hnviz/app/shell/keys.py lists names that no page has any more; take them out: "
        + ", ".join(gone)
    )


def test_every_parameter_of_the_javascript_is_one_of_the_address():
    parameters = [key.name for key in ADDRESS]
    wrong = [
        name for name in names_in_javascript() if not any(fits(each, name) for each in parameters)
    ]
    assert not wrong, f"not in ADDRESS of hnviz/app/shell/keys.py: {', '.join(wrong)}"


def test_a_name_is_listed_once_with_what_it_means():
    twice = {name for name in LISTED if LISTED.count(name) > 1}
    assert not twice, f"listed twice: {', '.join(sorted(twice))}"
    sections = [*PAGES.values(), *CLASS_PAGES.values()]
    titles = {title for pages in sections for title in pages.values()} | {"every page"}
    for key in (*ADDRESS, *SESSION):
        assert key.page in titles, key
        assert key.meaning and "|" not in "".join(key), key


def test_the_document_is_written_from_the_table():
    assert DOC.read_text(encoding="utf-8") == as_markdown(), (
        "docs/addresses.md is older than the table: python -m hnviz.app.shell.keys writes it again"
    )
