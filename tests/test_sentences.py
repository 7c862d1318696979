"""The record of sentences: what holds, what does not, and that tests hold no sentence elsewhere."""

import ast
import re

import pytest

from tests.literals import sentences_in
from tests.sentences import FOLDER, Recorded


def test_a_sentence_and_its_numbers_are_held_to_the_record(recorded):
    recorded("Model5 gets **1,024** of 2,048 right: 5.0e-1.", 1024, 2048, "5.0e-1")
    recorded("No number.")


@pytest.mark.parametrize("numbers", [(), (3,), (4, 3), (4.0,)])
def test_each_number_of_a_sentence_is_given(numbers):
    with pytest.raises(AssertionError, match="4 words"):
        Recorded("4 words")("4 words", *numbers)


def test_other_words_fail():
    with pytest.raises(AssertionError):
        Recorded("4 words")("4 Words", 4)


def test_a_part_of_a_text_is_its_one_sentence_with_these_words():
    text = "<p>It gets **1.5** right.</p>It is *late*. Come **again**.** At 4?\nAt 5"
    for part, sentence, numbers in (
        ("gets", "It gets **1.5** right.", [1.5]),
        ("late", "It is *late*.", []),
        ("again", "Come **again**.", []),
        ("At 4", "At 4?", [4]),
        ("At 5", "At 5", [5]),
    ):
        Recorded(sentence)(text, *numbers, part=part)
    for part in ("It", "tomorrow"):
        with pytest.raises(AssertionError, match="sentences have"):
            Recorded(text)(text, part=part)


def test_a_tests_folders_and_runs_have_one_name_in_every_run():
    said = "the run 20260101-123456-Model5-0a1b of /tmp/base/test_x0/runs is gone"
    Recorded("the run RUN of FOLDER/runs is gone", "/tmp/base")(said)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("**/*.py")), ids=lambda path: path.stem)
def test_no_sentence_of_the_product_is_a_literal_of_a_test(path):
    """Give it to `recorded`, with its numbers, and run ``pytest FILE --snapshot-update``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [f"{found.node.lineno}: {found.text}" for found in sentences_in(tree)] == []


SIX = "The network has read three words"


@pytest.mark.parametrize(
    "source",
    [
        f'assert said == "{SIX}"',
        f'assert said == ["{SIX}"]',
        f'assert "{SIX}." in said',
        f'assert f"{{name}}: {SIX}." in said',
        f'assert said.startswith("{SIX}.")',
        f'assert "{SIX} before it guesses one" in said',
        f'wanted = "{SIX}."\nassert wanted in said',
        f'for wanted in ("{SIX}.",):\n assert wanted in said',
        f'with pytest.raises(ValueError, match="{SIX}."): pass',
        f'expect(page.locator("p")).to_have_text("{SIX}.")',
        f'page.get_by_text("{SIX}.").wait_for()',
        f'@pytest.mark.parametrize(("a", "b"), [(1, "{SIX}.")])\ndef test_x(a, b): assert b in a',
        f'@pytest.mark.parametrize("b", ["{SIX}"])\ndef test_x(b): assert told() == b',
        f'def check(a, b): assert a == b\ndef test_x(): check(told(), "{SIX}")',
    ],
)
def test_a_sentence_is_found_wherever_it_is_expected(source):
    (found,) = sentences_in(ast.parse(source))
    assert SIX in found.text


@pytest.mark.parametrize(
    "source",
    [
        f'assert "{SIX}" in said',  # a part of one
        'assert said == "read three words"',
        f'box.fill("{SIX}.")\nassert read(box) == 5',
        f'typed = "{SIX}."\nbox.fill(typed)\nassert box.value == typed',
        f'assert found, "{SIX}."',
        'assert said == "one thousand two hundred thirty four"',
        'assert line == "for t in range(x.shape[1]): x is what was given"',
        f'@pytest.mark.parametrize("a", ["{SIX}."])\ndef test_x(a): assert told(a) == 5',
        f'def test_x():\n "{SIX}."\n assert told() == 5',
    ],
)
def test_what_is_typed_in_and_short_parts_are_no_sentences(source):
    assert list(sentences_in(ast.parse(source))) == []


IN_JAVASCRIPT = re.compile(
    r"""assert\.(?:equal|match|strictEqual)\(.*, (?P<quote>["'`/^])(?P<text>.*)(?P=quote)\);$"""
    r"""|message: ["'`/](?P<message>.*)["'`/] ?\}""",
    re.MULTILINE,
)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("js/*.test.js")), ids=lambda path: path.stem)
def test_no_sentence_of_the_product_is_a_literal_of_a_test_in_javascript(path):
    """Its record is tests/data/js_sentences.json."""
    for found in IN_JAVASCRIPT.finditer(path.read_text(encoding="utf-8")):
        text = found["text"] or found["message"] or ""
        pattern = re.search(r"\\[dw]|\.\*|\.\+|\[", text)  # reads a part of a sentence
        words = re.findall(r"[^\W\d_]+", text)
        assert pattern or len(words) < 6 or not re.search(r"[.?!]\W*$", text), text
