"""The Class page: for its teacher the code, the answers and the runs; for others the way in."""

from functools import partial

from hnviz.app.kit.fields.picture import area, button, controls, put_in, wrong
from hnviz.app.kit.text import escape, page_title, prose, section
from hnviz.app.rooms.classroom.answers.picture import ANSWERS, questions
from hnviz.app.rooms.classroom.board.picture import BOARD, board
from hnviz.app.rooms.classroom.door import join_link, train_link
from hnviz.app.rooms.classroom.experiment.picture import EXPERIMENT
from hnviz.app.run.list.picture import run_list
from hnviz.app.run.start import visitor
from hnviz.app.shell import session as state
from hnviz.app.shell.classroom import class_service
from hnviz.app.shell.server import server
from hnviz.engine.client import EngineError
from hnviz.figures.sentences import plural
from hnviz.web.classroom.phone import MODELS
from hnviz.web.classroom.service import ClassService

_PASTE, _CODES, _PASTED = "class_paste_row", "class_codes", "class_pasted"
_STOPPED, _STOPPING = "class_stopped", "class_stopping"


def page() -> None:
    """Draw the page."""
    classroom = class_service()
    page_title("Class")
    if classroom is None:
        prose("This server holds no class. A teacher starts one: `python -m hnviz app --class`.")
    elif visitor().teacher:
        _for_teacher(classroom)
    else:
        _for_students(classroom)


def _for_students(classroom: ClassService) -> None:
    number = classroom.room.members.get(visitor().member or "")
    if number is None:
        prose("Look at everything; to answer with the class and to train, join with its code.")
        join_link()
    else:
        prose(
            f"You are in the class as **student {number}**. The class sees your answers in a "
            "lesson without your number. Your teacher can save them with it."
        )
        train_link()
        section("Runs", "The newest runs of the class; yours are marked.")
        run_list("class_runs")


def _for_teacher(classroom: ClassService) -> None:
    BOARD(settings={"live": True, **board()})
    section("What the class answered", "Students see the answers of a step once you reveal them.")
    ANSWERS(settings={"live": True, "questions": questions()})
    _paste(classroom)
    section(
        "What the class trains",
        "Students open **Train with the class**, and their own devices train; this computer checks "
        "one result in ten, and every outlier.",
    )
    EXPERIMENT(settings={"live": True, "models": MODELS})
    section("Runs", "The newest runs of the class and your own.")
    _stop()
    run_list("class_runs")


def _stop() -> None:
    """Draw the button that ends all runs; it asks for a second press."""
    if state.get(_STOPPING):
        count = plural(len(server().engine.jobs()), "run")
        prose(f"This ends {count}, those that wait too. What they have learnt is kept.")
        with controls("class_stop_row"):
            button("Stop them", "class_stop_now", _stop_all, strong=True)
            button("Keep them", "class_keep", partial(state.pop, _STOPPING))
        return
    button("Stop all runs", "class_stop", partial(state.put, _STOPPING, True))
    if (done := state.get(_STOPPED)) is not None:
        prose(done)


def _paste(classroom: ClassService) -> None:
    """Draw the box for codes of those who are not in this network."""
    counted, lacks = state.get(_PASTED, ("", ""))
    with controls(_PASTE):
        codes = area(
            "Codes from students outside this network",
            _CODES,
            "",
            longest=20_000,
            empty="hn/batches.3/2/k7qw4m/a3cd",
            help="Paste many at once, a whole chat too: the words between them are left out.",
        )
        button("Count these codes", "class_paste", partial(_take, classroom, codes))
        wrong(_CODES, lacks)
    if counted:
        prose(counted)


def _take(classroom: ClassService, codes: str) -> None:
    result = classroom.paste(codes)
    state.put(_PASTED, (_counted(result.taken), "; ".join(result.wrong[:3])))
    if not result.wrong:
        put_in(_PASTE, {_CODES: ""})


def _counted(taken: int) -> str:
    return "1 code was counted." if taken == 1 else f"{taken} codes were counted."


def _stop_all() -> None:
    state.pop(_STOPPING)
    stopped, wrong = 0, ""
    for job in server().engine.jobs():
        try:
            server().engine.stop(job.run_id)
            stopped += 1
        except EngineError as error:  # it may have ended meanwhile
            wrong = escape(f" {error}.")
    named = "1 run was" if stopped == 1 else f"{stopped} runs were"
    state.put(_STOPPED, f"{named} stopped.{wrong}")
