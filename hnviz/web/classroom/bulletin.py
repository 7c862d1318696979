"""What everyone is sent about a revealed step, written once for all."""

from hnviz.classroom.guesses import written
from hnviz.classroom.questions import guess_of
from hnviz.classroom.words import sentence
from hnviz.web.classroom.desk import Desk
from hnviz.web.topics import to_json


class Bulletin:
    """The texts of revealed steps. A revealed step takes no more guesses, so a text lasts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._texts: dict[str, str] = {}

    def text(self, step: str) -> str:
        """Return a step's answers, without names, and the sentence about them."""
        if step not in self._texts:
            self._texts[step] = to_json(self._written(step))
        return self._texts[step]

    def _written(self, step: str) -> dict[str, object]:
        found = self._desk.spread(step)
        said = sentence(guess_of(step), found, len(self._desk.room.members))
        return {
            "step": step,
            "n": found.n,
            "values": [written(value) for value in found.values],
            "sentence": said,
        }
