"""hnviz.erase and hnviz.patch: changes of the state over many prompts, beside random ones."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hnviz
from hnviz.config import RunConfig
from hnviz.data.places import split_places
from hnviz.figures.code_text import erased_sentence
from hnviz.figures.probes import erased_lines
from hnviz.figures.theme import theme
from hnviz.observe import surgery
from hnviz.observe.directions import digit_directions, independent, random_directions
from hnviz.observe.erasing import ask_erased, digits_kept
from hnviz.observe.passes import split_states
from hnviz.observe.probes import fitted
from hnviz.runs import RunStore
from tests.test_analysis import refusal
from tests.test_pairs import trained

pytestmark = pytest.mark.usefixtures("no_runs")

FEW = {"prompts": 12, "controls": 2}
PUT_IN = "5038 to 5040"


def unit(at: int, nh: int = 64) -> np.ndarray:
    return np.eye(nh)[at]


# What is changed, by hand


def test_the_app_says_the_same_of_a_layer_that_is_put_in():
    """Its stored answer of a swap of layer 1; what it counts does not depend on the prompt."""
    run = hnviz.open("Model5")
    told = run.ask("surgery_claims", ids="4316 to 4318", other=PUT_IN, layer=1)["holds"]
    found = hnviz.patch(run, 1, range(64), controls=1)
    assert found.claims().changed.to_dict() == told
    assert found.claims().control.to_dict() == told  # all units, in another order


def test_the_app_says_the_same_of_a_unit_that_is_set_to_its_mean():
    run = hnviz.open("Model5")
    found = hnviz.erase(run, unit(3), layer=0, hold=True, controls=1)
    mean = float(surgery.after(run.subject(), found.prompts)[0, :, 3].mean())
    told = run.ask("surgery_claims", ids="1", layer=0, units=[3], value=mean, hold=True)["holds"]
    assert found.claims().changed.to_dict() == told
    assert told["own number"] < 100


def test_units_get_the_values_that_they_have_after_the_other_text():
    run, units = hnviz.open("Model5"), [3, 9, 40]
    found = hnviz.patch(run, 0, units, PUT_IN, **FEW)
    subject = run.subject()
    other = surgery.read(subject, run.ids(PUT_IN))
    for row, last in enumerate(found.prompts[:3].tolist()):
        text = ", ".join(str(number) for number in range(last - 2, last + 1))
        state = surgery.read(subject, run.ids(text)).clone()
        state[0, 0, units] = other[0, 0, units]
        said = surgery.spoken(subject, state).numbers[0]
        assert found.frame().loc[row, "changed"] == said
        assert found.frame().loc[row, "untouched"] == last + 1  # Model5 counts on
    assert set(found.frame().other) == {5041}
    rows = found.frame()
    tens = {name: rows[name] // 10 % 10 for name in ("untouched", "other", "changed")}
    taken = (tens["changed"] == tens["other"]) & (tens["untouched"] != tens["other"])
    assert found.digits().loc["tens", "taken"] == (taken & (rows.changed > 0)).sum()


def test_nothing_is_left_of_a_state_that_is_erased_whole():
    """All prompts end in one state, so they all say the same."""
    found = hnviz.erase("Model3", np.eye(64), **FEW)
    assert len(set(found.frame().changed)) == 1
    assert found.erased.share == pytest.approx(1) == found.erased.control_share


def test_an_erased_direction_is_at_its_mean_and_others_stay():
    chance = torch.Generator().manual_seed(2)
    h, c = (torch.randn(2, 5, 4, generator=chance) for _ in range(2))
    basis = torch.linalg.qr(torch.randn(4, 2, generator=chance))[0]
    target = torch.randn(4, generator=chance)
    new, other = surgery.Erase(layer=1, basis=basis, target=target)((h, c))
    assert torch.equal(other, c) and torch.equal(new[0], h[0])
    assert torch.allclose(new[1] @ basis, (target @ basis).expand(5, 2), atol=1e-6)
    rest = torch.eye(4) - basis @ basis.T
    assert torch.allclose(new[1] @ rest, h[1] @ rest, atol=1e-6)


def test_a_probe_reads_nothing_more_of_a_digit_that_is_erased():
    run, layer = hnviz.open("Model5"), 0
    subject, prompts = run.subject(), np.array([4318, 17])
    basis = digit_directions(subject, layer, "tens", prompts)
    assert basis.shape == (9, 64)  # ten digits, less one
    assert np.allclose(basis @ basis.T, np.eye(9))
    places = split_places("train", run.config)
    at = np.flatnonzero(places.slot == 6) - 1
    at = at[~np.isin(places.number[at], prompts)]
    states, tens = split_states(subject, "train")[layer][at].astype("f8"), places.label("tens")[at]
    probe = fitted(states, tens)
    assert probe.score(states, tens) > 0.98
    erased = states - (states - states.mean(0)) @ basis.T @ basis
    assert np.ptp(probe.decision_function(erased), axis=0).max() < 1e-8


# Random directions and units


def test_random_changes_are_as_large_and_the_seed_repeats_them():
    one, again, other = (
        hnviz.erase("Model5", unit(3), layer=0, hold=True, seed=seed, **FEW) for seed in (1, 1, 2)
    )
    assert one.frame().equals(again.frame()) and list(one.prompts) != list(other.prompts)
    assert len(one.controls) == 2 and list(one.frame().columns)[-1] == "control_1"
    for each in random_directions(3, 8, 4, seed=1):
        assert np.allclose(each @ each.T, np.eye(3))


def test_a_table_counts_the_prompts_of_its_rows():
    found = hnviz.erase("Model5", unit(3), layer=0, hold=True, **FEW)
    rows, digits = found.frame(), found.digits()
    assert found.claims().loc["own number", "changed"] == (rows.changed == rows.untouched).sum()
    for name, power in (("thousands", 1000), ("tens", 10)):
        kept = rows.changed // power % 10 == rows.untouched // power % 10
        assert digits.loc[name, "changed"] == (kept & (rows.changed > 0)).sum()
        each = [
            ((rows[at] // power % 10 == rows.untouched // power % 10) & (rows[at] > 0)).sum()
            for at in ("control_0", "control_1")
        ]
        assert digits.loc[name, ["control", "least", "most"]].tolist() == [
            sum(each) / 2,
            min(each),
            max(each),
        ]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_a_basis_spans_what_is_given(k, nh, seed):
    rows = np.random.default_rng(seed).standard_normal((k, nh))
    if k > nh:
        with pytest.raises(ValueError):
            independent(rows, nh)
        return
    basis = independent(rows * 1e3, nh)
    assert np.allclose(basis @ basis.T, np.eye(k))
    assert np.allclose(rows @ basis.T @ basis, rows)


def test_random_numbers_of_the_notebook_go_on():
    torch.manual_seed(3)
    wanted = torch.rand(2).tolist()
    torch.manual_seed(3)
    hnviz.erase("Model4", unit(0), step=0, **FEW)
    assert torch.rand(2).tolist() == wanted


# What is said


def test_the_sentence_has_the_figures_of_the_tables(recorded):
    found = hnviz.erase("Model5", "tens", layer=0, hold=True, **FEW)
    claims, digits = found.claims().loc["own number"], found.digits().loc["tens"]
    rows = [
        [int(each.changed), f"{each.control:.1f}", int(each.least), int(each.most)]
        for each in (claims, digits)
    ]
    rows[0].insert(1, 12)
    shares = [f"{100 * each:.0f}" for each in (found.erased.share, found.erased.control_share)]
    recorded(repr(found), 9, 0, 400, *rows[0], *rows[1], *shares)
    patched = hnviz.patch("Model5", 1, range(6), **FEW)
    rows = [patched.claims().loc[name] for name in ("own number", "other number")]
    first, other = (
        [int(each.changed), f"{each.control:.1f}", int(each.least), int(each.most)] for each in rows
    )
    recorded(repr(patched), 6, 1, 400, first[0], 12, *first[1:], *other)
    named = hnviz.patch("Model5", 1, [3, 9], "5040", prompts=2, controls=1)
    recorded(repr(named).partition(",")[0], 3, 9, 1, 400, "5040")


# What is refused


def test_bad_directions_are_sentences(recorded):
    def say(direction, *numbers, **options) -> None:
        recorded(refusal(lambda: hnviz.erase("Model5", direction, **FEW, **options)), *numbers)

    say(np.ones(63), 64, 1, 63)
    say(torch.ones(2, 2, 64), 64, 2, 2, 64)
    say(np.zeros(64), 0)
    say([*unit(0)[:-1], float("nan")])
    say([unit(0), unit(1), unit(0) - 2 * unit(1)], 3, 2)
    say("fives")
    say(unit(0), 0, 1, 2, layer=2)
    say(unit(0), 0, 2147483646, 1, seed=-1)
    with pytest.raises(TypeError, match="no option 'steps'"):
        hnviz.erase("Model5", "ones", steps=4)


def test_bad_units_and_prompts_are_sentences(recorded):
    def say(units, *numbers, text=None, **options) -> None:
        recorded(refusal(lambda: hnviz.patch("Model5", 0, units, text, **options)), *numbers)

    say([64], 0, 63, 64, **FEW)
    say([-1], 0, 63, 1, **FEW)
    say([], 1, 64, **FEW)
    say([3, 3], 1, 64, 3, 3, **FEW)
    say([3], 1, "9999", 0, text="0", **FEW)
    say([3], 39, text="hello, world", **FEW)
    say([3], 2, 1000, 1, prompts=1)
    say([3], 1, 1000, 0, controls=0)


def test_a_model_or_a_text_without_such_a_state_says_so(tmp_path, recorded):
    recorded(refusal(lambda: hnviz.erase("Model1", "tens", **FEW)), 3)
    tiny = {"nh": 8, "bs": 8, "bptt": 20, "epochs": 1, "device": "cpu"}
    config = RunConfig.for_model("Model3", corpus="task-recall-gap.6", **tiny)
    store = RunStore(tmp_path)
    for folder in (store.create(config), trained(store, config)):
        numbers = (1, "9,999") if folder.snapshots() else ()
        recorded(refusal(lambda path=folder.path: hnviz.erase(path, unit(0, 8), **FEW)), *numbers)
    french = RunConfig.for_model("Model3", corpus="numbers-fr", **tiny | {"bs": 512, "bptt": 64})
    path = trained(store, french).path
    recorded(refusal(lambda: hnviz.erase(path, "tens", **FEW)))
    assert len(hnviz.erase(path, unit(0, 8), **FEW).frame()) == 12


# The app's picture of it


@pytest.mark.slow
@pytest.mark.parametrize("layer", [0, 1])
def test_the_app_erases_as_the_function_does(layer):
    subject = hnviz.open("Model5").subject(400)
    found = ask_erased(subject, layer).meta
    assert found["n"] == 100
    for digit, each in found["digits"].items():
        change = hnviz.erase("Model5", digit, layer=layer, hold=True)
        row = change.digits().loc[digit]
        said = [each[name] for name in ("kept", "random", "least", "most")]
        assert said == [row.changed, pytest.approx(row.control), row.least, row.most]
        assert each["directions"] == len(change.erased.basis)
        assert each["reads_erased"] < 25 < 90 < each["reads"]  # ten digits: chance is 10


def test_digits_are_compared_by_their_place_and_words_that_spell_no_number_keep_none():
    own, said = np.array([4319, 4319, 4319, 319]), np.array([4319, 5329, surgery.NO_NUMBER, 19])
    out = surgery.Outcomes(own, own, said, own == said)
    kept = {digit: holds.astype(int).tolist() for digit, holds in digits_kept(out).items()}
    assert kept == {
        "thousands": [1, 0, 0, 1],
        "hundreds": [1, 1, 0, 0],
        "tens": [1, 0, 0, 1],
        "ones": [1, 1, 0, 1],
    }


ERASED = {
    "tens": {"reads": 99, "reads_erased": 12, "kept": 87, "random": 88.1, "least": 68, "most": 97},
    "ones": {"reads": 93, "reads_erased": 9, "kept": 50, "random": 88.5, "least": 78, "most": 93},
}


def test_the_picture_of_an_erasure_says_and_draws_its_own_figures(recorded):
    said = erased_sentence("layer 1 of Model5", ERASED, 100)
    recorded(said, 99, 100, 1, 12, 87, 88.1, 68, 97)
    html = erased_lines(ERASED, 100, said.replace("**", ""), theme("light"))
    tens, ones = html.split("hn-ends")[1].split('<div class="hn-probe">')[1:]
    for row, each in ((tens, ERASED["tens"]), (ones, ERASED["ones"])):
        assert f'hn-dot" style="left:{each["kept"]:.2f}%' in row
        assert f'hn-ring" style="left:{each["random"]:.2f}%' in row
        for end in ("least", "most"):
            assert f'hn-bar" style="left:{each[end]:.2f}%' in row
