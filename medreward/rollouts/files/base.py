"""What every input file offers: its columns, and its rows in batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self

import pyarrow as pa

from medreward.errors import InputError

__all__ = ["BATCH_BYTES", "BATCH_ROWS", "Rollouts", "input_errors", "schema_of"]

BATCH_ROWS = 8192
BATCH_BYTES = 16 << 20
"""What a batch may hold of decoded columns, unless one row alone is larger."""


class Rollouts(ABC):
    """The rows of one open input.

    Args:
        name: what messages call it.
        rows: number of rows.
        schema: Arrow schema of its columns.
        metadata: what the file says about itself.

    Attributes:
        notes: what the user should know about how the input was understood; complete once all rows were read.
        held: what must live as long as the input is read.
    """

    def __init__(self, name: str, rows: int, schema: pa.Schema, metadata: Mapping[bytes, bytes]) -> None:
        self.name, self.rows, self.schema, self.metadata = name, rows, schema, metadata
        self.notes: list[str] = []
        self.held: object = None

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing at all: formats of text have their columns in their rows, and it has no rows."""
        return not self.rows and not self.schema.names

    @abstractmethod
    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in their order.

        Args:
            columns: which columns to read; all where None.

        Yields:
            Batches of at most ``BATCH_ROWS`` rows and about ``BATCH_BYTES`` bytes; a row larger than that stands alone.

        Raises:
            InputError: the input is damaged.
        """

    @abstractmethod
    def close(self) -> None:
        """Let the input go."""

    def row(self, number: int, columns: Sequence[str]) -> pa.RecordBatch:
        """One row alone.

        Raises:
            InputError: ``no_such_row``, or the input is damaged.
        """
        self.check_row(number)
        left = number
        for batch in self.batches(columns):
            if left < batch.num_rows:
                return batch.slice(left, 1)
            left -= batch.num_rows
        raise InputError("file_changed", "The file became shorter while it was read", where=self.name)

    def check_row(self, number: int) -> None:
        """Make sure that there is a row of this number.

        Raises:
            InputError: ``no_such_row``.
        """
        if not 0 <= number < self.rows:
            raise InputError(
                "no_such_row",
                "The file has no such row",
                where=self.name,
                expected=f"a row from 0 to {self.rows - 1}" if self.rows else "a file with rows",
                got=str(number),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def schema_of(columns: Iterable[tuple[str, pa.DataType]], name: str) -> pa.Schema:
    """A schema of columns whose names come from a file.

    Raises:
        InputError: ``bad_column_name``: a name is no Unicode text.
    """
    try:
        return pa.schema(list(columns))
    except UnicodeEncodeError as error:
        raise InputError(
            "bad_column_name", "A column's name is no Unicode text", where=name, got=ascii(error.object)[:80]
        ) from error


@contextmanager
def input_errors(place: object) -> Iterator[None]:
    """Turn what the operating system says about opening an input into an InputError.

    Raises:
        InputError: ``not_found``, ``permission``, ``is_a_directory``.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError("not_found", "There is no such file", where=str(place), do="check the path") from error
    except PermissionError as error:
        raise InputError(
            "permission", "The input may not be read", where=str(place), do="ask for the right to read it"
        ) from error
    except IsADirectoryError as error:
        raise InputError("is_a_directory", "The input is a folder", where=str(place), do="name a file") from error
