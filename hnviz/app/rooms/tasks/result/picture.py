"""One sentence about a run on a task: whether it reached what was possible, and why not."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {"ready": Example("Model5"), "long": Example("Model5-blocks")}

RESULT = Picture(__file__, Place("tasks_result", "54px", "108px"), silent=True, examples=EXAMPLES)
