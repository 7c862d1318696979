"""The path of the state: the two directions in which it varies most."""

import numpy as np

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.hidden_states.units.picture import LAYER, layer_of
from hnviz.data import NOTEBOOK, TextChoice, kind_of, numbers_of, stream_of
from hnviz.data.numbers import LAST_NUMBER
from hnviz.figures import code_text
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

FIRST, N = 4360, 20  # numbers
MOST = 100


def _path(look: Look) -> Reply:
    """Return the state after each token in two dimensions: "points", float32 (n_tokens, 2)."""
    layer, record = layer_of(look), look.run.record
    first, n = look.params["first"], look.params["n"]
    if wrong := numbers_problem(first, n, record.config):
        raise ValueError(wrong)
    numbers = (first, first + n - 1)
    found = look.ask("state_path", {"layer": layer, "first": numbers[0], "last": numbers[1]})
    itos = stream_of(record.config).vocab.itos
    words = [itos[index] for index in found.arrays["ids"].tolist()]
    explained, points = found.meta["explained"], found.arrays["points"]
    many = entry(record.config.model).n_layers > 1
    meta = {
        "bounds": np.abs(points).max(axis=0),
        "words": words,
        "kinds": [kind_of(word) for word in words],
        "numbers": found.arrays["number"],
        "explained": explained,
        "note": code_text.path_note(f"layer {layer}" if many else "the one layer"),
    }
    jump = code_text.longest_jump(points, words, found.arrays["number"].tolist())
    sentence = code_text.path_sentence(record.config.called, look.step, numbers, explained, jump)
    return Reply({"points": points.astype(np.float32)}, meta, sentence)


def numbers_problem(first: int, n: int, text: TextChoice = NOTEBOOK) -> str | None:
    """Say why a run's text has no such path, None if it has."""
    found = numbers_of(text).stretch_with(first)
    if found is None:
        wanted = "1 to 7999 or from 8001 to 9999" if text.split == "notebook" else "1 to 9999"
        return f"The first number must be from {wanted}; got {first:,}."
    end = found[1][-1]
    most = min(MOST, end - first + 1)
    if 1 <= n <= most:
        return None
    stops = "ends with" if text.split == "notebook" or end == LAST_NUMBER else "has a gap after"
    rest = f": the text {stops} {end:,}" if most < MOST else ""
    return f"From {first:,} on, the path can have 1 to {most} numbers{rest}; got {n:,}."


PATH_VIEW = View(
    "path", {"layer": LAYER, "first": Param("int", FIRST), "n": Param("int", N)}, _path, slow=True
)

EXAMPLES = {
    "ready": Example("Model5", [ask(PATH_VIEW, at="rest")]),
    "long": Example("Model5", [ask(PATH_VIEW, at="rest", n=MOST)]),
}

PATH = Picture(
    __file__, Place("states_path", "801px", "736px"), views=(PATH_VIEW,), examples=EXAMPLES
)
