"""One forward pass of a snapshot, line by line: what ran, what it made, and what is new in it."""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.models.source import new_forward_lines
from hnviz.data import stream_of
from hnviz.figures.cursor_text import opening_step, reading_line, row_names, step_sentences
from hnviz.models.catalogue import entry
from hnviz.questions.view import Look, Reply, View

MOST_NAMED = 256  # tokens: no picture has more columns


def _cursor(look: Look) -> Reply:
    """Return every tensor of one forward pass: "values", int8, one after the other.

    meta: "steps", each line as it ran, with its sentence; "tensors", where each lies in values;
    "sources", the lines of forward with those that are "new"; "words", the tokens that were read.
    The sentence belongs to the step that a reader sees first.
    """
    found = look.ask("cursor", {"batch": 0})
    model, ids = look.run.record.config.model, found.arrays["ids"]
    itos = stream_of(look.run.record.config).vocab.itos
    words = [[itos[index] for index in row] for row in ids.tolist()]
    source, sentences = found.meta["source"], step_sentences(found.meta)
    first = opening_step(found.meta)
    meta: dict[str, Any] = {
        "names": [model],
        "sources": [{**source, "new": new_forward_lines(model, source)}],
        "roles": part_roles(model),
        "tensors": found.meta["tensors"],
        "scales": found.meta["scales"],
        "steps": [
            {"lines": [step["line"]], "lasts": [step["last"]], "made": step["made"], "say": say}
            for step, say in zip(found.meta["steps"], sentences, strict=True)
        ],
        "rows": row_names(words),
        "words": words,
        "itos": list(itos[:MOST_NAMED]),
        "first": first,
        "note": reading_line(found.meta, (len(ids), ids.shape[1]), model),
    }
    return Reply({"values": found.arrays["values"]}, meta, sentences[first])


def part_roles(model: str) -> dict[str, str]:
    """Return the role of each of a model's parts, which gives a call its colour."""
    return {part.name: part.role for part in entry(model).parts}


CURSOR_VIEW = View("code_cursor", {}, _cursor)

EXAMPLES = {
    "ready": Example("Model2", [ask(CURSOR_VIEW, at="end")]),
    "long": Example("Model5", [ask(CURSOR_VIEW, at="end")]),
}

CURSOR = Picture(
    __file__,
    Place("models_cursor", "799px", "1238px"),
    views=(CURSOR_VIEW,),
    silent=True,
    examples=EXAMPLES,
)
