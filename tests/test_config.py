"""What decides a run, and what is said of every setting that cannot be used."""

import json
import math
import re
from dataclasses import FrozenInstanceError, asdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.config import CHOICES, LIMITS, ConfigError, RunConfig, problems
from hnviz.models.catalogue import CATALOGUE, SAME_RECIPE
from tests.sentences import refusal

NOT_WHOLE = [None, "64", "", 2.5, 3.0, True, False, float("nan"), float("inf"), [1], {}]
NOT_REAL = [None, "1e-3", "", True, float("nan"), float("inf"), -float("inf"), [1], 1j, 10**400]


def test_defaults_are_the_recipe_of_model5():
    assert RunConfig() == RunConfig.for_model("Model5")


@pytest.mark.parametrize("model", CATALOGUE)
def test_for_model_fills_in_the_recipe(model):
    config = RunConfig.for_model(model, seed=3, lr=None)
    assert asdict(CATALOGUE[model].recipe).items() <= config.to_dict().items()
    assert (config.model, config.seed) == (model, 3)


@pytest.mark.parametrize("model", CATALOGUE)
def test_same_recipe_differs_in_the_window_of_model0_only(model):
    config = RunConfig.for_model(model, same=True)
    bptt = 3 if model == "Model0" else SAME_RECIPE.bptt
    assert config.to_dict() == {**config.to_dict(), **asdict(SAME_RECIPE), "bptt": bptt}


def test_options_beat_the_recipe():
    config = RunConfig.for_model("Model2", bptt=7, epochs=1, bn_init="uniform")
    assert (config.bptt, config.epochs, config.bn_init) == (7, 1, "uniform")
    assert config.pct_start == 0.1


@pytest.mark.parametrize("model", CATALOGUE)
def test_json_round_trip(model):
    config = RunConfig.for_model(model, device="cpu", reset_state="both", form="fast")
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_setting_of_a_later_version_is_named():
    with pytest.raises(ConfigError, match="no setting is named 'dropout'") as caught:
        RunConfig.from_dict({"model": "Model1", "dropout": 0.1})
    assert caught.value.field == "dropout"


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        RunConfig().seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("field", LIMITS)
@pytest.mark.parametrize("value", NOT_WHOLE, ids=repr)
def test_not_a_whole_number(field, value, recorded):
    with pytest.raises(ConfigError) as caught:
        RunConfig(**{field: value})
    got = [] if isinstance(value, bool) else re.findall(r"[\d.]+", repr(value))
    recorded(str(caught.value), LIMITS[field][0], *got)
    assert caught.value.field == field


@pytest.mark.parametrize("field", LIMITS)
def test_ends_of_a_range(field):
    low, high = LIMITS[field]
    assert problems({field: low}) == problems({field: high}) == {}
    assert problems({field: low - 1})[field].endswith(f"of at least {low}; got {low - 1}")
    assert problems({field: high + 1})[field].endswith(f"of at most {high}; got {high + 1}")


@pytest.mark.parametrize("field", ["bs", "bptt", "nh", "epochs"])
def test_numbers_below_one(field):
    for value in (0, -1, -(10**30)):
        assert f"at least 1; got {value}" in problems({field: value})[field]


@pytest.mark.parametrize("value", [*NOT_REAL, 0, 0.0, -1e-3], ids=repr)
def test_not_a_learning_rate(value):
    with pytest.raises(ConfigError) as caught:
        RunConfig(lr=value)
    assert caught.value.field == "lr"
    assert str(caught.value).startswith("lr must be a finite number above 0; got ")


@pytest.mark.parametrize("value", [*NOT_REAL, 0, 1, -0.1, 1.1], ids=repr)
def test_not_a_share_of_steps(value):
    with pytest.raises(ConfigError, match="pct_start must be a number between 0 and 1; got "):
        RunConfig(pct_start=value)


@pytest.mark.parametrize("value", [1, 1e-9, 1e30, np.float32(0.1), Fraction(1, 3)], ids=repr)
def test_usable_learning_rates(value):
    assert problems({"lr": value}) == {}


@pytest.mark.parametrize("value", [np.int64(5), np.int32(1)], ids=repr)
def test_numpy_whole_numbers_can_be_used(value):
    assert problems({"bptt": value}) == {}


@pytest.mark.parametrize("field", [name for name in CHOICES if name != "model"])
@pytest.mark.parametrize("value", ["", "Never", None, 3, []], ids=repr)
def test_not_one_of_the_choices(field, value, recorded):
    caught = refusal(ConfigError, RunConfig, **{field: value})
    choices = ", ".join(CHOICES[field])
    assert choices in caught
    recorded(caught, *([3] if value == 3 else []))


@pytest.mark.parametrize("value", ["Model9", "model5", "", None, 5], ids=repr)
def test_no_such_model(value, recorded):
    for make in (lambda: RunConfig(model=value), lambda: RunConfig.for_model(value)):
        with pytest.raises(ConfigError) as caught:
            make()
        assert caught.value.field == "model"
        assert str(caught.value).endswith(", ".join(CATALOGUE))
        recorded(str(caught.value), *([5] if value == 5 else []))


@pytest.mark.parametrize("bptt", [4, 20])
def test_model0_reads_three_tokens(bptt, recorded):
    with pytest.raises(ConfigError) as caught:
        RunConfig.for_model("Model0", bptt=bptt)
    assert caught.value.field == "bptt"
    recorded(str(caught.value), 3, 3, bptt)


@pytest.mark.parametrize("bptt", [1, 2, 3])
def test_model0_with_a_short_window(bptt):
    assert RunConfig.for_model("Model0", bptt=bptt).bptt == bptt


def test_every_field_is_told_at_once():
    found = problems({"model": "Model0", "bptt": 9, "lr": math.nan, "epochs": 0, "seed": 1})
    assert sorted(found) == ["bptt", "epochs", "lr"]


def test_an_unknown_model_says_nothing_of_bptt():
    assert list(problems({"model": "Model7", "bptt": 9})) == ["model"]
    assert list(problems({"model": "Model0", "bptt": 0})) == ["bptt"]


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary())


@given(st.dictionaries(st.sampled_from(sorted(RunConfig().to_dict())), ANYTHING))
def test_any_value_is_used_or_told(values):
    found = problems({**RunConfig().to_dict(), **values})
    if found:
        with pytest.raises(ConfigError) as caught:
            RunConfig(**values)
        assert caught.value.field in found
    else:
        assert RunConfig(**values).to_dict().items() >= values.items()
