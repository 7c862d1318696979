"""Every chart on small records typed by hand: no training, no file."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, Choice, ShuffledLayout, human_numbers_stream, stream_of
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.events import BatchEnd, EpochEnd, RunStarted, TrainPass
from hnviz.figures import DRAWINGS, FIGURES, curves, plan
from hnviz.figures.curves import LOSS_CEILING
from hnviz.figures.labels import spread
from hnviz.figures.ladder import LadderRow, recipe_step
from hnviz.figures.numbers import percent, perplexity
from hnviz.figures.reach import Reach, reach_curves
from hnviz.figures.ruler import HAIRLINE, Windows, position_curves, shown_positions
from hnviz.figures.sentences import (
    arithmetic_sentence,
    continuity_sentence,
    corpus_sentence,
    counts_sentence,
    gate_lines,
    layout_sentence,
    model_sentence,
    notebook_sentence,
    own_tokens,
    plural,
    splits_sentence,
    vocab_sentence,
)
from hnviz.figures.sketch import Sketch, plain_list
from hnviz.figures.tables import parts_table, read_counts, token_table
from hnviz.figures.theme import MODES, theme
from hnviz.models.catalogue import CATALOGUE
from hnviz.models.spec import GRU
from hnviz.runs import RunRecord
from hnviz.runs.ruler import Bound, PositionBounds
from hnviz.schedule import one_cycle


def checked(draw):
    """Let Plotly check what a live page draws without it."""
    return lambda *args, **options: draw(*args, **options).figure()


accuracy_curves = checked(curves.accuracy_curves)
loss_curves = checked(curves.loss_curves)
schedule_curves = checked(plan.schedule_curves)

LIGHT = theme("light")
STREAM = human_numbers_stream()
NOTEBOOK = pd.DataFrame(
    {
        "epoch": range(6),
        "train_loss": [3.6, 3.0, 2.4, 2.1, 2.0, 1.96],
        "valid_loss": [3.56, 3.04, 2.52, 2.29, 2.22, 2.206],
        "accuracy": [0.1, 0.38, 0.45, 0.46, 0.467, 0.468],
    }
)


def batch(step: int, loss: float) -> BatchEnd:
    return BatchEnd(
        step=step, loss=loss, smooth_loss=loss + 0.5, accuracy=0.5, lr=0.01, momentum=0.9
    )


def epoch(number: int, valid_loss: float, accuracy: float) -> EpochEnd:
    return EpochEnd(
        epoch=number,
        step=2 * (number + 1),
        train_loss=1.5,
        valid_loss=valid_loss,
        accuracy=accuracy,
        train_accuracy=accuracy + 0.1,
        seconds=0.4,
    )


EMPTY = RunRecord(id="empty", config=RunConfig())
SHORT = RunRecord(
    id="short",
    config=RunConfig(epochs=3),
    started=RunStarted(n_batches=2, n_steps=6, n_weights=9, device="cpu", time=0.0),
    batches=tuple(batch(step, 3.0 - 0.5 * step) for step in range(4)),
    epochs=(epoch(0, 2.5, 0.25), epoch(1, 1.75, 0.5)),
)
ROWS = [
    LadderRow(
        model="Model0",
        title="by hand",
        recipe="bptt 3",
        valid=0.46,
        train=0.47,
        seeds=(0.369, 0.471),
        notebook=0.468,
        n_weights=9_319,
    ),
    LadderRow(
        model="Model5",
        title="two layers",
        recipe="bptt 20",
        valid=0.83,
        train=0.996,
        seeds=(0.78, 0.851),
        notebook=0.839,
        n_weights=55_079,
    ),
    LadderRow(
        model="Model9",
        title="not run",
        recipe="",
        valid=None,
        train=None,
        seeds=None,
        notebook=None,
        n_weights=1,
    ),
]
WINDOWS = Windows(
    PositionBounds(np.array([0.4, 0.6, 0.9, 1.0]), np.array([0.0, 0.2, 0.5, 1.0])),
    PositionBounds(np.array([0.9, 1.0, 1.0, 1.0]), np.array([0.9, 1.0, 1.0, 1.0])),
    "valid",
    {"reset": np.array([0.1, 0.2, 0.3, 0.4]), "kept": np.array([0.5, 0.5, 0.5, 0.6])},
    step=40,
)
REACHES = [
    Reach(name, BOUNDS, np.minimum(1, np.linspace(0.4, 1.2, 512)))
    for name, BOUNDS in (
        ("train", (Bound(1, 0.4, 0.0), Bound(2, 0.5, 0.1), Bound(3, 0.7, 0.5))),
        ("valid", (Bound(1, 0.4, 0.0), Bound(2, 0.6, 0.31))),
    )
]
TOKENS = ["xxbos", "eight", "thousand", "one", ","]
EXAMPLES = {
    "accuracy_curves": (SHORT,),
    "loss_curves": (SHORT,),
    "position_curves": (WINDOWS,),
    "reach_curves": (REACHES, 3),
    "schedule_curves": (RunConfig(), 400),
}


def traces(fig):
    return {trace.name: trace for trace in fig.data}


def notes(fig):
    return [note.text for note in fig.layout.annotations]


def colors(value):
    """Every colour that stands anywhere in a figure."""
    return set(re.findall(r"#[0-9A-Fa-f]{6}", str(value)))


def test_every_figure_has_an_example():
    assert EXAMPLES.keys() == FIGURES.keys()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_in_its_modes_colours(name, mode):
    fig = FIGURES[name](*EXAMPLES[name], look=theme(mode))
    fig = fig.figure() if isinstance(fig, Sketch) else fig
    fig.to_json()
    allowed = colors([getattr(theme(mode), field) for field in theme(mode).__slots__])
    assert colors(fig.to_dict()) <= allowed
    assert fig.layout.uirevision == "hnviz"
    assert fig.layout.font.size >= 12


@pytest.mark.parametrize("draw", [loss_curves, accuracy_curves])
def test_an_empty_record_gives_axes(draw):
    fig = draw(EMPTY, LIGHT)
    lowest = [axis.title.text for axis in fig.select_xaxes()][-1]
    assert lowest == "step"  # two panels share it
    assert fig.layout.yaxis.range[0] == 0
    assert all(len(trace.x) == 0 for trace in fig.data)
    assert 400 < fig.layout.xaxis.range[1] < 430  # 40 mini-batches, 10 epochs


def test_loss_curves_hold_the_records_points():
    shown = traces(loss_curves(SHORT, LIGHT, NOTEBOOK))
    assert list(shown["valid"].x) == [2, 4]
    assert list(shown["valid"].y) == [2.5, 1.75]
    assert list(shown["train"].y) == [3.5, 3.0, 2.5, 2.0]
    assert list(shown["each mini-batch"].y) == [3.0, 2.5, 2.0, 1.5]
    # The notebook's epochs lie over the run's own, and no further than it goes.
    assert list(shown["notebook, valid"].x) == [2, 4, 6]
    assert list(shown["notebook, valid"].y) == [3.56, 3.04, 2.52]


def test_curves_are_told_apart_without_colour():
    shown = traces(loss_curves(SHORT, LIGHT, NOTEBOOK))
    assert shown["valid"].line.dash is None and shown["valid"].line.width == 2.5
    assert shown["valid"].marker.symbol == "circle"
    assert shown["train"].line.dash == "7px,4px"
    assert shown["notebook, valid"].line.dash == "dot"
    assert shown["notebook, valid"].marker.symbol == "diamond-open"


def test_curves_are_named_at_their_ends():
    said = notes(loss_curves(SHORT, LIGHT, NOTEBOOK))
    assert said == ["<b>valid 1.75</b>", "<b>train 2.00</b>", "notebook 2.52"]
    said = notes(accuracy_curves(SHORT, LIGHT, NOTEBOOK))
    assert {"<b>60.0 %</b> running", "<b>50.0 %</b>", "notebook 45.0 %"} <= set(said)


def test_the_loss_of_valid_has_lines_and_its_points_a_perplexity():
    bounds = [Bound(1, 0.4, 0.0, 2.0), Bound(2, 0.5, 0.1, 1.25), Bound(3, 0.9, 0.26, 0.5)]
    for record in (EMPTY, SHORT):
        fig = loss_curves(record, LIGHT, bounds=bounds)
        lines = [trace for trace in fig.data if trace.name.startswith("best, ")]
        assert [(line.name, line.y) for line in lines] == [
            ("best, 1 token", (2.0, 2.0)),
            ("best, 2 tokens", (1.25, 1.25)),
        ]
        assert {"1 token", "2 tokens"} <= set(notes(fig))
    valid = traces(fig)["valid"]
    assert list(valid.text) == [f"{np.exp(loss):.3g}" for loss in (2.5, 1.75)] == ["12.2", "5.75"]
    assert valid.hovertemplate == "step %{x}: %{y:.3f}, perplexity %{text}"
    assert traces(fig)["train"].text is None  # of moving weights: it has none
    assert [perplexity(loss) for loss in (0, 5, 7, 13.8, 13.9, 1e9, np.nan)] == [
        "1",
        "148",
        "1,097",
        "984,609",
        "over a million",
        "over a million",
        "not a number",
    ]


def test_accuracy_has_a_panel_for_train_and_one_for_valid():
    fig = accuracy_curves(SHORT, LIGHT)
    shown = traces(fig)
    assert list(shown["train"].y) == pytest.approx([35, 60]) and shown["train"].xaxis == "x"
    assert list(shown["valid"].y) == pytest.approx([25, 50]) and shown["valid"].xaxis == "x2"
    assert "<b>train, 1 to 7,999, running</b>" in notes(fig)
    assert list(shown["train, last weights"].x) == []
    told = TrainPass(step=6, loss=0.9, accuracy=0.625)
    ended = accuracy_curves(replace(SHORT, train_pass=told), LIGHT)
    mark = traces(ended)["train, last weights"]
    assert (list(mark.x), list(mark.y), mark.xaxis) == ([6], [62.5], "x")
    assert "<b>62.5 %</b> final" in notes(ended)
    for axis in (fig.layout.yaxis, fig.layout.yaxis2):
        assert axis.ticktext == ("0 %", "25 %", "50 %", "75 %", "100 %")
        assert [f"{tick} %" for tick in axis.tickvals] == list(axis.ticktext)


def test_each_split_has_its_own_bounds():
    bounds = {
        "train": [Bound(1, 0.25, 0.0), Bound(2, 0.48, 0.0), Bound(3, 0.49, 0.1)],
        "valid": [Bound(1, 0.4, 0.0), Bound(2, 0.9, 0.5)],
    }
    for record in (EMPTY, SHORT):
        fig = accuracy_curves(record, LIGHT, bounds=bounds)
        lines = [trace for trace in fig.data if trace.name.startswith("best, ")]
        assert [(line.name, line.xaxis, line.y[0]) for line in lines] == [
            ("best, 1 token", "x", 25),
            ("best, 2\N{EN DASH}3 tokens", "x", 49),
            ("best, 1 token", "x2", 40),
        ]
        assert {line.line.width for line in lines} == {HAIRLINE}
        assert fig.data[: len(lines)] == tuple(lines)  # under the curves
        assert {"1 token", "2\N{EN DASH}3 tokens"} <= set(notes(fig))


def test_bounds_never_change_while_a_run_grows():
    """A live chart sends the tails of its traces only."""
    bounds = {"train": [Bound(1, 0.25, 0.0)], "valid": [Bound(1, 0.4, 0.0)]}
    begun = replace(SHORT, batches=(), epochs=())
    first, last = (accuracy_curves(record, LIGHT, None, bounds) for record in (begun, SHORT))
    for before, after in zip(first.data[:2], last.data[:2], strict=True):
        assert before == after


def test_accuracy_by_position():
    fig = position_curves(WINDOWS, LIGHT)
    drawn = traces(fig)
    np.testing.assert_array_equal(drawn["best, reset"].y, [40, 60, np.nan, np.nan])
    unsure = drawn["best, reset, most seen once"]
    np.testing.assert_array_equal(unsure.y, [np.nan, 60, 90, 100])
    assert (unsure.line.dash, unsure.showlegend) == ("dot", False)
    assert drawn["best, kept"].line.dash == "dash"
    assert drawn["kept"].y.tolist() == [50, 50, 50, 60]
    assert drawn["kept"].marker.symbol != drawn["reset"].marker.symbol
    assert notes(fig) == ["<b>reset 40.0 %</b>", "<b>kept 60.0 %</b>"]
    assert fig.layout.xaxis.title.text == "position in the window"
    one = PositionBounds(np.array([0.4]), np.array([0.0]))
    assert traces(position_curves(Windows(one, one), LIGHT))["best, reset"].mode == "markers"


def test_bounds_that_are_all_one_are_left_out_of_view(recorded):
    reset = np.ones(512)
    reset[:3] = 0.5, 0.7, 0.9
    windows = Windows(PositionBounds(reset, np.zeros(512)), None)
    fig = position_curves(windows, LIGHT)
    recorded(fig.layout.xaxis.title.text, 512, 100)
    assert fig.layout.xaxis.range[1] < 21
    assert list(traces(fig)) == ["best, reset"]
    reset[99] = 0.9
    assert shown_positions(Windows(PositionBounds(reset, reset), None)) == 104
    assert shown_positions(replace(windows, measured={"reset": reset})) == 512


def test_a_bound_of_rare_contexts_alone_is_named_in_the_legend():
    rare = Windows(PositionBounds(np.array([0.4, 0.6]), np.array([0.5, 0.9])), None)
    (drawn,) = position_curves(rare, LIGHT).data
    assert (drawn.name, drawn.showlegend) == ("best, reset, most seen once", True)


def test_what_windows_allow_over_what_tokens_allow():
    fig = reach_curves(REACHES, 3, LIGHT)
    assert REACHES[0].sure == 2 and REACHES[1].sure == 1
    named = [(trace.name, trace.xaxis) for trace in fig.data]
    assert named.count(("state reset", "x")) == named.count(("state reset", "x2")) == 1
    lines = [trace.y[0] for trace in fig.data if trace.name.startswith("best, ")]
    assert lines == [0.4, 0.5, 0.4]  # train's third and valid's second are of rare contexts
    sure, unsure = (traces(fig)[name] for name in ("state reset", "state reset, most seen once"))
    assert (sure.line.dash, unsure.line.dash) == ("solid", "dot")
    assert (sure.x[0], sure.x[-1], unsure.x[0], unsure.x[-1]) == (1, 1, 1, 100)  # of valid
    mean = REACHES[0].means[2]
    assert [trace.y[0] for trace in fig.data if trace.name == "bptt"] == [mean, mean]
    assert f"<b>train: {100 * mean:.1f} %</b>" in notes(fig)
    assert reach_curves(REACHES[1:], 512, LIGHT).data[-1].x == (512,)


def test_a_run_that_diverges_keeps_its_curve():
    broken = RunRecord(
        id="broken",
        config=SHORT.config,
        started=SHORT.started,
        batches=(batch(0, 3.0), batch(1, 1e9), batch(2, float("nan"))),
    )
    fig = loss_curves(broken, LIGHT)
    assert fig.layout.yaxis.range == (0, LOSS_CEILING)
    assert len(traces(fig)["each mini-batch"].y) == 3
    fig.to_json()


def test_schedule_curves():
    fig = schedule_curves(RunConfig(lr=0.01), 400, LIGHT, now=280)
    shown = traces(fig)
    assert max(shown["lr"].y) == pytest.approx(0.01)
    assert int(np.argmax(shown["lr"].y)) == 120
    assert min(shown["momentum"].y) == pytest.approx(0.85)
    assert fig.layout.shapes[0].x0 == 280
    assert "now" in notes(fig)
    assert len(schedule_curves(RunConfig(), 0, LIGHT).data) == 0


@given(
    st.lists(st.floats(-10, 10), max_size=8),
    st.floats(0.01, 3),
)
def test_labels_are_pushed_apart_and_keep_their_order(values, gap):
    places = spread(values, gap)
    order = np.argsort(values, kind="stable")
    moved = np.array(places)[order]
    assert (np.diff(moved) >= gap * (1 - 1e-9) - 1e-9).all()
    if len(values) > 1 and (np.diff(np.sort(values)) >= gap).all():
        assert places == pytest.approx(values)
    assert np.mean(places or [0]) == pytest.approx(np.mean(values or [0]), abs=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_the_ladder(mode):
    html = DRAWINGS["ladder"](ROWS, theme(mode))
    dots, rings, marks = (
        re.findall(rf'<i class="{name}"[^>]*left:([\d.]+)%', html)
        for name in ("hn-dot", "hn-ring", "hn-mark")
    )
    assert dots == ["46.00", "83.00"]
    assert marks == ["46.80", "83.90"]
    assert len(rings) == 2
    said = re.sub(r"<[^>]*>", " ", html)
    assert "46.0\xa0%" in said and "99.6\xa0%" in said and "55,079" in said
    assert "47.0\xa0%" not in said  # train lies on valid: one number
    assert 'title="the notebook: 46.8\xa0%"' in html
    ticks = re.findall(r">([^<>]+)</i>", html.split("</div>")[0])
    assert ticks == ["0\xa0%", "25\xa0%", "50\xa0%", "75\xa0%", "100\xa0%"]
    assert theme(mode).text in html


def test_recipe_steps_name_all_that_changed(recorded):
    assert recipe_step("Model0") == "bptt 3, 6 epochs, lr 1.0e-4"
    assert recipe_step("Model1") == "as Model0"
    recorded(recipe_step("Model2"), 3, 20, 6, 10, 30, 10)
    assert recipe_step("Model5") == "lr 3.0e-3 → 1.0e-2, epochs 20 → 10"


@pytest.mark.parametrize("mode", MODES)
def test_the_tokens_bars_hold_the_counts(mode):
    look, table = theme(mode), token_table(STREAM)
    html = DRAWINGS["token_counts"](table, look)
    row = re.compile(
        r'title="([^":]+): (once|[\d,]+ times) in train, ([\d.]+) %; '
        r'(once|[\d,]+ times) in valid, ([\d.]+) %">'
        r'.*?<em style="width:([\d.]+)%;background:([^;]+);.*?left:([\d.]+)%'
    )
    assert colors(html) <= colors([getattr(look, field) for field in look.__slots__])
    bars = {name: rest for name, *rest in row.findall(html)}
    assert len(bars) == 31 and "xxpad" not in bars
    ticks = re.findall(r">([^<>]+)</i>", html.split("hn-ends")[1].split("</div>")[0])
    assert ticks == ["0\xa0%", "5\xa0%", "10\xa0%", "15\xa0%", "20\xa0%"]
    assert bars[", comma"][0] == "7,998 times" and bars["xxbos"][0] == "once"
    assert bars["two"][-2] == look.kind["ones"] and bars["ten"][-2] == look.kind["teens"]
    n_train, n_valid = table["train"].sum(), table["valid"].sum()
    counted = table.set_index("token")
    for name, (train, share, valid, other, width, _, left) in bars.items():
        token = "," if name == ", comma" else name
        for said, split in ((train, "train"), (valid, "valid")):
            times = 1 if said == "once" else int(said.split()[0].replace(",", ""))
            assert times == counted[split][token]
        exact = counted["train"][token] / n_train, counted["valid"][token] / n_valid
        assert [f"{share} %", f"{other} %"] == [percent(each) for each in exact]
        # 20 % is the end of the axis
        assert [float(width), float(left)] == [
            pytest.approx(500 * each, abs=0.01) for each in exact
        ]


def test_tokens_of_no_text_are_an_empty_chart():
    nothing = token_table(STREAM).assign(train=0, valid=0)
    assert DRAWINGS["token_counts"](nothing, LIGHT).count("hn-count hn-ends") == 1


def test_the_theme_is_whole_and_frozen():
    for mode in MODES:
        look = theme(mode)
        assert look.token_color(",") == look.kind["comma"]
        assert look.kind["hundred"] == look.kind["thousand"] == look.kind["place"]
        with pytest.raises(AttributeError):
            look.text = "red"
        with pytest.raises(TypeError):
            look.role["i_h"] = "red"
    with pytest.raises(ValueError, match="got 'sepia'"):
        theme("sepia")


# ---- sentences and tables


def test_the_layout_sentence_of_the_notebook(recorded):
    said = layout_sentence(BatchLayout(13_017, 64, 70))
    recorded(said, 13_440, 13_017, 423, 203, 204, 210, 3, 70)
    recorded(arithmetic_sentence(BatchLayout(13_017, 64, 70)), 13_017, 70, 64, 2.91, 3)
    recorded(arithmetic_sentence(BatchLayout(13_017, 1, 1)), 13_017, 1, 1, 13_017, 13_017)


def test_the_sentence_of_a_text_cut_at_random(recorded):
    said = layout_sentence(ShuffledLayout(13_017, 64, 70))
    recorded(said, 0, 128, 186, 70)
    assert "no row continues in another" in layout_sentence(ShuffledLayout(40, 3, 70))


def test_the_takeaway_of_a_layout(recorded):
    recorded(continuity_sentence(BatchLayout(50_079, 4, 8)), 4, 8)
    recorded(continuity_sentence(BatchLayout(9, 1, 3)), 3)
    assert continuity_sentence(BatchLayout(9, 3, 3)).endswith("text in one mini-batch.")
    assert "**0 of 128** cases" in continuity_sentence(ShuffledLayout(13_017, 64, 70))
    assert "**1 of 12** cases" in continuity_sentence(ShuffledLayout(99, 4, 8))
    assert "no row continues" in continuity_sentence(ShuffledLayout(40, 3, 70))
    for layout in (BatchLayout(50_079, 512, 8), ShuffledLayout(50_079, 512, 8)):
        assert len(continuity_sentence(layout).split()) <= 20


def test_the_layout_sentence_at_its_edges():
    assert "1 is read twice" in layout_sentence(BatchLayout(50_079, 4, 8))
    assert "each is read once, in 4 mini-batches" in layout_sentence(BatchLayout(12, 1, 3))
    assert "up to 21 times" in layout_sentence(BatchLayout(13_017, 512, 512))
    assert "but reads 512, in 1 mini-batch of 512" in layout_sentence(BatchLayout(13_017, 512, 512))


@given(st.integers(1, 60), st.integers(1, 80), st.integers(1, 80))
def test_read_counts_agree_with_the_slots(n_tokens, bs, bptt):
    layout = BatchLayout(n_tokens, bs, bptt)
    counts = read_counts(layout)
    assert counts.tolist() == [len(layout.slots(position)) for position in range(n_tokens)]
    assert counts.sum() == layout.n_slots


def test_the_parts_table_adds_up(recorded):
    for net in CATALOGUE.values():
        table = parts_table(net, 39, 64)
        assert table["weights"].sum() == net.n_weights(39, 64)
    table = parts_table(CATALOGUE["Model5"], 39, 64).set_index("part")
    assert table["shape"]["bn"] == "64 + 64"  # one, for all layers
    recorded(table["shape"]["rnn"], 2, 192, 64, 192, 64, 192, 192)
    assert table["shape"]["h_o"] == "39 × 64 + 39"  # noqa: RUF001


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_model_is_told(model):
    said = model_sentence(model, 39)
    assert said.startswith(f"{model}, {CATALOGUE[model].title}")
    assert f"{CATALOGUE[model].n_weights(39, 64):,} numbers" in said
    assert "an accuracy of 46.8 % on valid" in notebook_sentence(model, NOTEBOOK)


def test_own_tokens():
    said = own_tokens("Eight thousand, bananas and BANANAS", STREAM.vocab)
    assert said.tokens == ("xxbos", "eight", "thousand", ",", "xxunk", "xxunk", "xxunk")
    assert said.ids == (2, 19, 11, 9, 0, 0, 0)
    assert "become xxunk: “bananas”, “and”." in said.sentence
    with pytest.raises(ValueError, match="Type some words"):
        own_tokens(" \n ", STREAM.vocab)
    many = own_tokens(" ".join(f"word{letter}" for letter in "abcdefghijklmnopqrst"), STREAM.vocab)
    assert "and 12 more" in many.sentence
    assert len(own_tokens("x" * 5000, STREAM.vocab).sentence) < 200


@pytest.mark.parametrize(
    ("text", "numbers"), [("8045, 8046", (10,)), ("8045 to 8047", (15,)), ("nine", (2, 4))]
)
def test_digits_are_read_as_words_and_only_words_are_counted_by_the_character(
    text, numbers, recorded
):
    recorded(own_tokens(text, STREAM.vocab).sentence, *numbers)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("8045", "eight thousand forty five"),
        ("7, 12", "seven , twelve"),
        ("97 to 101", "ninety seven , ninety eight , ninety nine , one hundred , one hundred one"),
        ("after 20", "xxunk twenty"),
    ],
)
def test_digits_of_ones_own_text_become_words(typed, words):
    assert own_tokens(typed, STREAM.vocab).tokens == ("xxbos", *words.split())


@pytest.mark.parametrize("typed", ["0", "12345", "9 to 3", "-4"])
def test_numbers_without_words_are_told(typed):
    with pytest.raises(ValueError, match=r"Numbers go from 1 to 9999|A range goes upwards"):
        own_tokens(typed, STREAM.vocab)


def test_a_range_that_is_too_long_is_cut_and_told(recorded):
    said = own_tokens("1 to 9999", STREAM.vocab)
    assert len(said.tokens) == 2001
    recorded(said.sentence, 2_001, 2_001)


def test_an_own_texts_tokens_are_its_pieces_and_two_that_begin_its_parts(recorded):
    read = own_corpus(b"low lower lowest slow slower", Way(level="bpe"))
    stream = stream_of(Choice(read.id))
    pieces = read.tokenize("low lower lowest slow slower")
    recorded(corpus_sentence(stream, own=True), len(pieces) + 2, len(pieces))
    assert len(stream.train) + len(stream.valid) == len(pieces) + 2


def test_the_data_pages_sentences(recorded):
    recorded(corpus_sentence(STREAM), 63_096)
    assert len(corpus_sentence(STREAM).split()) <= 20
    said = vocab_sentence(STREAM)
    assert "**50,079** tokens" in said and "**13,017**" in said
    recorded(said, 50_079, 13_017, 31, 39, part="vocabulary entries")
    assert "**train**, the numbers 1 to 7,999 in words; **valid**, 8,001 to 9,999" in (
        splits_sentence()
    )


def test_counts_and_gates():
    assert "“nine” is 3.0 % of the train tokens" in counts_sentence(token_table(STREAM))
    lines = gate_lines(GRU)
    assert [line.split("**")[1] for line in lines] == [
        "reset",
        "update",
        "candidate",
        "new state",
    ]
    assert plural(1, "mini-batch") == "1 mini-batch" and plural(2, "mini-batch") == "2 mini-batches"
    assert plural(10, "epoch") == "10 epochs"


@given(st.lists(st.floats() | st.floats(-10, 10), max_size=8))
def test_numbers_go_to_the_browser_with_six_digits(values):
    for value, listed in zip(values, plain_list(np.array(values)), strict=True):
        if np.isfinite(value):
            assert listed == pytest.approx(float(f"{value:.6g}"), rel=2e-15, abs=1e-295)
        else:
            assert listed is None
    assert plain_list(pd.Series(range(3))) == [0, 1, 2]


def test_a_long_schedule_is_drawn_in_fewer_steps_with_its_highest():
    config = RunConfig(lr=0.01, epochs=200)
    lr, momentum = schedule_curves(config, 8000, LIGHT).data
    plan = one_cycle(8000, 0.01, config.pct_start)
    assert 500 <= len(lr.x) <= 601
    assert (lr.x[0], lr.x[-1], max(lr.y)) == (0, 7999, plan.lr.max())
    assert_array_equal(lr.y, plan.lr[lr.x])
    assert_array_equal(momentum.y, plan.momentum[momentum.x])
    assert_array_equal(schedule_curves(config, 400, LIGHT).data[0].x, np.arange(400))
