"""The class: its code, who is here, what they guessed, and their runs."""

from hnviz.app.rooms.classroom.page import page

page()
