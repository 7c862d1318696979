"""Answers as bytes: what is packed comes out the same, any reader of safetensors reads it, and no
other bytes are an answer."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import load

from hnviz.questions.frame import ALIGNED, METADATA, pack, seconds_of, to_json, unpack, unpack_many
from hnviz.questions.params import Param
from hnviz.questions.view import Reply

DTYPES = ("bool", "int8", "uint8", "int16", "int64", "float16", "float32", "float64", ">f4")
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
    )
)
REPLIES = st.builds(
    Reply,
    arrays=st.dictionaries(st.text(max_size=5), ARRAYS, max_size=4),
    meta=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    sentence=st.text(max_size=20),
    seconds=st.floats(0, 10),
)


def same(left: Reply, right: Reply) -> None:
    assert left[1:] == right[1:]
    assert list(left.arrays) == list(right.arrays)
    for name, array in left.arrays.items():
        found = right.arrays[name]
        assert found.shape == array.shape
        assert found.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(found, array)
        assert not found.flags.writeable


@given(REPLIES)
def test_an_answer_comes_out_as_it_went_in(reply):
    content = pack(reply)
    same(reply, unpack(content))
    assert seconds_of(content) == reply.seconds
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    assert size % ALIGNED == 0
    for name, told in header.items():
        if name != METADATA:
            assert told["data_offsets"][0] % reply.arrays[name].itemsize == 0


@given(REPLIES)
def test_the_library_reads_it(reply):
    found = load(pack(reply))
    assert set(found) == set(reply.arrays)
    for name, array in reply.arrays.items():
        np.testing.assert_array_equal(found[name], array)


@given(st.lists(REPLIES, max_size=3))
def test_several_answers_follow_each_other(replies):
    found = unpack_many(b"".join(map(pack, replies)))
    assert len(found) == len(replies)
    for reply, each in zip(replies, found, strict=True):
        same(reply, each)


def test_arrays_that_are_not_contiguous_are_packed_in_order():
    reply = Reply({"values": np.arange(12, dtype="f4").reshape(3, 4).T[::2]})
    same(reply, unpack(pack(reply)))


@dataclass(frozen=True)
class Fact:
    number: float


def test_a_browser_gets_null_for_what_json_lacks_and_python_the_number():
    meta = {
        "loss": math.nan,
        "n": np.int64(3),
        "all": (np.float32("inf"), np.arange(2.0)),
        "no": None,
    }
    content = pack(Reply({}, meta))
    told = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])[METADATA]
    assert json.loads(told["meta"]) == {"loss": None, "n": 3, "all": [None, [0, 1]], "no": None}
    found = unpack(content).meta
    assert math.isnan(found["loss"]) and found["all"][0] == math.inf and found["no"] is None
    assert "exact" not in pack(Reply({}, {"n": 3})).decode()


def test_json_has_no_nan():
    value = {"a": math.nan, 3: {np.int64(1)}, "fact": Fact(-math.inf), "ä": "“"}
    assert json.loads(to_json(value)) == {"a": None, "3": [1], "fact": {"number": None}, "ä": "“"}
    assert to_json({"a": [1.5, None]}) == '{"a":[1.5,null]}'
    with pytest.raises(TypeError, match="got object"):
        to_json({"a": object()})


@pytest.mark.parametrize("values", [np.array(["a"]), np.array([None]), np.array([1j])])
def test_arrays_hold_numbers(values):
    with pytest.raises(TypeError, match="must hold numbers"):
        pack(Reply({"values": values}))


WHOLE = pack(Reply({"values": np.arange(4.0)}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x05",
        WHOLE[:20],
        WHOLE[:-8],
        WHOLE + b"\x00",
        b"\xff\xff\xff\xff" + WHOLE[4:],
        b"\x02" + bytes(7) + b"[]",
        b"\x02" + bytes(7) + b"{}",
        WHOLE.replace(b"[4]", b"[9]"),
        WHOLE.replace(b"[0,32]", b"[8,40]"),
        WHOLE.replace(b"F64", b"O64"),
        b"\x5c\x00\x00\x00" + b'{"arrays": [["values", "<f8", [4]]], "meta": {}, "seconds": 0.0}',
    ],
)
def test_other_bytes_are_no_answer(content):
    with pytest.raises(ValueError, match="these bytes"):
        unpack(content)


def test_a_parameter_has_a_known_kind():
    assert Param(("a", "b"), "a").kind == ("a", "b")
    with pytest.raises(ValueError, match="a kind is one of int, float"):
        Param("number")
