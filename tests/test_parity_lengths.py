"""Parity at lengths that training never showed: the networks, the shipped table, and the page."""

import re
from collections import defaultdict
from dataclasses import asdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from hnviz.bench.lengths import (
    BITS,
    KINDS,
    N_SCORED,
    TRAINED,
    UNITS,
    MinGRU,
    odd,
    scored,
    scored_bits,
    trained,
)
from hnviz.bench.search import FIVE
from hnviz.cli.main import main
from hnviz.figures.numbers import accuracy
from hnviz.runs.reference import parity_table
from tests.conftest import ROOT
from tests.pages import open_page
from tests.sentences import Recorded
from tests.test_tasks_page import html, red, said

SIGNED = "MinGRU, factor to -1"


def shares() -> dict[tuple[str, int, int], list[float]]:
    """(model, layers, bits) -> the share of right answers of each seed."""
    found = defaultdict(list)
    for row in parity_table():
        found[row["model"], row["layers"], row["bits"]].append(row["right"] / row["n"])
    return found


def drawn(layers: int, reach: int, seed: int, spread: float) -> MinGRU:
    torch.manual_seed(seed)
    network = MinGRU(4, layers, reach).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(0, spread)
    return network


@settings(max_examples=8, deadline=None)
@given(some.integers(1, 3), some.integers(0, 10**6), some.floats(0.1, 3))
def test_every_step_of_a_min_gru_is_the_loop_that_the_page_writes(
    layers: int, seed: int, spread: float
) -> None:
    for reach in (1, 2):
        network = drawn(layers, reach, seed, spread)
        x = torch.randn(2, 5, 4, dtype=torch.float64)
        wanted = x
        for gate, new in zip(network.gates, network.news, strict=True):
            h, states = torch.zeros(2, 4, dtype=torch.float64), []
            for t in range(5):
                z = torch.sigmoid(gate(wanted[:, t]))
                assert ((1 - reach * z) >= 1 - reach).all() and ((1 - reach * z) <= 1).all()
                h = (1 - reach * z) * h + z * torch.tanh(new(wanted[:, t]))
                states.append(h)
            wanted = torch.stack(states, dim=1)
        read, end = network(x)
        torch.testing.assert_close(read, wanted)
        torch.testing.assert_close(end, wanted[:, -1])


@settings(max_examples=8, deadline=None)
@given(some.integers(1, 3), some.integers(0, 10**6))
def test_after_many_ones_a_min_gru_cannot_tell_even_from_odd(layers: int, seed: int) -> None:
    """A factor between 0 and 1 brings each layer to rest: the core of the theorem's proof."""
    ones = torch.ones(1, 400, 4, dtype=torch.float64)
    with torch.no_grad():
        states, _ = drawn(layers, 1, seed, 0.4)(ones)
    even, odd_ = states[:, -2], states[:, -1]
    torch.testing.assert_close(even, odd_, rtol=0, atol=1e-4)


def test_a_factor_of_minus_one_does_parity_with_weights_set_by_hand() -> None:
    """A one turns h to 1 - h, a zero keeps it: one unit, at any length."""
    network = MinGRU(1, 1, reach=2)
    with torch.no_grad():
        network.gates[0].weight.fill_(200)  # z is 1 after a one
        network.gates[0].bias.fill_(-100)  # and 0 after a zero
        network.news[0].weight.zero_()
        network.news[0].bias.fill_(100)  # tanh of it is 1
    bits = torch.randint(0, 2, (20, max(BITS)), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        states, _ = network(bits[..., None].float())
    torch.testing.assert_close(states[..., 0], odd(bits).float(), rtol=0, atol=0)


def test_the_table_has_each_network_seed_and_length_once() -> None:
    rows = parity_table()
    wanted = [(k.name, k.layers, s, b) for k in KINDS for s in FIVE for b in BITS]
    assert [(r["model"], r["layers"], r["seed"], r["bits"]) for r in rows] == wanted
    assert {row["n"] for row in rows} == {N_SCORED} and min(BITS) == TRAINED


def test_the_linear_step_is_a_coin_toss_and_the_others_hold_parity() -> None:
    found = shares()
    for (model, layers, bits), each in found.items():
        if model == "MinGRU":
            assert max(each) < 0.56, (layers, bits)
        elif model != SIGNED:
            assert min(each) >= 0.99, (model, bits)
    assert all(min(found[SIGNED, 1, bits]) >= 0.99 for bits in BITS)
    assert min(found[SIGNED, 3, 40]) >= 0.99 and max(found[SIGNED, 3, 1000]) < 0.9


def test_a_network_trained_briefly_is_scored_at_each_length() -> None:
    kind = next(each for each in KINDS if each.name == "tanh RNN")
    network = trained(kind, 0, steps=2)
    rows, bits = list(scored(network, kind, 0, n=9)), scored_bits(9)
    assert [row.bits for row in rows] == list(BITS) and network.embed.weight.shape == (2, UNITS)
    with torch.no_grad():
        logits = network(bits[:, :TRAINED])[:, -1]
    right = sum(
        int(row.argmax()) == sum(ones) % 2
        for row, ones in zip(logits, bits[:, :TRAINED].tolist(), strict=True)
    )
    assert rows[0].right == right


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.layers}")
def test_training_again_gives_the_tables_rows(kind) -> None:
    torch.set_num_threads(1)
    table = [r for r in parity_table() if (r["model"], r["layers"]) == (kind.name, kind.layers)]
    for row, found in zip(table[: len(BITS)], scored(trained(kind, 0), kind, 0), strict=True):
        told = asdict(found)
        assert told.pop("right") == pytest.approx(row["right"], abs=N_SCORED // 20), row
        assert told == {name: row[name] for name in told}


def test_the_document_has_the_tables_figures() -> None:
    text = (ROOT / "docs/measured.md").read_text("utf-8")
    found = shares()
    for kind in KINDS:
        (line,) = re.findall(rf"^\| {kind.name}, {kind.layers} layers? \|.*$", text, re.MULTILINE)
        cells = [each.strip() for each in line.strip("|").split("|")[1:]]
        wanted = []
        for bits in BITS:
            each = found[kind.name, kind.layers, bits]
            mean, low, high = (accuracy(x) for x in (sum(each) / len(each), min(each), max(each)))
            wanted.append(mean if low == high else f"{mean} ({low} to {high})")
        assert cells == wanted


def test_parity_shows_them_and_no_other_task_does(recorded: Recorded) -> None:
    app = open_page("tasks", tasks_task="Parity")
    assert not app.exception and red(app) == []
    table = html(app)
    for (model, _, _), each in shares().items():
        mean = accuracy(sum(each) / len(each)).replace(" ", "\N{NO-BREAK SPACE}")
        assert model.replace("-1", "\N{MINUS SIGN}1") in table and f"<b>{mean}</b>" in table
    recorded(said(app), N_SCORED, len(FIVE), part="lowest and highest")
    other = open_page("tasks", tasks_task="Periodic")
    assert "MinGRU" not in html(other)


def test_the_command_says_what_it_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--help"]) == 0
    assert "parity" in capsys.readouterr().out
