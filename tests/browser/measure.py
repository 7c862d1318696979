"""Measure what the app promises, in a real browser: ``python -m tests.browser.measure``.

Prints one line a promise: the figure, and what it is held against. Run it on a quiet machine;
the figures of docs/measured.md come from here.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from statistics import median, quantiles

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from hnviz.models.catalogue import CATALOGUE
from hnviz.web.assets import styled
from tests.axe import barriers
from tests.brief import often, some
from tests.conftest import ROOT, Server, profile
from tests.made_runs import make_run
from tests.programs import a_browser, a_server

ROUNDS = often(12, 2)
STARTS = often(10)  # runs that are started, clicked at and stopped
JUDGED = often(3)  # wrong numbers that are typed while each of them trains
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
CHART = "[data-panel=loss] .main-svg"

# In every page. `painted(changed)` resolves with the time at which the first frame in which
# `changed()` holds has been painted: a task that is posted in that frame runs after its painting.
PAINTED = """
window.painted = async (changed) => {
  const begun = performance.now();
  do {
    if (performance.now() - begun > 20000) throw new Error("nothing changed");
    await new Promise(requestAnimationFrame);
  } while (!changed());
  await new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(null);
  });
  return performance.now();
};
"""
# From a press until what is seen has been painted otherwise.
REACTS = """async ([press, seen]) => {
  const find = new Function(`return (${seen})`), was = String(find()), begun = performance.now();
  new Function(press)();
  return (await window.painted(() => String(find()) !== was)) - begun;
}"""


FORM = (
    "[...document.querySelectorAll('.st-key-train_settings *')].find(e => e.shadowRoot).shadowRoot"
)

TRAIN = f"{FORM}.querySelector('.go')"


def field(label: str) -> str:
    """JavaScript that finds a field of the next run's settings by its label."""
    labels = f"[...{FORM}.querySelectorAll('label')]"
    return f"{FORM}.getElementById({labels}.find(l => l.textContent === '{label}').htmlFor)"


def typed(label: str, text: str) -> str:
    """JavaScript that types into a field, and leaves it."""
    event = "new Event('change', { bubbles: true })"
    return f"const box = {field(label)}; box.value = '{text}'; box.dispatchEvent({event})"


def told(label: str) -> str:
    """JavaScript for what is said to be wrong with a field."""
    return f"{field(label)}.closest('.field').querySelector('.field-wrong').textContent"


BAR = "[...document.querySelectorAll('.st-key-train_bar *')].find(e => e.shadowRoot).shadowRoot"
PAUSE_NAME = f"{BAR}.querySelector('.pause').textContent"
STOP = f"{BAR}.querySelector('.stop')"
# A new run's curve is shorter than the one that was in view.
POINTS = "+document.querySelector('[data-panel=loss]')?.dataset.points"
FIRST_POINT = f"location.search.includes('run=2') && {POINTS} > 0 && {POINTS} < 300"
STOPPED = f"{PAUSE_NAME} === 'Resume'"


def main() -> None:
    """Print every measurement, or those of the pages that are named."""
    parts: dict[str, Callable[[Page, Server], None]] = {
        "train": train,
        "text": own_text,
        "batches": batches,
        "models": models,
        "time": through_time,
        "states": states,
        "map": counting_map,
        "compare": compare,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="page")
    every = ["start", "export", *parts]
    asked = parser.parse_args().pages or every
    if unknown := set(asked) - set(every):
        parser.error(f"no such page: {', '.join(unknown)}; there are {', '.join(every)}")
    if "start" in asked:
        pictures = [first_picture() for _ in range(often(7))]
        say("server start to a picture, nothing cached", pictures, "under 2.5 s")
    if "export" in asked:
        lessons_from_disk()
    if not parts.keys() & set(asked):
        return
    with a_browser() as browser, a_server() as server, visitor(browser) as page:
        for name in filter(parts.__contains__, asked):
            parts[name](page, server)


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """Open a tab in a new profile: nothing is cached."""
    with profile(browser, viewport=VIEWPORT, bypass_csp=True) as context:
        context.add_init_script(PAINTED)
        yield context.new_page()


def lessons_from_disk() -> None:
    """Measure how long each lesson's file takes to open from a disk, without a network."""
    with tempfile.TemporaryDirectory() as folder, a_browser() as browser:
        command = [sys.executable, "-m", "hnviz", "export", "index", folder]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        paths = [path for path in sorted(Path(folder).glob("*.html")) if path.stem != "index"]
        for path in some(paths):
            size = f"{path.stat().st_size:,} bytes"
            say(f"{path.stem}, {size}, opened from disk", opened(browser, path), "under 1 s")


# Resolves once what is in sight of the first step is drawn: milliseconds since the file was opened.
OPENED = """async () => {
  const topOf = (place) => place.getBoundingClientRect().top;
  const isSeen = (place) => place.checkVisibility() && topOf(place) < innerHeight;
  const seen = () => [...document.querySelectorAll("main [data-picture]")].filter(isSeen);
  const stateOf = (place) => (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.state;
  // What Python has drawn has no state.
  const isDrawn = () => document.querySelector(".beside") && seen().length
    && seen().every((place) => ["ready", undefined].includes(stateOf(place)));
  while (!isDrawn()) {
    if (performance.now() > 30000) throw new Error("not drawn within 30 s");
    await new Promise(requestAnimationFrame);
  }
  return performance.now();
}"""


def opened(browser: Browser, path: Path) -> list[float]:
    """Return the seconds that a file took to open, without a network.

    Raises RuntimeError if it asks for anything, or axe-core finds a serious fault.
    """
    seconds = []
    for _ in range(often(5)):  # each time by a profile that has nothing in its cache
        with profile(browser, offline=True, viewport=VIEWPORT) as context:
            tab, asked = context.new_page(), []
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            tab.goto(path.as_uri(), wait_until="commit")
            seconds.append(tab.evaluate(OPENED) / 1000)
            others = [url for url in asked if not url.startswith("data:") and url != path.as_uri()]
            faults = barriers(tab)
        if others or faults:
            raise RuntimeError(f"{path.name} asks for {others}; axe-core says {faults}")
    return seconds


# Resolves when the ladder of models has been painted, with the time of day in seconds.
LADDER = """async () => {
  await window.painted(() => document.querySelector(".hn-ladder"));
  return Date.now() / 1000;
}"""


def first_picture() -> float:
    """Return the seconds from a server's start to its first picture, in a new browser's open tab.

    The picture is the Start page's ladder of models.
    """
    with a_browser() as browser, visitor(browser) as page:
        begun = time.time()
        with a_server() as server:
            page.goto(server.url, wait_until="commit")
            return float(page.evaluate(LADDER) - begun)


def train(page: Page, server: Server) -> None:
    """Measure clicks on the Train page: start, stop, and a setting while a run trains."""
    starts, stops, clicks, judged = [], [], [], []
    for _ in range(STARTS):
        page.goto(f"{server.url}/train?train_epochs=200")
        page.locator(CHART).first.wait_for()
        page.wait_for_timeout(3000)  # the engine is warm, nothing is left to load
        starts.append(reacts(page, f"{TRAIN}.click()", FIRST_POINT))
        page.wait_for_timeout(1000)
        same, rate = f"{field('Same recipe')}.click()", f"{field('lr, highest')}.value"
        clicks += [reacts(page, same, rate) for _ in range(ROUNDS)]
        bptt = "bptt, steps"
        numbers = ("0", "20") * JUDGED
        judged += [reacts(page, typed(bptt, number), told(bptt)) for number in numbers]
        stops.append(reacts(page, f"{STOP}.click()", STOPPED))
    say("click on Train to the first point", starts, "under .4 s")
    say("click on Stop to stopped", stops, "under .2 s")
    say("while a run trains, Same recipe to its lr", clicks, "p95 under .1 s")
    say("while a run trains, a wrong number to its sentence, from Python", judged, "under .1 s")


TEXTS = often(5)  # own texts, each another one
MEGABYTE = 1_000_000
LETTERS = "etaoinshrdlcumwfgypbvk"


def written(seed: int, size: int = MEGABYTE) -> str:
    """Return a text whose words are as frequent as those of a language: the nth, 1/n times."""
    chance = Random(seed)
    words = ["".join(chance.choices(LETTERS, k=2 + chance.randrange(9))) for _ in range(12_000)]
    shares = list(accumulate(1 / place for place in range(1, len(words) + 1)))
    chosen = chance.choices(words, cum_weights=shares, k=size // 3)
    return " ".join(chosen)[:size]


def own_text(page: Page, server: Server) -> None:
    """Measure an own text of 1 MB: from the file to its tokens, from Train to the first point."""
    read, starts = [], []
    for seed in range(TEXTS):
        page.goto(f"{server.url}/train?train_corpus=your+own&train_epochs=20")
        page.locator(CHART).first.wait_for()
        page.wait_for_timeout(3000)  # the engine is warm, nothing is left to load
        content = written(seed).encode()
        begun = time.perf_counter()
        page.locator("input[type=file]").set_input_files(
            {"name": f"{seed}.txt", "mimeType": "text/plain", "buffer": content}
        )
        page.get_by_text("tokens to learn from").wait_for(timeout=60_000)
        read.append(time.perf_counter() - begun)
        page.wait_for_timeout(1000)
        starts.append(reacts(page, f"{TRAIN}.click()", FIRST_POINT))
        page.locator(".st-key-train_bar").get_by_role("button", name="Stop").click()
        page.wait_for_timeout(1000)
    say("own text of 1 MB, from the file to its tokens", read, "under 2 s")
    say("own text of 1 MB, click on Train to the first point", starts, "under 1 s")


# A million tokens, as a published corpus would bring them; none of it passes through Python.
MILLION = """(root, [bs, bptt, shuffled]) => {
  const view = root.view, { words, kinds, ids } = window.text ??= view.stream;
  const many = window.many ??= { words, kinds, nTokens: 1e6, ids: new Uint8Array(1e6) };
  for (let at = 0; at < 1e6; at++) many.ids[at] = ids[at % ids.length];
  view.kit.files = many;
  Object.assign(view.kit.data.settings, { bs, bptt, shuffled });
  const begun = performance.now();
  view.kit.ask();
  view.paint();
  return performance.now() - begun;
}"""
SLIDE = """async (root, batch) => {
  const { slider } = root.view.parts, begun = performance.now();
  slider.value = batch % root.view.layout.nBatches;
  slider.dispatchEvent(new Event("input"));
  return (await window.painted(() => !root.view.level)) - begun;
}"""
SEARCH = """async (root, text) => {
  const { find } = root.view.parts, begun = performance.now();
  find.value = text;
  find.dispatchEvent(new Event("input"));
  return (await window.painted(() => !root.view.level)) - begun;
}"""
SIZES = some(((64, 70), (512, 512), (512, 1), (1, 512), (1, 1)))


def batches(page: Page, server: Server) -> None:
    """Measure the folded stream over a million tokens: another size, its slider, a search."""
    page.goto(f"{server.url}/batches")
    page.locator(".hnviz[data-ready][data-cell]").wait_for()
    root = page.locator(".st-key-batches_grid .hnviz")
    for shuffled in (False, True):
        for bs, bptt in SIZES:
            what = f"a million tokens, bs {bs}, bptt {bptt}{', cut at random' * shuffled}: "
            laid = root.evaluate(MILLION, [bs, bptt, shuffled]) / 1000
            slid = [root.evaluate(SLIDE, 7 * each + 1) / 1000 for each in range(often(20))]
            texts = ("8046", "eight thousand", ",", "nine")
            found = [root.evaluate(SEARCH, text) / 1000 for text in texts]
            marked = [root.evaluate(SLIDE, 7 * each + 1) / 1000 for each in range(often(20))]
            root.evaluate(SEARCH, "")
            say(what + "laid out", [laid], "once a size")
            say(what + "slider to paint", slid, "p95 under .15 s")
            say(what + "search to paint", found, "under .15 s")
            say(what + "slider to paint, nine found", marked, "p95 under .15 s")


NEXT_LINE = """async (root, step) => {
  const { stepper } = root.view, begun = performance.now();
  stepper.go((7 * step) % stepper.count);
  return (await window.painted(() => true)) - begun;
}"""
WEIGHTS = styled("""async (root, name) => {
  const rows = [...document.querySelectorAll("[data-picture='kit/fields']")];
  const choices = rows.flatMap(({ shadowRoot }) => [...shadowRoot.querySelectorAll("button")]);
  const was = root.dataset.paints, begun = performance.now();
  choices.find((each) => each.innerText.trim() === name).click();
  return (await window.painted(() => root.dataset.paints !== was)) - begun;
}""")


def models(page: Page, server: Server) -> None:
    """Measure the code cursor of every model: another line, and other weights."""
    lines, weights = [], []
    for model in CATALOGUE:  # also in a brief run: each has other tensors
        page.goto(f"{server.url}/models?models_model={model}")
        page.locator(".st-key-models_cursor .hnviz").scroll_into_view_if_needed()
        root = page.locator(".st-key-models_cursor .hnviz[data-ready]")
        root.wait_for()
        page.wait_for_timeout(1500)
        for number in range(ROUNDS):
            lines.append(root.evaluate(NEXT_LINE, number) / 1000)
            name = "trained" if number % 2 else "untrained"
            weights.append(root.evaluate(WEIGHTS, name) / 1000)
            page.wait_for_timeout(300)
    say("a line of the code cursor to paint", lines, "instant")
    say("other weights to paint", weights, "p95 under .2 s")


# From a key until what is seen has been painted otherwise. SEEN is put in here: the page's policy
# allows no code made from text.
AFTER_KEY = """() => {
  const map = () => [...document.querySelectorAll("*")]
    .map((each) => each.shadowRoot?.querySelector(".map canvas, canvas.map"))
    .find(Boolean);
  const find = (map) => (SEEN);
  const was = String(find(map()));
  window.changed = new Promise((done) => addEventListener("keydown", async () => {
    const begun = performance.now();
    done((await window.painted(() => String(find(map())) !== was)) - begun);
  }, { capture: true, once: true }));
}"""
LANES = "document.querySelector('.st-key-time_lanes .lanes')?.outerHTML"


def through_time(page: Page, server: Server) -> None:
    """Measure another snapshot, way, loss, marked row and run on the Through time page."""
    changes: list[float] = []
    wanted = "p95 under .12 s"
    for run in ("Model3", "Model5"):
        page.goto(f"{server.url}/time?run={run}")
        page.locator(".st-key-time_lanes .lanes svg").first.wait_for()
        page.wait_for_timeout(4000)  # what is one press away is there by then
        snapshots = page.locator(".st-key-time_bar input[type=range]")
        lanes = [after_key(page, snapshots, "ArrowLeft", LANES) for _ in range(often(20))]
        lane = page.locator(".st-key-time_lanes button").first
        ways = [after_key(page, lane, "Enter", LANES) for _ in range(ROUNDS)]
        loss = page.get_by_role("checkbox", name="A loss at every step")
        losses = [after_key(page, loss, "Space", LANES) for _ in range(ROUNDS)]
        page.set_viewport_size({"width": 1280, "height": 1800})  # slider and map at once
        page.locator(".map canvas[data-whole=true]").wait_for()
        marks = [
            after_key(page, page.locator(".map"), "ArrowUp", "map.dataset.row")
            for _ in range(ROUNDS)
        ]
        page.wait_for_timeout(1000)
        rows = [
            after_key(page, snapshots, "ArrowLeft", "map.dataset.picture") for _ in range(ROUNDS)
        ]
        say(f"{run}, another snapshot to its lanes", lanes, wanted)
        say(f"{run}, another snapshot to its marked row", rows, wanted)
        say(f"{run}, another marked row", marks, wanted)
        say(f"{run}, another lane", ways, wanted)
        say(f"{run}, another loss", losses, wanted)
        changes += lanes + rows + marks + ways + losses
        page.set_viewport_size(VIEWPORT)
    models = ("Model3", "Model4") * ROUNDS
    runs = [another_run(page, model, LANES) for model in models]
    say("another run to its lanes", runs, wanted)
    say("through time, all changes", changes + runs, wanted)


# Moves the slider of the run bar and resolves with the time until the picture of that snapshot has
# been painted: two frames after it was drawn.
SCRUB = """async (root, at) => {
  const slider = [...document.querySelectorAll("*")]
    .map((each) => each.shadowRoot?.querySelector(".slider")).find(Boolean);
  const { timeline } = root.frame, begun = performance.now();
  slider.value = String(at);
  slider.dispatchEvent(new Event("input"));
  while (Number(root.dataset.step) !== timeline.step) {
    if (performance.now() - begun > 20000) throw new Error("nothing changed");
    await new Promise((done) => setTimeout(done, 1));
  }
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
# Plays at 30 a second from the first snapshot, and resolves with the steps and times of the paints.
PLAYED = """async (root) => {
  const { timeline } = root.frame, canvas = root.querySelector("canvas.map"), seen = [];
  timeline.show(timeline.steps[0]);
  timeline.setSpeed(30);
  const note = () => seen.push([Number(root.dataset.step), performance.now()]);
  const watch = new MutationObserver(note);
  watch.observe(root, { attributeFilter: ["data-step"] });
  timeline.play();
  while (timeline.playing) await new Promise((done) => setTimeout(done, 20));
  if (root.querySelector("canvas.map") !== canvas) throw new Error("the picture was mounted anew");
  const skipped = timeline.steps.slice(1).filter((step) => !seen.some(([shown]) => shown === step));
  return [skipped.length, seen.map(([, time]) => time)];
}"""
PLACES = some((0, 3040, 12000))  # first tokens in valid


def states(page: Page, server: Server) -> None:
    """Measure the slider on Hidden states, 64 units x 100 tokens at three places, and Play."""
    new: list[float] = []
    again: list[float] = []
    for first in PLACES:
        page.goto(f"{server.url}/states?states_text=valid&states_n=100&states_first={first}")
        root = page.locator(".st-key-states_picture .hnviz[data-ready]")
        root.wait_for()
        page.wait_for_timeout(4000)
        count = root.evaluate("root => root.frame.timeline.steps.length")
        order = [
            at * 11 % count for at in range(often(count, 3))
        ]  # far from each other: none is at hand
        for times in (new, again):
            for at in order:
                times.append(root.evaluate(SCRUB, at) / 1000)
                page.wait_for_timeout(60)
    say("states: another snapshot to its picture, not seen before", new, "p95 under .1 s")
    say("states: a snapshot that was seen before", again, "p95 under .025 s")
    skipped, times = root.evaluate(PLAYED)
    gaps = [(later - time) / 1000 for time, later in pairwise(times)]
    rate = len(gaps) / sum(gaps)
    say(f"states: played at {rate:.1f} a second, {skipped} skipped", gaps, "30 a second, 0 skipped")


MAPS = 12  # snapshots that the map plays


def counting_map(page: Page, server: Server) -> None:
    """Measure the slider on the counting map, between snapshots that were seen before."""
    page.goto(f"{server.url}/predictions?predictions_view=Counting+map")
    root = page.locator(".st-key-map_picture .hnviz[data-ready]")
    root.wait_for()
    last = root.evaluate("root => root.frame.timeline.steps.length - 1")
    chosen = [round(at * last / (MAPS - 1)) for at in range(MAPS)]
    order = [chosen[at * 5 % MAPS] for at in range(often(MAPS, 2))]
    for at in order:
        root.evaluate(SCRUB, at)  # counts all numbers, once for everybody
        page.wait_for_timeout(200)
    times = []
    for at in order * 3:
        times.append(root.evaluate(SCRUB, at) / 1000)
        page.wait_for_timeout(60)
    say("counting map: a snapshot that was seen before", times, "p95 under .06 s")


# From a change of the comparison until it has been painted.
CHANGED = """async (root, what) => {
  const all = (selector) => [...root.querySelectorAll(selector)], [plot] = all(".plot");
  const begun = performance.now(), was = plot.dataset.paints;
  const choose = (control, value, event = "change") => {
    control.value = value;
    control.dispatchEvent(new Event(event));
  };
  const [measure, , axis] = all(".controls select");
  const [logY, , bands] = all(".boxes input"), [smooth] = all(".smooth input");
  const [loss, share] = ["loss on train", "accuracy on valid"];
  if (what === "measure") choose(measure, measure.value === loss ? share : loss);
  if (what === "axis") choose(axis, axis.value === "tokens" ? "step" : "tokens");
  if (what === "log") logY.click();
  if (what === "bands") bands.click();
  if (what === "smooth") choose(smooth, String((Number(smooth.value) + 1) % 7), "input");
  if (what === "hover") {
    window.at = (window.at ?? 0) + 1;
    const { left, top, width, height } = plot.getBoundingClientRect();
    const [clientX, clientY] = [left + width / 2, top + height * (0.2 + 0.02 * (window.at % 20))];
    plot.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY }));
    await window.painted(() => true);
    return performance.now() - begun;
  }
  await window.painted(() => plot.dataset.paints !== was);
  return performance.now() - begun;
}"""
COMPARE_RUNS, COMPARE_STEPS = often(200, 20), 800


def compare(page: Page, server: Server) -> None:
    """Measure a comparison of 200 runs of 800 steps: its opening, and every change of its look."""
    ids = [make_run(server.runs, number, COMPARE_STEPS).id for number in range(COMPARE_RUNS)]
    rates = [make_run(server.runs, 1000 + n, COMPARE_STEPS, lr=1e-3 * (n + 1)).id for n in range(8)]
    runs = ",".join([*ids[:-8], *rates])
    url = f"{server.url}/compare?runs="
    say(f"compare: {COMPARE_RUNS} runs, never read before", [compared(page, url + runs)], "1 s")
    many = [compared(page, url + runs) for _ in range(often(5))]
    say(f"compare: {COMPARE_RUNS} runs of {COMPARE_STEPS} steps, opened", many, "under 1 s")
    root = page.locator(".st-key-compare_curves .hnviz[data-ready]")
    page.wait_for_timeout(1500)
    root.evaluate(CHANGED, "bands")  # a line for each run
    everything: list[float] = []
    for what in ("measure", "smooth", "axis", "log", "hover"):
        times = []
        for _ in range(ROUNDS):
            times.append(root.evaluate(CHANGED, what) / 1000)
            page.wait_for_timeout(200)
        say(f"compare: {what} to paint", times, "p95 under .15 s")
        everything += times
    say("compare: all changes", everything, "p95 under .15 s")


def compared(page: Page, url: str) -> float:
    """Return the seconds from a comparison's address to its curves, from another page."""
    page.goto(f"{url.partition('/compare')[0]}/words")
    page.locator(".st-key-words_list .hnviz[data-ready]").wait_for()
    page.wait_for_timeout(1500)
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(".st-key-compare_curves .plot[data-lines]").wait_for(state="attached")
    return time.perf_counter() - begun


def another_run(page: Page, model: str, seen: str) -> float:
    """Return the seconds from the choice of another model's shipped run to what is seen of it."""
    box = page.get_by_role("combobox", name="Run shown on all pages")
    box.click()
    box.fill(model)
    page.get_by_role("option", name=f"{model}, pre-trained", exact=True).wait_for()
    seconds = pressed(page, "Enter", seen)
    page.wait_for_timeout(2500)
    return seconds


def after_key(page: Page, place: Locator, key: str, seen: str) -> float:
    """Return the seconds from a key to its effect."""
    place.focus()
    seconds = pressed(page, key, seen)
    page.wait_for_timeout(700)
    return seconds


def pressed(page: Page, key: str, seen: str) -> float:
    """Press a key where the focus is; return the seconds until its effect is painted."""
    page.evaluate(AFTER_KEY.replace("SEEN", seen))
    page.keyboard.press(key)
    seconds: float = page.evaluate("window.changed") / 1000
    return seconds


def reacts(page: Page, press: str, seen: str) -> float:
    """Return the seconds from a click until its effect is painted. A pause keeps clicks apart."""
    seconds: float = page.evaluate(REACTS, [press, seen]) / 1000
    page.wait_for_timeout(300)
    return seconds


def say(what: str, seconds: list[float], goal: str) -> None:
    """Print a measurement beside its goal; its p95 is never above the slowest one."""
    p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    print(f"{what}: median {median(seconds):.3f} s, p95 {p95:.3f} s, n {len(seconds)}; {goal}")


if __name__ == "__main__":
    main()
