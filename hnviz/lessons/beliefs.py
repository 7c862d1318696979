"""What students of this subject wrongly believe, as they say it in public threads."""

from typing import NamedTuple


class Belief(NamedTuple):
    """A wrong belief, and where students state it: repository and number, or a publication."""

    says: str
    threads: str


BELIEFS = {
    "A": Belief(
        "The state belongs to the mini-batch, not to the row.",
        "keras#1870, keras#1820, keras#3038, keras#98, pytorch/examples#103, bilm-tf#229",
    ),
    "B": Belief(
        "Shuffled mini-batches and a carried state go together.",
        "ELMoForManyLangs#68, rafaljozefowicz/lm#7, bilm-tf#220, keras#1820",
    ),
    "C": Belief(
        "A stateless network has no state, so it cannot learn from what came before.",
        "keras#3445, keras#3862",
    ),
    "D": Belief(
        "The state is a parameter: training sets it, and a reset throws away what was learned.",
        "pytorch-vcii#1",
    ),
    "E": Belief(
        "The gradient crosses mini-batches because the state does.",
        "keras#6168, keras#1820",
    ),
    "F": Belief(
        "The state has to be reset at one place that is right for every text.",
        "char-rnn#78, model-zoo#320, Ordered-Neurons#13",
    ),
    "G": Belief(
        "Accuracy and perplexity are the same with true words and with the network's own.",
        "pytorch-seq2seq#146, OpenNMT-py#1959, fast_abs_rl#29, bilm-tf#22, bilm-tf#26, "
        "neuralconvo#67",
    ),
    "H": Belief("The loop and its unrolled form are two networks.", "a course's own notes"),
    "I": Belief(
        "The text is stored in the network, and it learns while you type.",
        "doi 10.1145/3677619.3678114",
    ),
    "J": Belief(
        "A unit means one thing, a network uses what a probe reads, and one prompt or seed is a "
        "rule.",
        "earlier versions of these lessons",
    ),
    "K": Belief(
        "Loss and accuracy say the same, and bptt is how far a network remembers.",
        "questions that users of hnviz asked",
    ),
}
"""Letter -> belief, in the order of the list."""
