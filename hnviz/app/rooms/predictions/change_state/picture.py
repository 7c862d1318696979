"""The state before and after a change, and what the network says from each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.app.rooms.predictions.change_state.operation import (
    DIGIT,
    PARAMS,
    SET,
    SWAP,
    Change,
    change_in,
)
from hnviz.app.rooms.predictions.change_state.said import Said, likeliest
from hnviz.data import corpus_of, stream_of
from hnviz.figures.sentences import plural, when
from hnviz.figures.surgery_text import Courses, beside, claim_range, most_probable
from hnviz.models.catalogue import entry
from hnviz.questions.view import Look, Reply, View

SAYS = 40  # tokens


def network(look: Look) -> str:
    """Name the network that a picture is of: "Model5 after 400 steps"."""
    return f"{look.run.record.config.called} {when(look.step, 'before any training')}"


def _change(look: Look) -> Reply:
    """Return both states, float32 (n_layers, nh): "before" and "after", and what each leads to.

    meta: "own" and "changed", each the words said and their bars, with a "headline"; "units", those
    set in "layer", which is None for a swap; "state", how many values differ; "texts", the
    prompt in words and, for a swap, the text of the other memory; "between", what joins them.
    """
    change = change_in(look)
    asked = {"ids": list(change.given.ids), "n": SAYS, **change.asked}
    answer = look.ask("surgery", asked)
    itos = stream_of(look.run.record.config).vocab.itos
    courses = _courses(network(look), answer, itos)
    before, after = answer.arrays["untouched_state"], answer.arrays["changed_state"]
    moved = int((before != after).sum())
    differ = "differs" if moved == 1 else "differ"
    told = f"After the prompt, {moved} of its {before.size} values {differ} from untouched."
    told += beside(entry(look.run.record.config.model).state)
    most = float(max(np.abs(before).max(), np.abs(after).max()))
    config = look.run.record.config
    texts = [change.given.tokens, *filter(None, [change.operation.other])]
    meta: dict[str, Any] = {
        "texts": list(map(list, texts)),
        "between": corpus_of(config).joined(("", "")),
        "own": _own(courses, answer.arrays["untouched_probabilities"]),
        "changed": _changed(change, courses),
        "layer": change.layer,
        "units": list(change.operation.units),
        "scale": 1.0 if most <= 1 else float(2.0 ** np.ceil(np.log2(most))),
        "state": told,
        "done": change.operation.done,
    }
    return Reply({"before": before, "after": after}, meta, courses.headline)


def _courses(name: str, answer: Reply, itos: Sequence[str]) -> Courses:
    def words(array: str) -> list[str]:
        return [itos[index] for index in answer.arrays.get(array, np.array([])).tolist()]

    return Courses(
        network=name,
        untouched=words("untouched_said"),
        changed=words("changed_said"),
        before=answer.arrays["same_words"],
        after=answer.arrays["changed_probabilities"],
        other_said=words("other_said"),
        itos=itos,
    )


def _own(courses: Courses, answers: NDArray[np.floating]) -> dict[str, Any]:
    """Describe what the network says from its own state."""
    ids = [courses.itos.index(word) for word in courses.untouched]
    shares = answers[np.arange(len(ids)), ids].tolist()
    return Said(
        headline=courses.own_headline,
        alt=courses.own_headline,
        words=courses.untouched,
        shares=shares,
        bars=[
            likeliest([each], courses.itos, index) for each, index in zip(answers, ids, strict=True)
        ],
        says=list(map(most_probable, courses.untouched, shares)),
        start=1,
    ).meta


def _changed(change: Change, courses: Courses) -> dict[str, Any]:
    """Describe what is said after the change beside what is said untouched, number by number."""
    ids = [courses.itos.index(word) for word in courses.changed]
    answers = zip(courses.before, courses.after, ids, strict=True)
    return Said(
        headline=courses.headline,
        alt=courses.sentence(change.operation),
        words=courses.changed,
        shares=courses.after[np.arange(len(ids)), ids].tolist(),
        bars=[likeliest([one, other], courses.itos, index) for one, other, index in answers],
        says=[courses.position(at) for at in range(len(ids))],
        start=min(courses.differ, default=0),
        differ=courses.differ,
        series=("untouched", "changed"),
        rows=courses.rows,
        heads=("untouched", "after the change"),
        note=f"{courses.detail.replace('**', '')} {_differing(courses)}".strip(),
    ).meta


def _differing(courses: Courses) -> str:
    n, numbers = len(courses.differ), courses.altered
    differ = "differs" if n == 1 else "differ"
    return (
        f"{n} of {len(courses.changed)} tokens {differ} from the untouched ones at the same "
        f"position in the same number. Of the {plural(len(numbers), 'number')} that both begin, "
        f"{sum(numbers)} differ in a token or in length. "
        "The bars compare both states after the same words."
    )


def _claims(look: Look) -> Reply:
    """Say after how many prompts drawn from train the change does what it does after this one."""
    change = change_in(look)
    meta = look.ask("surgery_claims", {"ids": list(change.given.ids), **change.asked}).meta
    swap = bool(change.operation.other)
    sentence = claim_range(meta["claim"], meta["holds"], meta["n"], swap=swap)
    return Reply({}, {"claim": meta["claim"], "holds": meta["holds"]}, sentence)


CHANGE_VIEW = View("change_state", PARAMS, _change)
CLAIMS_VIEW = View("change_claims", PARAMS, _claims, slow=True)


def change_asks(*, text: str, numbers: bool = True, **params: Any) -> list[Ask]:
    """Ask for a change and, if the run's text lists numbers, after how many prompts it holds.

    Which units follow a digit takes a reading of train, so the slider must be let go first.
    """
    at = "rest" if params.get("how") == DIGIT else "step"
    asks = [ask(CHANGE_VIEW, at=at, text=text, **params)]
    if numbers:
        asks.append(ask(CLAIMS_VIEW, at="rest", late=True, text=text, **params))
    return asks


PRESSED_BY = {"press": "Put in another memory", "undo": "Put its own memory back"}
"""The button that puts the memory of another text in, and the one that takes it out."""

DROPPED = "dropped"
"""What the picture reports: both texts, after the memory of one was dropped onto the other."""


_UNITS = {
    "units_key": "predictions_units_set",
    "units_name": "Unit",
    "units": "2",
    "one": True,
}


def _example(settings: Mapping[str, Any], **params: Any) -> Example:
    asks = change_asks(text="4316 to 4318", **params)
    return Example("Model5", asks, settings)


EXAMPLES = {
    "ready": _example(PRESSED_BY, how=SWAP, other="5038 to 5040"),
    "long": _example(PRESSED_BY, how=SWAP, other="5038 to 5060"),
    "digit": _example(
        {"press": "Take out the hundreds digit", "undo": "Put the hundreds digit back"},
        how=DIGIT,
        layer=0,
        digit="hundreds",
    ),
    "units": _example(_UNITS, how=SET, layer=0, units="2", value=1.0),
}

CHANGE = Picture(
    __file__,
    Place("predictions_courses", "740px", "1240px"),
    views=(CHANGE_VIEW, CLAIMS_VIEW),
    reports=(DROPPED,),
    silent=True,
    examples=EXAMPLES,
)
