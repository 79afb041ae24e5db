"""Input of any kind, as record batches; and the columns of a batch, found by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.scoring.cells import Shape, array_of
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints, raw_strings, validity_mask
from medreward.text.messages import is_messages
from medreward.text.unwrap import string_array

__all__ = ["MAX_ROWS", "as_batches", "plain_strings", "require_column", "slices"]

MAX_ROWS, MAX_BYTES = 8192, 16 << 20


def as_batches(data: Any) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    """In-memory data as Arrow batches.

    Args:
        data: an Arrow table, batch or reader; anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pandas,
            polars, DuckDB, …); or a mapping of lists.

    Raises:
        InputError: ``data_type`` or ``bad_column``.
    """
    if isinstance(data, pa.RecordBatch):
        return data.schema, [data]
    if isinstance(data, pa.Table):
        return data.schema, data.to_batches()
    if isinstance(data, pa.RecordBatchReader):
        return data.schema, list(data)
    if isinstance(data, Mapping):
        return _single(_from_mapping(data))
    try:
        if hasattr(data, "__arrow_c_stream__"):
            reader = pa.RecordBatchReader.from_stream(data)
            return reader.schema, list(reader)
        if hasattr(data, "__arrow_c_array__"):
            return _single(pa.record_batch(data))
    except UnicodeEncodeError:  # lone surrogates in a frame of Python strings
        return _single(_from_mapping({str(name): data[name].tolist() for name in data.columns}))
    except (pa.ArrowInvalid, TypeError, ValueError) as error:  # one column, not a table; or one that Arrow cannot hold
        raise _no_table(data, f": {error}") from error
    raise _no_table(data)


def _no_table(data: object, why: str = "") -> InputError:
    return InputError(
        "data_type",
        "This is no table of rollouts",
        expected="an Arrow table, batch or reader, something with the PyCapsule interface, or a mapping of lists",
        got=type(data).__name__ + why[:300],
    )


def _single(batch: pa.RecordBatch) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    return batch.schema, [batch]


def _from_mapping(data: Mapping[str, Any]) -> pa.RecordBatch:
    arrays = {name: _to_array(name, column) for name, column in data.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        sizes = ", ".join(f"{name}: {len(array)}" for name, array in arrays.items())
        raise InputError("bad_column", "Columns must have the same number of rows", got=sizes)
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))


def _to_array(name: str, column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    if isinstance(column, pa.Array):
        return column
    if isinstance(column, str | bytes):
        raise InputError("bad_column", "A column is a list of cells", where=f"column {name!r}", got=repr(column[:80]))
    if isinstance(column, list) and {*map(type, column)} == {str}:
        return string_array(column)
    try:
        cells = [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in column]
        if all(cell is None for cell in cells):
            return pa.nulls(len(cells))
        if all(cell is None or isinstance(cell, str) for cell in cells):
            return string_array(cells)
        try:
            return pa.array(cells)
        except UnicodeEncodeError:
            return pa.array([_clean(cell) for cell in cells])
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError) as error:
        shape = Shape.of(cells)
        if is_messages(shape.arrow()):  # text and content blocks in one column of conversations
            return array_of(cells, shape.arrow())
        raise InputError("bad_column", "A column cannot be read", where=f"column {name!r}", got=str(error)) from error


def _clean(cell: Any) -> Any:
    """A cell in which lone surrogates are U+FFFD, at any depth."""
    if isinstance(cell, str):
        return cell.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if not cell.isascii() else cell
    if isinstance(cell, Mapping):
        return {_clean(key): _clean(value) for key, value in cell.items()}
    return [_clean(item) for item in cell] if isinstance(cell, list | tuple) else cell


def slices(batch: pa.RecordBatch, completion: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Parts of a batch that are small enough to work on at once, with the row each begins at.

    A part has at most ``MAX_ROWS`` rows and ``MAX_BYTES`` of completions; one longer completion is a part by itself.
    """
    sizes = _text_sizes(batch.column(completion))
    at = 0
    while True:
        total = np.cumsum(sizes[at : at + MAX_ROWS])
        rows = max(1, int(np.searchsorted(total, MAX_BYTES, side="right")))
        yield at, batch.slice(at, rows)
        at += rows
        if at >= batch.num_rows:
            return


def _text_sizes(array: pa.Array) -> Ints:
    """Bytes of each text once it is decoded, whatever memory it shares; lists count their mean, what is no text 0."""
    kind, n = array.type, len(array)
    if pa.types.is_dictionary(kind):
        sizes = np.append(_text_sizes(array.dictionary), 0)
        indices = array.indices.cast(pa.int64())
        valid = validity_mask(indices.buffers()[0], indices.offset, n)
        places = np.frombuffer(indices.buffers()[1], np.int64, n, indices.offset * 8) if n else np.zeros(0, np.int64)
        return sizes[np.where(valid, places, -1)]
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):  # sixteen bytes each, the first four its length
        views = np.frombuffer(array.buffers()[1], np.int32, 4 * n, array.offset * 16) if n else np.zeros(0, np.int32)
        return views.reshape(-1, 4)[:, 0].astype(np.int64)
    if _is_plain(kind):
        return np.diff(raw_strings(array)[1])
    return np.full(n, array.nbytes // max(1, n), np.int64) if pa.types.is_nested(kind) else np.zeros(n, np.int64)


def _is_plain(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def require_column(schema: pa.Schema, canonical: str, settings: InputSettings, why: str) -> str:
    """The column's own name; an error that lists what is there where it is missing."""
    name = settings.column(canonical)
    found = schema.get_all_field_indices(name)
    if len(found) == 1:
        return name
    there = ", ".join(schema.names[:40]) or "no column at all"
    raise InputError(
        "missing_column" if not found else "repeated_column",
        f"There is no column {name!r}; {why}" if not found else f"Several columns are named {name!r}",
        expected=f"a column for {canonical!r}",
        got=there,
        do=f"name the column that holds it: --map {canonical}=COLUMN, or InputSettings(columns={{{canonical!r}: …}})"
        + ("; or join golds from another file: --gold-from FILE --on COLUMN" if canonical == "gold" else ""),
    )


def plain_strings(array: pa.Array, name: str) -> pa.Array:
    """Any Arrow text as string or large_string.

    Raises:
        InputError: ``column_type``.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        texts = plain_strings(array.dictionary, name)
        wide = texts.cast(pa.large_binary() if "binary" in str(texts.type) else pa.large_string())
        return wide.take(array.indices)  # wide: many rows of one long text may be more than two gigabytes
    if _is_plain(kind):
        return array
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return array.cast(pa.large_string())
    raise InputError(
        "column_type",
        f"Column {name!r} holds no text",
        where=f"column {name!r}",
        expected="string, large_string, string_view, a dictionary of one of them, or lists of messages"
        if "list" in str(kind)
        else "string, large_string, string_view, or a dictionary of one of them",
        got=str(kind),
    )
