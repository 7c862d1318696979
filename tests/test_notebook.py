"""Pictures in a notebook: docs/notebook.md, what a page holds, and what is refused."""

import json
import re
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from gzip import decompress
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import nbclient
import nbformat
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

import hnviz
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, split_text
from hnviz.engine.trainer import run_in_folder
from hnviz.figures.theme import theme
from hnviz.notebook.bundle import PACKAGE, BundleError, bundle
from hnviz.notebook.page import Page
from hnviz.notebook.pictures import PICTURES, spaced
from hnviz.notebook.show import ShowError, Shown
from hnviz.notebook.still import ramp
from hnviz.questions.frame import unpack
from hnviz.runs import RunStore
from tests import guide
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("no_runs")

PAGE = "docs/notebook.md"
MAX_CODE_BYTES = 300_000  # of a live page without its data
MAX_SCRIPT_BYTES = 150_000  # as the page of the book says
SVG = "{http://www.w3.org/2000/svg}"
TINY = {"nh": 8, "bs": 512, "bptt": 64, "epochs": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def shown() -> dict[str, Shown]:
    """Each picture, of Model5."""
    made = {name: hnviz.show("Model5", name) for name in PICTURES if name != "batches"}
    return {"batches": hnviz.show("batches"), **made}


class Tags(HTMLParser):
    """The attributes of each kind of element, of the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}

    def handle_starttag(self, tag, attrs):
        self.found[tag] = dict(attrs)


def held(picture: Shown) -> dict:
    """What a live page has as data."""
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', picture.page)
    return json.loads(data)


def blob(page: dict, at: int) -> bytes:
    return decompress(b64decode(page["blobs"][at]))


def answer(page: dict, question: str, step: int, **params: str):
    """An answer of a live page, at the address under which the picture asks for it."""
    address = [f"api/runs/Model5/{step}/{question}", sorted(map(list, params.items()))]
    at = page["answers"][json.dumps(address, separators=(",", ":"))]
    return unpack(blob(page, at))


# The page of the book


def test_the_cells_of_the_page_show_what_it_says(capsys):
    names: dict[str, object] = {}
    found = guide.cells(PAGE)
    assert len(found) == 6
    for code, said in found:
        got = guide.shown(code, names) or capsys.readouterr().out.strip()
        assert got == said, code


def test_the_page_names_each_picture_and_option():
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    rows = dict(re.findall(r'^\| `"(\w+)"` \| .* \| (.*) \|$', text, re.MULTILINE))
    assert rows.keys() == PICTURES.keys()
    for name, shows in PICTURES.items():
        options = shows.options.__dataclass_fields__
        assert all(re.search(rf"`{each}\b", rows[name]) for each in options), name


# What a notebook stores


@pytest.mark.parametrize("name", PICTURES)
def test_an_output_has_a_sentence_a_still_picture_and_a_live_page(shown, name):
    picture = shown[name]
    found, _ = DisplayFormatter().format(picture)
    assert set(found) == {"text/plain", "image/svg+xml", "text/html"}
    assert found["text/plain"] == repr(picture) == picture.sentence and "**" not in picture.sentence
    drawing = ElementTree.fromstring(found["image/svg+xml"])
    assert drawing.tag == f"{SVG}svg" and drawing.get("aria-label") == picture.sentence
    written = " ".join(each.text or "" for each in drawing.iter(f"{SVG}text"))
    assert picture.sentence in written
    html = Tags()
    html.feed(found["text/html"])
    assert list(html.found) == ["div", "img", "iframe"]
    image, frame = html.found["img"], html.found["iframe"]
    assert image["alt"] == frame["title"] == picture.sentence
    assert b64decode(image["src"].partition(",")[2]).decode() == picture.svg
    assert frame["sandbox"] == "allow-scripts" and frame["srcdoc"] == picture.page


@pytest.mark.parametrize("name", PICTURES)
def test_the_code_of_a_live_page_is_small_and_has_only_what_it_needs(name):
    page = Page(name=name, data={}).write("")
    assert len(page.encode()) <= MAX_CODE_BYTES
    script = bundle(f"notebook/js/{name}.js").script
    assert len(script.encode()) <= MAX_SCRIPT_BYTES
    for foreign in ("WebAssembly", "importmap", "import(", "</", "GIFEncoder", "XMLHttpRequest"):
        assert foreign not in script, foreign
    assert "new WebSocket" not in script and "createObjectURL" not in script


# Values


def test_the_grid_holds_the_tokens_that_the_layout_reads():
    picture = hnviz.show("batches", bs=3, bptt=5)
    text = split_text("train")
    batch = BatchLayout(len(text.ids), 3, 5).batch(text.ids, 0)
    words = [text.vocab.itos[index] for each in (batch.x, batch.y) for index in each.ravel()]
    cells = [
        each.text
        for each in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")
        if each.get("text-anchor") == "middle" and each.text in text.vocab.stoi
    ]
    assert cells[: len(words)] == words
    page = held(picture)
    (address,) = [each for each in page["files"] if each.startswith("api/corpora/train")]
    assert page["data"]["settings"]["stream"] == address
    content = blob(page, page["files"][address][1])
    start = 4 + int.from_bytes(content[:4], "little")
    assert np.array_equal(np.frombuffer(content[start:], np.uint8), text.ids)


def test_a_large_mini_batch_is_drawn_in_the_colours_of_its_kinds():
    picture = hnviz.show("batches", bs=64, bptt=70)
    images = [each.get("href") for each in ElementTree.fromstring(picture.svg).iter(f"{SVG}image")]
    text, look = split_text("train"), theme("light")
    layout = BatchLayout(len(text.ids), 64, 70)
    for ids, image in zip(layout.batch(text.ids, 0)[1:], images, strict=True):
        pixels = np.asarray(Image.open(BytesIO(b64decode(image.partition(",")[2]))))
        wanted = [[look.token_color(text.vocab.itos[each]) for each in row] for row in ids]
        across, down = pixels.shape[1] // 70, pixels.shape[0] // 64
        got = [["#{:02X}{:02X}{:02X}".format(*each) for each in row] for row in pixels]
        assert np.array_equal(np.array(got)[::down, ::across], wanted)


def test_the_states_are_those_that_the_run_answers(shown):
    run, page = hnviz.open("Model5"), held(shown["states"])
    text = page["data"]["asks"][1]["params"]["text"]
    params = {"layer": "-1", "show": "state", "text": text}
    asked = answer(page, "units", 400, **params)
    units = run.ask("units", ids=text, layer=1)["values"]
    assert np.array_equal(asked.arrays["values"], units)
    assert shown["states"].sentence == asked.sentence.replace("**", "")
    rows = answer(page, "unit_rows", 400, **params)
    codes = run.ask("unit_codes", layer=1)["explained"]
    assert np.array_equal(rows.arrays["explained"], codes.astype("f4"))
    image = next(ElementTree.fromstring(shown["states"].svg).iter(f"{SVG}image")).get("href")
    pixels = np.asarray(Image.open(BytesIO(b64decode(image.partition(",")[2]))))
    across, down = pixels.shape[1] // units.shape[1], pixels.shape[0] // len(units)
    colours = ramp(theme("light").diverging, (units[rows.arrays["order"]] + 1) / 2)
    assert np.array_equal(pixels[::down, ::across], colours)


def test_the_machine_says_what_the_run_answers_at_each_of_its_snapshots(shown):
    run, page = hnviz.open("Model5"), held(shown["machine"])
    text = page["data"]["settings"]["text"]
    steps = [step for step, _ in page["snapshots"]]
    assert steps == spaced(run.snapshots) and {steps[0], steps[-1]} == {0, 400}
    for step in steps:
        found = answer(page, "machine", step, text=text, n="36")
        reply = run.ask("reading", step, ids=text, n=36).reply
        for name, each in reply.arrays.items():
            np.testing.assert_array_equal(found.arrays[name], each)
    best, share = reply.arrays["best"][19][0], reply.arrays["shares"][19][0]
    assert run.vocab.itos[best] == "," and share > 0.999
    assert "gives > 99.9 % to “,” (after 400 steps)" in shown["machine"].sentence
    assert "It reads 20 tokens, then says: “, three thousand" in shown["machine"].sentence


def test_the_curves_are_the_runs(shown):
    page, epochs = held(shown["curves"]), hnviz.open("Model5").epochs()
    for mode in ("light", "dark"):
        panels = page["news"][json.dumps(["curves", [["mode", mode]]], separators=(",", ":"))]
        loss = next(each for each in panels["panels"] if each["name"] == "loss")
        (valid,) = [each for each in loss["figure"]["data"] if each["name"] == "valid"]
        assert valid["x"] == epochs["step"].tolist()
        assert valid["y"] == pytest.approx(epochs["valid_loss"].tolist())
    assert json.loads(json.dumps(page["snapshots"])) == [[400, "cell"]]


def test_snapshots_are_spaced_from_the_first_to_the_last():
    assert spaced([0, 10, 20]) == [0, 10, 20]
    assert spaced(list(range(101)), 6) == [0, 20, 40, 60, 80, 100]
    assert spaced([7]) == [7]


# A run of one's own


@dataclass
class Recorded:
    """What a recorder has."""

    folder: object


def test_a_record_is_shown_by_its_folder(tmp_path):
    made = RunStore(tmp_path).create(RunConfig.for_model("Model3", **TINY))
    run_in_folder(made)
    last = made.read().epochs[-1]
    for record in (Recorded(made.path), made.path, str(made.path)):
        curves = hnviz.show(record)
        assert f"{100 * last.accuracy:.1f} %" in curves.sentence
    layer = hnviz.open(made.path).ask("units", ids="12 to 14")["values"]
    states = hnviz.show(Recorded(made.path), "states", text="12 to 14")
    assert f"of {len(layer)} units over {layer.shape[1]} tokens" in states.sentence
    own = hnviz.show(made.path, "batches")
    assert own.sentence.startswith("Each of 512 rows reads 64 tokens")


# Bad input


@pytest.mark.parametrize(
    ("given", "options", "numbers"),
    [
        (("batch",), {}, ()),
        (("Model5", "heat"), {}, ()),
        (("states",), {}, ()),
        (("states", "Model5"), {}, ()),
        ((7,), {}, ()),
        (("batches",), {"bs": 0}, (1, 512, 0)),
        (("batches",), {"bptt": 2.5}, (2.5,)),
        (("batches",), {"bptt": 513}, (1, 512, 513)),
        (("batches",), {"split": "test"}, ()),
        (("batches",), {"rows": 4}, ()),
        (("batches",), {"text": 7}, ()),
        (("batches",), {"text": "too short"}, (2, 10)),
        (("batches",), {"text": "a b c d e f g h i j k l m", "bptt": 20}, (20, 12, 12)),
        (("Model5", "curves"), {"step": 3}, ()),
        (("Model5", "states"), {"text": "hello, 17 world"}, (39,)),
        (("Model5", "states"), {"step": 399}, (399, *hnviz.open("Model5").snapshots)),
        (("Model5", "states"), {"layer": 2}, (0, 1, 2)),
        (("Model5", "states"), {"layer": "top"}, ()),
        (("Model5", "states"), {"values": "gate"}, ()),
        (("Model5", "machine"), {"text": "9 to 3"}, (9, 3, 3, 9)),
        ((Recorded(None),), {}, ()),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(given, options, numbers, recorded):
    with pytest.raises(ShowError) as error:
        hnviz.show(*given, **options)
    assert error.value.__suppress_context__
    recorded(str(error.value), *numbers)


def test_a_run_without_a_snapshot_says_so(tmp_path, recorded):
    made = RunStore(tmp_path).create(RunConfig.for_model("Model3", **TINY))
    for picture in ("states", "machine", "curves"):
        with pytest.raises(ShowError) as error:
            hnviz.show(made.path, picture)
        recorded(str(error.value))


# Modules, joined


def joined(folder: Path, **modules: str) -> str:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return bundle("main.js", folder).script


def test_modules_run_in_the_order_of_their_imports(tmp_path):
    script = joined(
        tmp_path,
        main='// @ts-check\nimport { b as c, f } from "./b.js";\nprint(c, f(2));\n',
        b='import {\n  a,\n} from "./a.js";\nexport { f } from "./a.js";\n'
        "export const b = a + 1;\n",
        a="/** @param {number} x */\nexport function f(x) {\n"
        "  return /** @type {any} */ (x) * a;\n}\nconst a = 3;\nexport { a };\n",
    )
    node = "globalThis.print = (...all) => console.log(...all);"
    found = subprocess.run(["node", "-e", node + script], capture_output=True, text=True)
    assert found.stdout == "4 6\n", found.stderr


@pytest.mark.parametrize(
    "source",
    [
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import "./a.js";',
        'import { a } from "elsewhere";',
        'import { default as a } from "./a.js";',
        'export * from "./a.js";',
        "export default a;",
        "export let a;",
        'const late = () => import("./a.js");',
        'import { a } from "./main.js";\nexport const b = 1;',
    ],
)
def test_a_module_of_another_form_is_refused(source, tmp_path, recorded):
    with pytest.raises(BundleError) as error:
        joined(tmp_path, main=f"{source}\n", a="export const a = 1;\n")
    recorded(str(error.value))


# Processes


def test_no_server_starts_and_torch_comes_only_with_a_network():
    code = """
import sys, hnviz
hnviz.show("batches"), hnviz.show("Model5")
assert {"torch", "streamlit"}.isdisjoint(sys.modules)
hnviz.show("Model5", "machine")
assert "torch" in sys.modules and "streamlit" not in sys.modules
import multiprocessing
assert not multiprocessing.active_children()
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_notebook_keeps_the_three_forms():
    code = "import hnviz\nhnviz.show('batches', bs=2, bptt=3)"
    wrong = "hnviz.show('batches', bs=0)"
    cells = [nbformat.v4.new_code_cell(each) for each in (code, wrong)]
    book = nbformat.v4.new_notebook(cells=cells)
    resources = {"metadata": {"path": str(ROOT)}}
    nbclient.NotebookClient(book, timeout=300, allow_errors=True, resources=resources).execute()
    (output,), (error,) = (cell.outputs for cell in book.cells)
    assert set(output.data) == {"text/plain", "image/svg+xml", "text/html"}
    assert output.data["text/plain"].startswith("Each of 2 rows reads 3 tokens")
    assert error.ename == "ShowError" and len(error.traceback) == 1
    nbformat.validate(book)


def test_every_picture_has_its_entry():
    found = {path.stem for path in (PACKAGE / "notebook/js").glob("*.js")}
    assert found == {*PICTURES, "absent", "held", "page"}
