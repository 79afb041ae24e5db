"""The output contract: which columns a score has, their types, and the metadata beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from medreward._version import __version__
from medreward.errors import InputError
from medreward.rewards.base import Values
from medreward.rewards.document import Document
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints, Mask
from medreward.text.unwrap import string_array

__all__ = [
    "kept_columns",
    "label_words",
    "lists_of_words",
    "metadata",
    "numbers",
    "score_schema",
    "words",
    "written_columns",
]


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


def metadata(document: Document, settings: InputSettings, names: Sequence[str], rows: int | None) -> dict[str, str]:
    """What says how scores came about: document, digest, input settings, library version, columns, row count."""
    known = {
        "medreward.document": document.to_json(),
        "medreward.digest": document.digest,
        "medreward.input": settings.model_dump_json(),
        "medreward.version": __version__,
        "medreward.columns": json.dumps(list(names)),
    }
    return known if rows is None else {**known, "medreward.rows": str(rows)}


def kept_columns(schema: pa.Schema, names: Sequence[str], do: str) -> list[str]:
    """The input's columns that stay beside scores of these names: all but those medreward wrote.

    Raises:
        InputError: ``column_taken``: a column of such a name was written by someone else.
    """
    own = written_columns(schema.metadata or {})
    taken = [name for name in names if name in schema.names and name not in own]
    if taken:
        raise InputError(
            "column_taken",
            f"The input already has columns that scores would be written to: {', '.join(taken)}",
            expected="names that are free, or columns whose metadata says medreward wrote them",
            do=do,
        )
    return [name for name in schema.names if name not in own]


def written_columns(known: Mapping[bytes, bytes]) -> frozenset[str]:
    """The columns that metadata says medreward wrote."""
    try:
        names = json.loads(known.get(b"medreward.columns", b"[]"))
    except ValueError:  # somebody else's metadata under our name: nothing is known to be ours
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
