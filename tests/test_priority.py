"""Who stands back for whom, where the system knows it."""

import json
import subprocess
import sys

import pytest

from hnviz.engine import workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sessions' niceness")

ASK = """
import json, os, pathlib
from hnviz.engine.workers import stand_back
stand_back(7)
group = pathlib.Path("/proc/self/autogroup")
print(json.dumps([
    os.getpriority(os.PRIO_PROCESS, 0),
    os.getsid(0) == os.getpid(),
    group.read_text().split()[-1] if group.exists() else None,
]))
"""


def test_a_process_stands_back_with_its_session():
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    nice, leads, group = json.loads(said.stdout)
    assert nice >= 7 and leads
    assert group in (None, "7")  # a kernel without groups has no file


def test_a_process_that_has_stood_back_stays_there():
    code = ASK.replace("stand_back(7)", "stand_back(7); stand_back(0)")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)[0] >= 7


@pytest.mark.parametrize("refusal", [BlockingIOError, PermissionError])
def test_a_wish_that_comes_too_soon_is_made_again(monkeypatch, refusal):
    wishes = []

    class Busy:
        def write_text(self, text, encoding):
            wishes.append(text)
            if len(wishes) < 3:
                raise refusal

    monkeypatch.setattr(workers, "AUTOGROUP", Busy())
    monkeypatch.setattr(workers, "NICE_REST", 0)
    monkeypatch.setattr(workers.os, "setpriority", lambda *_: None)
    monkeypatch.setattr(workers.os, "setsid", lambda: None)
    workers.stand_back(7)
    assert wishes == ["7"] * (3 if refusal is BlockingIOError else 1)
