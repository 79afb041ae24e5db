"""JSON lines: one object a line, read twice: once to learn the types of all rows, once to build the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from medreward.errors import InputError
from medreward.rollouts.files.base import BATCH_BYTES, BATCH_ROWS, Rollouts, input_errors, schema_of
from medreward.scoring.cells import Shape, array_of

__all__ = ["JsonLinesRollouts"]


class JsonLinesRollouts(Rollouts):
    """A file of JSON objects, one a line; empty lines are passed over.

    A column's type fits all of its rows; where rows have no type in common (a text here, a list there) the column is
    text, and what is not text is JSON. A bare ``NaN`` is a null, in a column of numbers it is a NaN. Bytes that are no
    UTF-8 stay, and are flagged where they are scored.

    Args:
        path: the file.
        name: what messages call it; its path where None.

    Raises:
        InputError: ``not_found``, ``permission``, ``bad_json``, ``not_an_object``.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self._path = path
        self.name = name or str(path)
        rows, shape = 0, Shape()
        for _, record, _ in self._records():
            shape.see(record)
            rows += 1
        columns = ((key, part.arrow()) for key, part in shape.fields.items())
        super().__init__(self.name, rows, schema_of(columns, self.name), {})
        self.notes += [
            f"{self.name}: column {key!r} holds {' and '.join(sorted(part.kinds))}, and is text"
            for key, part in shape.fields.items()
            if len(part.kinds) > 1 and pa.types.is_large_string(self.schema.field(key).type)
        ]

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`Rollouts.batches`."""
        names = self.schema.names if columns is None else list(columns)
        schema = pa.schema([self.schema.field(name) for name in names])
        held: list[dict[str, Any]] = []
        size = 0
        for _, record, length in self._records():
            if held and (size + length > BATCH_BYTES or len(held) >= BATCH_ROWS):
                yield _batch(held, schema)
                held, size = [], 0
            held.append(record)
            size += length
        if held:
            yield _batch(held, schema)

    def close(self) -> None:
        """Nothing is open between two readings."""

    def _records(self) -> Iterator[tuple[int, dict[str, Any], int]]:
        """Each line's number (from 1), object, and size in bytes."""
        with input_errors(self.name), self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if text.strip():
                    yield number, self._record(text, number), len(line)

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            found = json.loads(line.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError) as error:
            self._complain("bad_json", "A line is no JSON", number, str(error), "write one object a line")
        if not isinstance(found, dict):
            do = "write one object a line, such as with jq -c '.[]'" if isinstance(found, list) else None
            self._complain(
                "not_an_object", "A line is no JSON object", number, line[:80].decode("utf-8", "replace"), do
            )
        return found

    def _complain(self, code: str, what: str, number: int, got: str, do: str | None) -> NoReturn:
        raise InputError(
            code, what, where=f"{self.name}, line {number}", expected="one JSON object a line", got=got, do=do
        )


def _batch(records: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        array_of([record.get(field.name) for record in records], field.type, _role(field.name)) for field in schema
    ]
    if not arrays:  # rows of objects without a key
        return pa.RecordBatch.from_struct_array(pa.array([{}] * len(records), pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _role(column: str) -> str:
    """Who said a bare text in a column of conversations."""
    return "user" if column in ("prompt", "input") else "assistant"
