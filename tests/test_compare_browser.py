"""The Compare page in a real browser: runs are laid over each other, trained, renamed, deleted."""

import json
import shutil
from functools import partial

import pytest
from starlette.testclient import httpx

from hnviz.figures.numbers import accuracy
from hnviz.runs import SHIPPED_DIR, RunFolder, RunStore
from hnviz.runs.reference import LIBRARY
from hnviz.web.assets import styled
from tests.conftest import awaited, idle, right, until
from tests.made_runs import make_run

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

PLACE = ".st-key-compare_curves"
PLOT = f"{PLACE} .plot"


@pytest.fixture
def made(app):
    """Runs of one's own that are gone after the test."""
    folders = [make_run(app.runs, number, 80, lr=2e-3) for number in (1, 2, 3)]
    yield [folder.id for folder in folders]
    for folder in folders:
        shutil.rmtree(folder.path, ignore_errors=True)
    for path in app.runs.glob(".deleted-*"):
        shutil.rmtree(path)


def open_compare(page, server: str, query: str = "") -> None:
    page.goto(f"{server}/compare{query}")
    page.locator(".st-key-compare_curves .hnviz[data-ready]").wait_for()
    page.locator(f"{PLOT}[data-lines]").wait_for()
    idle(page)


def lines(page, count: int) -> None:
    page.locator(f"{PLOT}[data-lines='{count}']").wait_for()


def chooser(page):
    """The list of runs, which is drawn once it is near the screen."""
    place = page.locator(".st-key-compare_runs")
    place.scroll_into_view_if_needed()
    return place


def test_shipped_runs_are_compared_at_once_with_their_figures(page, server):
    open_compare(page, server)
    lines(page, 6)
    headline = page.locator(".st-key-compare_curves .headline")
    expect(headline).to_contain_text("Model5 ends highest, with 83.2 %")
    rows = page.locator(".st-key-compare_curves .ends tbody tr")
    expect(rows).to_have_count(6)
    for row in rows.all():
        record = RunFolder(SHIPPED_DIR / str(row.get_attribute("data-key")), shipped=True).read()
        shown = row.locator("[data-column=accuracy]")
        expect(shown).to_have_text(accuracy(record.epochs[-1].accuracy))


def test_a_tick_moves_no_row(page, server):
    open_compare(page, server)
    rows = chooser(page).locator("tbody tr")
    rows.first.wait_for()
    keys = "all => all.map((each) => each.dataset.key)"
    before = rows.evaluate_all(keys)
    page.get_by_role("checkbox", name="Compare LSTM").check()
    lines(page, 7)
    page.get_by_role("checkbox", name="Compare Model1", exact=True).uncheck()
    lines(page, 6)
    assert rows.evaluate_all(keys) == before
    assert page.errors == []


def test_a_look_is_in_the_address_and_comes_back(page, server):
    open_compare(page, server, "?runs=Model4,Model5")
    lines(page, 2)
    curves = page.locator(".st-key-compare_curves")
    curves.get_by_role("combobox", name="Show").select_option("loss on train")
    curves.get_by_role("combobox", name="by", exact=True).select_option("epoch")
    curves.get_by_label("Log up").check()
    expect(curves.locator(".headline")).to_contain_text("loss on train")
    assert "compare_show=loss+on+train" in page.url
    assert "compare_across=epoch" in page.url
    assert "compare_log_up=true" in page.url
    page.reload()
    page.locator(".st-key-compare_curves .hnviz[data-ready]").wait_for()
    lines(page, 2)
    expect(curves.get_by_role("combobox", name="Show")).to_have_value("loss on train")
    expect(curves.get_by_role("combobox", name="by", exact=True)).to_have_value("epoch")
    expect(curves.get_by_label("Log up")).to_be_checked()


def test_the_pointer_and_the_keys_name_a_run(page, server):
    open_compare(page, server, "?runs=Model4,Model5")
    lines(page, 2)
    plot, point = page.locator(PLOT), page.locator(f"{PLACE} .point")
    box = plot.bounding_box()
    # Model5 has half the steps of Model4, and ends at 83 % of the height.
    x = box["x"] + 58 + (box["width"] - 142) / 2
    page.mouse.move(x, box["y"] + 10 + 0.17 * (box["height"] - 54))
    expect(point).to_contain_text("Model5: training step 400")
    plot.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(point).to_contain_text("Model4: ends at")
    page.keyboard.press("ArrowRight")
    expect(point).to_contain_text("training step")
    page.locator(f"{PLACE} .ends tbody tr").last.hover()
    expect(point).to_contain_text("Model5: ends at 83.2 %")


def test_unknown_runs_and_wrong_looks_are_one_sentence(page, server):
    open_compare(page, server, "?runs=nobody,Model5,%3Cb%3E&compare_show=weather")
    lines(page, 1)
    curves = page.locator(".st-key-compare_curves")
    expect(curves.locator(".lost")).to_have_text(
        "There is no run named nobody and <b> here; the others are compared."
    )
    expect(curves).to_contain_text("The address asks for compare_show=weather")


def test_more_runs_than_fit_are_one_sentence(page, server, recorded):
    open_compare(page, server, f"?runs=Model5,{','.join(f'a{number}' for number in range(400))}")
    lines(page, 1)
    lost = page.locator(".st-key-compare_curves .lost")
    recorded.shown(lost, "The address asks for", 401, 300)
    recorded.shown(lost, "There is no run named", 296)


def test_seeds_become_a_band(page, server, app, made):
    open_compare(page, server, f"?runs={','.join(made)},Model5")
    lines(page, 2)
    figures = [RunFolder(app.runs / run).read().epochs[-1].accuracy for run in made]
    page.locator(PLOT).press("ArrowDown")
    point = page.locator(f"{PLACE} .point")
    expect(point).to_contain_text(f"3 seeds: ends at {accuracy(sum(figures) / 3)}")
    expect(page.locator(".st-key-compare_curves .ends")).to_contain_text("Seeds together")
    page.locator(".st-key-compare_curves").get_by_label("Seeds as a band").uncheck()
    lines(page, 4)


def all_right(*parts) -> list[float]:
    return [right(part) for part in parts]


def is_in_order(places: list[float]) -> bool:
    return places == sorted(places)


def lack_model(path) -> None:
    """Let a run's model be one that this server does not know."""
    config = json.loads((path / "config.json").read_text())
    config["config"]["model"], config["model_identity"] = "Mine", "an identity"
    (path / "config.json").write_text(json.dumps(config))
    (path / "models.py").touch()


def test_a_run_is_renamed_pinned_deleted_and_restored(page, server, app, made, recorded):
    lack_model(app.runs / made[2])
    open_compare(page, server, f"?runs={made[0]},Model5&run={made[0]}")
    lines(page, 2)
    row = chooser(page).locator(f"tr[data-key='{made[0]}']")
    lacks = chooser(page).locator(f"tr[data-key='{made[2]}']")
    recorded.shown(lacks, "This run cannot be read")
    for width in (1280, 390):  # all buttons are in view, below a long message too
        page.set_viewport_size({"width": width, "height": 900})
        for line, count in ((row, 4), (lacks, 2)):
            dots = line.get_by_role("button", name="Change")
            dots.click()
            expect(line.get_by_role("button")).to_have_count(count)
            for button in line.get_by_role("button").all():
                ends = partial(all_right, button, chooser(page))
                awaited(page, ends, is_in_order)
            dots.click()
            expect(line.get_by_role("button")).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 900})
    row.get_by_role("button", name="Change").click()
    row.get_by_role("button", name="Rename").click()
    field = row.get_by_role("textbox")
    field.fill("a" * 61)
    field.press("Enter")
    expect(chooser(page).locator(".wrong")).to_contain_text("at most 60 characters; got 61")
    field.fill("my <b>run</b>")
    field.press("Enter")
    expect(row).to_contain_text("my <b>run</b>")
    expect(page.locator(".st-key-compare_curves .ends")).to_contain_text("my <b>run</b>")
    assert json.loads((app.runs / made[0] / "label.json").read_text())["name"] == "my <b>run</b>"
    row.get_by_role("button", name="Change").click()
    row.get_by_role("button", name="Pin").click()
    expect(row).to_contain_text("★")
    row.get_by_role("button", name="Change").click()
    row.get_by_role("button", name="Delete").click()
    expect(row).to_contain_text("Delete my <b>run</b>?")
    row.get_by_role("button", name="Keep").click()
    assert (app.runs / made[0]).is_dir()
    row.get_by_role("button", name="Change").click()
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    lines(page, 1)
    assert not (app.runs / made[0]).exists()
    until(
        page, "() => new URLSearchParams(location.search).get('runs') === 'Model5'"
    )  # it was the run on all pages
    expect(page.locator(styled(":--sidebar"))).to_contain_text("Model5: pre-trained")
    chooser(page).get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    lines(page, 2)
    assert (app.runs / made[0] / "events.jsonl").is_file()


def test_one_changed_setting_is_trained_named_and_judged(page, server, app, recorded):
    open_compare(page, server, "?runs=Model1")
    lines(page, 1)
    change = page.locator(".st-key-compare_curves")
    change.scroll_into_view_if_needed()
    change.get_by_role("combobox", name="change", exact=True).select_option("epochs")
    box = change.get_by_role("textbox")
    box.fill("six")
    change.get_by_role("button", name="Train it").click()
    recorded.shown(change.locator(".wrong").first, "Epochs must be a number")
    box.fill("6")
    change.get_by_role("button", name="Train it").click()
    expect(change.locator(".wrong").first).to_contain_text("This run has epochs 6 already")
    box.fill("0")
    change.get_by_role("button", name="Train it").click()
    recorded.shown(change.locator(".wrong").first, "Epochs must be a whole", 1, 0)
    box.fill("")
    box.press_sequentially("1")  # with the keyboard alone
    page.keyboard.press("Enter")
    expect(change.locator(".verdict")).to_contain_text("epochs 6 → 1, all else equal, seed 0")
    expect(change.locator(".verdict")).to_contain_text("than the seed alone changes")
    expect(change.locator(".verdict")).to_contain_text(LIBRARY)
    lines(page, 2)
    (new,) = [
        run
        for run in RunStore(app.runs).summaries()
        if not run.shipped and (run.model, run.config.epochs) == ("Model1", 1)
    ]
    assert (new.config.seed, new.config.model, new.status) == (0, "Model1", "finished")
    before = len(RunStore(app.runs).ids())
    reply = httpx.post(
        f"{server}/api/runs", json={"runs": [{"like": "Model1", "epochs": 1}]}, timeout=60
    )
    assert reply.json()["runs"] == [{"run": new.id, "new": False}]
    assert len(RunStore(app.runs).ids()) == before


def test_the_same_seeds_are_trained_on_both_sides(page, server, recorded):
    open_compare(page, server, "?runs=Model3,Model4")
    lines(page, 2)
    told = page.locator(".st-key-compare_curves .told")
    recorded.shown(told, "all else equal, seed 0", 0, 54.5, 67.1, 12.6)
    asked = []

    def answer(route):
        if route.request.method == "POST":
            asked.append(route.request.post_data_json)
            route.fulfill(json={"runs": [{"run": "Model5", "new": False}], "refused": ""})
        else:
            route.continue_()

    page.route("**/api/runs", answer)
    told.get_by_role("button", name="Train 2 more seeds on both sides").click()
    lines(page, 3)  # those that were there stay
    assert asked == [
        {"runs": [{"like": run, "seed": seed} for seed in (1, 2) for run in ("Model3", "Model4")]}
    ]
    page.unroute("**/api/runs", answer)
    steps = told.locator("li")
    expect(steps.nth(1)).to_contain_text("measured apart")
    recorded(steps.nth(0).inner_text(), 12.6)
    recorded(steps.nth(1).inner_text(), "3.0e-3", "1.0e-2", 20, 10, 16.1, 19.9, 26.4, 6.5, 10)


def test_seeds_that_both_sides_have_give_a_paired_difference(page, server, app, made, recorded):
    others = [make_run(app.runs, 10 + n, 80, lr=3e-3, seed=n) for n in (1, 2, 3)]
    try:
        runs = [*made, *(folder.id for folder in others)]
        open_compare(page, server, f"?runs={','.join(runs)}")
        lines(page, 2)
        told = page.locator(".st-key-compare_curves .verdict")
        expect(told).to_contain_text("3 seeds on both sides")
        # Each run's accuracy is .0004 per number above the others', and the numbers are 10 apart.
        recorded.shown(told, "on average", "2.0e-3", "3.0e-3", 3, 0.4, 95, 0.4, 0.4)
    finally:
        for folder in others:
            shutil.rmtree(folder.path)


def test_a_card_trains_what_is_missing_and_compares(page, server, app):
    """The batch norm card: one of its runs is pre-trained."""
    open_compare(page, server, "?runs=Model1")
    change = page.locator(".st-key-compare_curves")
    change.scroll_into_view_if_needed()
    change.get_by_role("button", name="Ones or uniform batch norm").click()
    until(page, "() => new URL(location.href).searchParams.get('runs')?.startsWith('Model5,')")
    new = page.evaluate("() => new URL(location.href).searchParams.get('runs').split(',')[1]")
    assert RunFolder(app.runs / new).config.bn_init == "uniform"
    expect(change.locator(".verdict")).to_contain_text("batch norm starts at ones → uniform")
    httpx.post(f"{server}/api/runs/{new}/stop", json={}, timeout=60)


def test_what_finds_no_room_starts_later(page, server, recorded):
    asked = {"runs": [{"model": "Model1", "epochs": 500}]}
    live = httpx.post(f"{server}/api/runs", json=asked, timeout=60).json()["runs"][0]["run"]
    first = [{"run": live, "new": True}]
    refusal = {"runs": first, "refused": "no room is left"}
    answers, held = [refusal], []

    def answer(route):
        if route.request.method != "POST":
            route.continue_()
        elif answers:
            route.fulfill(json=answers.pop(0))
        else:
            held.append(route)  # until the address is looked at

    open_compare(page, server, "?runs=Model1")
    change = page.locator(".st-key-compare_curves")
    change.scroll_into_view_if_needed()
    page.route("**/api/runs", answer)
    try:
        change.get_by_role("button", name="The fair ladder").click()
        recorded(change.locator(".wrong").last.filter(has_text="No room is left").inner_text())
        runs = "() => new URL(location.href).searchParams.get('runs')"
        until(page, f"() => ({runs})() === '{live}'")
        (again,) = awaited(page, lambda: held)
        again.fulfill(json={"runs": [*first, {"run": "Model4", "new": False}], "refused": ""})
        until(page, f"() => ({runs})() === '{live},Model4'")
        expect(change.locator(".wrong").last).to_be_empty()
    finally:
        page.unroute("**/api/runs", answer)
        httpx.post(f"{server}/api/runs/{live}/stop", json={}, timeout=60).raise_for_status()
    assert answers == [] and len(held) == 1


def test_a_locked_page_shows_curves_alone(page, server):
    open_compare(page, server, "?runs=Model4,Model5&lock=1")
    lines(page, 2)
    expect(page.get_by_role("heading", name="How does it learn?", exact=True)).to_be_visible()
    for hidden in ("Change one thing", "Runs"):
        expect(page.get_by_role("heading", name=hidden, exact=True)).to_be_hidden()
