"""The Through time page's controls: the first mini-batch, the words of the map."""

from hnviz.app.kit.fields.picture import controls, remark, text, whole, wrong
from hnviz.app.rooms.through_time.lanes.picture import WINDOWS, default_first, n_batches
from hnviz.app.rooms.through_time.look_back.picture import DEFAULT_PHRASE, read_words
from hnviz.app.run.text import CurrentRun
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.figures.offers import example, without_numbers
from hnviz.models.catalogue import CATALOGUE

ROW = "time_controls"
_WORDS = "time_phrase"
_GOOD_FIRST, _GOOD_WORDS = "time_good_first", "time_good_words"  # the last that could be shown


def pretrained_models() -> list[str]:
    """Return the models that have a pre-trained run."""
    known = server().store.ids()
    return [name for name in CATALOGUE if name in known]


def first_box(run: CurrentRun) -> int:
    """Draw the field for the first of the three mini-batches; a wrong value leaves the last one."""
    config = run.record.config
    default, n = default_first(config), n_batches(config)
    last = n - WINDOWS
    with controls(ROW):
        value = int(whole("First mini-batch", "time_first", default, width=150))
        if last >= 0 and not 0 <= value <= last:
            wrong(
                "time_first",
                f"First mini-batch: the text has {n} mini-batches, so the first of {WINDOWS} must "
                f"be from 0 to {last}; got {value}.",
            )
            good = state.get(_GOOD_FIRST, default)
            return int(good if good <= last else default)
    state.put(_GOOD_FIRST, value)
    return value


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
