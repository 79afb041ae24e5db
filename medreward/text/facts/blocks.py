"""Blocks: an opener whose next tag of the same name is its closer. Every other tag is loose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from medreward.text.buffer import Ints, Mask
from medreward.text.facts.counts import Counted
from medreward.text.facts.shapes import Shapes
from medreward.text.reading import Reading
from medreward.text.scan import TagTable
from medreward.text.tags import Case

__all__ = ["BlockTable", "Blocks", "ShapeBlocks"]


@dataclass(frozen=True)
class BlockTable:
    """The blocks of every row, in the order they open.

    Args:
        tags: the tags that count, shape ``(t,)``.
        opener: ``int64``, shape ``(b,)``, the place of each block's opener in ``tags``.
        closer: ``int64``, shape ``(b,)``, the place of its closer.
        quoted: bool, shape ``(b,)``: an answer block that starts inside a think block.
        loose: bool, shape ``(t,)``: a tag that belongs to no block.
        nested: bool, shape ``(t,)``: an opener after an opener of its own tag.
    """

    tags: TagTable
    opener: Ints
    closer: Ints
    quoted: Mask
    loose: Mask
    nested: Mask

    @cached_property
    def row(self) -> Ints:
        """The row of each block, ``int64``, shape ``(b,)``."""
        return self.tags.row[self.opener]

    @cached_property
    def role(self) -> Ints:
        """The number of each block's role, shape ``(b,)``."""
        return (self.tags.code[self.opener] >> 1).astype(np.int64)

    def of_role(self, role: int) -> Ints:
        """The blocks of one role, quoted ones left out, as places in this table."""
        return np.flatnonzero((self.role == role) & ~self.quoted)


@dataclass(frozen=True)
class ShapeBlocks:
    """The blocks of each shape of rows: ``tags`` are those of the shapes, ``row`` is a shape's number."""

    case: Case = "exact"

    def read(self, reading: Reading) -> BlockTable:
        """Pair adjacent tags of one role: no loop over shapes."""
        tags = reading[Shapes(self.case)].tags
        loose = np.ones(len(tags), np.bool_)
        nested = np.zeros(len(tags), np.bool_)
        openers, closers = [], []
        for role in range(len(reading.tags.roles)):
            own = np.flatnonzero(tags.code >> 1 == role)
            left, right = own[:-1], own[1:]
            together = (tags.row[left] == tags.row[right]) & (tags.code[left] & 1 == 0)
            closes = tags.code[right] & 1 == 1
            openers.append(left[together & closes])
            closers.append(right[together & closes])
            nested[right[together & ~closes]] = True
        opener, closer = np.concatenate(openers), np.concatenate(closers)
        order = np.argsort(opener, kind="stable")
        opener, closer = opener[order], closer[order]
        loose[opener] = loose[closer] = False
        return BlockTable(tags, opener, closer, _quoted(reading, tags, opener, closer), loose, nested)


@dataclass(frozen=True)
class Blocks:
    """The blocks over the tags that count."""

    case: Case = "exact"

    def read(self, reading: Reading) -> BlockTable:
        """Give every row the blocks of its shape."""
        tags, twin, shapes = (
            reading[Counted(self.case)],
            reading[Shapes(self.case)].twin,
            reading[ShapeBlocks(self.case)],
        )
        reach = np.zeros(len(shapes.tags), np.int64)
        reach[shapes.opener] = shapes.closer - shapes.opener
        quoted = np.zeros(len(shapes.tags), np.bool_)
        quoted[shapes.opener] = shapes.quoted
        reach = reach[twin]
        opener = np.flatnonzero(reach)
        return BlockTable(
            tags, opener, opener + reach[opener], quoted[twin[opener]], shapes.loose[twin], shapes.nested[twin]
        )


def _quoted(reading: Reading, tags: TagTable, opener: Ints, closer: Ints) -> Mask:
    """Which blocks are answer blocks that start inside a think block."""
    role = tags.code[opener] >> 1
    roles = reading.tags.roles
    quoted = np.zeros(len(opener), np.bool_)
    if "think" not in roles:
        return quoted
    think = np.flatnonzero(role == roles.index("think"))
    answer = np.flatnonzero(role == roles.index("answer"))
    if len(think) and len(answer):
        # places in the tag table rise with position, and think blocks do not overlap one another
        before = np.searchsorted(opener[think], opener[answer]) - 1
        quoted[answer] = (before >= 0) & (opener[answer] < closer[think[np.maximum(before, 0)]])
    return quoted
