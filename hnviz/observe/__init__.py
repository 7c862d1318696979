"""Look inside a network. Needs torch; tensors go in, numpy comes out."""

from hnviz.observe.counting import Counted, Said, count_on, counting_accuracy
from hnviz.observe.questions import QUESTIONS, Reply
from hnviz.observe.states import states
from hnviz.observe.subject import Subject
from hnviz.observe.windows import accuracy_by_position

__all__ = [
    "QUESTIONS",
    "Counted",
    "Reply",
    "Said",
    "Subject",
    "accuracy_by_position",
    "count_on",
    "counting_accuracy",
    "states",
]
