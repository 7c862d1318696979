"""What a network keeps."""

from hnviz.app.rooms.hidden_states.page import page

page()
