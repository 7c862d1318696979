"""A question is one function: added to a copy as docs/new_question.md says, asked over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hnviz.web.client import Client, ServerError
from tests import guide
from tests.conftest import start_server, stop_server

PAGE = "docs/new_question.md"
TABLE = "hnviz/questions/questions.json"
IDS = [9, 13, 12, 9, 14]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that has the question."""
    copy: Path = guide.copied(tmp_path_factory.mktemp("copy"))
    guide.follow(PAGE, copy)
    guide.rewrite(copy / TABLE, (copy / TABLE).read_text(encoding="utf-8"))
    (copy / "docs").unlink()  # those of the project
    declared = guide.python(copy, "-m", "hnviz.observe.declare")
    assert declared.returncode == 0, declared.stderr
    return copy


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    server = start_server(folder, root=folder, **guide.environ(folder))
    yield Client(server.url)
    stop_server(server)


def test_one_file_is_touched(folder):
    assert [act.file for act in guide.acts(PAGE)] == ["hnviz/observe/lead.py"]
    assert "lead" in json.loads((folder / TABLE).read_text(encoding="utf-8"))


def test_it_answers_with_its_numbers(client):
    ranked = client.observe("Model5", 400, "reading", ids=IDS, n=0).arrays["shares"]
    for places in (1, 3):
        reply = client.observe("Model5", 400, "lead", ids=IDS, places=places)
        wanted = ranked[:, 0] - ranked[:, places]
        np.testing.assert_allclose(reply.arrays["lead"], wanted, atol=1e-6)
        assert reply.meta == {"least": int(wanted.argmin())}
    usual = client.observe("Model5", 400, "lead", ids=IDS).arrays["lead"]
    np.testing.assert_allclose(usual, ranked[:, 0] - ranked[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, (4_000, 1, 2, 3)),
        ({"ids": [39]}, (1, 200, 0, 38, 39)),
        ({"ids": IDS, "places": 6}, (1, 5, 6)),
        ({"ids": IDS, "places": "x"}, ()),
        ({"ids": IDS, "n": 3}, ()),
    ],
)
def test_what_it_cannot_use_is_one_sentence(client, params, numbers, recorded):
    with pytest.raises(ServerError) as error:
        client.observe("Model5", 400, "lead", **params)
    assert error.value.status == 422
    recorded(str(error.value), *numbers)
