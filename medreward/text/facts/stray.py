"""Stray text: what a completion says outside every block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from medreward.text.buffer import Ints, Mask, Spans, first_of_each
from medreward.text.facts.base import Predicate
from medreward.text.facts.blocks import shape_blocks
from medreward.text.facts.shapes import Book, Counted, Shapes
from medreward.text.reading import Reading
from medreward.text.tags import Case

__all__ = ["PLACES", "Place", "StrayPlaces", "StrayText", "gaps"]

Place = Literal["before", "between", "after"]
PLACES: tuple[Place, ...] = ("before", "between", "after")


class StrayText(Predicate):
    """Non-whitespace outside every block, in one of the given places. Loose tags are flaws, not stray text.

    Args:
        places: ``before`` the first block (all of a text without blocks is before), ``after`` the end of the block
            that ends last, ``between`` otherwise.
        case: which spellings of a tag count.
    """

    kind: Literal["stray_text.v1"] = "stray_text.v1"
    places: tuple[Place, ...] = PLACES
    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Whether each row has stray text there."""
        found = np.zeros(len(reading), np.bool_)
        for place in self.places:
            found |= reading[StrayPlaces(self.case)][:, PLACES.index(place)]
        return found


@dataclass(frozen=True)
class StrayPlaces:
    """Where stray text stands: bool, shape ``(n, 3)``, a column for each of before, between and after."""

    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Look at every gap for a character that is no whitespace."""
        row, span, place = _placed_gaps(reading, self.case)
        stray = np.flatnonzero(~span.is_blank())
        found = np.zeros((3, len(reading)), np.bool_).T
        found[row[stray], place[stray]] = True
        return found


def gaps(reading: Reading, case: Case) -> tuple[Ints, Spans]:
    """The stretches of text outside every block and every loose tag: the row of each, and its span (never empty)."""
    row, span, _ = _placed_gaps(reading, case)
    return row, span


def _placed_gaps(reading: Reading, case: Case) -> tuple[Ints, Spans, Ints]:
    """The gaps, and whether each stands before, between or after the blocks: a place in ``PLACES``."""
    shapes, rows, tags = reading[Shapes(case)], reading.rows.spans, reading[Counted(case)]
    gaps = shapes.book.ask(_shape_gaps)
    tagged = shapes.size.nonzero()[0]
    first, last = shapes.first[tagged], shapes.first[tagged] + shapes.size[tagged] - 1
    begin, tail = np.empty(len(tags), np.int64), rows.start.copy()  # where what stands before a tag, or last, begins
    begin[1:] = tags.end[:-1]
    begin[first] = rows.start[tagged]
    tail[tagged] = tags.end[last]
    place = gaps.before[shapes.twin]
    which, ends = ((place >= 0) & (begin < tags.start)).nonzero()[0], (tail < rows.end).nonzero()[0]
    return (
        np.concatenate([tags.row[which], ends]),
        Spans(
            reading.rows.buf,
            np.concatenate([begin[which], tail[ends]]),
            np.concatenate([tags.start[which], rows.end[ends]]),
        ),
        np.concatenate([place[which], gaps.last[shapes.of_row[ends]]]),
    )


@dataclass(frozen=True)
class _ShapeGaps:
    """Where the text between the tags of shapes stands: a place in ``PLACES``, -1 inside a block.

    Args:
        before: ``int64``, shape ``(t,)``, the text from the tag before, or the text's beginning, to each tag.
        last: ``int64``, shape ``(s,)``, the text after the last tag: all of it, where there is none.
    """

    before: Ints
    last: Ints


def _shape_gaps(book: Book) -> _ShapeGaps:
    tag, blocks = np.arange(len(book.code)), book.ask(shape_blocks)
    opener = np.flatnonzero(blocks.reach)
    closer = opener + blocks.reach[opener]
    opens, closes = np.full(len(book), len(tag)), np.full(len(book), len(tag))
    shape = book.shape[opener]
    first = first_of_each(shape)
    if len(first):
        opens[shape[first]], closes[shape[first]] = opener[first], np.maximum.reduceat(closer, first)
    before = (tag > opens[book.shape]).astype(np.int64) + (tag > closes[book.shape])
    before[1:][np.maximum.accumulate(blocks.closer)[:-1] >= tag[1:]] = -1
    return _ShapeGaps(before, np.where(opens < len(tag), 2, 0))
