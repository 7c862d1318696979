"""The small network on the Tasks page, in a browser: its bits, its weights and its address."""

import re

import pytest

from tests.saved import more

expect = pytest.importorskip("playwright.sync_api").expect
NETWORK = ".st-key-tasks_understood .hnviz"


def open_network(page, server, asked="?tasks_network=true"):
    page.goto(f"{server}/tasks{asked}")
    page.locator(NETWORK).scroll_into_view_if_needed()
    page.locator(f"{NETWORK}[data-ready]").wait_for()
    return page.locator(NETWORK)


def test_a_bit_that_is_pressed_changes_the_answer_and_the_address(page, server):
    network = open_network(page, server)
    said = network.locator(".hnviz-sentence.small")
    expect(said).to_contain_text("It has read 1 0 1 1 0 0 1 0: 4 ones.")
    expect(said).to_contain_text("answers even: right.")
    network.get_by_role("button", name="bit 1: 1").click()
    expect(said).to_contain_text("It has read 0 0 1 1 0 0 1 0: 3 ones.")
    expect(said).to_contain_text("answers odd: right.")
    answers = network.locator(".trace tbody tr").last.locator("td").all_inner_texts()
    assert answers == ["even", "even", "odd", "even", "even", "even", "odd", "odd"]
    assert "tasks_bits=00110010.8" in page.url
    slider = network.get_by_role("slider", name="Bits read")
    slider.focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("Nothing has been read yet")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text(re.compile("unit 3 is off .* answers even: right"))
    assert "tasks_bits=00110010.1" in page.url
    assert page.errors == []


def test_each_weight_says_what_it_is_worth_by_pointer_and_by_keyboard(page, server):
    network = open_network(page, server, "?tasks_bits=11010000.3")
    marked = network.locator(".marked-weight")
    expect(marked).to_contain_text("from bit 0 to unit 1, is 1.56. Without it, 4,095 of 8,190")
    graph = network.get_by_role("table", name="Left and right arrow keys mark another weight")
    graph.focus()
    page.keyboard.press("ArrowRight")
    expect(marked).to_contain_text("from bit 0 to unit 3, is \N{MINUS SIGN}2.99")
    assert "2.99" in graph.get_attribute("aria-label")
    network.locator(".weights tbody tr").nth(1).locator("td").nth(1).hover()
    expect(marked).to_contain_text("from bit 1 to unit 1, is \N{MINUS SIGN}1.33")
    more(network, "As a table")
    expect(network.locator(".hnviz-as-table tbody tr")).to_have_count(38)


def test_bits_that_are_none_are_named_and_the_network_stays(page, server):
    network = open_network(page, server, "?tasks_bits=1012")
    expect(network.get_by_role("alert").first).to_contain_text("=1012, which is not eight")
    expect(network.locator(".hnviz-sentence.small")).to_contain_text("answers even: right.")
