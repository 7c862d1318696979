"""What the engine in the browser has to know about a model and a text, as JSON can hold it."""

from typing import Any

from hnviz.config import RunConfig
from hnviz.data import SPECIALS, corpus_of, kind_of, numbers_of, stream_of
from hnviz.data.corpora.own import LIMITS, MAX_DISTINCT_TOKENS, MIN_TOKENS
from hnviz.data.corpora.texts import MAX_TEXT_BYTES
from hnviz.data.numbers import ONES, PLACES, TEENS, TENS
from hnviz.data.tokens import BOS, COMMA
from hnviz.models.catalogue import BUILT_IN, entry
from hnviz.models.spec import IRNN

IN_BROWSER = tuple(name for name in BUILT_IN if not entry(name).dropout)
"""The models that the engine trains: those without dropout. It reads with every built-in model."""

ANSWERED = (
    *("attention", "count_on", "counting_accuracy", "forced_or_free", "look_back", "reading"),
    *("state_gradients", "surgery", "surgery_claims", "unit_codes", "units"),
)
"""The questions that the engine answers: `ANSWERED` in hnviz/browser/questions.js."""


def form_of(model: str) -> dict[str, Any]:
    """Return a model's form, as hnviz/browser/parameters.js describes it.

    Raises ValueError for a model that the engine does not have.
    """
    if model not in BUILT_IN:
        raise ValueError(
            f"no model named {model!r} runs in a browser; choose one of {', '.join(BUILT_IN)}"
        )
    net = entry(model)
    return {
        "cell": net.recurrent.kind if net.recurrent else "",
        "layers": net.n_layers,
        "nonlinearity": net.nonlinearity,
        "identity": net.cell is IRNN,
        "normOver": net.norm_over,
        "normInLoop": net.norm_in_loop,
        "predicts": net.predicts,
        "stateful": net.stateful,
        "attends": net.attends,
        "maxBptt": net.max_bptt,
        "dropout": bool(net.dropout),
    }


def facts_of(config: RunConfig) -> dict[str, Any]:
    """Return what the engine's questions need to know about a run; see hnviz/browser/subject.js.

    "form" is None for a user's own model, which no browser can run.
    """
    net = entry(config.model)
    return {
        "model": config.model,
        "nh": config.nh,
        "bptt": config.bptt,
        "form": form_of(config.model) if config.model in BUILT_IN else None,
        "state": list(net.state),
        "window": None if net.stateful else config.bptt,
        "shows": list(net.shows),
        "gates": list(net.gates),
        "gateTitles": {name: net.gate(name).title for name in net.gates},
        "keeper": net.cell.keeper if net.cell else "",
        "signed": [name for name in net.gates if net.gate(name).signed],
        "bounded": net.nonlinearity == "tanh",
        **_text_facts(config),
    }


def _text_facts(config: RunConfig) -> dict[str, Any]:
    read = corpus_of(config)
    numbers = numbers_of(config) if read.unit == "numbers" else None
    splits = {"train": numbers.train, "valid": numbers.valid} if numbers else {}
    return {
        "itos": list(stream_of(config).vocab.itos),
        "level": read.level,
        "title": read.title,
        "counts": read.spell is not None,
        "digits": read.has_digits,
        "corpus": config.corpus,
        "split": config.split,
        "numbers": {
            split: [[each.start, each.stop - 1] for each in stretches]
            for split, stretches in splits.items()
        },
    }


def job_of(config: RunConfig) -> dict[str, Any]:
    """Return what the engine needs to train a run; see hnviz/browser/limits.js.

    Any text will do: it is sent as ids. Raises ValueError for a model that the engine does not have
    and CorpusError for a text that is not there.
    """
    stream = stream_of(config)
    return {
        "form": form_of(config.model),
        "config": config.to_dict(),
        "train": stream.train.tolist(),
        "valid": stream.valid.tolist(),
        "kinds": [kind_of(token) for token in stream.vocab.itos],
    }


def reading_form() -> dict[str, Any]:
    """Return the rules for a user's own text; hnviz/browser/text.js describes them."""
    words = (COMMA, *PLACES, *TENS, *TEENS, *ONES)
    return {
        "begin": BOS,
        "specials": list(SPECIALS),
        "kinds": {word: kind_of(word) for word in words},
        "otherKind": kind_of(BOS),
        "limits": {name: list(LIMITS[name]) for name in ("min_count", "valid")},
        "maxBytes": MAX_TEXT_BYTES,
        "minTokens": MIN_TOKENS,
        "maxDistinct": MAX_DISTINCT_TOKENS,
    }
