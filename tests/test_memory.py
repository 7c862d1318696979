"""The largest run that is accepted stays within its budget, and one row more is refused.

``python -m tests.load.sizes --only memory`` does the same with a budget of 2,000 MB.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnviz.estimate import Budget
from tests.conftest import Server, start_server, stop_server
from tests.load.memory import largest, limits, peaks_of, refused
from tests.sentences import Recorded

ENVIRON = {"HNVIZ_MAX_RUN_MB": "600", "HNVIZ_MAX_TRAINERS": "1"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    started = start_server(tmp_path, **ENVIRON)
    yield started
    stop_server(started)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peaks from /proc")
def test_the_largest_run_stays_within_its_budget_and_one_row_more_is_refused(
    small: Server, recorded: Recorded
) -> None:
    config, more = largest(Budget.here(1, small.runs, ENVIRON), nh=64)
    most = limits(config)
    assert 595 < most["trainer"] <= 600
    said, *_ = refused(small, more)
    plain = said.replace("\\", "")  # without Markdown's escapes
    assert re.search(r"need about 600\.\d MB", plain), said
    recorded(re.sub(r"about 600\.\d", "about N", plain), 600.0)
    assert "lower bs, bptt or nh" in plain
    peaks = peaks_of(small, config)
    assert peaks.keys() == most.keys()
    assert {name: peak for name, peak in peaks.items() if peak > most[name]} == {}
    assert peaks["trainer"] > most["trainer"] / 2
