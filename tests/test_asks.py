"""What the steps of lessons ask, as the package knows it: so a panel can fetch what comes next."""

import json

import pytest

from hnviz.export.questions import asks_of
from hnviz.lessons import lessons
from hnviz.lessons.panel import asks_in

FEW = "what-the-state-remembers"


@pytest.mark.parametrize(
    "name",
    [each if each == FEW else pytest.param(each, marks=pytest.mark.slow) for each in lessons()],
)
def test_the_package_knows_what_the_steps_of_a_lesson_ask(name):
    found = json.loads(json.dumps(asks_of(lessons()[name])))
    assert found == asks_in(name, len(found)), "write it again: python -m hnviz.export.questions"


def test_nothing_is_known_of_a_lesson_that_has_changed_or_is_a_users_own():
    assert asks_in(FEW, 3) == [[], [], []]
    assert asks_in("mine", 1) == [[]]
    assert len(asks_in(FEW, len(lessons()[FEW].steps))[0]) > 0
