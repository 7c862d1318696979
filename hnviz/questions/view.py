"""What a picture asks about one snapshot, as values. Reads no files and calls no engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hnviz.questions.params import Param

if TYPE_CHECKING:  # the first page's head needs this module before numpy is loaded
    from numpy.typing import NDArray

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Reply(NamedTuple):
    """An answer: large parts as arrays, other facts as JSON, and a sentence that says the same."""

    arrays: "Mapping[str, NDArray[Any]]"
    meta: Mapping[str, Any] = NOTHING
    sentence: str = ""
    seconds: float = 0.0  # that the observer took


Asker = Callable[[str, int | str, str, Mapping[str, Any]], Reply]
"""(run, step or "last", question, parameters) -> answer. Raises Refusal."""


@dataclass(frozen=True, slots=True)
class Look:
    """One request for a view: a snapshot of a run, and the parameters, typed and complete."""

    run: Any  # hnviz.web.state.CurrentRun, whose .record holds the run so far
    step: int
    params: Mapping[str, Any]
    asker: Asker = field(repr=False)

    def ask(
        self,
        question: str,
        params: Mapping[str, Any] = NOTHING,
        step: int | str | None = None,
        run: str = "",
    ) -> Reply:
        """Ask one of hnviz.observe.QUESTIONS about this snapshot, or about another `step`.

        "last" is the newest snapshot. With `run` the step is of another run. None is a parameter
        that is left out. Raises Refusal, which a view passes on.
        """
        given = without_none(params)
        return self.asker(run, self.step if step is None else step, question, given)


@dataclass(frozen=True, slots=True)
class View:
    """What a picture asks about one snapshot, at an address of its own.

    `answer` runs in a thread of the server. It may raise Refusal or ValueError, with a sentence.
    """

    name: str  # last part of the address; replaces a question of the same name
    params: Mapping[str, Param]
    answer: Callable[[Look], Reply]
    lasting: bool = True  # snapshot and config determine the answer; False: the record does too
    slow: bool = False  # may take a second; slow views have their own queue
    plain: bool = False  # a question: the observer's bytes are passed on as they are


def without_none(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are given."""
    return {name: value for name, value in params.items() if value is not None}
