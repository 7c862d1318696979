"""The command that trains a run again."""

import shlex
from dataclasses import asdict

from hnviz.config import RunConfig
from hnviz.data.corpora.own import way_of

ALWAYS = ("model", "bptt", "lr", "epochs", "bs", "nh", "seed")
"""The settings that a command names; of the others, those that are not as usual."""

TEXT = "text.txt"
"""How a run's own text is called in its zip file."""


def repeat_command(config: RunConfig) -> str:
    """Return the command that trains with these settings.

    A run on an own text reads it from a file: `python -m hnviz export run` puts it into a zip file.
    """
    usual = asdict(RunConfig.for_model(config.model))
    options = ["python", "-m", "hnviz", "train"]
    for name, value in config.to_dict().items():
        if name == "corpus":
            options += _text(value) if value != usual[name] else []
        elif name in ALWAYS or value != usual[name]:
            options += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(options)


def _text(corpus_id: str) -> list[str]:
    way = way_of(corpus_id)
    if way is None:
        return ["--corpus", corpus_id]
    merges = ["--merges", str(way.merges)] if way.level == "bpe" else []
    least, share = ["--min-count", str(way.min_count)], ["--valid-percent", str(way.valid)]
    return ["--text", TEXT, "--tokens", way.level, *merges, *least, *share]
