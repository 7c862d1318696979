"""A page that trains in Chromium: the app's own pictures follow the run, by the app's own parts.

The page is one that a file of the app would show; the run in it is another one, which trains there.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save

from hnviz.app.shell.variables import variables
from hnviz.browser.form import facts_of, job_of
from hnviz.config import RunConfig
from hnviz.export.build import build_file
from hnviz.export.collect import collect
from hnviz.export.rooms import Scene
from hnviz.learn import Learner
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.schedule import snapshot_steps
from tests.conftest import PATIENCE, ROOT, errors_of, until

SITE = "http://run.test"
POLICIES = {
    "a worker": "worker-src 'self'",
    "the page's own thread": "worker-src 'none'",  # as in the app
}
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:"
)
MAIN = """
import { Blobs } from "/hnviz/export/js/blobs.js";
import { Stage } from "/hnviz/export/js/stage.js";
import { TrainedRun } from "/hnviz/export/js/trainedrun.js";
import { unpack } from "/hnviz/app/kit/js/arrays.js";
import { provide } from "/hnviz/app/kit/js/fetch.js";
import { identityOf } from "/hnviz/browser/identity.js";

const { packed, given, at } = await (await fetch("/given.json")).json();
const data = await new Blobs(packed.page).json(0);
const blobs = new Blobs(packed.blob);
data.home = location.origin + "/";
for (const [address, [as, blob]] of Object.entries(data.files)) {
  const read = { json: "json", text: "text", arrayBuffer: "get" }[as];
  const content = blobs[read](blob);
  provide(new URL(address, data.home).href, content);
  if (as === "text") provide(new URL("hnviz/" + address, data.home).href, content);
}
const locate = (parts) => {
  for (const { picture, parts: inside = [] } of parts) {
    if (picture) picture.module = "/" + picture.module;
    locate(inside);
  }
};
locate(data.parts);
const stage = new Stage(document.querySelector("main"), data, blobs, () => "light");
const run = new TrainedRun(given, "/hnviz/browser/worker.js", "yours");
stage.runs.add(at, run);
window.stage = stage;
window.run = run.run;
window.resume = async () => {
  const { arrays } = unpack(await (await fetch("/checkpoint")).arrayBuffer());
  const named = Object.entries(arrays).map(([name, { data: numbers }]) => [name, numbers]);
  run.run.resume({ ...Object.fromEntries(named), identity: identityOf(given.job) });
};
await stage.show(0);
window.ready = true;
"""
LIGHT = "".join(f"{name}:{value};" for name, value in variables("light").items())
HTML = f"""<!doctype html>
<html lang="en"><head><style>:root {{ {LIGHT} }}</style></head>
<body><main></main><script type="module" src="/main.js"></script>"""
KINDS = {".js": "text/javascript", ".css": "text/css"}
STATES = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-picture]")].flatMap((place) => {
    const root = (place.shadowRoot ?? place).querySelector(".hnviz");
    const said = (name) => root.querySelector("." + name)?.textContent ?? "";
    return root ? [[place.dataset.picture, {
      state: root.dataset.state, step: root.dataset.step, said: said("hnviz-sentence"),
      trouble: said("hnviz-trouble"),
    }]] : [];
  }))"""
BAR = "[data-picture='run/bar']"


def _given(pages: dict[str, dict[str, str]], run: str, config: RunConfig) -> dict[str, Any]:
    """Build what the page shows, about a run that is named as a pre-trained one is."""
    at_run = {page: {"run": run, **at} for page, at in pages.items()}
    scenes = [[Scene(page, at, collect(page, at))] for page, at in at_run.items()]
    content = build_file(scenes, "A run in the page", {}).decode()
    packed = {
        name: re.findall(rf'<script type="text/plain" class="{name}">(.*?)</script>', content)
        for name in ("page", "blob")
    }
    given = {"facts": facts_of(config), "job": job_of(config)}
    return {"packed": packed, "given": given, "at": run}


class Page:
    """A tab that shows such a page."""

    def __init__(self, browser: Any, given: dict[str, Any], policy: str) -> None:
        size = {"width": 1280, "height": 4000}  # pictures load when they are in view
        context = browser.new_context(reduced_motion="reduce", viewport=size)
        context.set_default_timeout(PATIENCE)
        self.tab, self.close = context.new_page(), context.close
        self.errors = errors_of(self.tab)
        self.checkpoint = b""
        files = {"/": HTML, "/main.js": MAIN, "/given.json": json.dumps(given)}

        def serve(route: Any) -> None:
            path = route.request.url.removeprefix(SITE)
            if path == "/checkpoint":
                return route.fulfill(body=self.checkpoint)
            body = files.get(path) or (ROOT / path.lstrip("/")).read_text(encoding="utf-8")
            kind = KINDS.get(Path(path).suffix, "text/html")
            headers = {"Content-Security-Policy": f"{POLICY}; {policy}"}
            return route.fulfill(body=body, content_type=kind, headers=headers)

        context.route(f"{SITE}/**", serve)
        self.tab.goto(f"{SITE}/")
        until(self.tab, "() => window.ready")

    @property
    def states(self) -> dict[str, dict[str, str]]:
        return self.tab.evaluate(STATES)

    def all_at(self, step: int, *names: str) -> None:
        """Wait until pictures are drawn for a step."""
        until(
            self.tab,
            f"([step, names]) => {{ const all = ({STATES})(); return names.every((name) => "
            "all[name].state === 'ready' && all[name].step === String(step)) }",
            [step, list(names)],
        )

    def tells(self, said: str) -> None:
        """Wait until the run bar says something about the run."""
        self.tab.locator(f"{BAR} .told", has_text=re.compile(f"{re.escape(said)}$")).wait_for()


@pytest.fixture(scope="module")
def config() -> RunConfig:
    """A run of Model3 that begins as the pre-trained one, and takes two epochs."""
    return RunConfig.for_model("Model3", device="cpu", epochs=2, seed=5)


@pytest.fixture(scope="module")
def given(config, own_runs) -> dict[str, Any]:
    return _given({"states": {}}, "Model3", config)


@pytest.fixture
def opened(browser) -> Iterator[Any]:
    pages = []

    def show(given: dict[str, Any], thread: str = "a worker") -> Page:
        pages.append(Page(browser, given, POLICIES[thread]))
        return pages[-1]

    yield show
    for each in pages:
        each.close()


@pytest.mark.parametrize("thread", POLICIES)
def test_pictures_follow_a_run_and_its_buttons_hold_it(thread, opened, given, config):
    page = opened({**given, "given": {**given["given"], "job": _longer(given, 400)}}, thread)
    page.tab.evaluate("() => run.start()")
    until(page.tab, "() => run.step > 3")
    for name, status in (("Pause", "paused"), ("Continue", "running"), ("Pause", "paused")):
        page.tab.get_by_role("button", name=name, exact=True).click()
        until(page.tab, f"() => run.status === '{status}'")
    until(page.tab, RESTS)
    step = page.tab.evaluate("() => run.step")
    page.tab.get_by_role("button", name="Step", exact=True).click()
    until(page.tab, "step => run.step === step + 1", step)
    page.tells(f"paused after step {step + 1:,} of 16,000, epoch {(step + 1) // 40 + 1} of 400")
    newest = page.tab.evaluate("() => [...run.snapshots.keys()].at(-1)")
    page.all_at(newest, "hidden_states/units")
    page.tab.get_by_role("button", name="Stop", exact=True).click()
    page.tells(f"stopped after step {step + 1:,} of 16,000")
    page.all_at(newest, "hidden_states/units")
    page.tab.get_by_role("button", name="Resume", exact=True).wait_for()
    assert [each for each in page.errors if POLICIES[thread] not in each] == []


RESTS = """() => new Promise((later) => {
  const { step } = run;
  setTimeout(() => later(run.step === step), 200);
})"""


def _longer(given: dict[str, Any], epochs: int) -> dict[str, Any]:
    job = given["given"]["job"]
    return {**job, "config": {**job["config"], "epochs": epochs}}


def test_the_slider_shows_another_step_with_the_runs_own_numbers(opened, given):
    page = opened(given)
    page.tab.evaluate("() => run.start()")
    until(page.tab, "() => run.status === 'finished'")
    page.all_at(80, "hidden_states/units")
    page.tells("all 80 steps are done")
    kept = page.tab.evaluate("() => [...run.snapshots.keys()]")
    assert kept == list(snapshot_steps(80, 40))
    slider = page.tab.locator(f"{BAR} input[type=range]")
    slider.focus()
    page.tab.keyboard.press("Home")
    page.all_at(0, "hidden_states/units")
    page.tab.keyboard.press("End")
    page.all_at(80, "hidden_states/units")
    values = page.tab.evaluate("""async () => {
      const { source } = stage;
      const [[first], [last]] = [run.snapshots.entries().next().value, [...run.snapshots].at(-1)];
      const of = async (step) => (await source.get(source.address(
        `api/runs/Model3/${step}/units`, { text: "4316 to 4318" }))).arrays.values.data;
      return [[...await of(first)], [...await of(last)]];
    }""")
    assert values[0] != values[1]
    assert page.errors == []


def test_a_run_is_stopped_and_resumed_from_its_own_checkpoint_and_from_torchs(
    opened, given, config
):
    page = opened(given)
    page.tab.evaluate("""() => {
      window.losses = [];
      run.on((event) => {
        if (event.event === "batch") losses[event.step] = event.loss;
      });
      run.start();
      run.press("pause"); // before its first step
    }""")
    for step in range(1, 8):
        page.tab.get_by_role("button", name="Step", exact=True).click()
        until(page.tab, "step => run.step === step", step)
    page.tab.get_by_role("button", name="Stop", exact=True).click()
    page.tells("stopped after step 7 of 80")
    page.tab.get_by_role("button", name="Resume", exact=True).click()
    until(page.tab, "() => run.status === 'finished'")
    learner = Learner(config)
    events = learner.events()
    wanted = [each.loss for each in events if each.kind == "batch"]
    assert page.tab.evaluate("() => losses") == pytest.approx(wanted, rel=1e-4)
    torchs = Learner(config)
    for _ in torchs.events():
        if torchs.step == 30:
            break
    page.checkpoint = save(torchs.checkpoint(), {"meta": "{}", "sentence": ""})
    page.tab.evaluate("() => { losses.length = 0; return resume(); }")
    until(page.tab, "() => run.step === 80 && run.status === 'finished'")
    resumed = page.tab.evaluate("() => losses")
    assert resumed[:30] == [None] * 30
    assert resumed[30:] == pytest.approx(wanted[30:], rel=1e-4)
    page.all_at(80, "hidden_states/units")
    assert page.errors == []


OTHERS = {
    "start": ("machine", "kit/headline"),
    "learn_back": ("through_time/lanes", "through_time/look_back", "kit/headline"),
}
ELSEWHERE = {"predictions/counting_map", "through_time/reach"}
"""Pictures of what a page does not compute."""


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_pages_pictures_are_drawn_from_the_run(name, opened, config, own_runs):
    page = opened(_given({name: {}}, "Model3", config))
    page.tab.evaluate("() => run.start()")
    until(page.tab, "() => run.status === 'finished'")
    for picture in OTHERS[name]:
        page.tab.locator(f"[data-picture='{picture}']").first.scroll_into_view_if_needed()
        page.all_at(80, picture)
    for picture, told in page.states.items():
        if picture in ELSEWHERE and told["trouble"]:
            assert "about a run that it trains" in told["trouble"]
        assert "This file" not in told["trouble"], picture
    assert page.errors == []


def test_a_pre_trained_run_is_not_touched(config):
    """The run of the page has a pre-trained run's name, and other weights."""
    assert RunFolder(SHIPPED_DIR / "Model3").config.seed != config.seed
