"""What the network keeps while it reads."""

from hnviz.ui import states
from hnviz.ui.meaning import meaning
from hnviz.ui.show import page_title

page_title("Hidden states")
shown = states.pictures()
if shown is not None:
    meaning(shown)
