"""Flaws: named defects of a completion's tags. Each has one documented repair, and none changes a reward by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from medreward.text.buffer import IGNORABLE, Bytes, Ints, Mask
from medreward.text.facts.blocks import ShapeBlocks
from medreward.text.facts.bodies import Body
from medreward.text.facts.misspelt import MisspeltTag
from medreward.text.facts.shapes import Shapes
from medreward.text.facts.stray import StrayPlaces
from medreward.text.facts.structure import InOrder
from medreward.text.reading import Reading
from medreward.text.scan import ANY, TagTable

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
        found = np.zeros((len(reading), len(FLAWS)), np.bool_)
        columns = dict(zip(FLAWS, found.T, strict=True))
        named = self.tags or reading.tags.roles
        _count_flaws(reading, columns, named)
        _block_flaws(reading, columns, named)
        columns["stray_before"][:], columns["stray_between"][:], columns["stray_after"][:] = reading[StrayPlaces()].T
        columns["misspelt_tag"][:] = reading[MisspeltTag(self.tags)]
        rows = reading.rows
        columns["invalid_utf8"][:] = _invalid_utf8(rows.buf, rows.offsets, rows.valid)
        found[~rows.valid] = False
        return found


def _count_flaws(reading: Reading, columns: dict[str, Mask], named: tuple[str, ...]) -> None:
    shapes, kinds = reading[Shapes()], 2 * len(reading.tags.roles)
    wanted = [2 * reading.tags.roles.index(role) + side for role in named for side in (0, 1)]
    exact = _counts(shapes.tags, len(shapes), kinds)[:, wanted]
    flawed = {
        "missing_open": (exact[:, 0::2] == 0).any(axis=1),
        "missing_close": (exact[:, 1::2] == 0).any(axis=1),
        "repeated": (exact > 1).any(axis=1),
        "wrong_order": (exact > 0).all(axis=1),
    }
    for flaw, which in flawed.items():
        columns[flaw][:] = np.asarray(which)[shapes.of_row]
    columns["wrong_order"] &= ~reading[InOrder(tags=named)]
    cased = reading.scan[reading.scan.spelling == ANY]
    if len(cased):
        other = _counts(cased, len(reading), kinds)[:, wanted]
        columns["wrong_case"][:] = ((exact == 0)[shapes.of_row] & (other > 0)).any(axis=1)


def _counts(tags: TagTable, n: int, kinds: int) -> Ints:
    """How often each literal occurs in each row, ``int64``, shape ``(n, kinds)``."""
    return np.bincount(tags.row * kinds + tags.code, minlength=n * kinds).reshape(n, kinds)


def _block_flaws(reading: Reading, columns: dict[str, Mask], named: tuple[str, ...]) -> None:
    shapes, blocks = reading[Shapes()], reading[ShapeBlocks()]
    tags, closer = blocks.tags, blocks.tags.code & 1 == 1
    ours = np.isin(tags.code >> 1, [reading.tags.roles.index(role) for role in named])
    flawed = {
        "unclosed": tags.row[ours & blocks.loose & ~closer],
        "unopened": tags.row[ours & blocks.loose & closer],
        "nested": tags.row[ours & blocks.nested],
        "quoted": blocks.row[blocks.quoted],
    }
    for flaw, which in flawed.items():
        columns[flaw][:] = (np.bincount(which, minlength=len(shapes)) > 0)[shapes.of_row]
    for role, flaw in (("think", "empty_reasoning"), ("answer", "empty_answer")):
        if role in named:
            bodies = reading[Body(tag=role)]
            columns[flaw][bodies.row] = True
            columns[flaw][bodies.row[~bodies.is_blank(IGNORABLE)]] = False


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
