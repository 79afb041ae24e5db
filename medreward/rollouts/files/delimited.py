"""CSV and TSV: read twice, once to find the columns of numbers, once to build the columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from medreward.errors import InputError
from medreward.rollouts.files.base import BATCH_BYTES, BATCH_ROWS, Rollouts, input_errors, schema_of
from medreward.scoring.cells import array_of

__all__ = ["DelimitedRollouts"]

_OTHER_SEPARATOR = re.compile(r"[,;\t|]")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[+-]?((?:0|[1-9][0-9]{0,16})(\.[0-9]{0,17})?|\.[0-9]{1,17})([eE][+-]?[0-9]{1,3})?|nan|NaN|-?inf")


class DelimitedRollouts(Rollouts):
    """A CSV or TSV file with a header. An empty cell is null: the format does not tell it from an empty text.

    Columns of whole numbers are ``int64``, of numbers ``float64``, all others text: also ``007``, which is a name.

    Args:
        path: the file.
        name: what messages call it; its path where None.
        text: columns that are text even where all their cells are numbers.
        separator: what stands between two cells.

    Raises:
        InputError: ``not_found``, ``permission``, ``bad_csv``.
    """

    def __init__(
        self, path: Path, name: str | None = None, text: Collection[str] = (), *, separator: str = ","
    ) -> None:
        self._path, self._separator = path, separator
        self.name = name or str(path)
        self._header = next(self._lines(), ("", []))[1]
        if len(self._header) == 1 and (other := _OTHER_SEPARATOR.search(self._header[0])) is not None:
            raise InputError(
                "bad_csv",
                f"The cells are separated by {other[0]!r}",
                where=self.name,
                expected=f"cells separated by {self._separator!r}",
                got=self._header[0][:80],
                do="write commas in a .csv file, tabs in a .tsv file",
            )
        kinds = [pa.large_string() if column in text else pa.null() for column in self._header]
        rows = 0
        for _, cells in self._rows():
            rows += 1
            kinds = [_wider(kind, cell) for kind, cell in zip(kinds, cells, strict=True)]
        super().__init__(self.name, rows, schema_of(zip(self._header, kinds, strict=True), self.name), {})

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`Rollouts.batches`."""
        names = self._header if columns is None else list(columns)
        places = range(len(names)) if columns is None else [self._header.index(name) for name in names]
        fields = [self.schema.field(i) for i in places]
        held: list[list[str]] = []
        size = 0
        for _, cells in self._rows():
            length = sum(map(len, cells))
            if held and (size + length > BATCH_BYTES or len(held) >= BATCH_ROWS):
                yield _batch(held, places, fields)
                held, size = [], 0
            held.append(cells)
            size += length
        if held:
            yield _batch(held, places, fields)

    def close(self) -> None:
        """Nothing is open between two readings."""

    def _lines(self) -> Iterator[tuple[str, list[str]]]:
        """Where each row ends, and its cells."""
        csv.field_size_limit(2**31 - 1)
        with (
            input_errors(self.name),
            self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file,
        ):
            reader = csv.reader(file, delimiter=self._separator, strict=True)
            try:
                for cells in reader:
                    yield f"line {reader.line_num}", cells
            except csv.Error as error:
                raise self._wrong(f"line {reader.line_num}", "well quoted cells", str(error)) from error

    def _rows(self) -> Iterator[tuple[str, list[str]]]:
        lines = self._lines()
        next(lines, None)
        for where, cells in lines:
            if len(cells) != len(self._header):
                if not cells:  # an empty line
                    continue
                raise self._wrong(where, f"{len(self._header)} cells, as in the header", f"{len(cells)} cells")
            yield where, cells

    def _wrong(self, where: str, expected: str, got: str) -> InputError:
        return InputError(
            "bad_csv", "A row of the CSV file is damaged", where=f"{self.name}, {where}", expected=expected, got=got
        )


def _wider(kind: pa.DataType, cell: str) -> pa.DataType:
    """The narrowest type for what the column held so far and one more cell."""
    if pa.types.is_large_string(kind) or not cell:
        return kind
    if _WHOLE.fullmatch(cell):
        return pa.int64() if pa.types.is_null(kind) else kind
    return pa.float64() if _NUMBER.fullmatch(cell) else pa.large_string()


_READ = {pa.int64(): int, pa.float64(): float, pa.large_string(): str, pa.null(): str}


def _batch(rows: list[list[str]], places: Sequence[int], fields: list[pa.Field]) -> pa.RecordBatch:
    arrays = []
    for place, field in zip(places, fields, strict=True):
        read = _READ[field.type]
        arrays.append(array_of([read(row[place]) if row[place] else None for row in rows], field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
