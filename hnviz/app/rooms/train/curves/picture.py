"""Loss and accuracy by step."""

from hnviz.app.kit.panels import growing
from hnviz.app.kit.picture import Example
from hnviz.app.rooms.train.topics import Curves

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model0"),  # the most steps
}

CURVES = growing(__file__, Curves(), height="420px", examples=EXAMPLES)
