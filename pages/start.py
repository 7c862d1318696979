"""What a network can do."""

from hnviz.app.rooms.start.page import page

page()
