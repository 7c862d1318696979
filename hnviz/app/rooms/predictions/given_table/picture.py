"""The share of right numbers by how many are given; its answers are those of the counting map."""

from hnviz.app.kit.picture import Ask, Example, Picture, Place
from hnviz.app.rooms.predictions.counting_map.picture import GIVEN, MAP_VIEW

TABLED = (1, 2, 3, 5)  # numbers given


def table_asks(given: int) -> list[Ask]:
    """Ask for each row, the one on the map first: it is known, and the others follow it."""
    rows = sorted({*TABLED, given} - {given})
    first = Ask(MAP_VIEW, {"given": given}, "rest", name=str(given))
    others = [Ask(MAP_VIEW, {"given": n}, "rest", name=str(n), late=True) for n in rows]
    return [first, *others]


EXAMPLES = {"ready": Example("Model5", table_asks(GIVEN), {"given": GIVEN})}

TABLE = Picture(__file__, Place("map_table", "232px"), silent=True, examples=EXAMPLES)
