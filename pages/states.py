"""What the network keeps while it reads."""

from hnviz.ui import states
from hnviz.ui.show import page_title

page_title("Hidden states")
states.pictures()
