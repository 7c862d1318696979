"""The settings of the next run: Python and the browser read the same texts as the same values."""

import json
import subprocess

from hnviz.app.rooms.train.form.picture import known
from hnviz.app.rooms.train.settings import FIELDS, judge, read
from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE
from tests.browser_engine import NODE, needs_node
from tests.conftest import ROOT

READ = """
import { valuesOf } from "./hnviz/app/rooms/train/form/values.js";
let text = "";
for await (const piece of process.stdin) text += piece;
const { known, cases } = JSON.parse(text);
console.log(JSON.stringify(cases.map((given) => valuesOf(known, given))));
"""
ODD = ("1e1", "-3", "2.5", "+7", "1.", ".5", "abc", "", "nan", "inf", "1e400", "0x10", "1_0", " 5")
CASES = [
    *({"model": model, "same": same} for model in CATALOGUE for same in ("true", "false")),
    *({"lr": text, "bptt": text, "seed": text, "form": text} for text in (*ODD, "fast", "٣")),
    {"model": "Model9", "same": "maybe", "corpus": "your own", "split": "blocks"},
    {"model": "Model3", "form": "fast", "reset_state": "both", "device": "cuda"},
    {"model": "Model0", "form": "fast", "reset_state": "both"},
]


@needs_node
def test_the_fields_hold_what_python_reads():
    said = subprocess.run(
        [str(NODE), "--input-type=module", "-e", READ],
        cwd=ROOT,
        input=json.dumps({"known": known(), "cases": CASES}),
        capture_output=True,
        text=True,
        check=True,
    )
    for given, values in zip(CASES, json.loads(said.stdout), strict=True):
        assert values == read(given).values, given


def test_every_setting_of_a_run_has_a_field_and_every_models_recipe_can_be_trained():
    assert {each.name for each in FIELDS} == {*RunConfig.__dataclass_fields__, "same"}
    assert read({}).values == {**RunConfig().to_dict(), "same": False}
    for model in CATALOGUE:
        for same in ("true", "false"):
            config, wrong = judge(read({"model": model, "same": same}).values)
            assert wrong == {}
            assert config == RunConfig.for_model(model, same=same == "true")


def test_a_number_beyond_a_floats_whole_ones_is_not_rounded():
    assert read({"seed": "9007199254740993"}).values["seed"] == 2.0**53
    assert read({"seed": "4294967295"}).values["seed"] == 4294967295
