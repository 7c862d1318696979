"""The room Feed: a text and its tokens, how they lie in mini-batches, and texts made as tasks."""

from hnviz.app.kit.room import Parts, room
from hnviz.app.rooms.batches.page import page as batches
from hnviz.app.rooms.data.page import page as text
from hnviz.app.rooms.tasks.page import page as tasks

PARTS: Parts = {"Text": text, "Batches": batches, "Tasks": tasks}


def page() -> None:
    """Draw the room."""
    room("What does it read, and how?", "feed_part", PARTS)
