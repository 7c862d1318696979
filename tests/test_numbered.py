"""The ids of an own text, as they lie beside it."""

import numpy as np
import pytest

from hnviz.data.corpora.texts import TextIds, pack_ids, unpack_ids
from hnviz.data.tokens import Vocab


@pytest.mark.parametrize(("n_words", "width"), [(255, 1), (256, 1), (257, 2), (300, 2)])
def test_ids_take_one_byte_as_long_as_they_fit(n_words: int, width: int) -> None:
    ids = np.arange(n_words)
    found = TextIds(Vocab(tuple(map(str, range(n_words)))), ids, ids[::-1], "hash")
    packed = pack_ids(found)
    again = unpack_ids(packed)
    assert again is not None and again.vocab.itos == found.vocab.itos
    np.testing.assert_array_equal(again.train, ids)
    np.testing.assert_array_equal(again.valid, ids[::-1])
    assert again.train.dtype == np.int64 and again.content_hash == "hash"
    assert packed.endswith(ids[::-1].astype(f"<u{width}").tobytes())
    assert f'"bytes": {width},'.encode() in packed
