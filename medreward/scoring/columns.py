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
    valid = codes >= 0
    index = np.where(valid, codes, 0).astype(np.int32)
    indices = pa.Array.from_buffers(pa.int32(), len(index), [_bitmap(valid), pa.py_buffer(index)])
    return _dictionary(tuple(vocabulary)).take(indices)


@lru_cache(maxsize=256)
def _dictionary(vocabulary: tuple[str, ...]) -> pa.Array:
    return string_array([*vocabulary, ""]).cast(pa.string())


def lists_of_words(table: Mask, vocabulary: Sequence[str]) -> pa.Array:
    """Each row's true columns, as a list of their names."""
    row, column = np.divmod(np.flatnonzero(table), max(1, table.shape[1]))
    offsets = np.zeros(len(table) + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=len(table)), out=offsets[1:])
    return pa.Array.from_buffers(
        pa.list_(pa.string()), len(table), [None, pa.py_buffer(offsets)], children=[words(column, vocabulary)]
    )


def label_words(labels: Ints, set_codes: Ints, label_sets: Sequence[tuple[str, ...]]) -> pa.Array:
    """Each row's labels as a string, several joined by ``,``; null for none.

    Args:
        labels: ``int64``, shape ``(n,)``, bit i for the row's i-th label.
        set_codes: ``int64``, shape ``(n,)``, which of ``label_sets`` the row offers.
        label_sets: the distinct tuples of labels.
    """
    place, masks = numbered(labels)
    codes, keys = numbered(place * len(label_sets) + set_codes)
    pairs = zip(masks[keys // len(label_sets)].tolist(), (keys % len(label_sets)).tolist(), strict=True)
    named = [",".join(label for i, label in enumerate(label_sets[code]) if mask >> i & 1) for mask, code in pairs]
    return words(np.where(labels > 0, codes, -1), named)
