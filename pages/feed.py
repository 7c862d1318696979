"""What a network reads, and how."""

from hnviz.app.rooms.feed.page import page

page()
