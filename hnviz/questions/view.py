"""A picture's questions about one snapshot, as values. Reads no files and calls no engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hnviz.questions.params import Param

if TYPE_CHECKING:  # the head of the first page needs this module before numpy is loaded
    from numpy.typing import NDArray

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Reply(NamedTuple):
    """An answer: large parts as arrays, other facts as JSON, and a sentence that describes it."""

    arrays: "Mapping[str, NDArray[Any]]"
    meta: Mapping[str, Any] = NOTHING
    sentence: str = ""
    seconds: float = 0.0  # taken by the observer


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

        "last" is the newest snapshot. With `run`, the step is one of another run. A None leaves
        its parameter out. Raises Refusal, which a view passes on.
        """
        given = without_none(params)
        return self.asker(run, self.step if step is None else step, question, given)


@dataclass(frozen=True, slots=True)
class View:
    """What a picture asks about one snapshot, at its own address.

    `answer` runs in a thread of the server. It may raise Refusal or ValueError, with a sentence.
    """

    name: str  # last part of the address; hides a question of the same name
    params: Mapping[str, Param]
    answer: Callable[[Look], Reply]
    lasting: bool = True  # only snapshot and config determine the answer; False: so does the record
    slow: bool = False  # may take a second; slow views have their own queue
    plain: bool = False  # a question: the observer's bytes are passed on as they are


def without_none(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters: those that are not None."""
    return {name: value for name, value in params.items() if value is not None}
