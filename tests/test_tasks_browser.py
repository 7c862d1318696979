"""The Tasks page in a browser: the line, the automaton, its table, and a run."""

import re
from functools import partial
from operator import eq
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from hnviz.figures.automaton import graph
from hnviz.tasks.excerpt import excerpt
from hnviz.tasks.generators import EVEN_ONES
from hnviz.tasks.task import TaskStream
from tests.axe import barriers
from tests.conftest import awaited, idle, until

expect = pytest.importorskip("playwright.sync_api").expect
TEXT, MACHINE = ".st-key-tasks_text .hnviz", ".st-key-tasks_automaton .hnviz"
EDITOR = f"{MACHINE} .edit"
LANGUAGE = "tasks_task=A+regular+language"


def opened(page, server, query=""):
    page.goto(f"{server}/tasks?{query}")
    page.locator(f"{TEXT}[data-ready]").wait_for()
    idle(page)
    return page.locator(TEXT)


def address(page):
    return {name: value[0] for name, value in parse_qs(urlsplit(page.url).query).items()}


def marked(text):
    """The places that are marked as deciding, and the one that they decide."""
    looks = text.locator(".words .chip").evaluate_all("all => all.map((one) => one.className)")
    (after,) = (at for at, look in enumerate(looks) if "next" in look.split())
    return [at for at, look in enumerate(looks) if "in" in look.split()], after


def test_a_token_is_guessed_from_those_that_decide_it(page, server, recorded):
    text, known = opened(page, server), excerpt(TaskStream.of("recall", {}))
    place = known.places[known.at]
    within, after = marked(text)
    assert after == known.at
    assert within == list(range(known.at - place.needed, known.at))
    told = text.locator(".told")
    recorded(told.inner_text(), 8)
    text.locator(".choices").get_by_role("button", name=place.token, exact=True).click()
    recorded(told.inner_text(), 134, 540)
    assert marked(text) == (within, after), "they stay marked beside the answer"
    text.get_by_role("button", name="Next token").click()
    within, after = marked(text)
    assert after == known.at + 1
    assert len(within) == known.places[after].needed
    assert address(page)["tasks_at"] == str(after)
    text.get_by_role("button", name="Show it").click()
    assert text.locator(".chip.next b").inner_text() == known.places[after].token
    text.locator(".words").press("ArrowLeft")
    text.locator(".words").press("ArrowLeft")
    assert marked(text)[1] == known.at - 1
    text.locator(".words .chip").first.click()
    assert marked(text) == ([], 0)
    page.reload()
    page.locator(f"{TEXT}[data-ready]").wait_for()
    assert marked(text)[1] == 0, "a link shows the same place"
    assert page.errors == []


def test_the_state_moves_as_the_text_is_read(page, server, recorded):
    text = opened(page, server, LANGUAGE)
    machine = page.locator(MACHINE)
    machine.locator(".state.now").wait_for()
    stream = TaskStream.of("regular", {})
    known = excerpt(stream)
    for at in range(known.at, known.at + 5):
        expect(machine.locator(".state.now text")).to_have_text(
            stream.source.names[known.places[at].state]
        )
        expect(machine.locator(".arrow.taken")).to_have_count(1)
        before, token, here = (
            stream.source.names[known.places[at - 1].state],
            known.places[at - 1].token,
            stream.source.names[known.places[at].state],
        )
        row = machine.locator("tbody tr.taken input").evaluate_all(
            "all => all.map((one) => one.value)"
        )
        assert row == ([] if token == "." else [before, token, here])
        text.locator(".words").press("ArrowRight")
    said = machine.locator("svg").get_attribute("aria-label")
    recorded(said, 8, "0", part="As a machine it has")
    labels = machine.locator("svg > text").all_text_contents()
    (first,) = stream.source.tokens[stream.source.move[0].argmax()]
    assert f"{first} 100 %" in labels and len(labels) == len(graph(stream.source).arrows)
    starts = machine.locator(".arrow").filter(has_text="start").bounding_box()
    state = machine.locator(".state").first.bounding_box()
    gap = state["x"] - (starts["x"] + starts["width"])
    assert abs(gap) < 3, "it leads to the first state"
    assert "Before the next token it is in " in said
    text.locator(".words .chip").nth(33).click()
    text.get_by_role("button", name="Play").click()
    until(page, "() => new URL(location).searchParams.get('tasks_at') === '35'")
    expect(text.get_by_role("button", name="Play")).to_be_visible()
    assert page.errors == []


def test_the_readers_own_automaton_is_drawn_and_a_bad_one_is_told_beside_it(page, server, recorded):
    opened(page, server, LANGUAGE)
    editor, machine = page.locator(EDITOR), page.locator(MACHINE)
    editor.get_by_role("button", name="An even number of ones").click()
    expect(machine.locator(".state")).to_have_count(2)
    awaited(page, lambda: address(page).get("tasks_table") == EVEN_ONES)
    idle(page)
    fields = editor.locator("tbody tr").nth(1).locator("input")
    fields.nth(1).fill("one")
    fields.nth(1).press("Tab")
    expect(machine.locator("svg > text").first).to_be_visible()
    expect(page.locator(TEXT).locator(".words")).to_contain_text("one")
    awaited(page, lambda: "even one odd" in address(page).get("tasks_table", ""))
    good = address(page)["tasks_table"]
    fields.nth(2).fill("")
    fields.nth(2).press("Tab")
    expect(editor.locator("tbody tr").nth(2).get_by_role("alert")).to_contain_text("'even one'")
    assert machine.locator(".state").count() == 2 and fields.nth(0).input_value() == "even"
    assert address(page)["tasks_table"] == good
    fields.nth(2).fill("odd")
    fields.nth(2).press("Tab")
    expect(editor.get_by_role("alert")).to_have_count(0)
    accept = editor.get_by_label("A word may end in")
    accept.fill("nowhere")
    accept.press("Enter")  # Tab would scroll on, and a picture out of sight waits
    told = page.get_by_text("'nowhere' accepts")
    recorded.shown(page, "'nowhere' accepts")
    assert accept.input_value() == "nowhere", "what was typed stays"
    assert address(page)["tasks_table"] == good and machine.locator(".state").count() == 2
    accept.fill("odd")
    accept.press("Enter")  # Tab would scroll on, and a picture out of sight waits
    expect(told).to_have_count(0)
    machine.scroll_into_view_if_needed()  # a picture out of sight waits
    expect(machine.locator(".state:has(.ends) > text")).to_have_text("odd")
    editor.get_by_role("button", name="Add a row").click()
    row = editor.locator("tbody tr:has(input)").last.locator(
        "input"
    )  # what is wrong may be below it
    for at, cell in enumerate(("odd", "two", "third")):
        row.nth(at).fill(cell)
        row.nth(at).press("Tab")
    expect(page.get_by_text("a row is a state")).to_have_count(0)
    until(page, "() => location.search.includes('third')")
    editor.get_by_label("Remove this row").last.click()
    until(page, "() => !location.search.includes('third')")
    idle(page)
    assert barriers(page) == []
    assert page.errors == []


def test_a_task_and_its_parameters_are_a_link(page, server):
    opened(page, server, "tasks_task=Balanced+brackets&tasks_depth=2")
    expect(page.locator(".hnviz-lead")).to_contain_text("no number of tokens is enough")
    depth = page.get_by_role("spinbutton", name="Depth")
    depth.fill("1")
    depth.press("Tab")
    expect(page.locator(".hnviz-lead")).to_contain_text("it takes the last token")
    awaited(page, lambda: address(page).get("tasks_depth") == "1")
    page.get_by_role("combobox", name="Task").select_option("Parity")
    expect(page.locator(TEXT).locator(".words")).to_contain_text("even")
    idle(page)
    awaited(page, partial(address, page), eq, {"feed_part": "Tasks", "tasks_task": "Parity"})
    assert page.errors == []


@pytest.mark.slow
def test_a_run_of_a_task_is_seen_in_train_and_its_result_here(page, server):
    opened(page, server, "tasks_task=A+periodic+sequence&tasks_tokens=2000&tasks_model=Model3")
    page.get_by_role("button", name="Train Model3").click()
    link = page.get_by_role("link", name=re.compile("reads this task"))
    link.wait_for()
    run = address(page)["run"]
    link.click()
    page.locator(".st-key-train_curves [data-points='20']").first.wait_for()
    assert address(page)["run"] == run
    page.goto(f"{server}/tasks?run={run}")
    result = page.get_by_text(re.compile(r"98.4.% is possible there: it has learned"))
    expect(result).to_contain_text("Model3")
    expect(page.locator(".hnviz-lead")).to_contain_text("it takes the last 3 tokens")
    assert page.errors == []


def test_a_teachers_link_hides_what_sets(page, server):
    opened(page, server, f"{LANGUAGE}&lock=1&tasks_table={quote(EVEN_ONES)}")
    expect(page.locator(f"{MACHINE} .state")).to_have_count(2)
    expect(page.locator(EDITOR)).to_have_count(0)
    for key in ("tasks_try", "tasks_start", "tasks_bptt"):
        assert not page.locator(f".st-key-{key}").first.is_visible(), key
