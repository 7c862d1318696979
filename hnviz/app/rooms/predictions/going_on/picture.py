"""What the network says on its own after a prompt, each word under the true one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.predictions.answers.cells import DRAWS, Answers, Cell
from hnviz.app.rooms.predictions.next_word.picture import TEXT
from hnviz.app.rooms.predictions.prompt import read_prompt
from hnviz.data import Corpus, Vocab, continuation, corpus_of, stream_of
from hnviz.figures.answers import Bar, likeliest
from hnviz.figures.word_text import first_wrong, said_position, said_sentence
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

SAID = 40  # tokens
MOST_SAID = 200
HOTTEST = 10.0  # temperature
LAST_SEED = 2**31 - 1


def _going_on(look: Look) -> Reply:
    config = look.run.record.config
    given, vocab = read_prompt(look.params["text"], config), stream_of(config).vocab
    asked: dict[str, Any] = {name: look.params[name] for name in ("n", "temperature", "seed")}
    asked["top_k"] = look.params["top_k"] or len(vocab)
    answer = look.ask("next_word", {"ids": list(given.ids), **asked})
    said = [vocab.itos[index] for index in answer.arrays["said"].tolist()]
    truth, no_truth = _truth(given.tokens, len(said), corpus_of(config))
    sentence = said_sentence(said, truth, no_truth)
    cells, bars, says = [], [], []
    for at in range(len(said)):
        shares = answer.arrays["probabilities"][len(given.ids) - 1 + at]
        index = int(answer.arrays["said"][at])
        drawn = (float(answer.arrays["drawn"][at]), index)
        cell, bar, told = _word((said, truth), at, shares, drawn, vocab)
        cells.append(cell)
        bars.append(bar)
        says.append(told)
    picture = Answers(
        param="said",
        alt=sentence,
        cells=cells,
        bars=bars,
        says=says,
        start=first_wrong(said, truth) or 0,
        lines=("above: the true text", "below: what it says") if truth else (),
    )
    return Reply({}, picture.meta, sentence)


def _word(
    texts: tuple[Sequence[str], Sequence[str]],
    at: int,
    shares: NDArray[np.floating],
    drawn: tuple[float, int],
    vocab: Vocab,
) -> tuple[Cell, list[Bar], str]:
    """Return the cell, the bars and the sentence of one word said.

    `texts` are the words said and the true ones; `drawn` is the word's probability in the draw, and
    its id.
    """
    (said, truth), word, index = texts, texts[0][at], drawn[1]
    true = truth[at] if at < len(truth) else None
    wrong = first_wrong(said, truth)
    is_late = wrong is not None and at > wrong
    cell = Cell(
        word=word,
        above=(true or "") if truth else None,
        share=float(shares[index]),
        mark="wrong" if at == wrong else "late" if is_late else "",
    )
    wanted = None if is_late else true
    note = {index: "said"}
    if wanted is not None:
        note[vocab.stoi[wanted]] = "its word, correct" if wanted == word else "correct"
    return cell, likeliest([shares], vocab.itos, note), said_position(word, shares, drawn, wanted)


def _truth(words: Sequence[str], n: int, read: Corpus) -> tuple[list[str], str]:
    """Return how the text truly goes on, or no words and a sentence that says why."""
    try:
        return continuation(words, n, read), ""
    except ValueError as error:
        return [], str(error)


SAYING_VIEW = View(
    "going_on",
    {
        "text": TEXT,
        "n": Param("int", SAID, low=1, high=MOST_SAID),
        "temperature": Param("float", 0.0, low=0, high=HOTTEST),
        "top_k": Param("int", 0, low=0),  # 0: all words
        "seed": Param("int", 0, low=0, high=LAST_SEED),
    },
    _going_on,
)

EXAMPLES = {
    "ready": Example("Model5", [ask(SAYING_VIEW, text="4316 to 4318")]),
    "long": Example("Model5", [ask(SAYING_VIEW, text="8314 to 8316", n=MOST_SAID)]),
}

SAYING = Picture(
    __file__,
    Place("predictions_saying", "428px", "762px"),
    views=(SAYING_VIEW,),
    draws=DRAWS,
    examples=EXAMPLES,
)
