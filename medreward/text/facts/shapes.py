"""Shapes: rows with the same tags in the same order are one shape, and what depends on that order is found once.

There are few shapes among many rows: a few dozen in a batch of thousands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medreward.text.buffer import Ints, numbered
from medreward.text.reading import Reading
from medreward.text.scan import ANY, EXACT, FOLDED, LOWERED, TagTable
from medreward.text.tags import Case

__all__ = ["Counted", "ShapeTable", "Shapes"]

_COUNTS = {"exact": EXACT, "any": ANY, "lowered": LOWERED, "folded": FOLDED}
_KEY_BITS = 63


@dataclass(frozen=True)
class Counted:
    """The tags that count: those spelt in the given case. Any other literal is ordinary text."""

    case: Case = "exact"

    def read(self, reading: Reading) -> TagTable:
        """The tag table without the tags that do not count."""
        counts = reading.scan.spelling <= _COUNTS[self.case]
        return reading.scan if counts.all() else reading.scan[counts]


@dataclass(frozen=True)
class ShapeTable:
    """The shapes of rows.

    Args:
        of_row: ``int64``, shape ``(n,)``, the number of each row's shape.
        tags: the tags of one row of each shape; ``row`` is the shape's number here.
        begin: ``int64``, shape ``(s,)``, where each shape's tags begin in ``tags``.
        first: ``int64``, shape ``(n,)``, where each row's tags begin among all tags that count.
        twin: ``int64``, shape ``(t,)``, for each tag that counts the one in ``tags`` that stands for it.
    """

    of_row: Ints
    tags: TagTable
    begin: Ints
    first: Ints
    twin: Ints

    def __len__(self) -> int:
        return len(self.begin)


@dataclass(frozen=True)
class Shapes:
    """The shapes of rows over the tags that count."""

    case: Case = "exact"

    def read(self, reading: Reading) -> ShapeTable:
        """Tell rows apart by their tags."""
        table, n = reading[Counted(self.case)], len(reading)
        counts = np.bincount(table.row, minlength=n)
        first = np.cumsum(counts) - counts
        of_row, keys = numbered(_keys(table, first, counts, 2 * len(reading.tags.roles)))
        example = np.empty(len(keys), np.int64)
        example[of_row] = np.arange(n)
        size = counts[example]
        begin = np.cumsum(size) - size
        tags = table[np.repeat(first[example] - begin, size) + np.arange(int(size.sum()))]
        own = TagTable(np.repeat(np.arange(len(keys)), size), tags.code, tags.start, tags.end, tags.spelling)
        twin = np.arange(len(table)) + np.repeat(begin[of_row] - first, counts)
        return ShapeTable(of_row, own, begin, first, twin)


def _keys(table: TagTable, first: Ints, counts: Ints, kinds: int) -> Ints:
    """One number for each row: its tags' codes side by side, or for a row of more tags than fit a number of its own."""
    bits = kinds.bit_length()
    room = _KEY_BITS // bits
    place = np.minimum(np.arange(len(table)) - np.repeat(first, counts), room - 1)
    keys = np.zeros(len(counts), np.int64)
    some = np.flatnonzero(counts)
    if len(some):
        keys[some] = np.add.reduceat((table.code.astype(np.int64) + 1) << (bits * place), first[some])
    many = np.flatnonzero(counts > room)
    keys[many] = -1 - many
    return keys
