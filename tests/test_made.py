"""How a run was made, as a link says it: read back whole, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.app.run import made
from hnviz.app.shell.server import server
from hnviz.config import CHOICES, LIMITS, ConfigError, RunConfig, problems
from hnviz.models.catalogue import CATALOGUE
from tests.pages import open_page, press

numbers = {name: st.integers(low, min(high, 5000)) for name, (low, high) in LIMITS.items()}
reals = {"lr": st.floats(1e-7, 1.0), "pct_start": st.floats(0.01, 0.99)}
words = {
    name: st.sampled_from(choices)
    for name, choices in CHOICES.items()
    if name not in ("model", "device")
}
options = st.fixed_dictionaries({}, optional={**numbers, **reals, **words})


@given(st.sampled_from(list(CATALOGUE)), options)
def test_every_run_is_read_back(model, chosen):
    try:
        config = RunConfig.for_model(model, **chosen)
    except ConfigError:
        return  # no run has these settings
    text = made.written(config)
    assert made.read(text) == config
    assert len(text) <= made.LONGEST
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+")


def test_only_what_differs_from_the_recipe_is_written():
    assert made.written(RunConfig.for_model("Model3")) == "Model3"
    config = RunConfig.for_model("Model3", lr=0.1, epochs=2, device="cpu")
    assert made.written(config) == "Model3--lr-0.1--epochs-2"
    assert made.differences(config) == "lr 0.1, epochs 2"
    assert made.read("Model5--lr-1e-05").lr == 1e-5


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "settings begin with a model"),
        ("Model9--lr-0.1", "got 'Model9'"),
        ("Model3--lr-x", "lr must be a number; got 'x'"),
        ("Model3--lr-nan", "lr"),
        ("Model3--epochs-1e9", "epochs must be a number"),
        ("Model3--epochs-100000", "epochs"),
        ("Model3--nh-0", "nh"),
        ("Model3--lr-0.1--lr-0.2", "got lr twice"),
        ("Model3--device-cuda", "no setting is named 'device'"),
        ("Model3--model-Model5", "no setting is named 'model'"),
        ("Model3--__class__-x", "no setting is named '__class__'"),
        ("Model3--split-other", "split"),
        ("Model3--", "no setting is named ''"),
        ("Model3" + "--lr-0.1" * 100, "at most 240 characters; got 806"),
    ],
)
def test_what_no_run_can_have_is_one_sentence(text, wrong):
    with pytest.raises(ConfigError) as error:
        made.read(text)
    assert wrong in str(error.value)


def test_every_field_of_a_run_has_its_kind():
    """A field that is added must be written and read too."""
    config = RunConfig()
    for field in RunConfig.__slots__:
        if field in ("model", "device", "corpus"):  # they have writers of their own
            continue
        assert field in {*CHOICES, *LIMITS, "lr", "pct_start"}, field
        assert problems({field: getattr(config, field)}) == {}


def test_a_link_to_a_run_that_is_missing_offers_to_train_it(own_runs):
    page = open_page("states", run="not-here", made="Model1--epochs-1--bs-512")
    assert not page.exception
    said = " ".join(each.value for each in page.main.markdown)
    assert "There is no run named" in said
    offered = page.main.caption[0].value.replace("\\", "")
    assert "Model1, its recipe with epochs 1, bs 512" in offered
    press(page, "lost_train").run()
    assert not page.exception
    run = page.session_state["run"]
    assert made.written(server().store.record(run).config) == "Model1--epochs-1--bs-512"
    assert "made" not in page.query_params
    assert not any("There is no run named" in each.value for each in page.main.markdown)


def test_a_link_with_impossible_settings_says_so(own_runs, recorded):
    page = open_page("states", run="not-here", made="Model1--epochs-0")
    said = " ".join(each.value for each in page.main.markdown).replace("\\", "")
    recorded(said, 1, 0, part="The link cannot say how")
    assert not [button for button in page.main.button if button.key == "lost_train"]


def test_a_link_that_says_nothing_offers_nothing(own_runs):
    page = open_page("states", run="not-here")
    assert not [button for button in page.main.button if button.key == "lost_train"]


def test_a_lock_is_kept_from_page_to_page(own_runs):
    page = open_page("data", lock="1")
    assert page.session_state["locked"] is True
    assert page.query_params["lock"][0] == "1"
    assert "locked" not in open_page("data", lock="true").session_state
