"""The Compare page: any runs laid over each other, and one setting changed."""

from hnviz.app.rooms.compare.page import page

page()
