"""The glossary: each term in one line, with an address that opens the picture that shows it."""

import json
from collections import defaultdict

import pytest

from hnviz.app.kit.glossary import GLOSSARY, published
from hnviz.app.rooms.batches.page import MORE
from hnviz.app.shell.keys import ADDRESS
from hnviz.app.shell.navigation import titles
from hnviz.figures.terms import TERMS
from hnviz.web.assets import PAGE_DATA
from tests.pages import mounts, open_page

LONGEST = 110  # characters of a meaning: one line

ADDRESSES = defaultdict(set)
for seen in GLOSSARY.values():
    ADDRESSES[seen.address].add(seen.picture)


def test_every_term_can_be_seen_somewhere():
    assert list(GLOSSARY) == list(TERMS)


def test_every_meaning_is_a_line():
    assert {name: text for name, text in TERMS.items() if len(text) > LONGEST} == {}


def test_a_spelling_names_one_term():
    spelt = [each for name, seen in GLOSSARY.items() for each in (seen.spelt or (name,))]
    assert len(spelt) == len(set(spelt))
    assert all("," not in each for each in spelt)


def test_the_parameters_of_the_links_are_those_of_the_pages():
    known = {key.name for key in ADDRESS} | set(MORE)
    for name, seen in GLOSSARY.items():
        assert set(seen.params) <= known, name


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_link_opens_the_picture_that_shows_the_term(own_runs, address):
    (seen,) = {each.address: each for each in GLOSSARY.values() if each.address == address}.values()
    page = open_page(seen.page, **seen.params)
    assert not page.exception
    mounted = {each["id"] for each in mounts(page)}
    assert mounted >= ADDRESSES[address]
    said = " ".join(each.value for each in page.main.markdown)
    assert "address asks for" not in said and "There is no run" not in said
    for name, value in seen.params.items():
        if name in page.session_state:
            held = page.session_state[name]
            assert str(held).lower() in (value.lower(), f"{value}.0"), name


def test_the_browser_gets_all_of_it():
    name = published(titles()).rsplit("/", 1)[-1]
    listed = json.loads(PAGE_DATA.find(name) or b"[]")
    assert [each["name"] for each in listed] == list(TERMS)
    (detach,) = [each for each in listed if each["name"] == "detach"]
    assert detach["address"] == "learn-back?time_between=detach"
    assert detach["title"] == "Learn back"
