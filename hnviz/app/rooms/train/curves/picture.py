"""Loss and accuracy by step."""

from hnviz.app.kit.panels import growing
from hnviz.app.kit.picture import Example, Place
from hnviz.app.rooms.train.topics import Curves

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model0"),  # the most steps
}

CURVES = growing(__file__, Place("train_curves", "416px", "858px"), Curves(), examples=EXAMPLES)
