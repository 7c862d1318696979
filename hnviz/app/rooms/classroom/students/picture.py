"""The students; the list follows the class's WebSocket as the teacher's browser."""

from hnviz.app.kit.picture import Example, Picture, Place

ALONE = [
    {"number": at, "here": at % 4 > 0, "answers": at % 5, "place": at} for at in (1, 2, 3, 4, 5)
]
TOGETHER = [
    {"number": at, "here": at % 9 > 0, "answers": at % 7, "place": 9} for at in range(6, 126)
]

EXAMPLES = {
    "ready": Example(settings={"live": False, "students": ALONE}),
    "long": Example(settings={"live": False, "students": [*ALONE, *TOGETHER]}),
}

STUDENTS = Picture(
    __file__, Place("class_students", "320px", "320px"), silent=True, examples=EXAMPLES
)
