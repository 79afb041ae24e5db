"""Shapes: rows with the same tags in the same order are one shape, and what depends on that order is found once.

There are few shapes among many rows: a few dozen in a batch of thousands, and the same ones in the next batch. So a
book of the shapes met so far is kept, and what was asked of a book is answered for every reading that uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from medreward.text.buffer import Ints, numbered
from medreward.text.patterns import Codes
from medreward.text.reading import Reading, read_only
from medreward.text.scan import ANY, EXACT, FOLDED, LOWERED, TagTable
from medreward.text.tags import Case

__all__ = ["Book", "Counted", "ShapeTable", "Shapes"]

_COUNTS = {"exact": EXACT, "any": ANY, "lowered": LOWERED, "folded": FOLDED}
_KEY_BITS = 63
_MOST = 256  # shapes of a kept book; a new one is begun when it is full
_SLOT_BITS = 16
_SPREADERS = tuple(np.uint64(0x9E3779B97F4A7C15 * (2 * i + 1) % 2**64) for i in range(32))
T = TypeVar("T")


@dataclass(frozen=True)
class Counted:
    """The tags that count: those spelt in the given case. Any other literal is ordinary text."""

    case: Case = "exact"

    def read(self, reading: Reading) -> TagTable:
        """The tag table without the tags that do not count."""
        counts = reading.scan.spelling <= _COUNTS[self.case]
        return reading.scan if counts.all() else reading.scan[counts]


@dataclass(frozen=True)
class Book:
    """Some shapes, and what was found out about them.

    Args:
        roles: the roles of the tags.
        shape: ``int64``, shape ``(t,)``, ascending, the shape each tag belongs to.
        code: ``int8``, shape ``(t,)``, the tag's code.
        begin: ``int64``, shape ``(s,)``, where each shape's tags begin.
        size: ``int64``, shape ``(s,)``, how many they are.
    """

    roles: tuple[str, ...]
    shape: Ints
    code: Codes
    begin: Ints
    size: Ints
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, roles: tuple[str, ...], code: Codes, size: Ints) -> Book:
        """A book of shapes: their tags' codes one after another, and how many each has."""
        return cls(roles, np.repeat(np.arange(len(size)), size), code, np.cumsum(size) - size, size)

    def __len__(self) -> int:
        return len(self.size)

    def ask(self, question: Callable[..., T], *args: object) -> T:
        """What a function says of this book, found once for the same arguments."""
        key = (question, *args)
        if key not in self._known:
            self._known[key] = read_only(question(self, *args))
        answer: T = self._known[key]
        return answer

    def counts(self) -> Ints:
        """How often each literal occurs, ``int64``, shape ``(s, literals)``."""
        return self.ask(_counts)


def _counts(book: Book) -> Ints:
    kinds = 2 * len(book.roles)
    return np.bincount(book.shape * kinds + book.code, minlength=len(book) * kinds).reshape(len(book), kinds)


@dataclass(frozen=True)
class ShapeTable:
    """The shapes of rows.

    Args:
        book: the shapes; not every one need be among the rows.
        of_row: ``int64``, shape ``(n,)``, the number of each row's shape.
        first: ``int64``, shape ``(n,)``, where each row's tags begin among all tags that count.
        size: ``int64``, shape ``(n,)``, how many they are.
    """

    book: Book
    of_row: Ints
    first: Ints
    size: Ints

    @cached_property
    def twin(self) -> Ints:
        """For each tag that counts the one in the book that stands for it, ``int64``, shape ``(t,)``."""
        ahead = np.repeat(self.book.begin[self.of_row] - self.first, self.size)
        return ahead + np.arange(len(ahead))


@dataclass(frozen=True)
class Shapes:
    """The shapes of rows over the tags that count."""

    case: Case = "exact"

    def read(self, reading: Reading) -> ShapeTable:
        """Tell rows apart by their tags."""
        table, roles = reading[Counted(self.case)], reading.roles
        size = np.bincount(table.row, minlength=len(reading))
        first = np.cumsum(size) - size
        bits = (2 * len(roles)).bit_length()
        if int(size.max(initial=0)) <= _KEY_BITS // bits:
            keys = _keys(table, first, size, bits)
            known = _shelf(roles).find(keys)
            if known is not None:
                return ShapeTable(*known, first, size)
        else:
            keys = _long_keys(table, size, bits)
        of_row, distinct = numbered(keys)
        example = np.empty(len(distinct), np.int64)
        example[of_row] = np.arange(len(reading))
        book = Book.of(roles, table.code[_ranges(first[example], size[example])], size[example])
        return ShapeTable(book, of_row, first, size)


def _ranges(first: Ints, size: Ints) -> Ints:
    """The places ``first``, ``first + 1`` … of ranges of some sizes, one range after another."""
    return np.repeat(first - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))


def _keys(table: TagTable, first: Ints, size: Ints, bits: int) -> Ints:
    """One number for each row: its tags' codes side by side."""
    place = np.arange(len(table)) - np.repeat(first, size)
    part = (table.code + np.int64(1)) << (place * bits)
    keys = np.zeros(len(size), np.int64)
    some = size.nonzero()[0]
    if len(some):
        keys[some] = np.add.reduceat(part, first[some])
    return keys


def _long_keys(table: TagTable, size: Ints, bits: int) -> Ints:
    """The same; a row of more tags than fit has a number of its own."""
    fits = size <= _KEY_BITS // bits
    keys = -1 - np.arange(len(size))
    short = table[fits[table.row]]
    kept = np.where(fits, size, 0)
    keys[fits] = _keys(short, np.cumsum(kept) - kept, kept, bits)[fits]
    return keys


@dataclass(frozen=True)
class _Kept:
    """A book of the shapes of some keys, and where each key's shape is found.

    A key times an odd number gives a slot, the number being such that no two known keys share one.

    Args:
        book: the shapes, in the order of their keys.
        keys: ``int64``, shape ``(s,)``.
        spread: the odd number.
        slots: ``int16``, shape ``(65536,)``, the shape of the key that belongs there.
    """

    book: Book
    keys: Ints
    spread: np.uint64
    slots: np.ndarray[tuple[int], np.dtype[np.int16]]

    @classmethod
    def of(cls, roles: tuple[str, ...], keys: Ints) -> _Kept | None:
        """None where the keys are too many."""
        if len(keys) > _MOST:
            return None
        bits = (2 * len(roles)).bit_length()
        parts = (keys[:, None] >> (bits * np.arange(_KEY_BITS // bits))) & ((1 << bits) - 1)
        book = Book.of(roles, (parts[parts > 0] - 1).astype(np.int8), np.count_nonzero(parts, axis=1))
        for spread in _SPREADERS:
            slot = _slot(keys, spread)
            slots = np.zeros(1 << _SLOT_BITS, np.int16)
            slots[slot] = np.arange(len(keys))
            if (slots[slot] == np.arange(len(keys))).all():
                return cls(book, keys, spread, slots)
        return None

    def find(self, keys: Ints) -> Ints:
        """The number of each key's shape, or of any other one."""
        return self.slots[_slot(keys, self.spread)].astype(np.int64)


def _slot(keys: Ints, spread: np.uint64) -> Ints:
    return ((keys.view(np.uint64) * spread) >> np.uint64(64 - _SLOT_BITS)).view(np.int64)


class _Shelf:
    """The kept book of some roles; it grows with what is met."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles = roles
        self.kept = _Kept.of(roles, np.zeros(1, np.int64))

    def find(self, keys: Ints) -> tuple[Book, Ints] | None:
        """A book that holds the shape of every key, and its number there; None where they are too many."""
        kept = self.kept
        if kept is None:
            return None
        of_row = kept.find(keys)
        new = kept.keys[of_row] != keys
        if not new.any():
            return kept.book, of_row
        for known in (np.append(kept.keys, keys[new]), np.append(keys, 0)):  # all that were met, or these alone
            more = _Kept.of(self.roles, np.array(sorted({*known.tolist()}), np.int64))  # np.unique imports numpy.ma
            if more is not None:
                self.kept = more
                return more.book, more.find(keys)
        return None


@lru_cache(maxsize=64)
def _shelf(roles: tuple[str, ...]) -> _Shelf:
    return _Shelf(roles)
