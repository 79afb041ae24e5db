"""Flaws: named defects of a completion's tags. Each has one documented repair, and none changes a reward by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from medreward.text.buffer import IGNORABLE, Bytes, Ints, Mask
from medreward.text.facts.blocks import shape_blocks
from medreward.text.facts.bodies import Body
from medreward.text.facts.misspelt import MisspeltTag
from medreward.text.facts.shapes import Book, Shapes
from medreward.text.facts.stray import StrayPlaces
from medreward.text.facts.structure import in_order
from medreward.text.reading import Reading
from medreward.text.scan import ANY

__all__ = ["FLAWS", "Flaws", "repair_of"]

FLAWS: dict[str, str] = {
    "missing_open": "write the opening tag before the text it belongs to",
    "missing_close": "write the closing tag after the text it belongs to",
    "repeated": "keep one of the repeated tags",
    "unclosed": "close the tag before the next tag",
    "unopened": "open the tag, or drop the closer",
    "nested": "drop the inner opener",
    "quoted": "move the answer block out of the reasoning",
    "wrong_order": "put the reasoning before the answer",
    "wrong_case": "write the tag in its exact case",
    "misspelt_tag": "write the tag exactly",
    "empty_reasoning": "write some reasoning",
    "empty_answer": "write an answer",
    "stray_before": "drop the text before the first block",
    "stray_between": "drop the text between the blocks",
    "stray_after": "drop the text after the last block",
    "invalid_utf8": "write valid UTF-8",
}
"""Code of each flaw, in the order they are listed, and its repair."""


def repair_of(flaw: str) -> str:
    """What to do about a flaw."""
    return FLAWS[flaw]


@dataclass(frozen=True)
class Flaws:
    """Every flaw of every row: bool, shape ``(n, len(FLAWS))``. Only exact literals are tags here.

    Args:
        tags: the roles whose literals must stand in the text, in their order; None means all. Blocks and stray text are
            taken over all tags either way.
    """

    tags: tuple[str, ...] | None = None

    def read(self, reading: Reading) -> Mask:
        """Fill one column for each flaw."""
        rows, shapes, named = reading.rows, reading[Shapes()], self.tags or reading.roles
        found = np.take(shapes.book.ask(_shape_flaws, _numbers(reading, named)), shapes.of_row, axis=0)
        found[:, _STRAY] = reading[StrayPlaces()]
        found[:, _PLACE["misspelt_tag"]] = reading[MisspeltTag(self.tags)]
        found[:, _PLACE["wrong_case"]] = _wrong_case(reading, named)
        for role, flaw in (("think", "empty_reasoning"), ("answer", "empty_answer")):
            if role in named:
                found[:, _PLACE[flaw]] = _all_blank(reading, role)
        found[:, _PLACE["invalid_utf8"]] = _invalid_utf8(rows.buf, rows.offsets, rows.valid)
        if not rows.valid.all():
            found[~rows.valid] = False
        return found


_PLACE = {flaw: place for place, flaw in enumerate(FLAWS)}
_STRAY = slice(_PLACE["stray_before"], _PLACE["stray_after"] + 1)


def _numbers(reading: Reading, named: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(reading.roles.index, named))


def _shape_flaws(book: Book, roles: tuple[int, ...]) -> Mask:
    """The flaws that the order of the tags tells, bool, shape ``(s, len(FLAWS))``."""
    found = np.zeros((len(book), len(FLAWS)), np.bool_)
    literals = tuple(2 * role + side for role in roles for side in (0, 1))
    counts, blocks, ours = book.counts()[:, literals], book.ask(shape_blocks), np.isin(book.code >> 1, roles)
    closer = book.code & 1 == 1
    flawed = {
        "missing_open": (counts[:, 0::2] == 0).any(axis=1),
        "missing_close": (counts[:, 1::2] == 0).any(axis=1),
        "repeated": (counts > 1).any(axis=1),
        "wrong_order": (counts > 0).all(axis=1) & ~book.ask(in_order, literals),
        "unclosed": book.shape[ours & blocks.loose & ~closer],
        "unopened": book.shape[ours & blocks.loose & closer],
        "nested": book.shape[ours & blocks.nested],
        "quoted": book.shape[blocks.quoted],
    }
    for flaw, which in flawed.items():
        found[which, _PLACE[flaw]] = True
    return found


def _wrong_case(reading: Reading, named: tuple[str, ...]) -> Mask | bool:
    """Which rows lack a literal that they have in another case."""
    cased = reading.scan[reading.scan.spelling == ANY]
    if not len(cased):
        return False
    shapes = reading[Shapes()]
    lacking = shapes.book.counts()[shapes.of_row[cased.row], cased.code] == 0
    wrong = lacking & np.isin(cased.code >> 1, _numbers(reading, named))
    return np.bincount(cased.row[wrong], minlength=len(reading)) > 0


def _all_blank(reading: Reading, role: str) -> Mask:
    """Which rows have bodies of a role, none of which says anything."""
    bodies = reading[Body.once(tag=role)]
    found = np.zeros(len(reading), np.bool_)
    found[bodies.row] = True
    found[bodies.row[~bodies.is_blank(IGNORABLE)]] = False
    return found


def _invalid_utf8(buf: Bytes, offsets: Ints, valid: Mask) -> Mask:
    """Rows whose bytes are not UTF-8. Arrow says quickly that all is well; else each high byte is judged."""
    n = len(valid)
    bad = np.zeros(n, np.bool_)
    low, high = int(offsets[0]), int(offsets[-1])
    if high - low < 2**31 - 1 and _all_utf8(buf, offsets):
        return bad
    at = low + np.flatnonzero(buf[low:high] >= 0x80)
    row = np.searchsorted(offsets, at, side="right") - 1
    size = _LEAD_SIZE[buf[at]]
    left = offsets[1:][row] - at
    follows = np.zeros(len(at), np.int64)
    good = (size > 0) & (size <= left)
    for i in range(1, 4):
        has = good & (size > i)
        byte = buf[np.minimum(at + i, len(buf) - 1)]
        good &= ~has | ((byte & 0xC0) == 0x80)
        follows += has
    second = buf[np.minimum(at + 1, len(buf) - 1)]
    for lead, least, most in ((0xE0, 0xA0, 0xBF), (0xED, 0x80, 0x9F), (0xF0, 0x90, 0xBF), (0xF4, 0x80, 0x8F)):
        good &= (buf[at] != lead) | ((second >= least) & (second <= most))
    continuation = (buf[at] & 0xC0) == 0x80
    bad[row[~continuation & ~good]] = True
    claimed = np.bincount(row, weights=np.where(good, follows, 0), minlength=n)
    bad |= claimed != np.bincount(row[continuation], minlength=n)
    return bad & valid


_LEAD_SIZE = np.zeros(256, np.int64)
_LEAD_SIZE[0xC2:0xE0], _LEAD_SIZE[0xE0:0xF0], _LEAD_SIZE[0xF0:0xF5] = 2, 3, 4


def _all_utf8(buf: Bytes, offsets: Ints) -> bool:
    array = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(buf)])
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
