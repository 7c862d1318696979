"""The table of session keys and address parameters: as the source has them, and as docs/ says."""

import re
from typing import Any

import pytest

from hnviz.app.rooms.train.settings import FIELDS, read
from hnviz.app.shell.keys import ADDRESS, DOC, EVERY, SESSION, as_markdown
from hnviz.app.shell.navigation import CLASS_PAGES, PAGES
from hnviz.web.assets import PACKAGE
from tests.names import fits, names_in_javascript, names_in_python
from tests.pages import open_page

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


DEFAULTS = {key.name: key.default for key in ADDRESS}
WIDGETS = (
    *("selectbox", "number_input", "text_input", "text_area", "checkbox", "toggle"),
    *("slider", "select_slider", "button_group"),
)
DEPENDS = (
    "data_sentence",
    "models_layer",
    "models_model",
    "models_unit",
    "models_weights",
    "predictions_top_k",
    "tasks_bptt",
)
"""Parameters whose default depends on the run or the model: the table says it in words."""

_ASKED = re.compile(r"""asked\.(?:choice|number)\((\w+|"\w+"),[^;\n]*?, ("[^"]*"|\d+)\)""")
_CONSTANT = re.compile(r"""^const (\w+) = "(\w+)";""", re.M)


def written(value: Any) -> str:
    """Write a widget's value as the table does."""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


@pytest.mark.parametrize("page", [name for pages in PAGES.values() for name in pages])
def test_each_widget_opens_with_the_default_of_the_table(page, own_runs):
    title = next(pages[page] for pages in PAGES.values() if page in pages)
    folds = [key.name for key in ADDRESS if key.page == title and key.default == "closed"]
    app = open_page(page, **dict.fromkeys(folds, "true"))
    known = {key.name for key in ADDRESS if key.page in (title, EVERY)} - {*DEPENDS, *folds}
    found = {
        each.key: each.value for kind in WIDGETS for each in app.get(kind) if each.key in known
    }
    assert {name: written(value) for name, value in found.items()} == {
        name: DEFAULTS[name] for name in found
    }


def test_the_form_of_train_opens_with_the_defaults_of_the_table():
    opened = read({}).values
    for setting in FIELDS:
        default = DEFAULTS[f"train_{setting.name}"]
        assert default in ("the recipe's", written(opened[setting.name])), setting.name


def test_pictures_open_with_the_defaults_of_the_table():
    found = {}
    for path in sorted((PACKAGE / "app").rglob("*.js")):
        source = path.read_text(encoding="utf-8")
        named = dict(_CONSTANT.findall(source))
        for name, default in _ASKED.findall(source):
            found[named.get(name, name.strip('"'))] = default.strip('"')
    assert len(found) > 2
    assert {name: default or "none" for name, default in found.items()} == {
        name: DEFAULTS[name] for name in found
    }
