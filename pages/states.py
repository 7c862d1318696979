"""What the network keeps while it reads."""

from hnviz.app.kit.text import page_title
from hnviz.app.rooms.hidden_states import states
from hnviz.app.rooms.hidden_states.meaning import meaning

page_title("Hidden states")
shown = states.pictures()
if shown is not None:
    meaning(shown)
