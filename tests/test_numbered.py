"""The ids of an own text, as they lie beside it."""

import numpy as np
import pytest

from hnviz.data.numbered import Numbered, pack, unpack
from hnviz.data.vocab import Vocab


@pytest.mark.parametrize(("n_words", "width"), [(255, 1), (256, 1), (257, 2), (300, 2)])
def test_ids_take_one_byte_as_long_as_they_fit(n_words: int, width: int) -> None:
    ids = np.arange(n_words)
    found = Numbered(Vocab(tuple(map(str, range(n_words)))), ids, ids[::-1], "hash")
    packed = pack(found)
    again = unpack(packed)
    assert again is not None and again.vocab.itos == found.vocab.itos
    np.testing.assert_array_equal(again.train, ids)
    np.testing.assert_array_equal(again.valid, ids[::-1])
    assert again.train.dtype == np.int64 and again.content_hash == "hash"
    assert packed.endswith(ids[::-1].astype(f"<u{width}").tobytes())
    assert f'"bytes": {width},'.encode() in packed
