"""Every picture of the app by name: the door serves their views, the gallery shows them.

``python -m hnviz.app.pictures`` writes the style sheet that keeps their places.
"""

from hnviz.app.kit.fields.picture import FIELDS
from hnviz.app.kit.headline.picture import HEADLINE
from hnviz.app.kit.picture import Picture
from hnviz.app.kit.places import SHEET, places
from hnviz.app.kit.terms.picture import MARKED
from hnviz.app.lesson.panel.picture import PANEL
from hnviz.app.machine.picture import READING_MACHINE
from hnviz.app.rooms.batches.grid.picture import GRID
from hnviz.app.rooms.batches.machine.picture import MACHINES
from hnviz.app.rooms.classroom.answers.picture import ANSWERS
from hnviz.app.rooms.classroom.board.picture import BOARD
from hnviz.app.rooms.classroom.experiment.picture import EXPERIMENT
from hnviz.app.rooms.compare.curves.picture import CURVES_COMPARED
from hnviz.app.rooms.data.guess.picture import GUESS
from hnviz.app.rooms.data.merging.picture import MERGING
from hnviz.app.rooms.hidden_states.find.picture import FIND
from hnviz.app.rooms.hidden_states.path.picture import PATH
from hnviz.app.rooms.hidden_states.probes.picture import PROBES
from hnviz.app.rooms.hidden_states.units.picture import UNITS
from hnviz.app.rooms.models.cell.picture import CELL
from hnviz.app.rooms.models.cursor.picture import CURSOR
from hnviz.app.rooms.models.pair.picture import PAIR
from hnviz.app.rooms.predictions.change_state.picture import CHANGE
from hnviz.app.rooms.predictions.counting_map.picture import MAP
from hnviz.app.rooms.start.shares import SHARES_VIEW
from hnviz.app.rooms.sweep.map.picture import MAP_OF_SWEEP
from hnviz.app.rooms.tasks.automaton.picture import AUTOMATON
from hnviz.app.rooms.tasks.understood.picture import UNDERSTOOD
from hnviz.app.rooms.through_time.handover.picture import HANDOVER
from hnviz.app.rooms.through_time.lanes.picture import LANES
from hnviz.app.rooms.through_time.look_back.picture import LOOK_BACK
from hnviz.app.rooms.through_time.reach.picture import REACH
from hnviz.app.rooms.train.curves.picture import CURVES
from hnviz.app.rooms.train.finder.picture import FINDER
from hnviz.app.rooms.train.form.picture import SETTINGS_FORM
from hnviz.app.rooms.train.inside.picture import INSIDE
from hnviz.app.rooms.train.positions.picture import POSITIONS
from hnviz.app.rooms.train.schedule.picture import SCHEDULE
from hnviz.app.run.bar.picture import BAR
from hnviz.app.run.line.picture import LINE
from hnviz.app.run.list.picture import RUN_LIST
from hnviz.questions.view import View

PICTURES: dict[str, Picture] = {
    picture.name: picture
    for picture in (
        *(BAR, FIELDS, HEADLINE, LINE, MARKED, PANEL, READING_MACHINE, RUN_LIST),
        *(GUESS, MERGING, MACHINES, GRID, CURSOR, PAIR, CELL),
        *(CURVES, INSIDE, POSITIONS, SCHEDULE, SETTINGS_FORM, FINDER),
        *(CURVES_COMPARED, MAP_OF_SWEEP),
        *(UNITS, PROBES, FIND, PATH, CHANGE, MAP, LANES, LOOK_BACK, REACH, HANDOVER),
        *(AUTOMATON, UNDERSTOOD, BOARD, ANSWERS, EXPERIMENT),
    )
}

VIEWS: tuple[View, ...] = (
    SHARES_VIEW,  # of Start's headline
    *(view for picture in PICTURES.values() for view in picture.views),
)

if __name__ == "__main__":
    SHEET.write_text(places(PICTURES.values()), encoding="utf-8")
