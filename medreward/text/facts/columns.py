"""Columns beside the completions, as facts."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.text.buffer import Mask, numbered, validity_mask
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.measures import Measure, Numbers, Sequence, Units
from medreward.text.reading import Reading

__all__ = ["AnyColumn", "Column", "InputColumn", "Numbers", "TokenIds"]


class InputColumn(Fact):
    """A column of the input that a rule reads.

    Args:
        name: the column, by its canonical name where it has one.
    """

    name: str


class Column(Measure, InputColumn):
    """A numeric column of the input, such as ``completion_tokens``. NaN counts as null, as data frames write it.

    Args:
        name: the column, by its canonical name where it has one.
    """

    kind: Literal["column.v1"] = "column.v1"

    def read(self, reading: Reading) -> Numbers:
        """The column's numbers.

        Raises:
            InputError: ``column_type``: the column holds something else, or an infinity.
        """
        array = reading.rows.columns[self.name]
        kind = array.type
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        if not (numeric or pa.types.is_decimal(kind) or pa.types.is_null(kind)):
            raise InputError(
                "column_type",
                f"Column {self.name!r} holds no numbers",
                where=f"column {self.name!r}",
                expected="integers, floats, booleans or decimals",
                got=str(kind),
            )
        if pa.types.is_boolean(kind):
            array = array.cast(pa.uint8())
        numbers = array.cast(pa.float64(), safe=False)
        n = len(numbers)
        data = np.frombuffer(numbers.buffers()[1], np.float64, n, numbers.offset * 8) if n else np.zeros(0)
        valid = validity_mask(numbers.buffers()[0], numbers.offset, n) & ~np.isnan(data)
        endless = valid & np.isinf(data)
        if endless.any():
            row = int(endless.argmax()) + reading.rows.first_row
            raise InputError("column_type", f"Column {self.name!r} holds an infinity", where=f"row {row}")
        return Numbers(np.where(valid, data, 0.0), valid)

    def measure(self, reading: Reading) -> Numbers:
        """The column itself."""
        return reading[self]

    def unit_shown(self) -> str:
        """The column's name."""
        return self.name


class TokenIds(Measure, Units, InputColumn):
    """A column of lists of token numbers, such as ``completion_ids``: a sequence, and a length in tokens.

    Args:
        name: the column.
    """

    kind: Literal["token_ids.v1"] = "token_ids.v1"
    name: str = "completion_ids"

    def read(self, reading: Reading) -> Sequence:
        """Every token in order, and which row it stands in.

        Raises:
            InputError: ``column_type``: the column holds something else, or a list has a null in it.
        """
        lists = self._lists(reading)
        tokens = lists.flatten()
        if tokens.null_count:
            raise self._no_tokens("a list with a null in it")
        numbers = tokens.cast(pa.int64(), safe=False)  # numbers of 64 bits wrap round, and differ where they did
        data = np.frombuffer(numbers.buffers()[1], np.int64, len(numbers), numbers.offset * 8)
        sizes = self.measure(reading).data.astype(np.int64)
        row = np.repeat(np.arange(len(sizes)), sizes)
        return Sequence(row, row, numbered(data)[0])

    def known(self, reading: Reading) -> Mask:
        """Which rows have a list."""
        return self.measure(reading).valid

    def measure(self, reading: Reading) -> Numbers:
        """How many tokens each row has."""
        lists = self._lists(reading)
        valid = validity_mask(lists.buffers()[0], lists.offset, len(lists))
        offsets = np.frombuffer(lists.buffers()[1], np.int64, len(lists) + 1, lists.offset * 8)
        return Numbers(np.where(valid, np.diff(offsets), 0).astype(np.float64), valid)

    def _lists(self, reading: Reading) -> pa.Array:
        array = reading.rows.columns[self.name]
        kind = array.type
        if pa.types.is_null(kind):
            return array.cast(pa.large_list(pa.int64()))
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        if not is_list or not (pa.types.is_integer(kind.value_type) or pa.types.is_null(kind.value_type)):
            raise self._no_tokens(str(kind))
        if not len(array):
            return pa.array([], pa.large_list(pa.int64()))
        return array.cast(pa.large_list(kind.value_type))

    def _no_tokens(self, got: str) -> InputError:
        return InputError(
            "column_type",
            f"Column {self.name!r} holds no token numbers",
            where=f"column {self.name!r}",
            expected="lists of integers",
            got=got,
        )

    def unit_shown(self) -> str:
        """The column's name."""
        return f"tokens in {self.name}"


AnyColumn = FACTS.field(Column)
