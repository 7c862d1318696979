"""What a state means, on the page and in its views: every model, every text."""

import pytest

from hnviz.app.rooms.hidden_states.find.picture import FIND_VIEW
from hnviz.app.rooms.hidden_states.path.picture import PATH_VIEW, numbers_problem
from hnviz.app.rooms.hidden_states.probes.picture import ALL_PROBES_VIEW, PROBES_VIEW
from tests.pages import below, mounts, open_page
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")
PHRASE = {"text": "4318 to 4324"}


@pytest.mark.parametrize(
    ("view", "run", "step", "params", "said"),
    [
        (PROBES_VIEW, "Model5", 0, {}, "Model5 untrained: a linear probe"),
        (FIND_VIEW, "Model3", "last", PHRASE, "at every token of “one ,”"),
        (
            FIND_VIEW,
            "Model0",
            "last",
            {"split": "valid", "first": 500, "n": 30},
            "at every token of “thousand one”",
        ),
        (FIND_VIEW, "Model5", "last", {"text": "one"}, "at every token of “one”"),
        (PATH_VIEW, "Model1", "last", {"first": 1}, "reads 1 to 20"),
    ],
)
def test_a_view_answers_for_any_run_and_text(view, run, step, params, said):
    assert said in shown(view, run, step, **params).sentence


def test_a_threshold_and_edges_are_taken():
    low, high = (shown(FIND_VIEW, **PHRASE, threshold=share) for share in (0.6, 0.65))
    assert "above 0.60 at every token" in low.sentence and "above 0.65" in high.sentence
    assert "and off just before and after" in shown(FIND_VIEW, **PHRASE, edges=True).sentence
    assert low.meta["places"].count("<tr>") == 17  # the best 8 of each split, and the head


@pytest.mark.slow
def test_all_pretrained_models_are_probed():
    table = shown(ALL_PROBES_VIEW, mode="dark")
    assert [f"Model{n}" in table.meta["html"] for n in range(6)] == [True] * 6
    assert "easiest to read" in table.sentence


@pytest.mark.parametrize(
    ("view", "query", "said"),
    [
        ("Find it elsewhere", {"states_threshold": "x"}, "address asks for 'x'"),
        ("Find it elsewhere", {"states_threshold": "1.5"}, "must be a number from 0 to 0.95"),
        ("Find it elsewhere", {"states_edges": "x"}, "address asks for 'x' here"),
        ("What the whole state shows", {"states_all_models": "x"}, "address asks for 'x' here"),
        ("Path of the state", {"states_path_n": "101"}, "the path can have 1 to 100 numbers"),
    ],
)
def test_a_wrong_value_is_told_beside_its_control(view, query, said):
    app = open_page("states", states_view=view, **query)
    assert not app.exception
    assert said in "\n".join(below(app))


def test_the_page_draws_one_view_at_a_time():
    for view, key in (
        ("Find it elsewhere", "states_find"),
        ("What the whole state shows", "states_probes"),
        ("Path of the state", "states_path"),
        ("", None),  # none is drawn until one is chosen
    ):
        app = open_page("states", **({"states_view": view} if view else {}))
        keys = {each["id"] for each in mounts(app)}
        views = {"states_probes", "states_find", "states_path"}
        assert keys & views == ({key} if key else set())


def test_numbers_of_a_path_lie_in_one_split():
    assert numbers_problem(7990, 10) is None
    assert "the text ends with 7,999" in str(numbers_problem(7990, 11))
    assert "from 1 to 7999 or from 8001" in str(numbers_problem(8000, 1))
