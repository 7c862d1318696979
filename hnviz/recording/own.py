"""A network that only its own class computes: its description, and stored answers about it.

The process that has the class answers what pages open with, at each snapshot, and stores that in
the run's folder: another process may not have the class.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from hnviz.data import TokenStream, corpus_of, stream_of
from hnviz.data.phrase import KEPT_FIRST, READ_FIRST, SAYS, example, read_phrase
from hnviz.learn.finding import ROWS, Names, Reader
from hnviz.learn.opened import Opened
from hnviz.learn.state import is_state
from hnviz.models.catalogue import entry
from hnviz.observe import QUESTIONS, Subject
from hnviz.own.network import OWN, STATES, Network, NetworkError
from hnviz.questions.frame import pack
from hnviz.recording.naming import near, part_of
from hnviz.runs import RunFolder
from hnviz.runs.answers import LASTING, named, squeezed, store_recorded
from hnviz.runs.asking import Question, store

Asked = tuple[str, dict[str, Any]]
"""A question and its parameters."""


def own_network(reader: Reader, names: Names, code: str) -> Network | None:
    """Describe a network that only its class can compute; None if its state cannot be followed.

    It must carry its state and read any number of tokens, the same token by token as at once, and
    draw nothing at random.
    """
    twin = reader.twin
    shapes = {tuple(each.shape) for each in twin.zeros}
    if not twin.zeros or reader.reads != "any" or len(shapes) > 1 or len(twin.zeros) > len(STATES):
        return None
    chance = torch.get_rng_state()
    goes_on = _reads_on(reader)
    if not goes_on or not torch.equal(torch.get_rng_state(), chance):
        return None
    (shape,) = shapes
    sizes = {twin.nv: "nv", shape[-1]: "nh"}
    parts = [part_of(twin.module, names.embedding, "i_h", sizes)]
    if names.head:
        parts.append(part_of(twin.module, names.head, "h_o", sizes))
    layers = 1
    for size in shape[:-2]:
        layers *= size
    try:
        return Network(
            class_name=type(twin.module).__name__,
            cell=OWN,
            parts=tuple(parts),
            predicts=reader.predicts,
            stateful=True,
            n_layers=layers,
            n_states=len(twin.zeros),
            code=code,
        )
    except NetworkError:
        return None


def _reads_on(reader: Reader) -> bool:
    """Return whether reading token by token gives the same answers and state as reading at once."""
    x, state, said = reader.ids(ROWS), reader.twin.start(ROWS), list[Tensor]()
    whole = reader.twin.read(x)
    for step in range(x.shape[1]):
        one = reader.twin.read(x[:, step : step + 1], state)
        state = one.state
        said.append(one.logits.flatten(1))
    together = torch.stack(said, dim=1) if reader.predicts == "every" else said[-1]
    return all(map(near, (together, *state), (whole.logits, *whole.state)))


def named_zeros(reader: Reader) -> dict[str, Tensor]:
    """Return a state of one row as a snapshot names its tensors."""
    names = ("state", *(f"state.{name}" for name in STATES[1:]))
    return dict(zip(names, reader.twin.zeros, strict=False))


def store_answers(folder: RunFolder, step: int, opened: Opened) -> None:
    """Answer what pages open with about a snapshot. Raises RunWriteError, and what a model raises.

    The snapshot's file is there, and `opened` has its weights.
    """
    stream = stream_of(folder.config)
    subject = Subject(folder.config, stream.vocab, opened)
    found = {}
    for question, params in first_questions(folder, stream):
        frame = pack(QUESTIONS[question](subject, params))
        name = named(folder, step, question, params).name(LASTING)
        found[name] = ((step, question, params, LASTING), squeezed(frame))
    store_recorded(folder, step, found)


def answer_question(folder: RunFolder, asked: Question, opened: Opened) -> None:
    """Answer a question about a snapshot, or store why not. Raises RunWriteError."""
    answer: bytes | str
    try:
        if asked.question not in QUESTIONS:
            raise ValueError(f"no question is named {asked.question!r:.60}")
        tensors = folder.load_snapshot(asked.step)
        weights = {n: torch.from_numpy(t) for n, t in tensors.items() if not is_state(n)}
        opened.load_state_dict(weights)
        subject = Subject(folder.config, stream_of(folder.config).vocab, opened)
        answer = pack(QUESTIONS[asked.question](subject, asked.params))
    except Exception as error:  # a picture of parts that the model lacks, or the user's class
        answer = (
            f"{folder.config.called} computes something of its own; this picture cannot be made of "
            f"it: {error!s:.200}"
        )
    store(folder.path, asked.name, answer)


def first_questions(folder: RunFolder, stream: TokenStream) -> Iterator[Asked]:
    """Yield what the reading machine and the states ask when a page opens."""
    config = folder.config
    net, corpus = entry(config.model), corpus_of(config)

    def ids(text: str) -> list[int]:
        phrase = read_phrase(example(config, text), stream.vocab, corpus)
        return stream.vocab.numericalize(phrase.tokens).tolist()

    how = {"n": SAYS, "begin": 0, "temperature": 0.0, "seed": 0}
    yield "reading", {"ids": ids(READ_FIRST), **how}
    kept = ids(KEPT_FIRST)
    for layer in range(net.n_layers):
        for show in net.shows:
            for question in ("units", "unit_order"):
                yield question, {"ids": kept, "layer": layer, "show": show}
