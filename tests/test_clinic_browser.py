"""The clinic and the lines in order, in a browser: with the keyboard, and on a phone."""

import pytest

from hnviz.exercises.clinic import BUGS, CASES
from hnviz.exercises.orders import PUZZLES
from tests.axe import barriers
from tests.conftest import fits, idle

expect = pytest.importorskip("playwright.sync_api").expect
FOLD = "details.hn-clinic"


def fold(page, title):
    return page.locator(FOLD).filter(has=page.locator("summary").get_by_text(title, exact=True))


def test_a_student_names_points_and_mends_with_the_keyboard(page, server):
    page.goto(f"{server}/train?train_part=Exercises&clinic_ward=B&clinic_bed=4")
    case = CASES["B4"]
    wrong, right = (fold(page, BUGS[name].title) for name in (case.others[0], case.name))
    wrong.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(wrong).to_have_attribute("open", "")
    expect(wrong.locator("p")).to_contain_text("No.")
    right.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(right.locator("p")).to_contain_text("Right.")
    expect(wrong).not_to_have_attribute("open", "")  # one diagnosis at a time
    for title, said in (("A curve", "No."), ("The mini-batch", "Yes.")):
        fold(page, title).locator("summary").focus()
        page.keyboard.press("Enter")
        expect(fold(page, title).locator("p")).to_contain_text(said)
    mend = fold(page, "Mend")
    mend.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(mend.locator("svg")).to_have_count(3)
    expect(mend.locator("polyline")).to_have_count(30)
    page.get_by_role("button", name="2", exact=True).click()
    expect(page.locator(".hnviz-lead")).to_contain_text("B2")
    expect(page.locator(f"{FOLD}[open]")).to_have_count(0)
    assert page.errors == []


def test_a_line_is_moved_with_the_keyboard_and_the_address_has_the_order(page, server):
    page.goto(f"{server}/train?train_part=Exercises&train_exercise=Lines&lines_program=Loop")
    puzzle = PUZZLES["Loop"]
    codes = page.locator(".lines li[data-line] code")
    expect(codes.first).to_contain_text(puzzle.lines[puzzle.first[0]])
    page.get_by_role("button", name="Line 1 down", exact=True).focus()
    page.keyboard.press("Enter")
    expect(codes.first).to_contain_text(puzzle.lines[puzzle.first[1]])
    expect(page.get_by_role("button", name="Line 1 down", exact=True)).to_be_focused()
    page.keyboard.press("Enter")  # the line that was moved is still in hand
    expect(codes.nth(2)).to_contain_text(puzzle.lines[puzzle.first[0]])
    page.get_by_role("button", name="Line 1 up", exact=True).click()
    expect(page.get_by_role("button", name="Line 1 up", exact=True)).to_be_focused()
    assert "lines_order_loop=2+1+3+4+5" in page.url.replace("%20", "+")
    assert page.errors == []


@pytest.mark.parametrize("part", ["Clinic", "Lines"])
def test_on_a_phone_all_is_in_its_width_and_has_no_barriers(page, server, part):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/train?train_part=Exercises&train_exercise={part}")
    page.locator(FOLD).last.wait_for()
    idle(page)
    for each in page.locator(f"{FOLD} summary").all():
        each.click()
    idle(page)
    fits(page, 390)
    assert barriers(page) == []
