"""Input of any kind, as record batches; and the columns of a batch, as rows to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from medreward.errors import InputError
from medreward.scoring.settings import InputSettings
from medreward.text.rows import Rows
from medreward.text.unwrap import string_array

__all__ = ["as_batches", "plain_strings", "read_rows", "require_column", "slices"]

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
    if hasattr(data, "__arrow_c_stream__"):
        try:
            reader = pa.RecordBatchReader.from_stream(data)
            return reader.schema, list(reader)
        except UnicodeEncodeError:  # lone surrogates in a frame of Python strings
            return _single(_from_mapping({str(name): data[name].tolist() for name in data.columns}))
    if hasattr(data, "__arrow_c_array__"):
        return _single(pa.record_batch(data))
    raise InputError(
        "data_type",
        "This is no table of rollouts",
        expected="an Arrow table, batch or reader, something with the PyCapsule interface, or a mapping of lists",
        got=type(data).__name__,
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
    if isinstance(column, Sequence) and all(cell is None or isinstance(cell, str) for cell in column):
        return string_array(column)
    try:
        return pa.array(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, UnicodeError) as error:
        raise InputError("bad_column", "A column cannot be read", where=f"column {name!r}", got=str(error)) from error


def slices(batch: pa.RecordBatch, completion: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Parts of a batch that are small enough to work on at once, with the row each begins at."""
    todo = [(at, batch.slice(at, MAX_ROWS)) for at in range(0, max(1, batch.num_rows), MAX_ROWS)][::-1]
    while todo:
        at, part = todo.pop()
        if part.num_rows > 1 and part.column(completion).nbytes > MAX_BYTES:
            half = part.num_rows // 2
            todo += [(at + half, part.slice(half)), (at, part.slice(0, half))]
        else:
            yield at, part


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
        do=f"name the column that holds it: --map {canonical}=COLUMN, or InputSettings(columns={{{canonical!r}: …}})",
    )


def plain_strings(array: pa.Array, name: str) -> pa.Array:
    """Any Arrow text as string or large_string.

    Raises:
        InputError: ``column_type``.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain_strings(array.dictionary_decode(), name)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return array
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return array
    if pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return array.cast(pa.large_string())
    raise InputError(
        "column_type",
        f"Column {name!r} holds no text",
        where=f"column {name!r}",
        expected="string, large_string, string_view, or a dictionary of one of them",
        got=str(kind),
    )


def read_rows(batch: pa.RecordBatch, settings: InputSettings, first_row: int = 0, columns: Iterable[str] = ()) -> Rows:
    """The rows of one batch: completions, options where the batch has them, and the named columns."""
    name = require_column(batch.schema, "completion", settings, "it holds what the model wrote")
    options = settings.column("options")
    named = options in batch.schema.names or options != "options"
    if named:
        require_column(batch.schema, "options", settings, "it was named for the options")
    completions = plain_strings(batch.column(name), name)
    beside = {column: batch.column(settings.column(column)) for column in columns}
    return Rows.of(completions, batch.column(options) if named else None, beside, first_row)
