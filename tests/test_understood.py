"""The network that is understood to the last weight: its rule, its regions, its weights."""

import numpy as np
import pytest

from hnviz.figures import understood_text
from hnviz.tasks.parity import (
    AFTER_ONE,
    AFTER_ZERO,
    LENGTH,
    SITUATIONS,
    WEIGHTS,
    every_input,
    parity_network,
    recipe,
    replace,
    rule,
)


def test_the_rule_says_what_the_network_says_of_every_input_up_to_twelve_bits():
    network, inputs = parity_network(), every_input()
    assert len(inputs) == 4096 and LENGTH == 12  # with their beginnings, 8,190
    states = network.read(inputs)
    answers, after_zero, after_one = rule(inputs)
    said = network.answers(states.reshape(-1, network.n_units)).reshape(inputs.shape)
    assert (said == answers).all()
    assert ((states[..., AFTER_ZERO] > 0) == after_zero).all()
    assert ((states[..., AFTER_ONE] > 0) == after_one).all()
    assert (answers == inputs.cumsum(axis=1) % 2).all()  # parity
    assert network.wrong() == 0


def test_it_has_more_trained_weights_than_the_largest_one_known():
    network = parity_network()
    assert network.n_weights == 38 > 32
    assert network.n_zero == 17 == sum(weight.value == 0 for weight in network.weights)


def test_no_step_leaves_the_regions_so_the_rule_holds_at_any_length():
    network = parity_network()
    regions = network.regions()
    chance = np.random.default_rng(0)
    for each, region in regions.items():
        states = chance.uniform(region.low, region.high, (2000, network.n_units))
        for bit in (0, 1):
            after = network.step(states, np.full(len(states), bit))
            to = regions[type(each)(each.odd ^ bit, bit)]
            assert (to.low < after).all() and (after < to.high).all()
    assert min(network.margins(regions).values()) > 4
    long = chance.integers(0, 2, (20, 5000))
    states = network.read(long)
    odd = long.cumsum(axis=1) % 2
    for each in SITUATIONS:
        at = states[(odd == each.odd) & (long == each.bit)]
        assert (regions[each].low < at).all() and (at < regions[each].high).all()


def test_regions_that_do_not_exist_are_refused():
    network = parity_network()
    spread = replace(network, "recur", 3 * network.recur)
    try:
        regions = spread.regions()
    except ValueError as error:
        assert "no regions" in str(error)
    else:
        assert min(spread.margins(regions).values()) < 4


def test_a_weight_is_worth_what_goes_wrong_without_it():
    network = parity_network()
    worth = {(weight.start, weight.end): weight.wrong for weight in network.weights}
    embed = network.embed.copy()
    embed[0, AFTER_ZERO] = 0
    assert worth["bit 0", f"unit {AFTER_ZERO}"] == replace(network, "embed", embed).wrong() > 4000
    recur = network.recur.copy()
    recur[AFTER_ONE, AFTER_ZERO] = 0  # from unit 1 to unit 3
    wrong = replace(network, "recur", recur).wrong()
    assert worth[f"unit {AFTER_ZERO}", f"unit {AFTER_ONE}"] == wrong > 4000
    assert sum(wrong > 0 for wrong in worth.values()) == 8


def test_what_is_said_has_the_networks_numbers():
    rule_said, mechanism, any_length, weights = understood_text.understood_lines()
    assert "8,190 of all 8,190 inputs of up to 12 bits" in rule_said
    assert "+1.56" in mechanism and "\N{MINUS SIGN}2.99" in mechanism
    assert "4.3 or more" in any_length
    assert "38 numbers were trained, and 17" in weights and "8 are needed" in weights
    made = recipe()
    assert f"{made['right']} of them answer every input right" in understood_text.how_found()


@pytest.mark.slow
def test_it_is_trained_again_to_the_same_weights(tmp_path):
    from hnviz.bench.parity import write

    write(tmp_path / "parity.json")
    assert (tmp_path / "parity.json").read_text() == WEIGHTS.read_text()
