"""Columns beside the completions, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.text.buffer import Mask, validity_mask
from medreward.text.facts.base import FACTS, Fact
from medreward.text.reading import Reading

__all__ = ["AnyColumn", "Column", "Numbers"]


@dataclass(frozen=True)
class Numbers:
    """A numeric column.

    Args:
        data: ``float64``, shape ``(n,)``; 0 where not valid.
        valid: bool, shape ``(n,)``; false for null and for NaN.
    """

    data: np.ndarray[tuple[int], np.dtype[np.float64]]
    valid: Mask


class Column(Fact):
    """A numeric column of the input, such as ``completion_tokens``. NaN counts as null, as data frames write it.

    Args:
        name: the column, by its canonical name where it has one.
    """

    kind: Literal["column.v1"] = "column.v1"
    name: str

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


AnyColumn = FACTS.field(Column)
