"""Writing scored rows: small batches are gathered into row groups of a sensible size."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["GROUP_BYTES", "GROUP_ROWS", "RowGroupWriter"]

GROUP_ROWS = 1 << 17
GROUP_BYTES = 32 << 20
"""A row group is written once it holds this many rows or bytes."""


class RowGroupWriter:
    """A Parquet file being written, compressed with zstd.

    Args:
        path: the file to write.
        schema: columns and metadata.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
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
            return
        with suppress(OSError):  # the file is thrown away: what went wrong first is what matters
            self._writer.close()
