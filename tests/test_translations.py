"""Lessons in another language: what a translation may not change, and the German one seen."""

import re
import shutil
from collections import Counter
from functools import partial
from itertools import chain
from pathlib import Path

import pytest

from hnviz.app.lesson.names import app_names
from hnviz.app.lesson.place import place_named
from hnviz.cli.main import main
from hnviz.export import lesson as exporting
from hnviz.export.lesson import export_lesson
from hnviz.lessons import (
    as_data,
    following,
    lessons,
    lessons_and_translations,
    translations,
    translations_of,
)
from hnviz.lessons.check import check
from hnviz.lessons.language import LANGUAGES, language, read_translations
from hnviz.lessons.panel import asks_in
from hnviz.lessons.reading import FILES, LessonError, translation_files
from tests.axe import barriers
from tests.conftest import ROOT, at_rest, errors_of, profile, until

NAME = "learning-rate.de"
FILE = FILES / f"{NAME}.toml"
SOURCE = FILE.read_text(encoding="utf-8")
GERMAN = language("de")
TABLE = (LANGUAGES / "de.toml").read_text(encoding="utf-8")
SPEAKING = (
    *sorted((ROOT / "hnviz/app/lesson/panel").glob("*.js")),
    *(ROOT / "hnviz/export/js" / name for name in ("lesson.js", "scorm.js")),
    ROOT / "hnviz/app/kit/class/crowd.js",
)
_PHRASE = re.compile(r"""\b(?:phrase|translated)\(\s*(?:"([^"]+)"|([A-Z_]+)\b)""")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
HEADLINES = """() => {
  const found = [];
  const look = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) look(each.shadowRoot);
      if (!each.matches("h1, h2, h3, .hnviz-sentence, .said") || !each.checkVisibility()) continue;
      const { said } = each.dataset;
      const nodes = each.matches("h3") ? [...each.childNodes] : [];
      const texts = nodes.length ? nodes.map((node) => node.textContent) : [said ?? each.innerText];
      found.push(...texts.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean));
    }
  };
  look(document.querySelector("main"));
  return found;
}"""
"""What a lesson's pictures say above them, titles and their notes too."""


def phrases() -> set[str]:
    """The English words of the panel, of a lesson's file and of a class."""
    found = set()
    for path in SPEAKING:
        source = path.read_text(encoding="utf-8")
        for words, name in _PHRASE.findall(source):
            (held,) = [words] if words else re.findall(rf'const {name} =\s*"([^"]+)"', source)
            found.add(held)
    return found


@pytest.mark.parametrize("path", translation_files(), ids=lambda path: path.stem)
def test_a_translation_that_comes_with_hnviz_has_no_problem(path):
    assert check(path, app_names()) == []
    assert path.stem in lessons_and_translations()


@pytest.mark.parametrize("path", sorted(LANGUAGES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_language_has_all_words_of_the_panel(path):
    spoken = language(path.stem)
    wanted = phrases()
    assert len(wanted) > 30
    assert set(spoken.buttons) == wanted


WRONG = {
    "a step is missing": (lambda text: text[: text.rindex("[[step]]")], 1, (6, 5)),
    "elsewhere": (lambda text: text.replace('"train/schedule"', '"train/curves"', 1), 12, ()),
    "another state": (
        lambda text: text.replace("train_lr = 0.3", "train_lr = 0.5"),
        99,
        (0.3, 0.5),
    ),
    "no state": (lambda text: text.replace("at = { train_lr = 0.3 }", ""), 93, (0.3,)),
    "another page": (lambda text: text.replace('page = "build"', 'page = "train"'), 80, ()),
    "another truth": (lambda text: text.replace("truth = 41.1", "truth = 42.1"), 90, (41.1, 42.1)),
    "another text": (
        lambda text: text.replace("30-mal", "20-mal"),
        77,
        (33.7, 50.6, 29.3, 30, 30, 10),
    ),
    "another reason": (lambda text: text.replace("9,5 vom", "95 vom"), 91, (41.1, 16.9, 7.4, 9.5)),
    "more answers": (
        lambda text: text.replace('gehen zu weit"]', 'gehen zu weit", "Ja"]'),
        36,
        (3, 4),
    ),
    "no guess": (
        lambda text: re.sub(r"(?s)\[step.guess\]\nkind = \"curve.*?\n\n", "\n", text, count=1),
        5,
        (),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_translation_of_another_lesson_is_refused(tmp_path, monkeypatch, recorded, name):
    """A sentence says what differs, and its lesson is still written."""
    shutil.copy(FILES / "learning-rate.toml", tmp_path)
    path = tmp_path / FILE.name
    change, line, numbers = WRONG[name]
    path.write_text(change(SOURCE), encoding="utf-8")
    (problem,) = read_translations(tmp_path).values()
    assert (problem.path, problem.line) == (path, line)
    recorded(problem.reason, *numbers)
    assert problem in check(path, app_names())
    monkeypatch.setattr(exporting, "translations", lambda: read_translations(tmp_path))
    with pytest.raises(exporting.ExportError, match=re.escape(problem.reason)):
        export_lesson(NAME)
    assert exporting.lesson_named("learning-rate") is lessons()["learning-rate"]


def test_the_lesson_of_a_translation_is_beside_it(tmp_path, recorded):
    path = tmp_path / FILE.name
    path.write_text(SOURCE, encoding="utf-8")
    (problem,) = check(path, app_names())
    recorded(problem.reason)
    strange = tmp_path / "learning-rate.xx.toml"
    shutil.copy(FILES / "learning-rate.toml", tmp_path)
    strange.write_text(SOURCE, encoding="utf-8")
    (problem,) = check(strange, app_names())
    recorded(problem.reason)


TABLES = {
    "not TOML": ('name = "Deutsch"', 'name = "Deutsch'),
    "no table": ("[one]", "[ones]"),
    "a number": ('decimal = ","', "decimal = 1"),
    "empty": ('"Next" = "Weiter"', '"Next" = ""'),
    "a place too few": ('"Schritt {} von {}"', '"Schritt {}"'),
    "a place twice": ('"Schritt {} von {}"', '"Schritt {1} von {1}"'),
    "no meaning": ('["Lauf", ', "["),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_table_of_a_language_is_refused(tmp_path, recorded, name):
    path = tmp_path / "de.toml"
    old, new = TABLES[name]
    path.write_text(TABLE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LessonError) as refused:
        language("de", tmp_path)
    assert refused.value.problem.path == path
    reason = refused.value.problem.reason
    recorded(reason, *map(int, re.findall(r"\d+", reason)))


def test_a_term_that_no_page_has_and_one_that_is_missing_are_reported(tmp_path, monkeypatch):
    (tmp_path / "de.toml").write_text(TABLE.replace('"unit" = [', '"unti" = ['), encoding="utf-8")
    monkeypatch.setattr("hnviz.lessons.check.language_of", lambda _: language("de", tmp_path))
    found = [problem.reason for problem in check(FILE, app_names())]
    assert len(found) == 2
    assert all("'unit'" in reason for reason in found) and "'unti'" in found[1]


def test_a_translation_counts_as_its_lesson_among_answers_and_has_an_address_of_its_own():
    place = place_named(f"{NAME}.3")
    assert place is not None and place.number == 3
    german, english = (as_data(each) for each in (place.lesson, lessons()["learning-rate"]))
    assert (german["id"], german["key"]) == (NAME, "learning-rate") == (NAME, english["key"])
    assert english["language"] is None and english["words"] == []
    assert german["language"]["words"]["Next"] == "Weiter"
    assert [term for term, _ in german["words"]] == ["Lernrate", "Rezept", "one-cycle"]
    assert translations_of(lessons()["learning-rate"]) == [place.lesson]
    assert asks_in(NAME, 6) == asks_in("learning-rate", 6) != [[]] * 6
    assert following(place.lesson) is None and following(lessons()["learning-rate"])


def test_a_number_of_several_translations_is_in_the_list(capsys):
    assert main(["lessons", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len(lessons()) + len(translations())
    assert "Die Lernrate" in listed[-1]


@pytest.fixture(scope="module")
def files(tmp_path_factory, own_runs) -> list[Path]:
    """The files of a lesson and of its translation."""
    folder = tmp_path_factory.mktemp("translated")
    found = [folder / f"{name}.html" for name in ("learning-rate", NAME)]
    for path in found:
        path.write_bytes(export_lesson(path.stem))
    return found


DRAWN = """() => [...document.querySelectorAll("[data-picture]")]
  .filter((place) => place.checkVisibility())
  .flatMap((place) => (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.state ?? [])
  .every((state) => state === "ready")"""


def said_in(tab, path: Path) -> list[list[str]]:
    """What the pictures of each step say, once it shows them."""
    found = []
    for number, step in enumerate(lessons_and_translations()[path.stem].steps, 1):
        tab.goto("about:blank")
        tab.goto(f"{path.as_uri()}#{number}")
        tab.get_by_role("heading", name=step.title, exact=True).wait_for()
        until(tab, DRAWN)
        if step.guess is not None:
            tab.locator(".lesson .foot button").last.click()
            until(tab, DRAWN)
        found.append(at_rest(tab, partial(tab.evaluate, HEADLINES)))
    return found


def test_a_lesson_in_german_has_german_words_and_the_same_numbers(browser, files):
    wide = {"width": 1280, "height": 900}
    with profile(browser, viewport=wide, reduced_motion="reduce") as context:
        tab = context.new_page()
        errors = errors_of(tab)
        english, german = (said_in(tab, path) for path in files)
        assert [len(each) for each in german] == [len(each) for each in english]
        assert sum(map(len, english)) > 20
        for said, own in zip(chain(*english), chain(*german), strict=True):
            assert said != own
            swapped = own.translate(str.maketrans(",.", ".,"))
            assert Counter(_NUMBER.findall(swapped)) == Counter(_NUMBER.findall(said)), own
        assert barriers(tab) == []
        assert tab.locator("html").get_attribute("lang") == "de"
        lesson = tab.locator(".lesson")
        for name in ("Weiter", "Fertig", "Zurück"):  # the last step is shown
            assert lesson.get_by_role("button", name=name, exact=True).count() == (name != "Weiter")
        lesson.get_by_role("button", name="Fertig", exact=True).click()
        lesson.get_by_text("Begriffe dieser Lektion", exact=True).click()
        meaning = GERMAN.glossary["recipe"][1]
        lesson.get_by_text(meaning, exact=True).wait_for()
        assert barriers(tab) == []
        assert errors == []


SAID = """() => {
  const found = [];
  const look = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) look(each.shadowRoot);
      if (each.matches(".hnviz-sentence") && each.checkVisibility()) found.push(each.innerText);
    }
  };
  look(document);
  return found.join(" ").replace(/\\s+/g, " ");
}"""
"""All sentences that the app's pictures say."""


def test_in_the_app_the_headline_is_in_the_lessons_language_until_the_reader_leaves(page, server):
    page.goto(f"{server}/lesson?id={NAME}&step=6")
    page.get_by_role("heading", name="Probier es aus").wait_for()
    until(page, f"() => ({SAID})().includes('Train erreicht 99,6')")
    page.get_by_role("button", name="Lektion verlassen").click()
    until(page, f"() => ({SAID})().includes('Train reaches 99.6')")
    assert page.errors == []
