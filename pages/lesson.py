"""The lessons that lead through the app."""

from hnviz.app.rooms.lesson.page import page

page()
