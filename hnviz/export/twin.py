"""A run's twin: a notebook of plain PyTorch that trains it again, with the same figures.

It imports nothing from hnviz, so that a reader can see and change everything in one place.
"""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from string import Template

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hnviz.app.run.text import where
from hnviz.config import RunConfig
from hnviz.data.numbers import numbers_split
from hnviz.export import ExportError
from hnviz.figures.offers import without_notebook
from hnviz.models.catalogue import entry
from hnviz.runs import RunRecord
from hnviz.source import class_source

_CELL = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


def twin(record: RunRecord) -> str:
    """Return a run's twin as the text of an .ipynb file. Raises ExportError."""
    config = record.config
    if lacks := without_notebook(config):
        raise ExportError(lacks)
    template = Template((files("hnviz.export") / "twin.template").read_text(encoding="utf-8"))
    book = new_notebook(cells=list(_cells(template.substitute(_values(record)))))
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number}"  # so the same run gives the same file
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.validate(book)
    return nbformat.writes(book)


def _values(record: RunRecord) -> dict[str, str]:
    config = record.config
    known = entry(config.model)
    return {
        "title": f"# {config.model}: {known.title}",
        "about": _about(config),
        "figures": _figures(record),
        "numbers": _numbers(config),
        "bs": str(config.bs),
        "bptt": str(config.bptt),
        "last": "[:, -1]" if known.predicts == "last" else "",
        "model": _class(config.model),
        "name": config.model,
        "nh": str(config.nh),
        "lr": repr(config.lr),
        "epochs": str(config.epochs),
        "pct_start": repr(config.pct_start),
        "seed": str(config.seed),
        "uniform": "\nnn.init.uniform_(model.bn.weight)" * (config.bn_init == "uniform"),
        "carried": _carried(config),
        "reset_train": _reset(config, "train"),
        "reset_valid": _reset(config, "valid"),
    }


def _about(config: RunConfig) -> str:
    parts = [
        "This notebook trains one run of hnviz again, with the same seed, in plain PyTorch. "
        "Run all cells; change one thing; run them again."
    ]
    if config.form == "fast":
        parts.append(
            "The run used the fast form of this network; its last digits differ from the loop's."
        )
    return " ".join(parts)


def _figures(record: RunRecord) -> str:
    """Return the run's own table in the notebook's format."""
    rows = [
        f"{each.epoch:2}  {each.train_loss:.6f}  {each.valid_loss:.6f}  {each.accuracy:.6f}"
        for each in record.epochs
    ]
    if not rows:
        return "The run itself has no finished epoch to compare with."
    device = record.started.device if record.started else "cpu"
    heard = f"The run itself, {where(device)}: epoch, train_loss, valid_loss, accuracy on valid."
    return "\n".join([heard, "", *(f"    {row}" for row in rows)])


def _numbers(config: RunConfig) -> str:
    numbers = numbers_split(config.split)
    if config.split == "notebook":
        (train,), (valid,) = numbers.train, numbers.valid
        return (
            f"train, valid = range({train.start}, {train.stop}), range({valid.start}, {valid.stop})"
        )
    starts = " ".join(str(block.start) for block in numbers.valid)
    size = len(numbers.valid[0])
    lines = re.findall(r".{1,90}(?:\s|$)", starts)
    return "\n".join(
        [
            f"# Blocks of {size} numbers are held out; these are their first ones.",
            'FIRST = """',
            *(line.strip() for line in lines),
            '""".split()',
            f"valid = [int(first) + n for first in FIRST for n in range({size})]",
            f"train = [n for n in range(1, {numbers.train[-1].stop}) if n not in set(valid)]",
        ]
    )


def _class(model: str) -> str:
    """Return a model's class, taken from our source, as PyTorch's users would write it.

    The file is read, not imported, which would load torch into a server.
    """
    text = class_source(model).text
    (found,) = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    (base,) = (ast.unparse(each) for each in found.bases)
    text = re.sub(r" *predicts, stateful = .*\n\n", "", text)
    text = re.sub(r"\bState\b", "tuple", text)
    if base != "LanguageModel":
        return f"{_class(base)}\n\n\n{text}"
    return text.replace("(LanguageModel)", "(nn.Module)").replace("__init__(nv, nh)", "__init__()")


def _carried(config: RunConfig) -> str:
    known = entry(config.model)
    if not known.stateful:
        return "    # This network forgets: the state stays zero."
    if len(known.state) == 1:
        return "    state = new.detach()"
    return "    state = tuple(each.detach() for each in new)"


def _reset(config: RunConfig, split: str) -> str:
    if config.reset_state not in (split, "both"):
        return "    # The state goes on from what was read before."
    return "    state = model.init_state(BS)"


def _cells(source: str) -> Iterator[nbformat.NotebookNode]:
    """Split a file at its "# %%" marks into cells."""
    _, *parts = _CELL.split(source)
    for mark, text in zip(parts[::2], parts[1::2], strict=True):
        if mark:
            yield new_markdown_cell(text.strip())
        else:
            yield new_code_cell(text.strip("\n"))
