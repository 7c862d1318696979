"""What everyone is sent about a revealed step, written once for all."""

from collections.abc import Callable, Collection, Mapping

from hnviz.classroom.guesses import Value, written
from hnviz.classroom.questions import guess_of
from hnviz.classroom.words import sentence
from hnviz.web.classroom.desk import Desk
from hnviz.web.topics import to_json


class Bulletin:
    """The texts of steps. A revealed step takes no more guesses, so its text lasts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._texts: dict[str, tuple[Mapping[str, Value], str]] = {}

    def text(self, step: str, here: Callable[[], Collection[str]]) -> str:
        """Return a step's answers, without names, and the sentence about them.

        For a step that is not revealed, it says only that. `here` returns the members who are
        connected; it is called when the text is written.
        """
        room = self._desk.room
        if step not in room.revealed:
            return to_json({"step": step, "covered": True})
        answers = room.answers(step)
        made_from, text = self._texts.get(step, (None, ""))
        if made_from != answers:  # more came while it was covered again, or a member was removed
            text = to_json(self._written(step, len({*here(), *answers})))
            self._texts[step] = answers, text
        return text

    def _written(self, step: str, of: int) -> dict[str, object]:
        found = self._desk.spread(step)
        said = sentence(guess_of(step), found, of)
        return {
            "step": step,
            "n": found.n,
            "values": [written(value) for value in found.values],
            "sentence": said,
        }
