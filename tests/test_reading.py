"""Files that anybody may have written: what is read of them, and what is said of the others."""

import errno
import os
from io import BytesIO
from pathlib import Path

import pytest

from hnviz.runs.files import (
    LARGEST_NUMBER,
    is_number,
    open_regular,
    parse_json,
    printable,
    read_bounded,
)
from tests.sentences import Recorded


def test_a_folder_or_a_pipe_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError) as refused:
            open_regular(path)
        told = refused.value
        assert (told.errno, told.strerror) in (
            (errno.EINVAL, "not a regular file"),
            (errno.EISDIR, "Is a directory"),
        )


def test_a_link_is_not_followed(tmp_path: Path, recorded: Recorded) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError) as refused:
        open_regular(tmp_path / "link")
    assert refused.value.errno == errno.ELOOP
    recorded(refused.value.strerror or "")


def test_as_many_bytes_are_read_as_may_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1500)
    assert read_bounded(path, 1500) == path.read_bytes()
    with pytest.raises(OSError) as refused:
        read_bounded(path, 1499)
    assert (refused.value.errno, refused.value.strerror) == (
        errno.EFBIG,
        "it has more than 1,499 bytes",
    )


def test_no_more_is_read_than_tells_that_it_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Counted(BytesIO):
        def read(self, most: int | None = -1, /) -> bytes:
            asked.append(-1 if most is None else most)
            return super().read(most)

    monkeypatch.setattr("hnviz.runs.files.open_regular", lambda path: Counted(b"x" * 9))
    assert read_bounded(tmp_path, 9) == b"x" * 9
    assert asked == [10]


def test_what_is_nested_too_deep_is_refused() -> None:
    assert parse_json(b'{"a": [1]}') == {"a": [1]}
    with pytest.raises(ValueError) as refused:
        parse_json(b"[" * 100_000)
    assert str(refused.value) == "nested too deep"


def test_what_cannot_be_seen_is_replaced() -> None:
    assert printable("a\nb\x7f\u2028\ud800 c") == "a\ufffdb\ufffd\ufffd\ufffd c"


@pytest.mark.parametrize("value", [0, -3, LARGEST_NUMBER, -LARGEST_NUMBER, 0.5, -1e308])
def test_a_number(value: float) -> None:
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [LARGEST_NUMBER + 1, -LARGEST_NUMBER - 1, float("nan"), float("inf"), True]
)
def test_no_number_for_a_page(value: object) -> None:
    assert not is_number(value) and not is_number(str(value)) and not is_number(None)
