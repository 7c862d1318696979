"""Texts that cannot be read: a sentence beside the control, or status 2; nothing is stored."""

import re

import pytest
from starlette.routing import Router
from starlette.testclient import TestClient

from hnviz.app.shell.server import server
from hnviz.cli.main import main
from hnviz.data.corpora import texts
from hnviz.runs import default_runs_dir
from hnviz.runs.texts import TEXTS
from hnviz.web import corpora
from hnviz.web.limits import Bounds, Limits
from tests.pages import choose, control, open_page
from tests.test_pages import drawn, text

DIFFERENT = b" ".join(map(b"%x".__mod__, range(850_000)))[:4_990_000]
"""As many different words as 5 MB hold: more than 800,000."""

BAD = {
    "not UTF-8": (b"caf\xe9 " * 9, "the file is not UTF-8 text (byte 4)"),
    "empty": (b"", "the text is empty"),
    "white space": (b" \n\t\r\n \xe2\x80\x83", "the text is empty"),
    "one token": (b"word", "the text has 1 token, but training needs at least 10"),
    "6 MB": (b"word " * 1_200_000, "a text can have at most 5 MB, and this one has 6.0 MB"),
    "a million words": (DIFFERENT, "different tokens, but a network here can know only 65,527"),
    "NUL": (b"one\0two " * 9, "the text has a NUL byte (character 4)"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("command", ["train", "layout"])
def test_a_command_says_it_in_one_sentence(command, content, sentence, tmp_path, capsys):
    file = tmp_path / "own.txt"
    file.write_bytes(content)
    where = ["--runs-dir", str(tmp_path / "runs")] if command == "train" else []
    assert main([command, *where, "--text", str(file)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1 and "Traceback" not in said
    assert list(tmp_path.iterdir()) == [file]


def test_a_million_words_in_byte_pairs_are_refused_before_they_are_split(
    tmp_path, capsys, recorded
):
    file = tmp_path / "own.txt"
    file.write_bytes(DIFFERENT)
    assert main(["layout", "--text", str(file), "--tokens", "bpe"]) == 2
    recorded(capsys.readouterr().err, 760_150, 150_000, part="but byte-pair encoding reads only")


def sent(content: bytes) -> dict[str, str]:
    """Send a file as a browser does; return the answer."""
    client = TestClient(Limits(Router([*corpora.routes()]), Bounds))
    kind = {"Content-Type": "application/octet-stream"}
    return dict(client.post("/api/texts", content=content, headers=kind).json())


TOO_LARGE = "a body may have at most 5,000,000 bytes"
"""What the server says of a file of which the browser says how large it is."""
UNREAD = ("not UTF-8", "empty", "white space", "6 MB", "NUL")
"""What the server refuses at once; test_own_text_browser.py sees the sentence beside the box."""


@pytest.mark.parametrize("name", UNREAD)
def test_a_file_that_is_no_text_is_refused_with_one_sentence(name):
    content, sentence = BAD[name]
    held = dict(texts.held)
    assert sent(content)["error"].startswith(TOO_LARGE if name == "6 MB" else sentence)
    assert dict(texts.held) == held


PAGES = {
    "data": ({"data_corpus": "your own"}, "data_guess"),
    "train": ({"train_corpus": "your own"}, "none"),
    "batches": ({"batches_corpus": "your own"}, "batches_grid"),
}
"""Page -> the address that opens its box, and a picture that the text would be in."""


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", [name for name in BAD if name not in UNREAD])
def test_a_page_says_it_in_one_sentence_beside_the_box(page, name):
    content, sentence = BAD[name]
    before = server().store.ids(), stored()
    query, picture = PAGES[page]
    app = choose(open_page(page, **query), **{f"{page}_text": f"~{sent(content)['name']}"}).run()
    assert not app.exception
    said = text(app).replace("\\", "")
    assert said.count(sentence[1:]) == 1
    assert not [each for each in app.get("bidi_component") if f'"{picture}"' in each.proto.json]
    if page == "train":
        assert control(app, "train_start")["off"]
    assert (server().store.ids(), stored()) == before


def stored() -> list[str]:
    return sorted(path.name for path in (default_runs_dir() / TEXTS).glob("*"))


MARKUP = "<script>alert(1)</script> <b>bold</b> [a](javascript:b) **c** $d$ `e` " * 9


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize("level", ["word", "char", "bpe"])
@pytest.mark.parametrize("page", ["data", "train"])
def test_markup_in_a_text_is_shown_as_text(page, level):
    app = open_page(page, **PAGES[page][0])
    choose(app, **{f"{page}_text": MARKUP, f"{page}_tokens": level}).run()
    assert not app.exception
    html = "".join(each.proto.body for each in app.get("html"))
    assert "<script" not in html
    marked = "".join(each.value for each in app.markdown)
    assert not re.search(r"(?<!\\)(<|\$|`|\]\(java)", marked)
    if page == "data":
        assert drawn(app, "data_guess")["settings"]["words"][0][0] == "xxbos"
