"""One viewer's runs are limited, wherever they are started from."""

import json
import urllib.error
import urllib.request

import pytest

from hnviz.runs import RunStore
from tests.conftest import Server, finished, start_server, stop_server
from tests.load.viewer import TRAIN, Session, named
from tests.test_kill import wait_for

EVE, ANN = 1, 2


@pytest.fixture
def small(tmp_path):
    started = start_server(tmp_path, HNVIZ_MAX_TRAINERS="1", HNVIZ_MAX_QUEUE_OF_ONE="1")
    yield started
    stop_server(started)


async def press_train(server: Server, viewer: int) -> None:
    async with Session(server.port, "train_epochs=900", viewer) as session:
        await session.press()
        await session.press(*TRAIN)
        assert session.errors == []


def post(server: Server, path: str, viewer: int) -> tuple[int, str]:
    headers = {"Content-Type": "application/json", **named(viewer)}
    request = urllib.request.Request(f"{server.url}/api/runs/{path}", b"{}", headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)["status"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]


@pytest.mark.slow
def test_one_viewer_queues_so_many_runs_and_others_theirs(small):
    runs = RunStore(small.runs, small.runs)

    def started(viewer: int) -> int:
        finished(press_train(small, viewer))
        return len(runs.ids())

    assert started(EVE) == 1
    (first,) = runs.ids()
    wait_for(lambda: runs.record(first).step > 20)
    assert [started(EVE), started(EVE), started(ANN)] == [2, 2, 3]
    assert post(small, f"{first}/stop", ANN) == (200, "stopped")
    status, said = post(small, f"{first}/resume", ANN)  # whose own run still waits
    assert status == 429 and said.startswith("1 of your runs are waiting or paused already")
    for run in runs.ids():
        post(small, f"{run}/stop", EVE)
