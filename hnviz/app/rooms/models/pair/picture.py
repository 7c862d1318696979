"""A model and its partner with the same weights, in step on one mini-batch."""

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.models.cursor.picture import part_roles
from hnviz.figures.cursor_text import match_sentences, pair_sentence
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

BATCHES = ("first", "second")


def _pair(look: Look) -> Reply:
    """Return what two models made on their matching lines: "values", as in the code cursor.

    meta: "steps", each with its two lines, its three tensors (the two, and their difference where
    there is one) and its sentence; "names", "sources", "tensors".
    """
    found = look.ask("pair", {"batch": BATCHES.index(look.params["batch"])})
    meta, says = found.meta, match_sentences(found.meta)
    shown = {
        "names": meta["names"],
        "sources": meta["sources"],
        "roles": part_roles(look.run.record.config.model),
        "tensors": meta["tensors"],
        "scales": meta["scales"],
        "steps": [{**each, "say": say} for each, say in zip(meta["matches"], says, strict=True)],
        "first": 0 if meta["begun"] else min(2, len(says) - 1),
    }
    return Reply({"values": found.arrays["values"]}, shown, pair_sentence(meta))


PAIR_VIEW = View("models_in_step", {"batch": Param(BATCHES, BATCHES[0])}, _pair)

EXAMPLES = {
    "ready": Example("Model2", [ask(PAIR_VIEW, at="end")]),
    "long": Example("Model3", [ask(PAIR_VIEW, at="end", batch=BATCHES[1])]),
}

PAIR = Picture(
    __file__,
    Place("models_pair", "876px", "1339px"),
    views=(PAIR_VIEW,),
    examples=EXAMPLES,
)
