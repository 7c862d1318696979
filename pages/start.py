"""A network counts on; then the reader trains one."""

from hnviz.app.rooms.start.page import page

page()
