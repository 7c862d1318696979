"""The gallery: every picture in every state, as a developer sees it."""

import re
import subprocess
import sys
from functools import partial
from operator import eq

import pytest
from starlette.testclient import TestClient

from hnviz.app.pictures import PICTURES
from hnviz.app.rooms.hidden_states.path.picture import PATH_VIEW
from hnviz.app.shell.variables import variables
from hnviz.gallery.cases import READY, examples, runs, views
from hnviz.gallery.site import REFUSED, cases, site
from tests.conftest import ROOT, awaited, until
from tests.gallery import mount, settled
from tests.views import shown

PHONE, PAGE = (390, "light"), (1280, "dark")
NAMES = {name.removeprefix("rooms/"): picture for name, picture in PICTURES.items()}
EMPTY = {run: run for run in runs()}
HEAVY = ("hidden_states/probes",)  # they ask for whole splits
EACH_TIME = (
    *("kit/headline", "run/bar", "train/form", "train/curves", "compare/curves", "sweep/map"),
    *("batches/grid", "models/cursor", "hidden_states/units", "predictions/change_state"),
    *("through_time/lanes", "tasks/understood"),
)
"""Pictures that each run of the tests mounts; `make slow` mounts all of them."""
KEEP_STILL = ("train/form",)
"""Another picture of their page says what is wrong with the run."""

WANTED_REFUSAL = re.compile(r"status of 503 .* http://[^/]+/error/api/", re.DOTALL)

SETTLES = {"empty": ("empty", "ready"), "error": ("error", "ready")}
"""A picture without questions is ready as soon as it has heard of the run; others say "ready"."""


def test_every_picture_has_an_example():
    lacking = [name for name, picture in PICTURES.items() if READY not in picture.examples]
    assert not lacking, (
        "these pictures have no example named ready; "
        f"add `examples` in the picture.py of {', '.join(lacking)}"
    )


def test_examples_show_shipped_runs_alone():
    """Their snapshots never change, so that two looks at the gallery are alike."""
    shipped = {path.name for path in (ROOT / "hnviz/shipped").iterdir()}
    for name, picture in PICTURES.items():
        for state, example in picture.examples.items():
            named = {example.run, *(each.run for each in example.asks)} - {""}
            assert named <= shipped, (name, state)


def test_every_picture_is_described_in_every_state():
    told = cases(EMPTY)["pictures"]
    assert set(told) == set(NAMES)
    for name, picture in told.items():
        own = NAMES[name].examples
        wanted = {
            *own,
            *(["loading", "error"] if own[READY].waits else []),
            *(["empty"] if own[READY].run else []),
        }
        assert set(picture["states"]) == wanted, name
        assert picture["states"][READY]["debug"] in (True, False)


def test_an_empty_picture_shows_a_run_of_the_same_model():
    for picture in PICTURES.values():
        found = examples(picture, {run: f"empty-{run}" for run in EMPTY})
        if "empty" in found:
            assert found["empty"].run == f"empty-{found[READY].run}"
            assert found["empty"].asks == found[READY].asks


def test_what_examples_ask_is_served():
    served = {view.name for view in views()}
    for picture in PICTURES.values():
        for example in picture.examples.values():
            assert {asked.view.name for asked in example.asks} <= served


def test_streamlits_variables_come_from_its_settings():
    light, dark = variables("light"), variables("dark")
    assert light["--st-background-color"] == "#FCFBF8"
    assert dark["--st-background-color"] == "#171614"
    assert light["--st-font"] == '"Source Sans", sans-serif'
    assert light["--st-base-font-size"] == "16px"
    assert set(light) == set(dark)


def test_the_page_and_refusals_are_served():
    with TestClient(site(EMPTY), base_url="http://127.0.0.1") as client:
        assert "main.js" in client.get("/").text
        assert client.get("/mount").text == client.get("/").text
        assert "frame-src 'self'" in client.get("/").headers["content-security-policy"]
        refused = client.get("/error/api/runs/Model5/400/units?text=one")
        assert (refused.status_code, refused.json()) == (503, {"error": REFUSED})
        assert client.get("/error/api/runs/Model5").json()["snapshots"]
        assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_wrong_port_is_one_sentence(recorded):
    words = [sys.executable, "-m", "hnviz", "gallery", "--port", "0"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    recorded(ended.stderr, 1, "65535", 0)


def test_a_views_answer_has_the_shape_that_its_picture_declares(own_runs):
    answer = shown(PATH_VIEW, "Model5", first=4295, n=20)
    assert answer.arrays["points"].shape == (len(answer.meta["words"]), 2)
    assert "**" in answer.sentence


# --- in a browser -------------------------------------------------------------------------------


@pytest.mark.walk
@pytest.mark.parametrize(
    "name",
    [each if each in EACH_TIME else pytest.param(each, marks=pytest.mark.slow) for each in NAMES],
)
def test_a_picture_mounts_in_every_state(page, gallery, name):
    for state in examples(NAMES[name], EMPTY):
        for width, mode in (PHONE, PAGE) if state == READY else (PHONE,):
            mount(page, gallery, picture=name, state=state, mode=mode, width=width)
            where = f"{name}, {state}, {mode}, {width}"
            check(page, state, where)
            until(page, f"document.documentElement.scrollWidth <= {width}")


def check(page, state: str, where: str) -> None:
    root = page.locator(".hnviz").first
    if state == "loading":
        root.wait_for(state="attached")
        page.wait_for_timeout(600)  # a picture that waits says so after .4 s
        assert root.get_attribute("data-state") in ("loading", "ready"), where
    else:
        came = settled(page)
        assert came in SETTLES.get(state, ("ready",)), (where, root.inner_text())
    if state == "empty" and came == "empty":
        assert "ended before its first snapshot" in root.inner_text(), where
    if state == "error" and not where.startswith(KEEP_STILL):
        page.get_by_text(REFUSED).first.wait_for()
    if state == "error":
        assert "Traceback" not in root.inner_text(), where
    # A browser notes each refusal that the gallery makes, perhaps only after the next page opens.
    assert [said for said in page.errors if not WANTED_REFUSAL.search(said)] == [], where


def test_the_index_lists_all_and_shows_what_is_chosen(page, gallery):
    page.goto(gallery)
    for name in NAMES:
        page.get_by_role("heading", name=name, exact=True).wait_for()
    page.get_by_label("picture", exact=True).select_option("run/line")
    states = len(examples(NAMES["run/line"], EMPTY))
    awaited(page, page.locator("iframe").count, eq, states * 2 * 2)
    page.get_by_label("state", exact=True).select_option("ready")
    page.get_by_label("mode", exact=True).select_option("dark")
    page.get_by_label("width", exact=True).select_option("390")
    inside = page.frame_locator("iframe")
    awaited(page, page.locator("iframe").count, eq, 1)
    inside.get_by_text("Model5: pre-trained").wait_for()
    assert page.url.endswith("/?picture=run%2Fline&state=ready&mode=dark&width=390")
    page.get_by_text(re.compile(r"^\d+ px high$")).wait_for()
    background = partial(
        inside.locator("body").evaluate, "() => getComputedStyle(document.body).backgroundColor"
    )
    awaited(page, background, eq, "rgb(23, 22, 20)")


def test_an_unknown_picture_is_one_sentence(page, gallery):
    mount(page, gallery, picture="nothing", state="ready", mode="dark", width=390)
    page.get_by_text("No picture matches the address").wait_for()
    page.goto(f"{gallery}/?picture=nothing")
    page.get_by_text("No picture matches the address").wait_for()
    assert page.errors == []
