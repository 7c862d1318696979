"""What the network keeps while it reads."""

from hnviz.app.rooms.hidden_states.page import page

page()
