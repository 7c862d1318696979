"""The Through time page's controls: the words of the map."""

from hnviz.app.kit.fields.picture import controls, remark, text, wrong
from hnviz.app.rooms.through_time.look_back.picture import DEFAULT_PHRASE, read_words
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data.phrase import example
from hnviz.figures.offers import without_numbers
from hnviz.models.catalogue import CATALOGUE

_WORDS = "time_phrase"
_GOOD_WORDS = "time_good_words"  # the last that could be shown


def pretrained_models() -> list[str]:
    """Return the models that have a pre-trained run."""
    known = server().store.ids()
    return [name for name in CATALOGUE if name in known]


def words_box(config: RunConfig) -> str:
    """Draw the box for the map's words; words that cannot be read leave the last ones."""
    default = example(config, DEFAULT_PHRASE)
    label = "Words" if without_numbers(config) else "Words, or a range of numbers"
    with controls("time_words"):
        typed = text(label, _WORDS, default, longest=2000)
        try:
            said = read_words(typed, config.corpus).remark
        except ValueError as error:
            wrong(_WORDS, str(error))
            return str(state.get(_GOOD_WORDS, default))
        remark(_WORDS, said or "")
    state.put(_GOOD_WORDS, typed)
    return typed
