"""The answer to a question about a snapshot, as numpy and pandas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hnviz.given import in_one_line
from hnviz.questions.view import Reply

if TYPE_CHECKING:
    import pandas as pd

SHOWN_CHARS = 30  # of a fact that is written out
SHOWN_PLACES = 4  # decimal places


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What one question says about one snapshot.

    `answer["name"]` is one of its arrays or facts. The docstring of the question, which
    `Run.questions` lists, describes each.
    """

    run: str
    step: int
    question: str
    reply: Reply

    def __repr__(self) -> str:
        arrays = [f"{name} {_shape(each.shape)}" for name, each in self.reply.arrays.items()]
        facts = [f"{name} {_short(each)}" for name, each in self.reply.meta.items()]
        said = "; ".join(filter(None, [", ".join(facts), ", ".join(arrays)]))
        return f"{self.question} of {self.run} at step {self.step:,}: {said or 'nothing'}"

    def __getitem__(self, name: str) -> Any:
        if name in self.reply.arrays:
            return self.reply.arrays[name]
        if name in self.reply.meta:
            return self.reply.meta[name]
        raise KeyError(f"{self.question} has no {name!r}; it has {', '.join(self)}")

    def __iter__(self) -> Any:
        return iter([*self.reply.arrays, *self.reply.meta])

    @in_one_line
    def frame(self, name: str | None = None) -> "pd.DataFrame":
        """Return an array or a list of facts as a table, or all columns of equal length as one.

        An array (n,) is a column, an array (n, m) has m columns. Without a name: all arrays (n,);
        of an answer without arrays, its facts by name. Raises ValueError for what is not a table.
        """
        import pandas as pd  # takes half a second, and arrays do not need it

        if name is not None:
            return self._named(name)
        arrays = {name: each for name, each in self.reply.arrays.items() if each.ndim == 1}
        if len({len(each) for each in arrays.values()}) == 1:
            return pd.DataFrame(arrays)
        if not self.reply.arrays and _is_table(list(self.reply.meta.values())):
            return pd.DataFrame.from_dict(dict(self.reply.meta), orient="index")
        raise ValueError(f"{self.question} is more than one table: name one of {', '.join(self)}")

    def _named(self, name: str) -> "pd.DataFrame":
        import pandas as pd

        found = self[name]
        if name in self.reply.arrays and found.ndim <= 2:
            return pd.DataFrame(found, columns=[name] if found.ndim == 1 else None)
        if isinstance(found, Mapping) and _is_table(list(found.values())):
            return pd.DataFrame.from_dict(dict(found), orient="index")
        if isinstance(found, list) and found:
            return pd.DataFrame(found)
        if name in self.reply.arrays:
            raise ValueError(
                f"{name} has the shape {_shape(found.shape)}, and a table has two axes: take a "
                f"part of answer[{name!r}]"
            )
        raise ValueError(f"{name} is not a table: {_short(found)}; take answer[{name!r}]")


def _is_table(rows: Sequence[Any]) -> bool:
    return bool(rows) and all(isinstance(row, Mapping) for row in rows)


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(f'{each:,}' for each in shape)})"


def _short(value: Any) -> str:
    """Write a fact briefly: a number, a short text, or how many entries it has."""
    if isinstance(value, float):
        return f"{value:.{SHOWN_PLACES}f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping) and all(isinstance(each, int) for each in value.values()):
        return f"({', '.join(f'{name}: {each:,}' for name, each in value.items())})"
    if isinstance(value, Mapping) and value and _is_table(list(value.values())):
        return f"of {len(value)}"
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} {_short(each)}' for name, each in value.items())})"
    if isinstance(value, list) and len(repr(value)) > SHOWN_CHARS:
        return f"of {len(value):,}"
    return repr(value)
