"""Rows: the completions to read, what each of them was offered, and the columns beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from medreward.text.buffer import Bytes, Ints, Mask, Spans, raw_strings
from medreward.text.option_column import OptionColumn

__all__ = ["Rows"]


@dataclass(frozen=True)
class Rows:
    """Completions in Arrow memory, without a copy.

    Args:
        buf: ``uint8``, the data buffer of the completions.
        offsets: ``int64``, shape ``(n + 1,)``, where each begins and ends in ``buf``.
        valid: bool, shape ``(n,)``; false for a null completion.
        options: what each row offers.
        columns: other columns by name, each of ``n`` rows.
        first_row: the number of the first row in the whole input, for messages.
    """

    buf: Bytes
    offsets: Ints
    valid: Mask
    options: OptionColumn
    columns: Mapping[str, pa.Array] = field(default_factory=dict)
    first_row: int = 0

    @classmethod
    def of(
        cls,
        completions: pa.Array,
        options: pa.Array | None = None,
        columns: Mapping[str, pa.Array] | None = None,
        first_row: int = 0,
        options_name: str = "options",
    ) -> Rows:
        """Rows from an Arrow string or large_string array (binary is taken as UTF-8).

        Raises:
            InputError: the options column holds no options.
        """
        buf, offsets, valid = raw_strings(completions)
        column = (
            OptionColumn.none(len(completions))
            if options is None
            else OptionColumn.of(options, first_row, options_name)
        )
        return cls(buf, offsets, valid, column, columns or {}, first_row)

    def __len__(self) -> int:
        return len(self.valid)

    @cached_property
    def spans(self) -> Spans:
        """Each completion as a span of the buffer; a null one is empty."""
        start, end = self.offsets[:-1], self.offsets[1:]
        return Spans(self.buf, start, end if self.valid.all() else np.where(self.valid, end, start))

    def text(self, row: int) -> str | None:
        """One completion; bytes that are no UTF-8 become U+FFFD."""
        if not self.valid[row]:
            return None
        return self.buf[self.offsets[row] : self.offsets[row + 1]].tobytes().decode("utf-8", "replace")
