"""The models' source, cut out of its file without importing it."""

import subprocess
import sys

import pytest

from hnviz.models.catalogue import CATALOGUE
from hnviz.source import Source, class_source, new_lines, shown_path
from tests.conftest import ROOT

BASES = {"IRNN": "Model4", "Model3BN": "Model3", "Model3Tanh": "Model3"}


@pytest.mark.parametrize("model", CATALOGUE)
def test_every_model_has_its_source(model):
    source = class_source(model)
    lines = (ROOT / shown_path(model)).read_text(encoding="utf-8").splitlines()
    base = BASES.get(model, "LanguageModel")
    assert source.text.splitlines()[0] == f"class {model}({base}):"
    assert ("def forward" in source.text) is (model != "IRNN")  # whose forward is its base's
    first = source.first_line - 1
    assert source.text.splitlines() == lines[first : first + source.text.count("\n") + 1]


def test_new_lines_are_those_that_the_class_before_lacks():
    before = Source("A", "class A:\n    x = 1\n    z = 3", 1)
    after = Source("B", "class B:\n    x = 1\n\n    y = 2\n    z = 3", 6)
    assert new_lines(after, before) == {0, 3}  # the name, and y; not the empty line
    assert new_lines(after, None) == frozenset()


def test_a_class_that_is_not_there(recorded):
    with pytest.raises(ValueError) as error:
        class_source("Model9")
    recorded(str(error.value))


def test_reading_the_source_does_not_load_torch():
    code = (
        "import sys; from hnviz.source import class_source; class_source('Model5');"
        "print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
