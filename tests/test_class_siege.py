"""A class under attack, for a few seconds: ``python -m tests.load.siege`` is the whole."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.load import siege

pytestmark = pytest.mark.slow


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_class_goes_on_while_it_is_attacked(capsys):
    with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
        assert thread.submit(siege.main, "--brief").result() == 0, capsys.readouterr().out
