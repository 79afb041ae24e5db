"""Parquet, streamed in batches bounded by rows and by bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medreward.errors import InputError
from medreward.rollouts.files.base import BATCH_BYTES, BATCH_ROWS, Rollouts, input_errors
from medreward.rollouts.files.signatures import PARQUET, refuse_other_kind
from medreward.rollouts.places import Place, reading_errors

__all__ = ["ParquetRollouts"]

_BUFFER = 1 << 20  # bytes of a column chunk read at a time: a row group of gigabytes never stands in memory whole
_PROBE_ROWS = 8  # the first batch: nobody knows yet how large rows are
_GROWTH = 32
_RESTARTS = 64  # changes of the batch size that cost reading a part of a row group again, unless memory asks for more


class ParquetRollouts(Rollouts):
    """An open Parquet file of rollouts.

    Args:
        path: the file.

    Raises:
        InputError: ``not_found``, ``permission``, ``not_parquet``, ``truncated_parquet``, ``corrupt_parquet``.
    """

    def __init__(self, path: Place) -> None:
        guard = input_errors(path) if isinstance(path, Path) else reading_errors(path)
        with guard, _open_errors(path):
            _check_magic(path)
            # as text a name would have to be UTF-8, and one with a colon would be taken for a URI
            source = pa.OSFile(os.fsencode(path)) if isinstance(path, Path) else path.open()
            self._file = pq.ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False)
            schema: pa.Schema = self._file.schema_arrow
        kept: dict[bytes, bytes] = {**(schema.metadata or {}), **(self._file.metadata.metadata or {})}
        metadata = {key: value for key, value in kept.items() if key != b"ARROW:schema"}
        super().__init__(str(path), self._file.metadata.num_rows, schema, metadata)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in their order.

        Args:
            columns: which columns to read; all where None.

        Yields:
            Batches of at most ``BATCH_ROWS`` rows and about ``BATCH_BYTES`` bytes; a row larger than that stands alone.

        Raises:
            InputError: ``corrupt_parquet``.
        """
        wanted = None if columns is None else list(columns)
        row, size, again = 0, min(_PROBE_ROWS, self._stored_fit()), 0
        while row < self.rows:
            for batch in self._from(row, size, wanted):
                better = _better_size(size, batch)
                if better > size and again < _RESTARTS:  # read anew: a small batch costs as much to score
                    size, again = better, again + 1
                    break
                row += batch.num_rows
                yield batch
                if better < size:
                    size, again = better, again + 1
                    break

    def _stored_fit(self) -> int:
        """Rows that fit a batch, by how the first row group is stored: at most so many."""
        if not self._file.num_row_groups:
            return 1
        group = self._file.metadata.row_group(0)
        return max(1, int(BATCH_BYTES * group.num_rows / max(1, group.total_byte_size)))

    def _from(self, row: int, size: int, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        """The rows from one on; those before it in its row group are read once more and dropped."""
        group, first = 0, 0
        while row >= first + self._file.metadata.row_group(group).num_rows:
            first += self._file.metadata.row_group(group).num_rows
            group += 1
        groups, skip = list(range(group, self._file.num_row_groups)), row - first
        with _reading_errors(self.name, row):
            for batch in self._file.iter_batches(batch_size=size, row_groups=groups, columns=columns):
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(0, skip - batch.num_rows)

    def row(self, number: int, columns: Sequence[str]) -> pa.RecordBatch:
        """One row alone; only its row group is read.

        Raises:
            InputError: ``no_such_row``, ``corrupt_parquet``.
        """
        self.check_row(number)
        group, left = 0, number
        while left >= self._file.metadata.row_group(group).num_rows:
            left -= self._file.metadata.row_group(group).num_rows
            group += 1
        with _reading_errors(self.name, number):
            for batch in self._file.iter_batches(batch_size=256, row_groups=[group], columns=list(columns)):
                if left < batch.num_rows:
                    return batch.slice(left, 1)
                left -= batch.num_rows
        raise InputError("corrupt_parquet", "The file holds fewer rows than it says", where=self.name)


def _better_size(size: int, batch: pa.RecordBatch) -> int:
    """Rows for the next batches, a power of two: as many as fit if all are like these, though not at one bound.

    What a file says of its columns' sizes is no upper limit: a text that its dictionary holds once may stand in every
    row.
    """
    fit = int(BATCH_BYTES * batch.num_rows / max(1, batch.nbytes))
    fit = min(BATCH_ROWS, size * _GROWTH, 1 << max(0, fit.bit_length() - 1))
    return fit if fit >= 2 * size or 2 * fit <= size else size


@contextmanager
def _open_errors(path: Place) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, PermissionError):
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if not isinstance(path, Path) and isinstance(error, OSError):
            raise  # the network
        raise InputError(
            "corrupt_parquet", "The Parquet file is damaged", where=str(path), got=str(error), do="write it anew"
        ) from error


@contextmanager
def _reading_errors(name: str, row: int) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            "corrupt_parquet",
            "The Parquet file is damaged, or uses what this pyarrow cannot read",
            where=f"{name}, at or after row {row}",
            got=str(error),
            do="write it anew",
        ) from error


def _check_magic(path: Place) -> None:
    """A Parquet file begins and ends with the same four bytes; one that only begins so was cut off."""
    with path.open("rb") as file:
        head = file.read(16)
        size = file.seek(0, 2)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if not head.startswith(PARQUET):
        refuse_other_kind(bytes(head), str(path), "a Parquet file")
        raise InputError(
            "not_parquet",
            "The file is not a Parquet file",
            where=str(path),
            expected="a file that begins with PAR1",
            got=repr(bytes(head[:4])) if head else "an empty file",
            do="give the file the suffix of what it is: .jsonl, .csv or .tsv",
        )
    if tail != PARQUET or size < 12:
        raise InputError(
            "truncated_parquet",
            "The Parquet file was cut off: its end is missing",
            where=str(path),
            got=f"{size} bytes",
            do="copy or write it anew",
        )
