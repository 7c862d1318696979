"""The options of a recorder, and the settings of the run that it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import torch

from hnviz.config import ConfigError, RunConfig
from hnviz.data import BatchLayout, TokenStream
from hnviz.given import UnreadableError
from hnviz.learn.finding import Names


class Options(TypedDict, total=False):
    """What `hnviz.record` takes beside the model and its text."""

    vocab: Sequence[str]  # the tokens in the order of their ids
    valid: "str | Sequence[str]"  # the text that the loop tests on, if `text` holds only train
    parts: Mapping[str, str]  # names of submodules: "embedding", "cell", "head", "norm"
    optimizer: torch.optim.Optimizer  # lr and momentum are read from it at each mini-batch
    bs: int  # rows of a mini-batch; read from y without it
    bptt: int  # tokens of a row; read from y without it
    lr: float  # the highest; read from the optimizer without it
    epochs: int  # that the loop will train
    n_batches: int  # of an epoch; worked out from the text without it
    seed: int
    name: str  # of the run, for lists
    watch: bool  # False: the doctor does not look at the loop
    runs_dir: "str | Path"  # $HNVIZ_RUNS_DIR, or runs/, without it


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of what is recorded."""

    config: RunConfig
    n_batches: int  # of an epoch
    notes: tuple[str, ...] = ()  # what was changed, in sentences

    @property
    def n_steps(self) -> int:
        """Steps of the whole training, as far as the recorder knows."""
        return self.n_batches * self.config.epochs


def names_in(options: Options) -> Names:
    """Return the names of parts that the user gave. Raises UnreadableError for an unknown part."""
    given, known = options.get("parts") or {}, Names.__dataclass_fields__
    if not isinstance(given, Mapping):
        example = '{"embedding": "enc.words"}'
        raise UnreadableError(f"parts must be a dict such as {example}; got {given!r:.60}")
    for name, path in given.items():
        if name not in known or not isinstance(path, str):
            wanted = f"parts gives the submodules that are {', '.join(known)}"
            raise UnreadableError(f"{wanted}; got {name!r}: {path!r:.60}")
    return Names(**given)


def plan(
    config: RunConfig, stream: TokenStream, options: Options, shown: Mapping[str, Any]
) -> Plan:
    """Complete a run's settings with those that the loop showed, and those that the user gave.

    Never raises: a setting that no run can have stays as it is in `config`, and a note says so.
    """
    given: Mapping[str, Any] = options
    wanted = {name: shown[name] for name in ("bptt", "bs", "nh", "lr") if shown.get(name)}
    wanted |= {
        name: given[name] for name in ("bptt", "bs", "lr", "epochs", "seed") if name in given
    }
    notes: list[str] = []
    for name, value in wanted.items():
        try:
            config = replace(config, **{name: value})
        except ConfigError as error:
            notes.append(f"{error}. The record says {name} {getattr(config, name)}")
    n_batches = given.get("n_batches")
    if not isinstance(n_batches, int) or n_batches < 1:
        n_batches = BatchLayout(len(stream.train), config.bs, config.bptt).n_batches
    return Plan(config, n_batches, tuple(notes))
