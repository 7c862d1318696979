"""What units code, find it elsewhere and the state's path, against plain loops and formulas."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hnviz.data import human_numbers_stream
from hnviz.data.places import LABELS, split_places
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from hnviz.observe.find import Query, matches, units_on
from hnviz.observe.passes import read_text, read_together, split_pass
from hnviz.observe.probes import POSITIONS, probe, read_at
from hnviz.observe.state_path import fit_axes
from hnviz.observe.unit_codes import explained_by, unit_codes
from tests.subjects import adding, shipped

STREAM = human_numbers_stream()
QUICK = ("Model5", "LSTM")  # models whose longest test every run of the tests has


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize(
    "model",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name, net in CATALOGUE.items()
        if net.stateful
    ],
)
def test_stretches_side_by_side_are_one_pass(model):
    subject = shipped(model, exact=True)
    ids = STREAM.valid  # an LSTM needs stretches of more than a hundred tokens to forget
    together, plain = read_together(subject, ids), read_text(subject, ids)
    assert together is not None
    scale = max(1.0, np.abs(plain.states).max())
    np.testing.assert_allclose(together.states, plain.states, rtol=0, atol=1e-5 * scale)
    first = slice(0, 70)  # begins with zeros in both
    np.testing.assert_allclose(
        together.states[:, first], plain.states[:, first], rtol=0, atol=1e-12 * scale
    )


def test_a_network_that_does_not_forget_is_told():
    assert read_together(adding(), STREAM.valid[:640]) is None


def test_explained_variance_is_between_groups_over_total():
    rng = np.random.default_rng(0)
    values, label = rng.normal(size=(300, 3)), rng.integers(0, 4, 300)
    values[:, 1] += label
    values[:, 2] = 0.5  # it stands still
    shares, means = explained_by(values, label, 5, (values.mean(0), values.var(0)))
    for unit in range(2):
        groups = [values[label == each, unit] for each in range(4)]
        middle = values[:, unit].mean()
        between = sum(len(group) * (group.mean() - middle) ** 2 for group in groups)
        total = ((values[:, unit] - middle) ** 2).sum()
        assert shares[unit] == pytest.approx(between / total)
        assert means[:4, unit] == pytest.approx([group.mean() for group in groups])
    assert shares[2] == 0 and np.isnan(means[4]).all()


def test_units_code_what_the_mock_says():
    coded, before = unit_codes(shipped("Model5"), 1), unit_codes(shipped("Model5", 0), 1)
    assert coded.explained.shape == (64, 5) and coded.n_tokens == 50_078
    slot = coded.explained[:, 0]
    assert slot.argmax() == coded.order[0]
    assert slot.max() > 0.75 > before.explained[:, 0].max()
    assert coded.chance < 0.002
    places, h = split_places("train"), split_pass(shipped("Model5"), "train").states[1, 1:]
    means = [h[places.slot[1:] == each].mean(axis=0) for each in range(7)]
    np.testing.assert_allclose(coded.means[0], means, atol=1e-5)
    best = coded.explained.argmax(axis=1)[coded.order]
    assert sorted(coded.order) == list(range(64)) and (np.diff(best[:-8]) >= 0).all()


def test_a_trained_state_holds_the_tens_digit_better_than_its_untrained_twin():
    trained, twin = (probe(shipped("Model5", step), 1, "due") for step in ("last", 0))
    assert trained["tens"].right > twin["tens"].right + 0.03
    assert trained["tens"].right > 0.96
    for name in LABELS:
        assert trained[name].chance < 0.2 and twin[name].chance < 0.2  # shuffled labels
        assert trained[name].n_fit >= 2000 and trained[name].n_held_out >= 1000


def test_a_model_without_a_state_cannot_hold_a_digit_that_left_its_window():
    kept, lost = (probe(shipped(model), 0, "due")["thousands"] for model in ("Model4", "Model2"))
    assert kept.right > 0.7 > 0.3 > lost.right


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_probe_is_a_ridge_on_standardised_units(positions):
    """One-hot targets of -1 and 1, the penalty on the weights alone, solved by hand."""
    subject, places = shipped("Model4"), split_places("train")
    h = split_pass(subject, "train").states[0].astype(np.float64)
    at, label = read_at(places, "tens", positions)
    number = places.number[at + 1] if positions == "due" else places.number[at]
    drawn = np.random.default_rng(0).permutation(np.arange(1, 8000))
    fit, held = np.isin(number, drawn[:2000]), np.isin(number, drawn[2000:3000])
    assert not set(number[fit]) & set(number[held])
    middle, spread = h[at[fit]].mean(axis=0), h[at[fit]].std(axis=0)
    x = (h[at] - middle) / np.where(spread > 0, spread, 1)
    y = np.where(label[fit][:, None] == np.arange(10), 1.0, -1.0)
    gram = x[fit].T @ x[fit] + np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x[fit].T @ (y - y.mean(axis=0)))
    said = (x[held] @ weights + y.mean(axis=0)).argmax(axis=1)
    found = probe(subject, 0, positions)["tens"]
    assert found.right == pytest.approx((said == label[held]).mean(), abs=0.003)
    assert (found.n_fit, found.n_held_out) == (fit.sum(), held.sum())


def by_hand(values, units, query):
    """Count the agreeing units of every range, in a plain loop."""
    found = []
    for at in range(len(values) - query.length + 1):
        agree = 0
        for unit in units:
            stretch = values[at : at + query.length, unit]
            before = values[at - 1, unit] if at else -9.0
            end = at + query.length
            after = values[end, unit] if end < len(values) else -9.0
            outside = not query.edges or max(before, after) <= query.threshold
            agree += bool((stretch > query.threshold).all() and outside)
        found.append(agree)
    return np.array(found)


@pytest.mark.parametrize("edges", [False, True])
@pytest.mark.parametrize("length", [1, 3])
def test_find_counts_agreeing_units_as_a_plain_loop_does(edges, length):
    values = np.random.default_rng(length).normal(size=(400, 9)).astype(np.float32)
    values[120:123] = values[50:53] = 2 - np.arange(9) % 2 * 4.0
    values[[49, 50 + length, 119, 120 + length]] = -1
    query = Query(50, length, 0.3, edges)
    units = units_on(values, query)
    assert units.tolist() == [0, 2, 4, 6, 8]
    wanted = by_hand(values, units, query)
    found = matches(values, units, values[50 : 50 + length], query, 5)
    assert found.tally.tolist() == np.bincount(wanted, minlength=6).tolist()
    assert found.whole.tolist() == np.flatnonzero(wanted == 5).tolist()
    assert {50, 120} <= set(found.at.tolist()) and found.gap[0] == pytest.approx(0)
    assert found.agree.tolist() == wanted[found.at].tolist()
    assert min(np.diff(np.sort(found.at))) >= length
    np.testing.assert_array_equal(np.sort(found.agree)[::-1], found.agree)


def test_find_answers_over_both_texts():
    ids = STREAM.valid[300:340]
    params = {"ids": ids.tolist(), "start": 4, "length": 2, "threshold": 0.3}
    reply = QUESTIONS["find"](shipped("Model5"), params)
    units = reply.arrays["units"]
    h = read_text(shipped("Model5"), ids).states[1]
    assert units.tolist() == np.flatnonzero((h[4:6] > 0.3).all(axis=0)).tolist() and len(units)
    for split, n in (("train", 50_079), ("valid", 13_017)):
        assert reply.arrays[f"{split}_tally"].sum() == n - 1
        best = int(reply.arrays[f"{split}_at"][0])
        there = split_pass(shipped("Model5"), split).states[1, best : best + 2, units]
        agree = (there > 0.3).all(axis=1).sum()
        assert agree == reply.arrays[f"{split}_agree"][0]
        assert sum(reply.meta[f"{split}_slots"]) == reply.arrays[f"{split}_tally"][-1]


def test_no_unit_so_high_is_no_error():
    params = {"ids": [9, 10], "threshold": 5.0}
    assert QUESTIONS["find"](shipped("Model5"), params).arrays["units"].tolist() == []


def test_the_path_lies_along_the_largest_directions_of_all_states():
    subject = shipped("Model5")
    reply = QUESTIONS["state_path"](subject, {"layer": 1, "first": 4318, "last": 4320})
    h = split_pass(subject, "train").states[1].astype(np.float64)
    centred = h - h.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(h) - 1))
    assert reply.meta["explained"] == pytest.approx((values[::-1] / values.sum())[:2].tolist())
    at = np.flatnonzero(np.isin(split_places("train").number, range(4318, 4321)))
    wanted = centred[at] @ vectors[:, ::-1][:, :2]
    signs = np.sign((wanted * reply.arrays["points"]).sum(axis=0))
    np.testing.assert_allclose(reply.arrays["points"], wanted * signs, atol=1e-6)
    assert reply.arrays["ids"].tolist() == STREAM.train[at].tolist()
    assert reply.meta["split"] == "train" and reply.meta["at"] == at[0]


def test_no_axis_flips_between_snapshots():
    places = split_places("train")
    for step in (0, 80, "last"):
        axes = fit_axes(shipped("Model5", step), 1)
        h = split_pass(shipped("Model5", step), "train").states[1]
        for direction, slot in zip(axes.directions, (6, 3), strict=True):
            assert (h[places.slot == slot].mean(axis=0) - axes.middle) @ direction >= 0


@pytest.mark.parametrize(
    ("question", "params", "numbers"),
    [
        ("unit_codes", {"layer": 2}, (0, 1, 2)),
        ("unit_codes", {"unit": 1}, ()),
        ("probe", {"positions": "end"}, ()),
        ("find", {"ids": []}, (1, 2_000, 0, 38)),
        ("find", {"ids": [9], "length": 2}, (1, 1, 2)),
        ("find", {"ids": [9], "threshold": "x"}, ()),
        ("find", {"ids": [9], "edges": 1}, (1,)),
        (
            "state_path",
            {"first": 7990, "last": 8010},
            ("8000", 1, "7999", "8001", "9999", "7990", "8010"),
        ),
        ("state_path", {"first": 8000}, ("8000", 1, "7999", "8001", "9999", "8000", "8000")),
        ("state_path", {"first": 5, "last": 3}, (5, 104, 3)),
    ],
)
def test_bad_parameters_get_a_sentence(question, params, numbers, recorded):
    with pytest.raises(ValueError) as error:
        QUESTIONS[question](replace(shipped("Model5")), params)
    recorded(str(error.value), *numbers)
