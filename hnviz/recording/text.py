"""The text that a loop trains on, as a corpus: pictures turn ids into words with its vocabulary."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hnviz.config import RunConfig
from hnviz.data import CorpusError, stream_of
from hnviz.data.corpora import BUILT_IN, FAMILIES
from hnviz.data.corpora.numbered import numbered, tokenizer, visible
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.given import kind
from hnviz.recording.settings import Options

IN_ORDER = "a list of the tokens in the order of their ids"
VALID_SHARE = 10  # percent of a text, taken from its end, if the loop has no text to test on


def choose_text(text: Any, options: Options, nv: int | None) -> RunConfig:
    """Return settings whose text is the loop's.

    `text` is the id of a corpus of hnviz, or a text, or tokens. With the option `vocab`, the text
    is numbered with it, split at spaces, or into characters if `vocab` is characters. `nv` is the
    number of tokens that the model's embedding knows. Raises CorpusError for a text that does not
    fit it.
    """
    vocab = options.get("vocab")
    if vocab is not None:
        config = RunConfig(corpus=_numbered(text, _tokens(vocab), options.get("valid")))
    elif not isinstance(text, str):
        wanted = "text must be a string, or with vocab a list of tokens"
        raise CorpusError(f"{wanted}; got {kind(text)}")
    else:
        is_known = text in BUILT_IN or text.partition("-")[0] in FAMILIES
        config = RunConfig(corpus=text if is_known else own_corpus(text.encode(), Way()).id)
    words = len(stream_of(config).vocab)
    if nv is not None and words != nv:
        where = "vocab has" if vocab else "the text has"
        advice = "" if vocab else f": pass vocab, {IN_ORDER}"
        raise CorpusError(
            f"the model's embedding has {nv:,} rows, and {where} {words:,} tokens{advice}"
        )
    return config


def _tokens(vocab: Any) -> list[Any]:
    if isinstance(vocab, str) or not isinstance(vocab, Iterable):
        raise CorpusError(f"vocab must be {IN_ORDER}; got {kind(vocab)}")
    return sorted(vocab, key=vocab.__getitem__) if isinstance(vocab, Mapping) else list(vocab)


def _numbered(text: Any, vocab: list[Any], valid: Any) -> str:
    """Return the id of a text in the user's own numbers."""
    words = [str(each) for each in vocab]
    known = {word: index for index, word in enumerate(words)}
    ids = _ids(text, known)
    if valid is None:
        cut = len(ids) * (100 - VALID_SHARE) // 100
        train, test = ids[:cut], ids[cut:]
    else:
        train, test = ids, _ids(valid, known)
    return numbered(visible(words), train, test).id


def _ids(text: Any, known: Mapping[str, int]) -> list[int]:
    tokens: Sequence[Any] = tokenizer(known)(text) if isinstance(text, str) else text
    if hasattr(tokens, "tolist"):  # a tensor or an array of ids
        tokens = tokens.tolist()
    found = []
    for token in tokens:
        if isinstance(token, int):
            found.append(token)
        elif str(token) in known:
            found.append(known[str(token)])
        else:
            raise CorpusError(f"the text has the token {str(token)[:40]!r}, and vocab does not")
    return found
