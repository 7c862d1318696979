"""The Through time page: how far back a loss reaches, and where the state goes."""

from hnviz.app.kit.fold import fold
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import Ask, ask
from hnviz.app.kit.text import lead, linked, opening, page_title, section
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.through_time.controls import (
    pretrained_models,
    words_box,
)
from hnviz.app.rooms.through_time.handover.picture import HANDOVER, HANDOVER_VIEW
from hnviz.app.rooms.through_time.lanes.picture import (
    LANES,
    LANES_VIEW,
    SECOND_VIEW,
    chosen_batch,
    settings_for,
)
from hnviz.app.rooms.through_time.look_back.picture import (
    LOOK_BACK,
    MAP_VIEW,
    OTHERS_VIEW,
    ROW_VIEW,
    WITHOUT_VIEW,
)
from hnviz.app.rooms.through_time.reach.picture import REACH, REACH_VIEW
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.text import CurrentRun
from hnviz.app.run.view import run_in_view
from hnviz.figures.time_text import no_way_back
from hnviz.models.catalogue import entry

FOLLOWED = "hnviz follows the gradient of one mistake back through the text."
LOOK_BACK_HINT = (
    "Each row is one answer, each square a word before it: the stronger its colour, the more that "
    "word changes the answer."
)


def page() -> None:
    """Draw the page."""
    page_title("How far back does one mistake reach?")
    run = run_in_view()
    if run is None:
        return
    takeaway, attends = opening(one_line=True), entry(run.record.config.model).attends
    reading_machine("time_reading", run.record.id, run.record.config, compact=True)
    run_bar(run.record.id, "time_bar")
    lanes = ask(LANES_VIEW, every=False)
    with takeaway:
        if attends:
            lead(no_way_back(run.record.config.called))
        else:
            batch = chosen_batch(run.record.config)
            headline("time_headline", run.record.id, lanes, FOLLOWED, batch=batch)
    if not attends:
        _lanes(run, lanes)
    _look_back(run)
    fold(
        "Which model's gradient reaches furthest?",
        "time_more_reach",
        lambda: REACH(run=run.record.id, asks=[ask(REACH_VIEW, at="end")]),
    )
    fold(
        "Where the state goes from train to valid",
        "time_more_state",
        lambda: HANDOVER(run=run.record.id, asks=[ask(HANDOVER_VIEW, at="rest")]),
    )
    linked(
        "[Next: at the end of Feed, how many words must a network remember?]"
        "(feed?feed_part=Batches&batches_memory=true)"
    )


def _lanes(run: CurrentRun, lanes: Ask) -> None:
    config, asks = run.record.config, [lanes]
    if entry(config.model).stateful:
        asks.append(ask(SECOND_VIEW, at="end", late=True))
    models = [name for name in pretrained_models() if not entry(name).attends]
    LANES(run=run.record.id, asks=asks, settings=settings_for(config, models))


def _look_back(run: CurrentRun) -> None:
    section("What each answer looks back at", LOOK_BACK_HINT)
    text = words_box(run.record.config)
    asks = [
        ask(ROW_VIEW, text=text),
        ask(MAP_VIEW, text=text, late=True),
        ask(OTHERS_VIEW, text=text, at="end", late=True),
        ask(WITHOUT_VIEW, text=text, at="rest", late=True),
    ]
    settings = {"models": pretrained_models()}
    LOOK_BACK(run=run.record.id, asks=asks, settings=settings)
