"""Writing scored rows: small batches are gathered into row groups of a sensible size."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from medreward.scoring.cells import python_cells

__all__ = ["GROUP_BYTES", "GROUP_ROWS", "JsonLinesWriter", "Opened", "RowGroupWriter", "Writer", "writer_for"]

GROUP_ROWS = 1 << 17
GROUP_BYTES = 32 << 20
"""A row group is written once it holds this many rows or bytes."""


class Writer(Protocol):
    """A file being written, batch by batch; closed at the end of a with block."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


class RowGroupWriter:
    """A Parquet file being written, compressed with zstd.

    Args:
        path: the file to write.
        schema: columns and metadata.
        distinct: columns whose cells hardly repeat, which are not put into a dictionary first.
    """

    def __init__(self, path: Path, schema: pa.Schema, distinct: Collection[str] = ()) -> None:
        self._schema = schema
        self._file = pa.OSFile(os.fsencode(path), "wb")  # as text a name must be UTF-8, and a colon makes it a URI
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd", **_encodings(schema, distinct))
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._held.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            table = pa.Table.from_batches(self._held, self._schema)
            self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._held, self._rows, self._bytes = [], 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
            self._writer.close()
            self._file.close()
            return
        with suppress(OSError):  # the file is thrown away: what went wrong first is what matters
            self._writer.close()
        with suppress(OSError):
            self._file.close()


def _encodings(schema: pa.Schema, distinct: Collection[str]) -> dict[str, Any]:
    """How columns are stored: dictionaries where cells repeat, differences of counted rows, no extremes of texts.

    A dictionary of what does not repeat, and the least and greatest of texts, took 40 % of the time of writing scores.
    """
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, schema).close()
    stored = pq.read_metadata(pa.BufferReader(sink.getvalue())).schema
    leaves = [stored.column(i) for i in range(len(stored))]
    roots = [name for name in distinct if name in schema.names]
    plain = {leaf.path for leaf in leaves for name in roots if f"{leaf.path}.".startswith(f"{name}.")}
    counted = [name for name in roots if pa.types.is_int64(schema.field(name).type)]
    return {
        "use_dictionary": [leaf.path for leaf in leaves if leaf.path not in plain],
        "column_encoding": dict.fromkeys(counted, "DELTA_BINARY_PACKED"),
        "write_statistics": [leaf.path for leaf in leaves if leaf.physical_type != "BYTE_ARRAY"],
    }


class JsonLinesWriter:
    """A file of JSON lines being written: one object a row, in UTF-8. What JSON has no word for (NaN) is null.

    Args:
        path: the file to write.
        schema: the columns; its metadata has no place in JSON lines.
        distinct: not looked at.
    """

    def __init__(self, path: Path, schema: pa.Schema, distinct: Collection[str] = ()) -> None:  # noqa: ARG002 - alike
        self._names = schema.names
        self._file = path.open("a", encoding="utf-8", errors="replace", newline="\n")

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        columns = [python_cells(column) for column in batch.columns]
        for cells in zip(*columns, strict=True):
            self._file.write(json.dumps(dict(zip(self._names, cells, strict=True)), ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with nullcontext() if kind is None else suppress(OSError):
            self._file.close()


Opened = Callable[[Path, pa.Schema, Collection[str]], Writer]
"""What begins a file: its path, its schema, and the columns whose cells hardly repeat."""


def writer_for(name: str) -> Opened:
    """What writes an output of that name: JSON lines for ``-``, ``.jsonl`` and ``.ndjson``, else Parquet."""
    return JsonLinesWriter if name == "-" or Path(name).suffix.lower() in (".jsonl", ".ndjson") else RowGroupWriter
