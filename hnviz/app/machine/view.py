"""What the reading machine shows of a snapshot: a text as it is read, and what each unit codes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.rooms.hidden_states.units.picture import untrained_codes
from hnviz.app.rooms.predictions.prompt import read_prompt
from hnviz.config import RunConfig
from hnviz.data import corpus_of, judge, stream_of
from hnviz.data.places import LABELS
from hnviz.figures.offers import without_digits
from hnviz.figures.state_text import full_colour
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

SAID = 12  # words after the text
MOST_SAID = 200
HOTTEST = 10.0  # temperature
LAST_SEED = 2**31 - 1


def _reading(look: Look) -> Reply:
    """Answer the question "reading" for a typed text, with the facts that its sentences need.

    The arrays are the question's. meta has besides the question's: "words", id -> word, of all ids
    in the arrays; "nv", the words of the vocabulary; "remark", about the text; "truth", for each
    word said the true one and "right" or "wrong", or None and ""; "level" of the tokens: "word",
    "char" or "bpe"; "layers"; "keeper", the
    title of the gate of "passes", or ""; "attends"; "stateful"; "carries", the names of the tensors
    that it carries from window to window; "predicts", "every" or "last"; "bptt"; "model"; "step";
    "scale", the value of a unit that has full colour; "bounded", whether no unit can exceed 1.
    """
    config = look.run.record.config
    given = read_prompt(look.params["text"], config)
    names = ("n", "begin", "temperature", "seed")
    asked = {"ids": list(given.ids), **{name: look.params[name] for name in names}}
    asked["top_k"] = look.params["top_k"] or None
    answer = look.ask("reading", asked)
    arrays, itos = answer.arrays, stream_of(config).vocab.itos
    used = np.union1d(arrays["ids"], arrays["best"][arrays["best"] >= 0])
    said = [itos[index] for index in arrays["ids"][len(given.ids) :].tolist()]
    meta = {
        **answer.meta,
        **_facts(config),
        "words": {str(index): itos[index] for index in used.tolist()},
        "nv": len(itos),
        "remark": given.remark,
        "truth": _truth(given.tokens, said, config),
        "step": look.step,
        "scale": full_colour(config.model, "state", arrays["states"]),
    }
    return Reply(arrays, meta)


def _facts(config: RunConfig) -> dict[str, Any]:
    """Return what the sentences need to know about a run."""
    net = entry(config.model)
    keeper = net.cell.keeper if net.cell else ""
    return {
        "model": config.called,
        "level": corpus_of(config).level,
        "layers": net.n_layers,
        "keeper": net.gate(keeper).title if keeper else "",
        "attends": net.attends,
        "stateful": net.stateful,
        "carries": list(net.state) if net.stateful else [],
        "predicts": net.predicts,
        "bptt": config.bptt,
        "bounded": net.nonlinearity == "tanh",
    }


def _truth(
    tokens: Sequence[str], said: Sequence[str], config: RunConfig
) -> list[tuple[str | None, str]]:
    try:
        return judge(tokens, said, corpus_of(config))
    except ValueError:  # the text has no one true continuation
        return [(None, "")] * len(said)


def _codes(look: Look) -> Reply:
    """Return what each unit of each layer codes.

    arrays: "explained", float32 (n_layers, nh, 5), the share of each unit's variance over train
    that each of `LABELS` explains; "untrained", float32 (n_layers, 5), the largest share of a unit
    before training, absent if the run lacks that snapshot; "order", int64 (n_layers, nh), the units
    by what they code. meta: "labels", empty for a text without digits, in which nothing is coded;
    "groups", for each layer its [label, count] pairs in that order, "little" last; "step".
    """
    config = look.run.record.config
    n_layers = entry(config.model).n_layers
    if without_digits(config):
        shape = n_layers, config.nh
        arrays: dict[str, NDArray[Any]] = {
            "explained": np.zeros((*shape, len(LABELS)), dtype=np.float32),
            "order": np.broadcast_to(np.arange(config.nh), shape).copy(),
        }
        return Reply(arrays, {"labels": (), "groups": [[]] * n_layers, "step": look.step})
    layers = range(n_layers)
    coded = [look.ask("unit_codes", {"layer": layer}) for layer in layers]
    explained = np.stack([each.arrays["explained"] for each in coded]).astype(np.float32)
    arrays = {"explained": explained, "order": np.array([each.meta["order"] for each in coded])}
    twins = [untrained_codes(look, layer) for layer in layers]
    if look.step == 0:
        arrays["untrained"] = explained.max(axis=1)
    elif all(each is not None for each in twins):
        arrays["untrained"] = np.stack(
            [each.max(axis=0) for each in twins if each is not None]
        ).astype(np.float32)
    meta = {"labels": LABELS, "groups": [each.meta["groups"] for each in coded], "step": look.step}
    return Reply(arrays, meta)


READING_VIEW = View(
    "machine",
    {
        "text": Param("text"),
        "n": Param("int", SAID, low=0, high=MOST_SAID),
        "begin": Param("int", 0, low=0),
        "temperature": Param("float", 0.0, low=0, high=HOTTEST),
        "top_k": Param("int", 0, low=0),  # 0: all words
        "seed": Param("int", 0, low=0, high=LAST_SEED),
    },
    _reading,
)
CODES_VIEW = View("machine_codes", {}, _codes, slow=True)
