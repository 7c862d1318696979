"""The learning rate and the momentum of every step."""

from hnviz.app.kit.panels import growing
from hnviz.app.kit.picture import Example, Place
from hnviz.app.rooms.train.topics import Schedule

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model0"),  # the most steps
}

SCHEDULE = growing(
    __file__, Place("train_schedule", "383px", "464px"), Schedule(), examples=EXAMPLES
)
