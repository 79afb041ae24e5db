"""Blocks: an opener whose next tag of the same name is its closer. Every other tag is loose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from medreward.text.buffer import Ints, Mask
from medreward.text.facts.shapes import Book, Counted, Shapes
from medreward.text.reading import Reading
from medreward.text.scan import TagTable
from medreward.text.tags import Case

__all__ = ["BlockTable", "Blocks", "ShapeBlocks", "shape_blocks"]


@dataclass(frozen=True)
class ShapeBlocks:
    """The blocks of the shapes in a book.

    Args:
        reach: ``int64``, shape ``(t,)``, how many tags after a block's opener its closer stands; 0 for any other tag.
        quoted: bool, shape ``(t,)``: the opener of an answer block that starts inside a think block.
        loose: bool, shape ``(t,)``: a tag that belongs to no block.
        nested: bool, shape ``(t,)``: an opener after an opener of its own tag.
    """

    reach: Ints
    quoted: Mask
    loose: Mask
    nested: Mask

    @property
    def closer(self) -> Ints:
        """Where what begins at a tag ends: a block at its closer, any other tag at itself. Shape ``(t,)``."""
        return np.arange(len(self.reach)) + self.reach


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
class Blocks:
    """The blocks over the tags that count."""

    case: Case = "exact"

    def read(self, reading: Reading) -> BlockTable:
        """Give every row the blocks of its shape."""
        tags, shapes = reading[Counted(self.case)], reading[Shapes(self.case)]
        blocks, twin = shapes.book.ask(shape_blocks), shapes.twin
        reach = blocks.reach[twin]
        opener = np.flatnonzero(reach)
        return BlockTable(
            tags,
            opener,
            opener + reach[opener],
            blocks.quoted[twin[opener]],
            blocks.loose[twin],
            blocks.nested[twin],
        )


def shape_blocks(book: Book) -> ShapeBlocks:
    """Pair adjacent tags of one role: no loop over shapes."""
    reach = np.zeros(len(book.code), np.int64)
    nested = np.zeros(len(reach), np.bool_)
    for role in range(len(book.roles)):
        own = np.flatnonzero(book.code >> 1 == role)
        shape, closes = book.shape[own], book.code[own] & 1 == 1
        after_opener = (shape[:-1] == shape[1:]) & ~closes[:-1]
        pair = (after_opener & closes[1:]).nonzero()[0]
        reach[own[pair]] = own[pair + 1] - own[pair]
        nested[own[1:][after_opener & ~closes[1:]]] = True
    opener = np.flatnonzero(reach)
    loose = np.ones(len(reach), np.bool_)
    loose[opener] = loose[opener + reach[opener]] = False
    return ShapeBlocks(reach, _quoted(book, opener, reach), loose, nested)


def _quoted(book: Book, opener: Ints, reach: Ints) -> Mask:
    """Which tags open answer blocks that start inside a think block."""
    quoted = np.zeros(len(reach), np.bool_)
    if "think" in book.roles:
        code = book.code[opener]
        think, answer = (opener[code == 2 * book.roles.index(name)] for name in ("think", "answer"))
        if len(think) and len(answer):
            inside = np.zeros(len(reach), np.int8)  # think blocks do not overlap one another
            inside[think], inside[think + reach[think]] = 1, -1
            quoted[answer] = np.cumsum(inside, dtype=np.int8)[answer] == 1
    return quoted
