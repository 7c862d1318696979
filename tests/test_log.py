"""The log of a server whose visitors are refused again and again."""

import logging
from types import SimpleNamespace

import pytest

from hnviz.web import log
from hnviz.web.log import CAUSED, OnceAMinute, keep_short


@pytest.fixture
def said(monkeypatch):
    lines, now = [], [100.0]
    monkeypatch.setattr(log, "time", SimpleNamespace(monotonic=lambda: now[0]))
    logger = logging.Logger("of a test")
    logger.addFilter(OnceAMinute())
    logger.addHandler(handler := logging.Handler())
    handler.emit = lambda record: lines.append(record.getMessage())
    return logger, lines, now


def test_a_kind_of_line_is_written_once_a_minute_and_the_next_one_counts(said, recorded):
    logger, lines, now = said
    for second in range(1500):
        now[0] = 100 + second / 10
        logger.warning("refused %s", f"visitor {second}")
        if second == 3:
            logger.error("something else")
    *first, again, last = lines
    assert first == ["refused visitor 0", "something else"]
    recorded(again, 600, 599)
    recorded(last, "1200", 599)


def test_errors_of_another_type_are_another_kind(said):
    logger, lines, _ = said
    for error in (ValueError("a"), KeyError("b"), ValueError("c")):
        logger.error("it failed: %r", error, exc_info=error)
    assert lines == ["it failed: ValueError('a')", "it failed: KeyError('b')"]


def test_kinds_beyond_what_is_remembered_are_written(said, monkeypatch):
    logger, lines, _ = said
    monkeypatch.setattr(log, "MOST", 1)
    for _ in range(2):
        logger.warning("one")
        logger.warning("two")
    assert lines == ["one", "two", "one", "two"]


def test_each_logger_of_refusals_is_kept_short_once(monkeypatch):
    for name in CAUSED:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    keep_short()
    keep_short()
    for name in CAUSED:
        filters = logging.getLogger(name).filters
        assert sum(isinstance(each, OnceAMinute) for each in filters) == 1
