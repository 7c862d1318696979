"""The record of sentences: what holds, what does not, and that tests hold no sentence elsewhere."""

import ast
import re
from collections.abc import Iterator

import pytest

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


SHOWN = ("to_have_text", "to_contain_text", "get_by_text", "to_have_accessible_description")
SENTENCE = re.compile(r"(?:[^\W\d_][\w'\u2019]*\W+){5,}[^\W\d_][\w'\u2019]*[.?!]\W*$")
CODE = re.compile(r"[{}<>=|]|--|::| , |python -m|\w[(\[]|\([\\[]|\bimport\b|^/|^https?:|\[\[")


def literals_in(source: str) -> Iterator[str]:
    """Yield each sentence that an assert compares, or that a browser is expected to show."""
    for node in ast.walk(ast.parse(source)):
        held = [node.test] if isinstance(node, ast.Assert) else []
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(SHOWN):
            held += node.args
        if isinstance(node, ast.keyword) and node.arg in ("match", "has_text"):
            held.append(node.value)
        for each in (part for part in held for part in ast.walk(part)):
            text = each.value if isinstance(each, ast.Constant) else ""
            if isinstance(text, str) and SENTENCE.search(text) and not CODE.search(text):
                yield text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("**/*.py")), ids=lambda path: path.stem)
def test_no_sentence_of_the_product_is_a_literal_of_a_test(path):
    """Give it to `recorded`, with its numbers, and run ``pytest FILE --snapshot-update``."""
    assert list(literals_in(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source", ['assert "{}" in said', 'raises(Error, match="{}")', 'get_by_text("{}")']
)
def test_a_sentence_is_found_where_it_is_expected(source):
    six = "The network has read three words"
    assert [len(list(literals_in(source.format(each)))) for each in (six, f"{six}.")] == [0, 1]


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
