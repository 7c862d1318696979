"""The Predictions page's second view: the state is changed, and the network counts on from it."""

import numpy as np
import streamlit as st

from hnviz.app.kit.text import lead, problem, section
from hnviz.app.rooms.predictions import prompt
from hnviz.app.rooms.predictions.answers import Answers, Cell, show_answers
from hnviz.app.rooms.predictions.change import Change, change_box
from hnviz.app.rooms.predictions.units import Strip, show_units
from hnviz.app.run.engine import observe, store
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.catalogue import CATALOGUE, entry
from hnviz.data import human_numbers_stream
from hnviz.engine.client import Answer
from hnviz.figures.answers import likeliest
from hnviz.figures.sentences import when
from hnviz.figures.surgery_text import Courses, Operation

SAYS = 40  # tokens
BARS = 4  # of each answer


def surgery(run: Standing) -> None:
    """Draw the state before and after the change, and both continuations."""
    model = run.record.config.model
    if not entry(model).stateful:
        _nothing_to_change(model, run.record.config.bptt)
        return
    sentence = st.empty()
    given, step = prompt.opening(run, examples=False)
    change = change_box(run)
    if given is None or step is None or change is None:
        return
    ids = human_numbers_stream().vocab.numericalize(given.tokens).tolist()
    asked = {"ids": ids, "n": SAYS, **change.params}
    answer, trouble = observe(run.record.id, step, "surgery", asked)
    if answer is None:
        problem(trouble)
        return
    operation = Operation(
        text=given.tokens,
        layer=change.layer,
        n_layers=entry(model).n_layers,
        nh=run.record.config.nh,
        other=change.other,
        units=change.units,
        value=change.value,
        hold=change.hold,
    )
    courses = _courses(f"{model} {when(step, 'before any training')}", answer)
    with sentence:
        lead(courses.sentence(operation))
    _state(answer, change, operation)
    _two_courses(courses, courses.sentence(operation))


def _nothing_to_change(model: str, window: int) -> None:
    """Say why a model has no state that could be changed, and offer one that has."""
    known = store().ids()
    others = [name for name, net in CATALOGUE.items() if net.stateful and name in known]
    lead(
        f"{model} carries no state: each of its answers starts again from zeros and reads the last "
        f"{window} tokens alone, so there is nothing to put in. What can be changed is what it "
        f"reads: the prompt. A model that carries its state has one to change."
    )
    with st.container(horizontal=True):
        for name in others:
            st.button(
                f"Look at {name}",
                key=f"predictions_to_{name}",
                on_click=state.show_run,
                args=(name,),
            )


def _courses(network: str, answer: Answer) -> Courses:
    itos = human_numbers_stream().vocab.itos

    def words(name: str) -> list[str]:
        return [itos[index] for index in answer.arrays.get(name, np.array([])).tolist()]

    return Courses(
        network=network,
        untouched=words("untouched_said"),
        changed=words("changed_said"),
        before=answer.arrays["same_words"],
        after=answer.arrays["changed_probabilities"],
        other_said=words("other_said"),
        itos=itos,
    )


def _state(answer: Answer, change: Change, operation: Operation) -> None:
    """Draw the state that the first word is said from, unit by unit."""
    before, after = answer.arrays["untouched_state"], answer.arrays["changed_state"]
    moved = int((before != after).sum())
    verb = "differs" if moved == 1 else "differ"
    sentence = f"After the prompt, {moved} of its {before.size} values {verb} from untouched."
    section("The state that it goes on from", sentence)
    show_units(
        Strip(
            before=before,
            after=after,
            layer=change.layer if change.clickable else None,
            marked=change.units,
            alt=f"{operation.done}: {sentence}",
        )
    )


def _two_courses(courses: Courses, sentence: str) -> None:
    """Draw what is said after the change beside what is said untouched, number by number."""
    section("What it says from there", _differing(courses))
    stoi, differ = human_numbers_stream().vocab.stoi, set(courses.differ)
    cells, bars = [], []
    for at, word in enumerate(courses.changed):
        share = float(courses.after[at, stoi[word]])
        cells.append(Cell(word=word, share=share, mark="differs" if at in differ else ""))
        answers = [courses.before[at], courses.after[at]]
        bars.append(likeliest(answers, courses.itos, {stoi[word]: "said"}, BARS))
    show_answers(
        Answers(
            key="predictions_courses",
            param="word",
            alt=sentence,
            cells=cells,
            bars=bars,
            says=[courses.position(at) for at in range(len(cells))],
            start=min(differ, default=0),
            series=("untouched", "changed"),
            lines=("≠ another word than untouched",) if differ else (),
            rows=courses.rows,
            heads=("untouched", "after the change"),
        )
    )


def _differing(courses: Courses) -> str:
    n = len(courses.differ)
    verb = "differs" if n == 1 else "differ"
    return (
        f"{n} of {len(courses.changed)} tokens {verb} from what stands at the same place of the "
        "number untouched. The bars are of both states, after the same words."
    )
