"""Every name that a page keeps: in the address, or in Streamlit's session state.

``python -m hnviz.app.shell.keys`` writes docs/addresses.md from this table. A test holds the table
to the source; its message says which names are missing here and which are gone from there.

Not listed are keys of mounted pictures and of containers, which are only names for style sheets.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hnviz.app.kit.state import Entry
from hnviz.app.rooms.compare.curves.picture import STATE as COMPARED
from hnviz.app.rooms.data.guess.picture import AT, READ
from hnviz.app.rooms.predictions.counting_map.picture import GIVEN, NUMBER
from hnviz.app.rooms.sweep.map.picture import SEEDS, SHOWN, SWEEP
from hnviz.app.rooms.through_time.lanes.picture import BATCH
from hnviz.app.rooms.train.finder.picture import TEST
from hnviz.app.shell import takes

DOC = Path(__file__).parents[3] / "docs" / "addresses.md"
EVERY = "every page"


class Key(NamedTuple):
    """One name; "*" in it means a part that varies, such as a run's id."""

    page: str
    name: str
    default: str  # "" where there is none
    meaning: str
    takes: str = ""  # what a picture declares; shell/takes.py has that of all others


def _of(entry: Entry) -> Key:
    """Return the name that a picture declares."""
    return Key(entry.page, entry.name, entry.default, entry.meaning, entry.takes)


_OWN_TEXTS = (("Feed", "data"), ("Feed", "batches"), ("Train", "train"))
"""The parts of rooms with a box for the reader's own text."""

ADDRESS: tuple[Key, ...] = (
    Key(EVERY, "run", "Model5", "the run in view"),
    Key(EVERY, "snapshot", "the last one", "the training step that the slider shows"),
    Key(EVERY, "unit", "the one that codes most", "the picked unit, in all pictures of units"),
    Key(EVERY, "present", "false", "larger and without the sidebar, for a projector"),
    Key(EVERY, "fit", "", "the picture that fills the screen, by its key: states_picture"),
    Key(EVERY, "made", "", "how the run was made, where a reader may lack it: Model3--lr-0.1"),
    Key(EVERY, "lock", "", "1: a teacher's link, without settings and actions"),
    Key(EVERY, "lesson", "", "the lesson beside the page, and its step: text-into-batches.1"),
    Key(EVERY, "machine_text", "3496 to 3498", "what the reading machine reads"),
    Key(EVERY, "machine_word", "the last of the text", "the word that the machine has read"),
    Key(EVERY, "machine_begin", "0", "the word at which a window of the machine begins"),
    Key(EVERY, "machine_n", "36", "how many words the machine says after its text"),
    Key(EVERY, "machine_temperature", "0", "0 says the likeliest word each time"),
    Key(EVERY, "machine_top_k", "all words", "how many of the likeliest words may be drawn"),
    Key(EVERY, "machine_seed", "0", "decides which words are drawn"),
    Key("Count", "count_part", "Word by word", "the part of the room"),
    Key("Count", "start_all_runs", "closed", "the fold with all runs"),
    Key("Feed", "feed_part", "Text", "the part of the room"),
    Key("Feed", "data_corpus", "the run's text", "the text that is shown"),
    Key("Feed", "data_merge", "all", "how many byte pairs are joined in the line"),
    Key("Feed", "data_sentence", "an example", "the reader's own sentence"),
    _of(READ),
    Key("Feed", "data_vocabulary", "closed", "the fold with the vocabulary"),
    Key("Feed", "batches_corpus", "the run's text", "the corpus that is shown, or your own"),
    Key("Feed", "batches_split", "train", "the split: train or valid"),
    Key("Feed", "batches_random", "false", "cut the text at random instead"),
    Key("Feed", "batches_bs", "4", "rows read in parallel"),
    Key("Feed", "batches_bptt", "8", "tokens read per row and step"),
    Key("Feed", "cell", "", "the picked cell of the grid: mini-batch-row-column"),
    Key("Feed", "find", "", "the number or words that are searched for"),
    Key("Feed", "batches_counts", "closed", "the fold on how many mini-batches there are"),
    Key("Feed", "batches_memory", "closed", "the fold on how good a short memory can be"),
    Key("Feed", "batches_positions", "closed", "the fold on what a kept state allows"),
    Key("Build", "models_model", "that of the run", "the model whose source is run"),
    Key("Build", "models_batch", "first", "which mini-batch it reads"),
    Key("Build", "models_at", "the loop's first line", "the line of the source that has been run"),
    Key("Build", "models_row", "0", "the row of the mini-batch that is followed"),
    Key("Build", "models_weights", "the first choice", "trained or untrained weights of the cell"),
    Key("Build", "models_layer", "the last one", "the layer whose cell is worked out"),
    Key("Build", "models_unit", "the one that moves most", "the unit that is worked out"),
    Key("Build", "models_step", "3", "the token of the mini-batch at which it is worked out"),
    Key("Build", "models_shares", "closed", "the fold with what changes, and both recipes"),
    Key("Build", "models_twins", "closed", "the fold with two models in step"),
    Key("Build", "models_cell", "closed", "the fold with one unit in numbers"),
    Key("Build", "models_parts", "closed", "the fold with what the model learns"),
    Key("Build", "models_source", "closed", "the fold with the whole class"),
    Key("Build", "models_figures", "closed", "the fold with the notebook's figures"),
    Key("Train", "train_part", "One run", "the part of the room"),
    Key("Train", "train_model", "Model5", "the model to train"),
    Key("Train", "train_same", "false", "give every model Model3's recipe"),
    Key("Train", "train_bptt", "the recipe's", "tokens that gradients reach back over"),
    Key("Train", "train_lr", "the recipe's", "the highest learning rate"),
    Key("Train", "train_epochs", "the recipe's", "passes over train"),
    Key("Train", "train_pct_start", "the recipe's", "the share of steps in which lr rises"),
    Key("Train", "train_speed", "full", "how fast a run trains: full, 20, 5 or 1 steps a second"),
    Key("Train", "train_seed", "0", "decides the first weights"),
    Key("Train", "train_bs", "the recipe's", "rows read in parallel"),
    Key("Train", "train_nh", "the recipe's", "units of hidden state in each layer"),
    Key("Train", "train_bn_init", "ones", "where batch norm's first weights start"),
    Key("Train", "train_reset_state", "never", "where the carried state starts again from zeros"),
    Key("Train", "train_device", "auto", "where to train"),
    Key("Train", "train_form", "plain", "fast is vectorised over time"),
    Key("Train", "train_corpus", "human_numbers", "the text: a corpus, or your own"),
    Key("Train", "train_split", "notebook", "which numbers valid holds"),
    Key("Train", "train_find", "closed", "the fold with the learning rate finder"),
    _of(TEST),
    Key("Train", "train_worst_kind", "", "the kind of token whose worst places are listed"),
    Key("Train", "train_worst_split", "valid", "the split of those places"),
    Key("Train", "train_positions_split", "valid", "the split of the losses by position"),
    Key("Train", "train_view", "By kind of token", "the closer look at the accuracy"),
    Key("Train", "inside", "accuracy", "what the bars inside an accuracy show: accuracy or loss"),
    Key("Train", "runs", "the notebook's models", "the runs that are compared: Model4,Model5"),
    *map(_of, COMPARED.values()),
    _of(SWEEP),
    _of(SHOWN),
    _of(SEEDS),
    Key("Train", "train_exercise", "Clinic", "the exercise: a clinic, or lines to put in order"),
    Key("Train", "clinic_ward", "A", "the ward of the patient"),
    Key("Train", "clinic_bed", "1", "the patient's bed"),
    Key("Train", "lines_program", "Forward", "the program whose lines are put in order"),
    Key("Train", "lines_order_*", "1 2 3 4 5", "its lines from top to bottom, by their numbers"),
    Key("Remember", "remember_part", "Its numbers, word by word", "the part of the room"),
    Key("Remember", "states_text", "phrase", "what is read: a phrase, valid or train"),
    Key("Remember", "states_phrase", "4367 to 4372", "the phrase, or a range of numbers"),
    Key("Remember", "states_first", "0", "the first token of a stretch"),
    Key("Remember", "states_n", "100", "how many tokens of a stretch are read"),
    Key("Remember", "states_layer", "0", "the layer"),
    Key("Remember", "states_show", "state", "the state, another tensor of it, or a gate"),
    Key("Remember", "states_order", "by what they code", "the order of the units"),
    Key("Remember", "states_view", "none", "the picture below the units"),
    Key("Remember", "states_positions", "before its word", "where a probe reads the digit"),
    Key("Remember", "states_erased", "false", "erase what the probe reads, and let it count on"),
    Key("Remember", "states_all_models", "false", "probe all pre-trained models"),
    Key("Remember", "states_threshold", "0.6", "from which share of the scale a unit is on"),
    Key("Remember", "states_edges", "false", "the units must be off just before and after"),
    Key("Remember", "states_range", "23,24", "the tokens over which the units are on"),
    Key("Remember", "states_path_first", "4360", "the first number of the path"),
    Key("Remember", "states_path_n", "20", "how many numbers the path has"),
    Key("Remember", "states_path_color", "token kind", "what the colours of the path mean"),
    Key("Remember", "states_token", "none", "the picked token"),
    Key("Remember", "predictions_prompt", "4316 to 4318", "what the network reads first"),
    Key("Remember", "predictions_change", "another state", "what is done to the state"),
    Key("Remember", "predictions_other", "5038 to 5040", "the text whose state is put in"),
    Key("Remember", "predictions_layers", "all", "the layers that get another state"),
    Key("Remember", "predictions_layer", "0", "the layer whose units are set"),
    Key("Remember", "predictions_digit", "hundreds", "the digit that is taken out"),
    Key("Remember", "predictions_units_set", "2", "the unit that is set"),
    Key("Remember", "predictions_units_zero", "the lower half", "the units that are set to zero"),
    Key("Remember", "predictions_value", "the highest", "what the unit is set to"),
    Key("Remember", "predictions_hold", "false", "set it again before every word"),
    Key("Remember", "predictions_ways", "closed", "the fold with other changes"),
    Key("Remember", "swapped", "0", "1: the change was made"),
    Key("Remember", "word", "where they part", "the picked word of both continuations"),
    _of(GIVEN),
    _of(NUMBER),
    Key("Learn back", "time_between", "none", "the lane that is singled out"),
    Key("Learn back", "time_loss", "last step", "whether every step has a loss"),
    _of(BATCH),
    Key("Learn back", "time_phrase", "4311 to 4314", "the words whose look back is shown"),
    Key("Learn back", "time_more_reach", "closed", "the fold on how far each model reaches"),
    Key("Learn back", "time_more_state", "closed", "the fold on train to valid"),
    Key("Learn back", "row", "the last one", "the answer that is looked back from"),
    Key("Feed", "tasks_task", "Recall the first letter", "the task"),
    Key("Feed", "tasks_base", "10", "different digits"),
    Key("Feed", "tasks_digits", "3", "digits of the longest number"),
    Key("Feed", "tasks_last", "999", "the last Roman numeral, as a number"),
    Key("Feed", "tasks_first", "2001", "the first year of the dates"),
    Key("Feed", "tasks_years", "4", "how many years"),
    Key("Feed", "tasks_kinds", "2", "kinds of brackets"),
    Key("Feed", "tasks_depth", "3", "brackets that can be open at once"),
    Key("Feed", "tasks_symbols", "4", "different letters"),
    Key("Feed", "tasks_length", "3", "letters to copy"),
    Key("Feed", "tasks_delay", "5", "blanks between the letters and their copy"),
    Key("Feed", "tasks_gap", "6", "tokens of noise before the question"),
    Key("Feed", "tasks_every", "8", "of bits and questions, one in so many asks"),
    Key("Feed", "tasks_sequence", "a a b a b b", "the tokens of a periodic sequence"),
    Key("Feed", "tasks_table", "Reber's grammar", "an automaton: rows of state, token, state"),
    _of(AT)._replace(default="what needs most"),
    Key("Feed", "tasks_figures", "closed", "the fold with what the task needs, in figures"),
    Key("Feed", "tasks_network", "closed", "the fold with the small network"),
    Key("Feed", "tasks_bits", "10110010.8", "bits of the small network, and how many it has read"),
    Key("Feed", "tasks_model", "Model5", "the model to train on the task"),
    Key("Feed", "tasks_bptt", "the recipe's", "tokens that gradients reach back over"),
    Key("Feed", "tasks_tokens", "20000", "tokens of the text to learn from"),
    *(
        Key(room, f"{part}_{name}", default, meaning)
        for room, part in _OWN_TEXTS
        for name, default, meaning in (
            ("text", "", "the reader's own text; of a long one its name at this server"),
            ("tokens", "word", "what a token of the reader's own text is"),
            ("own_*", "500, 1, 10", "of an own text: merges, minimum count, percent for valid"),
        )
    ),
)
"""Parameters of the address; most are also the key of the widget that they set."""

TAKES = {**takes.TAKES, **{key.name: key.takes for key in ADDRESS if key.takes}}
"""Parameter of the address -> what it accepts, unless it accepts any text."""

SESSION: tuple[Key, ...] = (
    Key(EVERY, "_own_corpus", "none", "the id of the own text in the box of Feed or Train"),
    Key(EVERY, "_own_text", "none", "what the box for an own text held when it was drawn last"),
    *(
        Key(room, f"{part}_own_box", "", "what the box for an own text has reported")
        for room, part in _OWN_TEXTS
    ),
    Key(EVERY, "lost_run", "", "an id in the address that no run has"),
    Key(EVERY, "shown_run", "", "the run that the last page showed"),
    Key(EVERY, "next_run", "", "the run to bring into view when the page next runs"),
    Key(EVERY, "lost_made", "", "how the link says that run was made"),
    Key(EVERY, "lost_error", "", "why it could not be trained"),
    Key(EVERY, "lost_train", "", "button that trains it"),
    Key(EVERY, "_*_asked", "", "what the address said when a row of controls was set last"),
    Key(EVERY, "last_start", "", "the last run that was started, its settings, and when"),
    Key(EVERY, "orders", "none", "what the student's own device was asked to train"),
    Key(EVERY, "locked", "", "whether a teacher's link was opened in this tab"),
    Key(EVERY, "mode", "", "the mode, light or dark, in which an export draws"),
    Key(EVERY, "lesson_kept", "", "the step of a lesson that the address named last"),
    Key(EVERY, "lesson_turn", "0", "how often a page was drawn beside a lesson"),
    Key("Count", "start_train", "", "button"),
    Key("Count", "start_error", "", "why the last press on Train did nothing"),
    Key("Feed", "data_good", "", "the last sentence that could be read"),
    Key("Feed", "data_vocab", "", "the table of the vocabulary"),
    Key("Feed", "_batches_good", "4, 8", "the last sizes that could be used"),
    Key("Feed", "_batches_fitted", "", "the own text that the sizes were last compared with"),
    Key("Build", "_models_good_unit", "", "the last unit that the layer has"),
    Key("Train", "train_error", "", "why the last press on Train did nothing"),
    Key("Train", "train_settings", "", "the settings of the next run that are not the default"),
    Key("Train", "train_seen_positions", "", "whether that picture was scrolled to"),
    Key("Remember", "states_good_*", "", "the last text that could be read, by vocab"),
    Key(
        "Remember",
        "predictions_*_good",
        "",
        "the last prompt, other text or number that could be used",
    ),
    Key("Remember", "predictions_to_*", "", "button to a model that carries its state"),
    Key("Remember", "remember_put", "", "button"),
    Key("Remember", "remember_put_in", "", "whether that button led to the other memory"),
    Key("Feed", "tasks_start", "", "button"),
    Key("Feed", "tasks_error", "", "why the last press on Train did nothing"),
    Key("Feed", "_tasks_good", "", "the last parameters of each task that could be used"),
    Key("Feed", "_tasks_wrong", "", "what is wrong with the reader's automaton"),
    Key("Feed", "_tasks_followed", "", "the run that the controls were last set to"),
    Key("Class", "class_codes", "", "pasted codes of guesses"),
    Key("Class", "class_paste", "", "button"),
    Key("Class", "class_pasted", "", "what became of the codes that were pasted last"),
    Key("Class", "class_keep", "", "button"),
    Key("Class", "class_stop", "", "button"),
    Key("Class", "class_stop_now", "", "button"),
    Key("Class", "class_stopped", "", "what the last press on it did"),
    Key("Class", "class_stopping", "", "whether it waits for a second press"),
    Key("Learn back", "time_good_*", "", "the last words that could be used"),
)
"""Keys of the session state alone."""


def wrong(name: str, value: str) -> str | None:
    """Say why a parameter cannot have a value; None if it can, as far as its kind shows."""
    return takes.wrong(name, value, TAKES[name]) if name in TAKES else None


_HEAD = """# Addresses and session keys

Written by `python -m hnviz.app.shell.keys` from hnviz/app/shell/keys.py: change that table.

A page's state is in its address, so a link or a bookmark shows it again. A parameter that the
address lacks has its default."""


def as_markdown() -> str:
    """Write the tables for docs/."""
    parts = [
        _HEAD,
        "## In the address",
        _table(ADDRESS, with_takes=True),
        "## In the session alone\n\nThese last until the browser's tab is closed.",
        _table(SESSION),
    ]
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Write docs/addresses.md."""
    DOC.write_text(as_markdown(), encoding="utf-8")


def _table(keys: Iterable[Key], *, with_takes: bool = False) -> str:
    names = ["Page", "Name", "Default", *(["Takes"] if with_takes else []), "Meaning"]
    rows = [
        [
            *(key.page, f"`{key.name}`", key.default),
            *([TAKES.get(key.name, "")] if with_takes else []),
            key.meaning,
        ]
        for key in keys
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [names, ["---"] * len(names), *rows])


if __name__ == "__main__":
    write()
