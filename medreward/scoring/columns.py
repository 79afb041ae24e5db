"""The output contract: which columns a score has, and their types."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medreward.rewards.base import Values
from medreward.rewards.document import Document
from medreward.text.buffer import Ints, Mask
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
    return string_array([*vocabulary, ""]).cast(pa.string()).take(indices)


def lists_of_words(table: Mask, vocabulary: Sequence[str]) -> pa.Array:
    """Each row's true columns, as a list of their names."""
    row, column = np.nonzero(table)
    offsets = np.zeros(len(table) + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=len(table)), out=offsets[1:])
    return pa.Array.from_buffers(
        pa.list_(pa.string()), len(table), [None, pa.py_buffer(offsets)], children=[words(column, vocabulary)]
    )


def label_words(label: Ints, set_codes: Ints, label_sets: Sequence[tuple[str, ...]]) -> pa.Array:
    """Each row's label as a string; null for none."""
    first = np.cumsum([0, *map(len, label_sets)])
    return words(np.where(label >= 0, first[set_codes] + label, -1), [name for labels in label_sets for name in labels])
