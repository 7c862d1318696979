"""One forward pass on a mini-batch, line by line."""

from hnviz.learn.opened import Opened
from hnviz.models.catalogue import entry
from hnviz.observe.packing import Packer, Sizes, describe_trace
from hnviz.observe.question import question
from hnviz.observe.reading import Place, read
from hnviz.observe.subject import Subject
from hnviz.observe.tracing import trace
from hnviz.questions.view import Reply


@question()
def ask_cursor(subject: Subject, at: Place) -> Reply:
    """Run forward on mini-batch `batch` of `split`, and return the tensors that each line made.

    It reads at most 64 rows and 20 tokens; a carried state comes from the previous mini-batches.
    arrays: "values", int8, the concatenated tensors; "ids", (rows, steps). meta: "source";
    "steps", the lines as they ran; "tensors", the layout of values; "scales"; "window", the run's
    bptt; "batch", "split".
    """
    if isinstance(subject.model, Opened):
        raise ValueError(
            f"{subject.config.called} is read as a whole: its lines are in its own source, which "
            "recorded.json in the run's folder has"
        )
    reading = read(subject, at)
    ran = trace(subject.model, reading.x, reading.state, entry(subject.config.model).roles)
    packer = Packer(Sizes(*reading.x.shape))
    described = describe_trace(ran, packer)
    meta = {
        **described,
        "tensors": packer.described,
        "scales": packer.scales(),
        "window": subject.config.bptt,
        **at._asdict(),
    }
    return Reply({"values": packer.values(), "ids": reading.x.numpy()}, meta)
