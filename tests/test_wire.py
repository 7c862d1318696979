"""Answers as bytes: what is packed comes out the same, and no other bytes do."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from hnviz.questions.params import Param
from hnviz.web.wire import ALIGNED, Parcel, pack, pack_many, plain, unpack, unpack_many

DTYPES = ("bool", "int8", "uint8", "int16", "int64", "float16", "float32", "float64", ">f4")
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
    )
)
PARCELS = st.builds(
    Parcel,
    arrays=st.dictionaries(st.text(max_size=5), ARRAYS, max_size=4),
    meta=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    sentence=st.text(max_size=20),
    seconds=st.floats(0, 10),
)


def same(left: Parcel, right: Parcel) -> None:
    assert left[1:] == right[1:]
    assert list(left.arrays) == list(right.arrays)
    for name, array in left.arrays.items():
        found = right.arrays[name]
        assert found.shape == array.shape
        assert found.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(found, array)
        assert not found.flags.writeable


@given(PARCELS)
def test_an_answer_comes_out_as_it_went_in(parcel):
    content = pack(parcel)
    size = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + size])
    assert (4 + size) % ALIGNED == 0
    assert len(content) % ALIGNED == 0
    assert all(offset % ALIGNED == 0 for *_, offset in header["arrays"])
    same(parcel, unpack(content))


@given(st.lists(PARCELS, max_size=3))
def test_answers_for_several_steps_share_one_body(parcels):
    found = unpack_many(pack_many(range(len(parcels)), parcels))
    assert list(found) == list(range(len(parcels)))
    for parcel, each in zip(parcels, found.values(), strict=True):
        same(parcel, each)


def test_arrays_that_are_not_contiguous_are_packed_in_order():
    values = np.arange(12, dtype="f4").reshape(3, 4).T[::2]
    same(Parcel({"values": values}, {}), unpack(pack(Parcel({"values": values}, {}))))


def test_what_json_cannot_hold_becomes_null():
    meta = {"loss": float("nan"), "n": np.int64(3), "all": (np.float32("inf"), np.arange(2.0))}
    assert unpack(pack(Parcel({}, meta))).meta == {"loss": None, "n": 3, "all": [None, [0.0, 1.0]]}
    with pytest.raises(TypeError, match="got object"):
        plain({"a": object()})


@pytest.mark.parametrize("values", [np.array(["a"]), np.array([None]), np.array([1j])])
def test_arrays_hold_numbers(values):
    with pytest.raises(TypeError, match="must hold numbers"):
        pack(Parcel({"values": values}, {}))


WHOLE = pack(Parcel({"values": np.arange(4.0)}, {}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x05",
        WHOLE[:20],
        WHOLE[:-8],
        b"\xff\xff\xff\xff" + WHOLE[4:],
        b"\x02\x00\x00\x00[]",
        b"\x02\x00\x00\x00{}",
        WHOLE.replace(b"[4]", b"[9]"),
        WHOLE.replace(b"<f8", b"|O8"),
    ],
)
def test_other_bytes_are_no_answer(content):
    with pytest.raises(ValueError, match="these bytes"):
        unpack(content)
    with pytest.raises(ValueError, match="these bytes"):
        unpack_many(content)


def test_a_parameter_has_a_known_kind():
    assert Param(("a", "b"), "a").kind == ("a", "b")
    with pytest.raises(ValueError, match="a kind is one of int, float"):
        Param("number")
