"""Tasks whose memory is known before training."""

from hnviz.app.rooms.tasks.page import page

page()
