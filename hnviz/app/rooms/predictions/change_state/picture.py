"""The state before and after a change, and what the network says from each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.app.rooms.predictions.answers.cells import Answers, Cell
from hnviz.app.rooms.predictions.change_state.operation import PARAMS, SET, SWAP, Change, change_in
from hnviz.app.rooms.predictions.next_word.picture import network
from hnviz.data import stream_of
from hnviz.figures.answers import likeliest
from hnviz.figures.sentences import plural
from hnviz.figures.surgery_text import Courses, beside, claim_range
from hnviz.figures.word_text import said_position
from hnviz.models.catalogue import entry
from hnviz.questions.view import Look, Reply, View

SAYS = 40  # tokens
BARS = 4  # of each answer


def _change(look: Look) -> Reply:
    """Return both states, float32 (n_layers, nh): "before" and "after", and what each leads to.

    meta: "own" and "changed", each the words said and their bars, with a "headline"; "units", those
    set in "layer", which is None for a swap; "state", how many values differ.
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
    meta: dict[str, Any] = {
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


def _own(courses: Courses, shares: NDArray[np.floating]) -> dict[str, Any]:
    """Describe what the network says from its own state."""
    ids = [courses.itos.index(word) for word in courses.untouched]
    picture = Answers(
        param="word",
        alt=courses.own_headline,
        cells=_cells(courses.untouched, shares, ids),
        bars=[
            likeliest([each], courses.itos, {index: "said"}, BARS)
            for each, index in zip(shares, ids, strict=True)
        ],
        says=[
            said_position(word, each, (1.0, index), None)
            for word, each, index in zip(courses.untouched, shares, ids, strict=True)
        ],
        start=1,
    )
    return picture.meta | {"headline": courses.own_headline}


def _changed(change: Change, courses: Courses) -> dict[str, Any]:
    """Describe what is said after the change beside what is said untouched, number by number."""
    differ = courses.differ
    ids = [courses.itos.index(word) for word in courses.changed]
    answers = zip(courses.before, courses.after, ids, strict=True)
    sentence = courses.sentence(change.operation)
    picture = Answers(
        param="word",
        alt=sentence,
        cells=_cells(courses.changed, courses.after, ids, differ),
        bars=[
            likeliest([one, other], courses.itos, {index: "said"}, BARS)
            for one, other, index in answers
        ],
        says=[courses.position(at) for at in range(len(ids))],
        start=min(differ, default=0),
        series=("untouched", "changed"),
        lines=("≠ not the word said untouched",) if differ else (),
        rows=courses.rows,
        heads=("untouched", "after the change"),
        note=f"{courses.detail.replace('**', '')} {_differing(courses)}".strip(),
    )
    return picture.meta | {"headline": courses.headline}


def _cells(
    words: Sequence[str],
    shares: NDArray[np.floating],
    ids: Sequence[int],
    differ: Sequence[int] = (),
) -> list[Cell]:
    return [
        Cell(
            word=word,
            share=float(shares[at, index]),
            mark="differs" if at in differ else "",
        )
        for at, (word, index) in enumerate(zip(words, ids, strict=True))
    ]


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
    """Ask for a change and, if the run's text lists numbers, after how many prompts it holds."""
    asks = [ask(CHANGE_VIEW, text=text, **params)]
    if numbers:
        asks.append(ask(CLAIMS_VIEW, at="rest", late=True, text=text, **params))
    return asks


_UNITS = {
    "units_key": "predictions_units_set",
    "units_name": "Unit",
    "units": "2",
    "one": True,
}


def _example(settings: Mapping[str, Any], **params: Any) -> Example:
    settings = {"prompt": "“4316 to 4318”", **settings}
    asks = change_asks(text="4316 to 4318", **params)
    return Example("Model5", asks, settings)


EXAMPLES = {
    "ready": _example({"other": "“5038 to 5040”"}, how=SWAP, other="5038 to 5040"),
    "long": _example({"other": "“5038 to 5060”"}, how=SWAP, other="5038 to 5060"),
    "units": _example(_UNITS, how=SET, layer=0, units="2", value=1.0),
}

CHANGE = Picture(
    __file__,
    Place("predictions_courses", "625px", "1092px"),
    views=(CHANGE_VIEW, CLAIMS_VIEW),
    silent=True,
    examples=EXAMPLES,
)
