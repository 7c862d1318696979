"""The networks' pictures: built from the catalogue, one shape for each thing."""

import re
from xml.etree import ElementTree

import pytest
from torch import nn

from hnviz.figures import DIAGRAMS
from hnviz.figures.cell_diagrams import CELLS
from hnviz.figures.diagrams import HEIGHT, NOTEBOOK_FIGURES, WIDTH, WORDS, legend, rolled, unrolled
from hnviz.figures.theme import MODES, theme
from hnviz.models.catalogue import CATALOGUE, previous
from tests.test_code_figures import QUERIED
from tests.test_time_figures import CROSSING

LIGHT = theme("light")
FIRST = {
    "gru_cell": (),
    "handover": (CROSSING,),
    "legend": (),
    "lstm_cell": (),
    "query_lines": (QUERIED,),
    "rolled": ("Model5",),
    "unrolled": ("Model5",),
}


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def count(svg: str, tag: str, **attributes: str) -> int:
    return sum(
        all(each.get(name.replace("_", "-")) == value for name, value in attributes.items())
        for each in parse(svg).iter(tag)
    )


def words(svg: str) -> list[str]:
    return [each.text for each in parse(svg).iter("text")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_drawing_is_well_formed_in_both_modes(name, mode):
    html = DIAGRAMS[name](*FIRST[name], look=theme(mode))
    parse(html)
    looks = (theme(mode), theme(MODES[1 - MODES.index(mode)]))
    own, other = (look.role["h_h"] for look in looks)
    assert own in html and other not in html
    assert "\n" not in html  # Markdown would end the HTML at an empty line


@pytest.mark.parametrize("model", CATALOGUE)
@pytest.mark.parametrize("draw", [unrolled, rolled])
def test_a_drawing_says_what_it_shows(model, draw):
    root = parse(draw(model, LIGHT))
    assert root.get("role") == "img"
    net = CATALOGUE[model]
    assert model in root.get("aria-label")
    assert ("after every word" in root.get("aria-label")) is (net.predicts == "every")
    from_zeros = not net.stateful and not net.attends
    assert ("from zeros" in root.find("desc").text) is from_zeros


@pytest.mark.parametrize("model", CATALOGUE)
def test_unrolled_has_a_circle_a_layer_and_step_and_as_many_answers_as_the_net(model):
    net, svg = CATALOGUE[model], unrolled(model, LIGHT)
    role = LIGHT.role
    steps = len(WORDS)
    assert count(svg, "rect", stroke=role["i_h"]) == steps
    assert count(svg, "circle", stroke=role["h_h"]) == steps * net.n_layers
    answers = steps if net.predicts == "every" else 1
    assert count(svg, "line", stroke=role["h_o"]) == answers
    assert count(svg, "line", stroke=role["i_h"]) == steps
    kept = ("h kept" if net.state == ("h",) else "h, c") in words(svg)
    assert kept is net.stateful
    if net.attends:  # each word looks at those before it, in each layer
        looks = count(svg, "line", stroke=role["h_h"]) - steps * (net.n_layers - 1)
        assert looks == net.n_layers * steps * (steps - 1) / 2
        return
    across = count(svg, "line", stroke=role["h_h"]) - steps * (net.n_layers - 1)
    ends = 2 if net.stateful else 1  # before the first word, and after the last
    assert across == len(net.state) * net.n_layers * (steps - 1 + ends)
    assert svg.count('rotate(-90)" fill="none"') == (net.n_layers if net.stateful else 0)


@pytest.mark.parametrize("model", CATALOGUE)
def test_rolled_has_one_column_and_a_loop_a_layer(model):
    net, svg = CATALOGUE[model], rolled(model, LIGHT)
    role = LIGHT.role
    assert count(svg, "rect", stroke=role["i_h"]) == 1
    assert count(svg, "circle", stroke=role["h_h"]) == net.n_layers
    loops = 0 if net.attends else net.n_layers
    assert count(svg, "path", stroke=role["h_h"], fill="none") == loops
    assert words(svg).count("earlier") == (net.n_layers if net.attends else 0)
    assert "for each word" in words(svg)


@pytest.mark.parametrize(
    ("model", "framed"),
    [
        ("Model0", 0),
        ("Model1", 0),
        ("Model2", 2),
        ("Model3", 2),
        ("Model4", 1),
        ("Model5", 1),
        ("LSTM", 1),
        ("Model3BN", 1),
        ("Transformer", 1),
        ("Model5Reg", 1),
        ("IRNN", 1),
        ("Model3Tanh", 1),
    ],
)
def test_what_the_model_before_lacks_is_framed(model, framed):
    """Two answers, the state at both ends, nn.RNN, two layers of GRU; each with a plus."""
    svg = unrolled(model, LIGHT, mark_new=True)
    assert count(svg, "rect", **{"class": "hn-new"}) == words(svg).count("+") == framed
    assert "hn-new" not in unrolled(model, LIGHT)
    assert ("hn-new" in rolled(model, LIGHT, mark_new=True)) is (model == "Model1")  # its loop


def test_frames_hold_what_is_new_and_stay_in_the_drawing():
    for model in CATALOGUE:
        for frame in parse(unrolled(model, LIGHT, mark_new=True)).iter("rect"):
            if frame.get("class") == "hn-new":
                x, y, width, height = (float(frame.get(side)) for side in SIDES)
                assert min(x, y) >= 0 and min(width, height) > 20
                assert x + width <= WIDTH and y + height <= HEIGHT


SIDES = ("x", "y", "width", "height")


def test_roles_differ_in_more_than_colour():
    root = parse(unrolled("Model2", LIGHT))
    style = {
        line.get("stroke"): (line.get("stroke-width"), line.get("stroke-dasharray"))
        for line in root.iter("line")
    }
    assert style == {
        LIGHT.role["i_h"]: ("2.0", None),
        LIGHT.role["h_h"]: ("3.5", None),
        LIGHT.role["h_o"]: ("2.0", "6 3"),
    }


def test_the_notebooks_five_figures():
    assert len(NOTEBOOK_FIGURES) == 5
    assert [each.title[0] for each in NOTEBOOK_FIGURES[:4]] == list("1234")
    drawn = [each.draw(LIGHT) for each in NOTEBOOK_FIGURES]
    assert len(set(drawn)) == 5
    assert all(each.caption.endswith(".") for each in NOTEBOOK_FIGURES)


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_names_its_gates(kind):
    said = words(CELLS[kind](LIGHT))
    net = next(
        each for each in CATALOGUE.values() if each.recurrent and each.recurrent.kind == kind
    )
    for gate in net.gates:
        assert any(word.startswith(gate) for word in said), gate


def test_every_model_with_gates_of_torch_has_a_picture_of_its_cell():
    kinds = {net.recurrent.kind for net in CATALOGUE.values() if net.gates}
    assert {kind for kind in kinds if hasattr(nn, f"{kind}Cell")} == set(CELLS)


def test_the_legend_names_roles_and_shapes():
    html = legend(LIGHT, scissors=True)
    for word in ("i_h", "h_h", "h_o", "square", "circle", "triangle"):
        assert word in html
    assert hidden(html) == ["new since Model0"]  # its room is kept
    assert "</b>new since Model3" in legend(LIGHT, since="Model3")
    assert hidden(legend(LIGHT, scissors=False, since="Model3")) == ["scissors: gradients stop"]


def hidden(html):
    return re.findall(r'<span style="visibility:hidden">(?:<b.*?</b>)?(.*?)</span>', html)


def test_previous():
    assert previous("Model0") is None
    assert previous("Model5") == "Model4"
