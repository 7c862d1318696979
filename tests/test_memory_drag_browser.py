"""A memory dragged from one text onto a word of the other, by a real mouse and by real fingers."""

import re
from functools import partial
from operator import eq
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.axe import barriers
from tests.conftest import awaited, idle, profile, until

expect = pytest.importorskip("playwright.sync_api").expect

MEMORY = "remember?remember_part=Another%20memory"
ROOT = ".st-key-predictions_courses .hnviz"
PROMPT = "four thousand three hundred sixteen , four thousand three hundred seventeen , four"
OTHER = "five thousand thirty eight , five thousand thirty"
HELD = 500  # ms that a finger rests


def opened(page, server, query=""):
    """Open the part, and return both texts."""
    page.goto(f"{server}/{MEMORY}{query}")
    page.locator(f"{ROOT}[data-state='ready'] .words[data-paints]").wait_for()
    idle(page)
    return page.locator(".text")


def middle(part):
    """Return where a part of the page is."""
    box = part.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def grip(texts, side):
    """Return the cells of a text: 0 is what the network has read, 1 the other."""
    return texts.nth(side).locator(".grip")


def word(texts, side, at):
    """Return a word of a text."""
    return texts.nth(side).locator(".word").nth(at)


def lifted(page, part):
    """Drag a part a little way with the mouse, and hold it."""
    page.locator(".texts").evaluate("texts => texts.scrollIntoView({ block: 'center' })")
    idle(page)
    x, y = middle(part)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 2, steps=3)
    expect(page.locator(".ghost")).to_be_visible()


def asked(page):
    """Return the parameters that a drop sets, as the address has them.

    While Python writes some of them there, the others may be away for a moment.
    """
    found = parse_qs(urlsplit(page.url).query)
    names = ("predictions_prompt", "predictions_other", "swapped")
    return {name: found[name][0] for name in names if name in found}


def headline(page):
    """Return what the picture says."""
    return page.locator(f"{ROOT} .headline")


def test_a_memory_is_put_in_at_the_word_on_which_it_is_dropped(server, page, recorded):
    texts = opened(page, server)
    hint = page.locator(".texts-hint")
    recorded.shown(hint, "onto a word of the other")
    recorded.shown(hint, "By keyboard")
    own = headline(page).inner_text()
    lifted(page, grip(texts, 1))
    recorded.shown(hint, "This is the memory")
    recorded.shown(hint, "nothing changes")
    for at in (3, 12):
        x, y = middle(word(texts, 0, at))
        page.mouse.move(x, y, steps=4)
        ghost = page.locator(".ghost").bounding_box()
        assert 0 < ghost["x"] - x < 30 and 0 < y - ghost["y"] - ghost["height"] < 30
        expect(page.locator(".word.to")).to_have_count(1)
        expect(word(texts, 0, at)).to_have_class(re.compile(r"\bto\b"))
    expect(page.locator(".word.after")).to_have_count(4)  # they would not be read
    recorded.shown(hint, "Let go")
    assert headline(page).inner_text() == own and asked(page) == {}
    page.mouse.up()
    expect(headline(page)).to_contain_text("It now continues")
    page.wait_for_url("**predictions_prompt=**")
    awaited(page, partial(asked, page), eq, {"predictions_prompt": PROMPT, "swapped": "1"})
    expect(page.locator(".ghost")).to_be_hidden()
    expect(page.locator(".word.unread")).to_have_text(["thousand", "three", "hundred", "eighteen"])
    assert barriers(page) == []
    page.get_by_text("Choose other texts or a layer").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(PROMPT)

    lifted(page, word(texts, 1, 7))
    x, y = middle(word(texts, 0, 16))  # all of it is read again
    page.mouse.move(x, y, steps=4)
    painted = "canvas => canvas.getContext('2d').getImageData(9, 4, 1, 1).data[3] > 0"
    until(page, painted, page.locator(".ghost canvas").element_handle())
    page.mouse.up()
    page.wait_for_url("**predictions_other=**")
    expect(page.get_by_label("The state after this text")).to_have_value(OTHER)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("4316 to 4318")
    awaited(page, partial(asked, page), eq, {"predictions_other": OTHER, "swapped": "1"})
    expect(page.locator(".word.unread")).to_have_text(["nine", ",", "five", "thousand", "forty"])
    page.get_by_role("button", name="Put its own memory back").click()
    expect(headline(page)).to_have_text(own)
    page.reload()
    expect(page.locator(".text .word").last).to_have_text("thirty")  # the address is all of it
    assert page.errors == []


def test_the_memory_of_what_was_read_goes_into_the_other_text(server, page, recorded):
    texts = opened(page, server, "&predictions_layers=1")
    lifted(page, word(texts, 0, 4))
    page.mouse.move(*middle(grip(texts, 1)), steps=4)  # behind its last word
    recorded.shown(page.locator(".texts-hint"), "Let go", 1)
    page.mouse.up()
    page.wait_for_url("**predictions_other=**")
    sixteen = "four thousand three hundred sixteen"
    wanted = {"predictions_prompt": "5038 to 5040", "predictions_other": sixteen, "swapped": "1"}
    awaited(page, partial(asked, page), eq, wanted)
    expect(page.locator(".words[aria-label*='layer 1 of the state']")).to_be_visible()
    assert page.errors == []


def test_a_drop_of_what_is_there_presses_the_button(server, page):
    texts = opened(page, server)
    lifted(page, grip(texts, 1))
    page.mouse.move(*middle(word(texts, 0, 16)), steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Put its own memory back")).to_be_visible()
    awaited(page, partial(asked, page), eq, {"swapped": "1"})
    assert page.errors == []


def _escape(page, texts):
    page.keyboard.press("Escape")


def _outside(page, texts):
    page.mouse.move(*middle(headline(page)), steps=3)
    expect(page.locator(".word.to")).to_have_count(0)
    page.mouse.up()


def _on_itself(page, texts):
    page.mouse.move(*middle(word(texts, 1, 2)), steps=3)
    page.mouse.up()


def _outside_the_window(page, texts):
    page.mouse.move(-40, -40, steps=3)
    page.mouse.up()


def _lost(page, texts):
    lose = "root => root.view.texts.host.releasePointerCapture(root.view.texts.drag.press.id)"
    page.locator(ROOT).evaluate(lose)
    x, y = middle(word(texts, 0, 5))
    page.mouse.move(x, y)  # the browser says so with the next move


def _drawn_again(page, texts):
    slider = page.locator(".st-key-change_bar .slider")
    slider.focus()
    slider.press("ArrowLeft")
    page.locator(f"{ROOT}:not([data-step='400'])").wait_for()


def _menu(page, texts):
    page.mouse.down(button="right")
    page.mouse.up(button="right")


ENDINGS = (_escape, _outside, _on_itself, _outside_the_window, _lost, _drawn_again, _menu)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_drag_that_ends_elsewhere_changes_nothing(server, page, ending):
    texts = opened(page, server)
    own = headline(page).inner_text()
    lifted(page, grip(texts, 1))
    page.mouse.move(*middle(word(texts, 0, 5)), steps=3)
    expect(page.locator(".word.to")).to_have_count(1)
    ending(page, texts)
    expect(page.locator(".ghost")).to_be_hidden()
    expect(page.locator(".word.to, .word.from, .word.after, .dragging")).to_have_count(0)
    if ending is not _drawn_again:
        expect(page.locator(".texts-hint")).to_contain_text("Nothing has changed.")
        assert headline(page).inner_text() == own
    page.mouse.move(*middle(word(texts, 0, 7)))
    page.mouse.up()  # of a drag that is over
    idle(page)
    assert asked(page) == {}
    page.get_by_role("button", name="Put in another memory").click()
    expect(page.locator(".texts-hint")).not_to_contain_text("Nothing has changed.")
    assert page.errors == []


@pytest.fixture
def phone(browser, server):
    """A phone's tab, and a function that says where its fingers are now."""
    look = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with profile(browser, **look) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)

        def touch(kind, *places):
            points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        yield page, touch


SCROLLED = "[...document.querySelectorAll('*')].reduce((sum, each) => sum + each.scrollTop, 0)"


def test_a_finger_drags_cells_at_once_and_a_word_after_a_rest(server, phone, recorded):
    page, touch = phone
    texts = opened(page, server)
    recorded.shown(page.locator(".texts-hint"), "hold one of its words")
    before = page.evaluate(SCROLLED)
    for part, rest in ((grip(texts, 1), 0), (word(texts, 1, 9), HELD)):
        x, y = middle(part)
        touch("touchStart", (x, y))
        page.wait_for_timeout(rest)
        for at in range(1, 5):
            touch("touchMove", (x, y - 12 * at))
        expect(page.locator(".ghost")).to_be_visible()
        x, y = middle(word(texts, 0, 12))
        touch("touchMove", (x, y))
        expect(page.locator(".word.to")).to_have_text("four")
        assert page.locator(".ghost").bounding_box()["y"] < y - 40, "the finger does not hide it"
        assert page.evaluate(SCROLLED) == before
        if rest:
            touch("touchEnd")
        else:
            touch("touchCancel")
            expect(page.locator(".ghost")).to_be_hidden()
            assert asked(page) == {}
    page.wait_for_url("**predictions_other=**")
    wanted = {"predictions_prompt": PROMPT, "predictions_other": f"{OTHER} nine ,", "swapped": "1"}
    awaited(page, partial(asked, page), eq, wanted)


def test_a_finger_that_moves_at_once_scrolls_the_page(server, phone):
    page, touch = phone
    texts = opened(page, server)
    before = page.evaluate(SCROLLED)
    x, y = middle(word(texts, 1, 2))
    page.evaluate("window.setTimeout = () => 0")  # the finger never rests, however slow
    touch("touchStart", (x, y))
    for at in range(1, 12):
        touch("touchMove", (x, y - 20 * at))
        page.wait_for_timeout(20)
    assert page.locator(".ghost").is_hidden()
    touch("touchEnd")
    until(page, f"() => {SCROLLED} > {before} + 100")
    assert asked(page) == {}


def test_a_second_finger_ends_a_drag(server, phone):
    page, touch = phone
    texts = opened(page, server)
    first = middle(grip(texts, 1))
    touch("touchStart", first)
    touch("touchMove", (first[0] - 30, first[1] - 20))
    target = middle(word(texts, 0, 5))
    touch("touchMove", target)
    expect(page.locator(".word.to")).to_have_count(1)
    touch("touchStart", target, (200, 700))
    expect(page.locator(".ghost")).to_be_hidden()
    touch("touchEnd")
    idle(page)
    assert asked(page) == {}
