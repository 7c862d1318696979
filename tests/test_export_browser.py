"""Exported files in a browser: opened from a disk, with the network off."""

import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from hnviz.app.machine.picture import SAYS
from hnviz.app.machine.view import READING_VIEW
from hnviz.export import build
from hnviz.export.build import MAX_FILE_BYTES, export_page
from hnviz.export.html import NEEDS
from hnviz.export.lesson import export_lesson
from hnviz.export.questions import MAX_SNAPSHOTS
from hnviz.export.report import report
from hnviz.lessons import lessons
from hnviz.observe.passes import read_text
from hnviz.runs import SHIPPED_DIR, RunFolder, RunStore
from tests.axe import barriers
from tests.conftest import PATIENCE, errors_of, fits, profile, until
from tests.saved import check_svg, frames_of, more
from tests.subjects import shipped
from tests.views import shown

HOSTILE = "</script><img src=x onerror=alert(1)>"
WALKED = ("text-into-batches", "a-loop-is-an-rnn")
STATES = """() => [...document.querySelectorAll("[data-picture]")]
  .filter((place) => place.checkVisibility()) // and not in a closed fold
  .flatMap((place) => (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.state ?? [])"""
READY = (
    f"() => {{ const all = ({STATES})(); return all.length && all.every((s) => s === 'ready') }}"
)
MACHINE = "[data-picture='machine'] .hnviz"
READ = """({ view: { reading: { arrays, meta } } }) =>
  Array.from(arrays.ids.data, (id) => meta.words[id])"""
LOGITS = """async ([run, step, ids]) => {
  const { heldAs } = await import("hnviz/export/js/blobs.js");
  const { Runs } = await import("hnviz/export/js/runs.js");
  const data = await heldAs("page").json(0);
  const { reader } = await new Runs(data.runs, heldAs("blob")).get(run).subject(step);
  return reader.read(ids).logits.map((each) => [...each]);
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory, own_runs) -> Path:
    """Files of a page and of lessons."""
    folder = tmp_path_factory.mktemp("files")
    page = export_page("start", {"machine_text": f"4316 to 4318, {HOSTILE}"}, most=1)
    (folder / "page.html").write_bytes(page)
    for name, room in (("states", "remember"), ("train", "train")):
        (folder / f"{name}.html").write_bytes(export_page(room, {}, most=1))
    for name in WALKED:
        (folder / f"{name}.html").write_bytes(export_lesson(name))
    return folder


@pytest.fixture
def offline(browser) -> Iterator[Any]:
    """A tab without a network; `asked` holds what it asked for, `errors` its console in red."""
    context = browser.new_context(offline=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.errors, tab.asked = errors_of(tab), []
    tab.on("request", lambda request: tab.asked.append(request.url))
    yield tab
    context.close()


def _requests(tab) -> list[str]:
    """List what was asked for: the modules inside the file are no requests."""
    return [url for url in tab.asked if not url.startswith("data:")]


def test_a_page_opens_from_a_disk_and_asks_nothing_of_the_network(offline, files):
    path = files / "page.html"
    assert path.stat().st_size <= MAX_FILE_BYTES
    begun = time.perf_counter()
    offline.goto(path.as_uri())
    until(offline, READY)
    print(f"{path.stat().st_size:,} bytes, pictures after {time.perf_counter() - begun:.2f} s")
    assert _requests(offline) == [path.as_uri()]
    assert not offline.locator("#needs").count()
    assert offline.locator("img").count() == 0  # words are text
    assert barriers(offline) == []
    assert offline.errors == []


def test_a_prompt_that_is_typed_is_read_as_the_server_reads_it(offline, files, recorded):
    offline.goto((files / "page.html").as_uri())
    until(offline, READY)
    root, words = offline.locator(MACHINE), offline.get_by_label("It reads")
    assert words.input_value() == f"4316 to 4318, {HOSTILE}"
    words.fill("7996 to 7998")
    wanted = shown(READING_VIEW, "Model5", text="7996 to 7998", n=SAYS)
    read = [wanted.meta["words"][str(index)] for index in wanted.arrays["ids"].tolist()]
    end = time.monotonic() + PATIENCE / 1000
    while root.evaluate(READ) != read:
        assert time.monotonic() < end, root.evaluate(READ)
        offline.wait_for_timeout(50)
    words.fill("-3")
    recorded.shown(root, "Numbers go from", 1, "9999", 3)
    words.fill("7 to 9")
    more(root, "How it chooses its words")
    offline.get_by_label("Temperature", exact=True).fill("0.8")
    offline.get_by_label("Temperature", exact=True).press("Enter")
    root.get_by_text("only hnviz itself draws words").wait_for()
    assert _requests(offline) == [(files / "page.html").as_uri()]
    assert offline.errors == []


def test_the_network_in_a_file_answers_as_torch_does(offline, files):
    offline.goto((files / "page.html").as_uri())
    until(offline, READY)
    subject = shipped("Model5")
    ids = subject.stream.valid[:60]
    wanted = read_text(subject, ids).logits
    found = np.array(offline.evaluate(LOGITS, ["Model5", 400, ids.tolist()]))
    assert np.abs(found - wanted).max() < 1e-5 * max(1, np.abs(wanted).max())


NO_WASM = {
    "no SIMD": "WebAssembly.validate = () => false",
    "no WebAssembly": "delete globalThis.WebAssembly",
    "compiles only in workers": (
        "WebAssembly.Module = function () { throw new RangeError('use compile()') }"
    ),
}
"""What a browser lacks -> a script that removes it from this browser."""


@pytest.mark.parametrize("lacks", NO_WASM)
def test_where_no_network_can_run_a_file_says_so_and_shows_stored_answers(
    offline, files, lacks, recorded
):
    offline.add_init_script(NO_WASM[lacks])
    offline.goto((files / "states.html").as_uri())
    units = offline.locator("[data-picture='hidden_states/units']")
    said = units.get_by_text("because this browser").first.inner_text()
    since = () if lacks == "compiles only in workers" else (91, 89, 16.4)
    recorded(said, *since, part="because this browser")
    until(offline, f"() => ({STATES})().includes('ready')")  # from a stored answer
    assert offline.errors == []


@pytest.mark.parametrize("name", WALKED)
def test_a_lesson_is_walked_by_keyboard_from_a_disk(offline, files, name):
    path = files / f"{name}.html"
    offline.goto(path.as_uri())
    lesson = lessons()[name]
    for number, step in enumerate(lesson.steps, 1):
        title = offline.get_by_role("heading", name=step.title)
        title.wait_for()
        until(offline, f"() => ({STATES})().every((state) => state === 'ready')")
        count = offline.get_by_text(f"Step {number} of {len(lesson.steps)}", exact=True)
        expect(count).to_have_count(1)
        expect(offline.locator(f"[data-picture='{step.point}']")).to_have_count(1)
        offline.keyboard.press("PageDown")
        if step.guess:  # the first press shows what was to be guessed
            offline.keyboard.press("PageDown")
    offline.get_by_role("heading", name="What surprised you").wait_for()
    assert barriers(offline) == []
    offline.keyboard.press("PageUp")
    offline.get_by_role("heading", name=lesson.steps[-1].title).wait_for()
    assert _requests(offline) == [path.as_uri()]
    assert offline.errors == []


def test_a_wrong_answer_is_told_what_refutes_it_in_a_file(offline, files):
    name = "text-into-batches"
    guess = lessons()[name].steps[3].guess
    offline.goto((files / f"{name}.html").as_uri() + "#4")
    offline.get_by_role("button", name=guess.answers[1]).click()
    offline.get_by_text(guess.because_of(1).text).wait_for()
    assert offline.get_by_text(guess.because_of(2).text).count() == 0


ROW = "[data-picture='kit/fields']"
UNITS = """() => document.querySelector("[data-picture='hidden_states/units']")
  .shadowRoot.querySelector(".hnviz").frame.last?.answers.units?.meta"""
MOST = {"remember": 12}
ROOMS = ("start", "feed", "build", "train", "learn_back")


@pytest.fixture(scope="module")
def room(own_runs, tmp_path_factory) -> Callable[[str], Path]:
    """Write the file of a room, once."""
    folder = tmp_path_factory.mktemp("rooms")

    @cache
    def write(page: str) -> Path:
        path = folder / f"{page}.html"
        path.write_bytes(export_page(page, {}, most=MOST.get(page, 100)))
        return path

    return write


def _is_quiet(tab, path: Path) -> None:
    """Check that all that is in view is drawn, and that nothing was asked of the network."""
    until(tab, READY)
    fits(tab, tab.viewport_size["width"])
    assert set(_requests(tab)) == {path.as_uri()}
    assert tab.errors == []


def _walk(tab, path: Path) -> None:
    """Show each part of a room, with all its folds open, by the controls of the file."""
    tab.set_viewport_size({"width": 1280, "height": 6000})  # all of it is in view
    tab.goto(path.as_uri())
    _is_quiet(tab, path)
    parts = tab.locator(f"{ROW}[data-key$='_part_fields'] button")
    for at in range(max(1, parts.count())):
        if parts.count():
            parts.nth(at).click()
            expect(parts.nth(at)).to_have_attribute("aria-pressed", "true")
        _is_quiet(tab, path)
        tab.locator("details.fold").evaluate_all("all => all.forEach((each) => (each.open = true))")
        _is_quiet(tab, path)
        assert barriers(tab) == []
        for part in tab.locator(".prose").all():
            assert part.inner_text().strip()


def test_a_room_is_walked_in_a_file_by_its_own_controls(offline, room):
    path = room("remember")
    _walk(offline, path)
    offline.reload()
    until(offline, READY)
    row = offline.locator(f"{ROW}[data-key='states_controls']")
    row.locator("summary").click()
    row.get_by_role("button", name="update", exact=True).click()
    until(offline, f"() => ({UNITS})()?.what.includes('update')")
    row.get_by_label("Phrase").fill("8 to 9")
    row.get_by_label("Phrase").press("Enter")
    until(offline, f"() => ({UNITS})()?.words.join(' ') === 'eight , nine'")
    row.get_by_label("Phrase").fill("-3")
    row.get_by_label("Phrase").press("Enter")
    row.get_by_text("Numbers go from").wait_for()
    closer = offline.locator(f"{ROW}[data-key='states_view_fields']")
    closer.get_by_role("button", name="Path of the state").click()
    path_row = offline.locator(f"{ROW}[data-key='states_path_row']")
    expect(path_row.get_by_role("spinbutton", name="First number")).to_be_disabled()
    expect(path_row).to_contain_text("states_path_first=VALUE")
    offline.get_by_role("button", name="Put in another memory").first.click()
    offline.locator("[data-picture='predictions/change_state']").wait_for()
    _is_quiet(offline, path)


@pytest.mark.slow
@pytest.mark.parametrize("page", ROOMS)
def test_each_room_is_walked_in_a_file(offline, room, page):
    _walk(offline, room(page))
    if page == "start":
        offline.locator(f"{ROW}[data-key='map_given_fields'] input").fill("5")
        offline.get_by_text("reads five numbers").first.wait_for(state="attached")


def test_a_picture_of_a_file_is_saved(offline, files, tmp_path):
    path = files / "page.html"
    offline.goto(path.as_uri())
    until(offline, READY)
    place = offline.locator("[data-picture='machine']")
    with offline.expect_download() as got:
        more(place, "Picture as SVG")
    got.value.save_as(tmp_path / "picture.svg")
    check_svg(tmp_path / "picture.svg", "light")
    assert got.value.suggested_filename == "machine_Model5_step-400.svg"
    assert [url for url in _requests(offline) if not url.startswith("blob:")] == [path.as_uri()]
    assert offline.errors == []


MAP = {"count_part": "Counting map"}
WRITTEN = """{
  const { fillText } = CanvasRenderingContext2D.prototype;
  window.written = new Set();
  CanvasRenderingContext2D.prototype.fillText = function (words, ...place) {
    window.written.delete(words); // in the order of the last frame
    window.written.add(words);
    fillText.call(this, words, ...place);
  };
}"""
"""Notes what is written on canvases."""


@pytest.mark.parametrize(("name", "n"), [("machine", 60), ("counting map", MAX_SNAPSHOTS)])
def test_a_film_is_saved_from_a_file(offline, files, tmp_path, name, n, recorded):
    path = files / "page.html"
    if name == "counting map":
        path = tmp_path / "map.html"
        path.write_bytes(export_page("start", MAP, most=1))
    offline.add_init_script(WRITTEN)
    offline.goto(path.as_uri())
    until(offline, READY)
    if name == "counting map":
        offline.get_by_label("Go to a number").fill("42")  # the file has no answer about it
        offline.get_by_label("Go to a number").press("Enter")
        offline.get_by_text("This file does not hold that answer").wait_for()
    place = offline.locator(f"[data-picture$='{name.replace(' ', '_')}']")
    with offline.expect_download() as got:
        more(place, "Film as GIF")
    film = tmp_path / got.value.suggested_filename
    got.value.save_as(film)
    assert film.name.endswith(
        "Model5_step-400_film.gif" if name == "machine" else "Model5_film.gif"
    )
    assert film.stat().st_size < 3e6
    frames, seconds = frames_of(film)
    assert len(frames) == n and abs(seconds - 4) < 0.02
    assert len({frame.tobytes() for frame in frames}) > 0.75 * n, "it moves"
    written = offline.evaluate("[...window.written]")
    (said,) = (each for each in written if each.startswith("From the file"))
    recorded(said, MAX_SNAPSHOTS, len(RunFolder(SHIPPED_DIR / "Model5").snapshots()))
    headline = offline.locator("[data-said]").get_attribute("data-said").replace("\xa0", " ")
    assert headline in " ".join(written).replace("\xa0", " "), "the headline is above"
    assert set(offline.locator(".hnviz-key span").all_inner_texts()) <= set(written)
    assert [url for url in _requests(offline) if not url.startswith("blob:")] == [path.as_uri()]
    assert offline.errors == []


def test_a_file_with_one_snapshot_offers_no_film_through_the_training(
    offline, tmp_path, monkeypatch
):
    monkeypatch.setattr(build, "FIRST_SNAPSHOTS", 1)
    monkeypatch.setattr(build, "MAX_SNAPSHOTS", 1)
    monkeypatch.setattr(build, "LEAST", ((1, 0),))
    path = tmp_path / "one.html"
    path.write_bytes(export_page("start", MAP, most=1))
    offline.goto(path.as_uri())
    until(offline, READY)
    offline.locator("[data-picture$='counting_map'] .hnviz-more summary").press("Enter")
    offline.get_by_role("button", name="Picture as PNG").wait_for()  # all come at once
    entries = offline.locator(".hnviz-choices button").all_inner_texts()
    assert "Picture as PNG" in entries and not [each for each in entries if "Film" in each]
    assert offline.errors == []


def test_a_report_opens_from_a_disk_and_prints_on_white(offline, tmp_path, own_runs):
    store = RunStore(tmp_path)
    for number, ids in enumerate((["Model5"], ["Model3", "Model4", "Model5", "LSTM"])):
        path = tmp_path / f"{number}.html"
        path.write_bytes(report(store, ids))
        offline.asked.clear()
        for mode, width in (("light", 1280), ("dark", 390)):
            offline.emulate_media(color_scheme=mode)
            offline.set_viewport_size({"width": width, "height": 900})
            offline.goto(path.as_uri())
            assert offline.evaluate("document.documentElement.scrollWidth") <= width
            assert barriers(offline) == []
        assert set(_requests(offline)) == {path.as_uri()}
        ink = "getComputedStyle(document.querySelector('figure text')).fill"
        assert offline.evaluate(ink) == "rgb(177, 171, 160)"
        offline.emulate_media(media="print")
        assert offline.evaluate(ink) == "rgb(95, 90, 81)"
        ground = "getComputedStyle(document.body).backgroundColor"
        assert offline.evaluate(ground) == "rgb(255, 255, 255)"
        offline.emulate_media(media="screen")
    assert offline.errors == []


def test_without_javascript_a_file_shows_its_words_and_says_what_it_needs(browser, files):
    with profile(browser, java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto((files / "page.html").as_uri())
        assert tab.locator("main h1").inner_text() == TITLE
        assert "recurrent network" in tab.locator("main").inner_text()
        tab.get_by_text(NEEDS).wait_for()


TITLE = "What can it do?"
SWAPPED = """addEventListener("DOMContentLoaded", () => {
  const main = document.querySelector("main");
  const place = (each) => JSON.stringify([each.innerText, each.getBoundingClientRect()]);
  const words = () => [...main.querySelectorAll("h1, .prose")].map(place);
  window.written = words();
  window.roomOfButtons = () => document.querySelector(".top")?.offsetHeight ?? 0;
  window.room = roomOfButtons();
  new MutationObserver((_, watch) => {
    window.made = words().slice(0, window.written.length);
    watch.disconnect();
  }).observe(main, { childList: true });
});"""


@pytest.mark.parametrize(
    ("name", "width"), [("page", 1280), ("states", 390), ("train", 390), (WALKED[0], 1280)]
)
def test_the_words_of_a_file_are_there_at_first_and_stay_in_place(offline, files, name, width):
    """It has them before its JavaScript begins, which puts the same words and its buttons there."""
    path = files / f"{name}.html"
    offline.set_viewport_size({"width": width, "height": 900})
    offline.add_init_script(SWAPPED)
    offline.goto(path.as_uri())
    until(offline, READY)
    written, made = offline.evaluate("[window.written, window.made]")
    assert json.loads(written[0])[0] == offline.locator("main h1").inner_text()
    assert written == made
    until(offline, "() => window.room === roomOfButtons()")


AT_FIRST = """addEventListener("DOMContentLoaded", () => {
  const main = document.querySelector("main");
  window.atFirst = [main.innerText.trim(), main.querySelectorAll(".picture").length];
});"""


def test_another_view_of_the_address_begins_with_the_title_that_it_shares(offline, files):
    offline.add_init_script(AT_FIRST)
    offline.goto((files / "page.html").as_uri() + "#count_part=Word+by+word")
    said, n = offline.evaluate("window.atFirst")
    assert (said, n) == (TITLE, 1)  # beside it are the parts of the room
    until(offline, READY)
    assert offline.locator("main h1").inner_text() == TITLE


@pytest.mark.parametrize("step", [2, 99])
def test_a_link_to_a_step_begins_with_the_words_of_that_step(offline, files, step):
    offline.add_init_script(SWAPPED + AT_FIRST)
    offline.goto((files / f"{WALKED[0]}.html").as_uri() + f"#{step}")
    said, _ = offline.evaluate("window.atFirst")
    until(offline, READY)
    assert said.splitlines()[0] == offline.locator("main h1").inner_text()
    written, made = offline.evaluate("[window.written, window.made]")
    assert written == made


LACKING = {
    "DecompressionStream": "delete globalThis.DecompressionStream",
    "findLast": "delete Array.prototype.findLast",
    "a viewport's height": """{
      const { supports } = CSS;
      CSS.supports = (...words) => !words.join().includes("dvh") && supports.call(CSS, ...words);
    }""",
    "what nobody has thought of": "delete globalThis.matchMedia",
}
"""What an older browser lacks -> the script that takes it out of this one."""


@pytest.mark.parametrize(
    ("name", "lacks"), [*(("page", lacks) for lacks in LACKING), (WALKED[0], "findLast")]
)
def test_in_an_old_browser_a_file_is_one_sentence(offline, files, name, lacks):
    offline.add_init_script(LACKING[lacks])
    offline.goto((files / f"{name}.html").as_uri())
    _says_only_what_it_needs(offline)


@pytest.mark.parametrize("kind", ["module", "importmap"])
def test_a_browser_that_does_not_know_a_kind_of_script_says_so(offline, files, kind):
    """It leaves out a script whose type it does not know, as it does with one of another type."""
    offline.add_init_script(f"""{{
      const {{ assign }} = Object;
      Object.assign = (made, given) =>
        assign(made, given.type === "{kind}" ? {{ ...given, type: "unknown" }} : given);
    }}""")
    offline.goto((files / f"{WALKED[0]}.html").as_uri())
    _says_only_what_it_needs(offline)


def _says_only_what_it_needs(tab) -> None:
    tab.get_by_text(NEEDS).wait_for()  # visible
    said = tab.evaluate("document.body.innerText").strip().splitlines()
    note = tab.locator("footer").inner_text()
    words = tab.locator("main").inner_text().splitlines() if tab.locator("main").count() else []
    assert [line for line in said if line] == [*filter(None, words), NEEDS, note]
    assert not tab.locator("main .hnviz:not(:empty)").count()  # no picture is drawn
