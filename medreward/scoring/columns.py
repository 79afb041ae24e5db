"""The output contract: which columns a score has, and their types."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medreward.rewards.base import Values
from medreward.rewards.document import Document
from medreward.text.buffer import Ints, Mask, numbered
from medreward.text.unwrap import string_array

__all__ = ["label_words", "lists_of_words", "numbers", "score_schema", "words"]


def score_schema(document: Document, prefix: str = "") -> pa.Schema:
    """The score columns: ``reward``, one ``reward_<component>`` each, what the answer says, and the flaws."""
    rewards = ["reward", *(f"reward_{name}" for name in document.components())]
    fields = [pa.field(prefix + name, pa.float64()) for name in rewards]
    fields += [pa.field(prefix + name, pa.string()) for name in ("answer", "answer_form", "answer_reason")]
    return pa.schema([*fields, pa.field(prefix + "flaws", pa.list_(pa.string()))])


def numbers(values: Values) -> pa.Array:
    """Values as an Arrow float64 array."""
    data = np.ascontiguousarray(values.data, np.float64)
    return pa.Array.from_buffers(pa.float64(), len(data), [_bitmap(values.valid), pa.py_buffer(data)])


def _bitmap(valid: Mask) -> pa.Buffer | None:
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def words(codes: npt.NDArray[np.integer], vocabulary: Sequence[str]) -> pa.Array:
    """Numbers as the words they stand for; a negative number is null."""
    return _dictionary(tuple(vocabulary)).take(_indices(codes))


def _indices(codes: npt.NDArray[np.integer]) -> pa.Array:
    """Places to take; a negative one takes null."""
    data, null = codes.astype(np.int32), codes < 0
    if not null.any():
        return pa.Array.from_buffers(pa.int32(), len(data), [None, pa.py_buffer(data)])
    data[null] = 0
    return pa.Array.from_buffers(pa.int32(), len(data), [_bitmap(~null), pa.py_buffer(data)])


@lru_cache(maxsize=256)
def _dictionary(vocabulary: tuple[str, ...]) -> pa.Array:
    return string_array([*vocabulary, ""]).cast(pa.string())


def lists_of_words(table: Mask, vocabulary: Sequence[str]) -> pa.Array:
    """Each row's true columns, at most 64, as a list of their names."""
    bits = np.zeros((len(table), 64), np.bool_)
    bits[:, : table.shape[1]] = table
    codes, keys = numbered(np.packbits(bits, bitorder="little").view(np.int64))
    held = [[i for i in range(table.shape[1]) if key >> i & 1] for key in keys.tolist()]
    size, flat = np.array([*map(len, held)], np.int64), np.array([i for some in held for i in some], np.int64)
    begin, count = np.cumsum(size) - size, size[codes]
    offsets = np.zeros(len(table) + 1, np.int32)
    np.cumsum(count, out=offsets[1:])
    some = count.nonzero()[0]
    ahead = np.repeat(begin[codes[some]] - offsets[some], count[some])
    column = words(flat[ahead + np.arange(len(ahead))], vocabulary)
    return pa.Array.from_buffers(pa.list_(pa.string()), len(table), [None, pa.py_buffer(offsets)], children=[column])


def label_words(labels: Ints, set_codes: Ints, label_sets: Sequence[tuple[str, ...]]) -> pa.Array:
    """Each row's labels as a string, several joined by ``,``; null for none.

    Args:
        labels: ``int64``, shape ``(n,)``, bit i for the row's i-th label.
        set_codes: ``int64``, shape ``(n,)``, which of ``label_sets`` the row offers.
        label_sets: the distinct tuples of labels.
    """
    place, masks = numbered(labels)
    codes, keys = (
        numbered(place * len(label_sets) + set_codes) if len(label_sets) > 1 else (place, np.arange(len(masks)))
    )
    pairs = zip(masks[keys // len(label_sets)].tolist(), (keys % len(label_sets)).tolist(), strict=True)
    named = [",".join(label for i, label in enumerate(label_sets[code]) if mask >> i & 1) for mask, code in pairs]
    return words(np.where(labels > 0, codes, -1), named)
