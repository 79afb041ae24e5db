"""Parquet, streamed in batches bounded by rows and by bytes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from medreward.errors import InputError
from medreward.rollouts.files.base import BATCH_BYTES, BATCH_ROWS, Rollouts, input_errors
from medreward.rollouts.places import Place, reading_errors

__all__ = ["ParquetRollouts"]

_BUFFER = 1 << 20  # bytes of a column chunk read at a time: a row group of gigabytes never stands in memory whole
_PROBE_ROWS = 8  # rows looked at to see how large they really are: dictionary-encoded text is larger than its pages
_MAGIC = b"PAR1"


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
            source = path if isinstance(path, Path) else path.open()
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
        row = 0
        for size, groups in self._plan(wanted):
            with _reading_errors(self.name, row):
                for batch in self._file.iter_batches(batch_size=size, row_groups=groups, columns=wanted):
                    row += batch.num_rows
                    yield batch

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

    def _plan(self, columns: list[str] | None) -> Iterator[tuple[int, list[int]]]:
        """Runs of row groups that are read alike: rows in a batch, and the row groups."""
        if not self.rows:
            return
        with _reading_errors(self.name, 0):
            probe = next(self._file.iter_batches(batch_size=_PROBE_ROWS, columns=columns))
        heavy = probe.nbytes / max(1, probe.num_rows)
        sizes = [self._rows_in_batch(group, columns, heavy) for group in range(self._file.num_row_groups)]
        for size, run in itertools.groupby(range(len(sizes)), key=sizes.__getitem__):
            yield size, list(run)

    def _rows_in_batch(self, group: int, columns: list[str] | None, heavy: float) -> int:
        """How many rows of a row group fit: a power of two, so that similar row groups are read in one run."""
        meta = self._file.metadata.row_group(group)
        chunks = (meta.column(i) for i in range(meta.num_columns))
        size = sum(
            chunk.total_uncompressed_size
            for chunk in chunks
            if columns is None or chunk.path_in_schema.split(".")[0] in columns or chunk.path_in_schema in columns
        )
        fit = int(BATCH_BYTES / max(1.0, heavy, size / max(1, meta.num_rows)))
        return int(min(BATCH_ROWS, 1 << max(0, fit.bit_length() - 1)))


@contextmanager
def _open_errors(path: Place) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, PermissionError):
        raise
    except (pa.ArrowException, OSError) as error:
        if not isinstance(path, Path) and not isinstance(error, pa.ArrowException):
            raise  # the network
        raise InputError(
            "corrupt_parquet", "The Parquet file is damaged", where=str(path), got=str(error), do="write it anew"
        ) from error


@contextmanager
def _reading_errors(name: str, row: int) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
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
        head = file.read(4)
        size = file.seek(0, 2)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if head != _MAGIC:
        raise InputError(
            "not_parquet",
            "The file is not a Parquet file",
            where=str(path),
            expected="a file that begins with PAR1",
            got=repr(head) if head else "an empty file",
        )
    if tail != _MAGIC or size < 12:
        raise InputError(
            "truncated_parquet",
            "The Parquet file was cut off: its end is missing",
            where=str(path),
            got=f"{size} bytes",
            do="copy or write it anew",
        )
