"""A run's accuracy on valid, and the most that is possible there."""

from hnviz.app.kit.chart import FOLD
from hnviz.app.kit.panels import growing
from hnviz.app.kit.picture import Example, Place
from hnviz.app.rooms.tasks.topics import TaskCurve
from hnviz.figures.task_curves import HEIGHT

TOP = 32  # px: the chart's title

EXAMPLES = {"ready": Example("Model5"), "long": Example("Model0")}

CURVE = growing(
    __file__, Place("tasks_curve", f"{HEIGHT + TOP + FOLD}px"), TaskCurve(), examples=EXAMPLES
)
