"""The questions of the Predictions page about next words and about a changed state."""

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.models.catalogue import entry
from hnviz.observe.claims import CLAIMS, N_PROMPTS, SEED, outcomes, tried
from hnviz.observe.params import Params, numbered, only, real, whole
from hnviz.observe.passes import read_text
from hnviz.observe.reply import Reply
from hnviz.observe.speech import Sampling, finite, say
from hnviz.observe.subject import Subject
from hnviz.observe.surgery import Swap, Units, answers_on, go_on, read

MAX_PROMPT = 2000  # tokens
MAX_SAID = 200  # words that a model says on its own
HOTTEST = 10.0  # temperature; above it, all words are about equally likely
LAST_SEED = 2**31 - 1
MOST_VALUE = 100.0  # largest value for a unit


def ask_next_word(subject: Subject, params: Params) -> Reply:
    """Return what follows each token of `ids`, and let the model say `n` words after them.

    Words are drawn at `temperature` from the `top_k` likeliest, with `seed`. arrays:
    "probabilities", float32 (n_tokens + n - 1, nv), the answer after each token of the prompt and
    each word said except the last; "surprise", float64 (n_tokens - 1,), -log2 p of each token
    after the first; "said", ids; "drawn", the probability with which each was drawn. meta:
    "window", the tokens that each answer reads in a model that carries no state, or None.
    """
    only(params, "ids", "n", "temperature", "top_k", "seed")
    ids, n_words = _prompt(subject, params, "ids"), len(subject.vocab)
    how = Sampling(
        temperature=real(params, "temperature", 0.0, 0.0, HOTTEST),
        top_k=whole(params, "top_k", n_words, 1, n_words),
        seed=whole(params, "seed", 0, 0, LAST_SEED),
    )
    speech = say(subject, ids, whole(params, "n", 20, 1, MAX_SAID), how)
    logits = finite(torch.from_numpy(read_text(subject, ids).logits)).double()
    answers = logits.log_softmax(-1).numpy()  # (n_tokens, nv)
    surprise = -answers[np.arange(len(ids) - 1), ids[1:]] / log(2)
    arrays: dict[str, NDArray[Any]] = {
        "probabilities": np.concatenate([np.exp(answers), speech.probabilities[1:]]).astype("f4"),
        "surprise": surprise,
        "said": speech.ids,
        "drawn": speech.drawn,
    }
    return Reply(arrays, {"window": subject.window})


def ask_surgery(subject: Subject, params: Params) -> Reply:
    """Let the model say `n` words after `ids`, with its own state and with a changed one.

    With `other`, also ids, the state after that text replaces the model's: all of it, or `layer`.
    Else `units` of `layer` are set to `value`: once, or with `hold` before every word.
    arrays, each for "untouched" and "changed": "untouched_state", float32 (n_layers, nh), before
    the first word; "untouched_said", ids; "untouched_probabilities", (n, nv). "same_words",
    (n, nv): the answers from the untouched state on the words that the changed one said. With
    `other`, "other_said": what the model says after that text itself.
    """
    only(params, "ids", "n", "other", "layer", "units", "value", "hold")
    state = read(subject, _prompt(subject, params, "ids"))
    change, hold = _change(subject, params)
    n = whole(params, "n", 20, 1, MAX_SAID)
    arrays: dict[str, NDArray[Any]] = {}
    courses = {
        "untouched": go_on(subject, state, n),
        "changed": go_on(subject, state, n, change, hold=hold),
    }
    for name, course in courses.items():
        arrays[f"{name}_state"] = course.state[:, 0]
        arrays[f"{name}_said"] = course.ids[0]
        arrays[f"{name}_probabilities"] = course.probabilities[0].astype("f4")
    said = arrays["changed_said"]
    arrays["same_words"] = answers_on(subject, state, said).astype("f4")
    if "other" in params:
        own = say(subject, _prompt(subject, params, "other"), n, Sampling())
        arrays["other_said"] = own.ids
    return Reply(arrays, {})


def ask_surgery_claims(subject: Subject, params: Params) -> Reply:
    """Say what a change of the state does after `ids`, and for how many drawn prompts it does so.

    The parameters are those of "surgery". meta: "claim", the closest of `CLAIMS`
    that holds after `ids`; "holds", for each claim, the number of the "n" prompts drawn from train
    by "seed" for which it holds. Raises CorpusError for a text that does not list numbers.
    """
    only(params, "ids", "other", "layer", "units", "value", "hold")
    state = read(subject, _prompt(subject, params, "ids"))
    change, hold = _change(subject, params)
    here = outcomes(subject, state, change, hold=hold)
    claim = next(name for name, holds in CLAIMS.items() if holds(here)[0])
    holds = tried(subject, change, hold=hold)
    return Reply({}, {"claim": claim, "holds": holds, "n": N_PROMPTS, "seed": SEED})


def _change(subject: Subject, params: Params) -> tuple[Swap | Units, bool]:
    change, hold = _operation(subject, params), params.get("hold", False)
    if not isinstance(hold, bool) or (hold and isinstance(change, Swap)):
        raise ValueError(f"hold must be true or false, and applies only to units; got {hold!r}")
    return change, hold


def _operation(subject: Subject, params: Params) -> Swap | Units:
    last_layer = entry(subject.config.model).n_layers - 1
    if "other" in params:
        other = read(subject, _prompt(subject, params, "other"))
        named = params.get("layer") is not None
        return Swap(
            other=other, layer=whole(params, "layer", None, 0, last_layer) if named else None
        )
    last_unit = subject.config.nh - 1
    units = params.get("units", ())
    if not isinstance(units, (list, tuple)):
        raise ValueError(f"units must be a list of whole numbers; got {units!r}")
    return Units(
        layer=whole(params, "layer", last_layer, 0, last_layer),
        units=tuple(whole({"unit": unit}, "unit", None, 0, last_unit) for unit in units),
        value=real(params, "value", 0.0, -MOST_VALUE, MOST_VALUE),
    )


def _prompt(subject: Subject, params: Params, name: str) -> NDArray[np.int64]:
    if name not in params:
        raise ValueError(f"the question needs {name}, a list of whole numbers")
    ids = numbered(subject, {"ids": params[name]})
    if not 1 <= len(ids) <= MAX_PROMPT:
        raise ValueError(f"a prompt must have 1 to {MAX_PROMPT:,} tokens; got {len(ids):,}")
    return ids


WORD_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "next_word": ask_next_word,
    "surgery": ask_surgery,
    "surgery_claims": ask_surgery_claims,
}
