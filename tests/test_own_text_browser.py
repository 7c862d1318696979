"""The box for a reader's own text, in a browser: typed, from a file, dropped; nothing is lost."""

import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from hnviz.data.corpora.own import LIMITS, MIN_TOKENS, Way, own_corpus
from hnviz.data.corpora.texts import MAX_TEXT_BYTES
from tests.conftest import awaited, fits, idle, start_server, stop_server, until

BATCHES = "feed?feed_part=Batches&batches_corpus=your+own&batches_bs=4&batches_bptt=8"
PHONE = 390  # px
SHORT = "red fish, two fish; blue fish and one old fish. " * 4
LONG = " ".join(f"word{each % 70}" for each in range(2_000))
TOKENS = """() => document.querySelector(".st-key-batches_grid [data-picture]")?.shadowRoot
  .querySelector(".hnviz")?.view?.stream?.nTokens ?? 0"""


def opened(page, server, at=BATCHES):
    page.goto(f"{server}/{at}")
    found = box(page)
    found.wait_for()
    idle(page)
    return found


def box(page):
    return page.get_by_label("Your text", exact=True)


def hand_in(page, text):
    box(page).fill(text)
    page.keyboard.press("Control+Enter")


def shows(page, text, **way):
    """Wait until the grid shows a text of one's own."""
    wanted = len(own_corpus(text.encode(), Way(**way)).tokens().train)
    until(page, f"(wanted) => ({TOKENS})() === wanted", wanted)
    idle(page)


def asked(page, name="batches_text"):
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


def choose_corpus(page, name):
    page.get_by_label("Corpus", exact=True).select_option(name)


@pytest.mark.parametrize(("text", "level"), [(SHORT, "bpe"), (LONG, "char")], ids=["short", "long"])
def test_another_corpus_and_back_and_a_link_lose_nothing(server, page, context, text, level):
    opened(page, server)
    hand_in(page, text)
    page.get_by_label("Tokens", exact=True).select_option(level)
    way = {"level": level, "valid": 20, **({"merges": 9} if level == "bpe" else {})}
    for name in way.keys() & LIMITS.keys():
        number = page.get_by_role("spinbutton", name=name.capitalize())
        number.fill(str(way[name]))
        number.press("Enter")
    shows(page, text, **way)
    for _ in range(2):
        choose_corpus(page, "human_numbers")
        until(page, f"() => ({TOKENS})() > 50000")
        until(page, "() => !/batches_(text|tokens|own)/.test(location.search)")
        choose_corpus(page, "your own")
        expect(box(page)).to_have_value(text)
        shows(page, text, **way)
    page.get_by_role("switch", name="Cut at random").click()  # reports the whole row once more
    until(page, "() => location.search.includes('batches_random')")
    shows(page, text, **way)
    until(page, "() => location.search.includes('batches_own_valid=20')")
    awaited(page, lambda: asked(page) == text if text == SHORT else asked(page).startswith("~"))
    page.reload()
    expect(box(page)).to_have_value(text)
    shows(page, text, **way)
    other = context.new_page()
    other.goto(page.url)
    expect(box(other)).to_have_value(text)
    shows(other, text, **way)
    hand_in(other, "another tab has another text, " * 9)
    shows(other, "another tab has another text, " * 9, **way)
    other.close()
    choose_corpus(page, "human_numbers")
    choose_corpus(page, "your own")
    expect(box(page)).to_have_value(text)
    shows(page, text, **way)
    assert page.errors == []


def test_a_text_comes_back_where_the_address_lost_it_on_the_way(server, page):
    """The reader comes back before the browser has taken the row away, which clears the address."""
    sockets, held, holds = [], [], False

    def between(socket):
        app = socket.connect_to_server()
        app.on_message(lambda message: held.append(message) if holds else socket.send(message))
        sockets.append(socket)

    def release(stops=lambda _: False):
        """Pass on what was held, up to and with a message that `stops`."""
        while held:
            message = held.pop(0)
            sockets[-1].send(message)
            if stops(message):
                return

    def is_end(message):
        return ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"

    page.route_web_socket("**/_stcore/stream*", between)
    opened(page, server)
    hand_in(page, SHORT)
    number = page.get_by_role("spinbutton", name="Valid, percent")
    number.fill("20")
    number.press("Enter")
    shows(page, SHORT, valid=20)
    until(page, "() => location.search.includes('batches_own_valid=20')")
    holds = True
    choose_corpus(page, "human_numbers")
    awaited(page, lambda: any(map(is_end, held)))
    choose_corpus(page, "your own")
    release(is_end)
    until(page, "() => !/batches_(text|tokens|own)/.test(location.search)")
    holds = False
    release()
    shows(page, SHORT, valid=20)
    expect(box(page)).to_have_value(SHORT)
    until(page, "() => location.search.includes('batches_own_valid=20')")
    assert asked(page) == SHORT
    assert page.errors == []


def test_a_text_goes_from_part_to_part_and_room_to_room(server, page):
    opened(page, server)
    hand_in(page, SHORT)
    shows(page, SHORT)
    parts = page.get_by_role("group", name="Look at")
    parts.get_by_role("button", name="Text").click()
    page.locator(".st-key-data_corpus_fields select").select_option("your own")
    expect(box(page)).to_have_value(SHORT)
    until(page, "() => !location.search.includes('batches_text')")
    hand_in(page, LONG)
    page.get_by_text("The tokens begin: xxbos word0").wait_for()
    parts.get_by_role("button", name="Batches").click()
    if asked(page, "batches_corpus") != "your own":
        choose_corpus(page, "your own")
    expect(box(page)).to_have_value(LONG)
    shows(page, LONG)
    page.get_by_role("link", name="Build").click()
    page.wait_for_url("**/build*")
    idle(page)
    page.get_by_role("link", name="Feed").first.click()
    page.wait_for_url("**/feed*")
    idle(page)
    parts.get_by_role("button", name="Text").click()
    page.locator(".st-key-data_corpus_fields select").select_option("your own")
    expect(box(page)).to_have_value(LONG)
    assert page.errors == []


def test_a_file_that_is_refused_is_one_sentence_and_the_text_stays(
    server, page, tmp_path, recorded
):
    opened(page, server)
    hand_in(page, SHORT)
    shows(page, SHORT)
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_bytes(LONG.encode())
    chooser, alerts = page.locator("input[type=file]"), page.get_by_role("alert")
    chooser.set_input_files(good)
    shows(page, LONG)
    expect(box(page)).to_have_value(LONG)
    recorded.shown(page, "good.txt is in")
    for content, said in (
        (b"caf\xe9 " * 9, "The file is not UTF-8 text (byte 4)"),
        (b"word " * (MAX_TEXT_BYTES // 5 + 40_000), "at most 5 MB, and this one has 5.2 MB"),
        (b"", "The text is empty"),
        (b"one\0two " * 9, "The text has a NUL byte (character 4)"),
    ):
        bad.write_bytes(content)
        chooser.set_input_files(bad)
        expect(alerts.filter(visible=True)).to_have_count(1)
        expect(alerts.filter(visible=True)).to_contain_text(said)
        expect(box(page)).to_have_accessible_description(alerts.filter(visible=True).inner_text())
        idle(page)
        expect(box(page)).to_have_value(LONG)
    chooser.set_input_files(good)
    expect(alerts.filter(visible=True)).to_have_count(0)
    bad.write_bytes(b"word")  # which the page refuses, and not the server
    chooser.set_input_files(bad)
    expect(alerts.filter(visible=True)).to_contain_text("The text has 1 token")
    page.get_by_role("button", name="Remove the file").click()
    expect(box(page)).to_have_value(SHORT)
    shows(page, SHORT)
    expect(alerts.filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Remove the file")).to_be_hidden()
    assert [error for error in page.errors if " 422 " not in error] == []


def test_the_box_asks_for_a_text_and_blames_none_that_is_being_typed(server, page, recorded):
    found = opened(page, server, "feed?data_corpus=your+own")
    alert, line = page.get_by_role("alert").filter(visible=True), page.locator(".st-key-data_line")
    asked = found.get_attribute("placeholder")
    recorded(asked, MIN_TOKENS)
    expect(alert).to_have_count(0)
    expect(line).to_have_count(0)
    top = found.bounding_box()["y"]
    assert top < 300  # nothing is above the box but the choice of a text
    hand_in(page, "one fish")
    expect(alert).to_contain_text("The text has 2 tokens")
    page.keyboard.type("y")
    expect(alert).to_have_count(0)
    page.keyboard.press("Backspace")
    page.keyboard.press("Tab")  # the same text as before
    expect(alert).to_contain_text("The text has 2 tokens")
    hand_in(page, SHORT)
    expect(line).to_be_visible()
    expect(alert).to_have_count(0)
    awaited(page, found.bounding_box, lambda at: at["y"] == top)
    number = page.get_by_role("spinbutton", name="Minimum count")
    number.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("e")
    page.keyboard.press("Tab")
    expect(alert).to_contain_text("must be a number")
    assert page.errors == []


def drop(page, *paths):
    """Drop files on the box, as the system does."""
    at = box(page).bounding_box()
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": at["x"] + 40, "y": at["y"] + 20}
        devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
    devtools.detach()


def test_a_file_is_dropped_and_a_folder_or_two_files_are_refused(server, page, tmp_path, recorded):
    opened(page, server)
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    for path in (one, two):
        path.write_text(SHORT)
    alert = page.get_by_role("alert").filter(visible=True)
    drop(page, tmp_path)
    recorded.shown(alert, "a folder")
    drop(page, one, two)
    recorded.shown(alert, "were dropped", 2)
    drop(page, one)
    expect(box(page)).to_have_value(SHORT)
    expect(alert).to_have_count(0)
    shows(page, SHORT)
    awaited(page, lambda: asked(page) == SHORT)  # a short file is in the link
    assert "/feed?" in page.url and page.errors == []


def test_a_large_text_is_sent_once(server, page, tmp_path, recorded):
    requests, messages = [], []

    def texts():
        return [int(each.all_headers()["content-length"]) for each in requests]

    def request(each):
        if each.method == "POST" and each.url.endswith("/api/texts"):
            requests.append(each)

    page.on("request", request)
    page.on("websocket", lambda each: each.on("framesent", lambda data: messages.append(len(data))))
    opened(page, server)
    largest = ("red fish two fish " * 6_000)[:100_000]
    hand_in(page, largest)
    shows(page, largest)
    assert texts() == [100_000]
    path = tmp_path / "large.txt"
    path.write_text("red fish two fish " * 170_000)
    page.locator("input[type=file]").set_input_files(path)
    shows(page, path.read_text())
    recorded.shown(page, "large.txt: the box", 2_000, 3_060_000)
    expect(box(page)).not_to_be_editable()
    for cut in ("true", "false"):
        page.get_by_role("switch", name="Cut at random").click()
        until(page, f"() => location.search.includes('random=true') === {cut}")
        idle(page)
    page.reload()
    recorded.shown(page, "The box shows", 2_000, 3_060_000)
    shows(page, path.read_text())
    assert texts() == [100_000, 3_060_000]
    assert max(messages) < 4_000
    assert page.errors == []


def test_a_text_that_the_server_has_lost_is_sent_again(page, tmp_path):
    """Another server at its address has not seen the text, like one with many texts since then."""
    first = start_server(tmp_path)
    try:
        opened(page, first.url)
        hand_in(page, LONG)
        shows(page, LONG)
        for _ in range(11):  # of other viewers, 5 MB each
            headers = {
                "Content-Type": "application/octet-stream",
                "Cookie": f"hnviz-viewer={secrets.token_hex(16)}",
            }
            content = secrets.token_hex(MAX_TEXT_BYTES // 2)
            answer = page.request.post(f"{first.url}/api/texts", data=content, headers=headers)
            assert answer.ok
        until(page, f"() => ({TOKENS})() > 0")
        with page.expect_request(lambda each: each.url.endswith("/api/texts")):
            page.get_by_role("switch", name="Cut at random").click()
        shows(page, LONG)
        expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)
    finally:
        stop_server(first)


def test_the_box_is_used_by_keyboard_and_nothing_is_cut(server, page, recorded):
    page.set_viewport_size({"width": PHONE, "height": 844})
    found = opened(page, server)
    found.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("one two three four five six seven eight nine ten eleven twelve")
    recorded.shown(page, "Ctrl+Enter")
    page.keyboard.press("Control+Enter")
    page.get_by_text("The tokens begin: xxbos one two three").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Tokens", exact=True)).to_be_focused()
    fits(page, PHONE)
    assert page.errors == []
