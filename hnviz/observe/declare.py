"""Writes the table of questions for the server, the browser and the documents.

``python -m hnviz.observe.declare`` writes hnviz/questions/questions.json, and the table in
docs/api.md of a checkout, from the signatures and docstrings of the questions.
"""

import json
from pathlib import Path

import hnviz.questions
from hnviz.observe import QUESTIONS
from hnviz.observe.question import Question

FILE = Path(hnviz.questions.__file__).with_name("questions.json")
DOC = Path(__file__).parents[2] / "docs" / "api.md"
START, END = "<!-- written by python -m hnviz.observe.declare -->\n", "<!-- until here -->\n"


def as_json() -> str:
    """Return the table as the server reads it."""
    table = {name: question.declared() for name, question in sorted(QUESTIONS.items())}
    return f"{json.dumps(table, indent=1, ensure_ascii=False)}\n"


def documented(page: str) -> str:
    """Return a page of the documents with the table between its two marks."""
    rows = [_row(question) for _, question in sorted(QUESTIONS.items())]
    table = "\n".join(["| question | answers | parameters |", "|---|---|---|", *rows, ""])
    before, after = page.split(START)[0], page.split(END)[1]
    return f"{before}{START}{table}{END}{after}"


def _row(question: Question) -> str:
    told = question.declared()
    meaning = told["meaning"].partition(".\n")[0].replace("\n", " ").rstrip(".")
    params = "<br>".join(_param(name, each) for name, each in told["params"].items())
    slow = " Slow." if question.slow else ""
    return f"| `{question.name}` | {meaning}.{slow} | {params or 'none'} |"


def _param(name: str, told: dict[str, object]) -> str:
    default = told.get("default", "needed")
    if not isinstance(default, str):
        default = "may be left out" if default is None else json.dumps(default)
    return f"`{name}`: {told['wanted']} ({default})"


if __name__ == "__main__":
    FILE.write_text(as_json(), encoding="utf-8")
    if DOC.exists():
        DOC.write_text(documented(DOC.read_text(encoding="utf-8")), encoding="utf-8")
