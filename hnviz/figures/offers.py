"""What a corpus lacks, in one sentence for the page that leaves something out."""

from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK, TextChoice, corpus_of
from hnviz.models.catalogue import called, entry
from hnviz.own.network import is_closed, is_own


def without_numbers(choice: TextChoice) -> str:
    """Say why a page shows no counting; "" if the run's text lists numbers."""
    read = corpus_of(choice)
    if read.unit == "numbers":
        return ""
    return f"This run reads “{read.title}”, which does not list numbers, so it cannot count."


def without_digits(choice: TextChoice) -> str:
    """Say why a page shows no digits or slots; "" if the run's text has them."""
    read = corpus_of(choice)
    model = getattr(choice, "model", "")
    if is_closed(model):
        return (
            f"{called(model)} computes something of its own, of which hnviz has no code: what its "
            "units code is left out."
        )
    if read.has_digits:
        return ""
    return (
        f"This run reads “{read.title}”. Pictures of digits and of places in a number need the "
        "human numbers, so they are left out."
    )


def without_notebook(config: RunConfig) -> str:
    """Say why a run cannot be taken away as a notebook; "" if it can."""
    known = entry(config.model)
    if known.attends or known.penalty or is_own(config.model):
        return (
            f"{config.called} is made of more than one class and a plain training loop, so its "
            "runs cannot become a notebook."
        )
    if config.added:
        return f"The notebook has no setting {', '.join(config.added)}, which this run uses."
    if config.corpus != NOTEBOOK.corpus:
        return (
            f"This run reads “{corpus_of(config).title}”; only a run of {NOTEBOOK.corpus}, whose "
            "text fits into it, can become a notebook."
        )
    return ""
