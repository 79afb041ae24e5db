"""Newlines: what a dot that matches no newline asks about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medreward.text.buffer import Ints
from medreward.text.reading import Reading

__all__ = ["NEWLINE", "Newlines", "newlines_between"]

NEWLINE = ord("\n")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Newlines:
    """Where newlines stand: ``int64``, ascending, the byte of each in all rows."""

    def read(self, reading: Reading) -> Ints:
        """Look at every byte once."""
        rows = reading.rows
        first, last = int(rows.offsets[0]), int(rows.offsets[-1])
        found = [
            np.flatnonzero(rows.buf[at : min(last, at + _BLOCK)] == NEWLINE) + at for at in range(first, last, _BLOCK)
        ]
        return np.concatenate(found) if found else np.zeros(0, np.int64)


def newlines_between(reading: Reading, start: Ints, end: Ints) -> Ints:
    """How many newlines stand in each span of bytes, ``int64``, shape ``(k,)``."""
    newlines = reading[Newlines()]
    return np.asarray(np.searchsorted(newlines, end) - np.searchsorted(newlines, start))
