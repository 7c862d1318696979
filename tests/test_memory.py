"""The largest run that is accepted stays within its budget, and one row more is refused.

``python -m tests.load.sizes --only memory`` does the same with a budget of 1,000 MB.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnviz.estimate import Budget, cost
from tests.conftest import Server, start_server, stop_server
from tests.load.memory import LIMITS, MEGABYTE, largest, peaks_of, refused, wide

ENVIRON = {"HNVIZ_MAX_RUN_MB": "300", "HNVIZ_MAX_TRAINERS": "1"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    started = start_server(tmp_path, **ENVIRON)
    yield started
    stop_server(started)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peaks from /proc")
def test_the_largest_run_stays_within_its_budget_and_one_row_more_is_refused(small: Server) -> None:
    budget = Budget.here(1, small.runs, ENVIRON)
    config = largest(budget)
    told = cost(config).memory / MEGABYTE
    assert 295 < told <= 300
    said, *_ = refused(small, wide(config.bs + 1))
    assert "one run may take 300 MB of memory here; lower bs, bptt or nh" in said
    peaks = peaks_of(small, config)
    assert peaks.keys() == {"trainer", *LIMITS}
    assert told / 2 < peaks.pop("trainer") < told
    assert {name: peak for name, peak in peaks.items() if peak > LIMITS[name]} == {}
