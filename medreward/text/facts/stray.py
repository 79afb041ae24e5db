"""Stray text: what a completion says outside every block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from medreward.text.buffer import Ints, Mask, Spans
from medreward.text.facts.base import Predicate
from medreward.text.facts.blocks import BlockTable, ShapeBlocks
from medreward.text.facts.counts import Counted
from medreward.text.facts.shapes import Shapes, ShapeTable
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
        places = reading[StrayPlaces(self.case)]
        columns = [PLACES.index(place) for place in self.places]
        return np.asarray(places[:, columns].any(axis=1))


@dataclass(frozen=True)
class StrayPlaces:
    """Where stray text stands: bool, shape ``(n, 3)``, a column for each of before, between and after."""

    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Look at every gap for a character that is no whitespace."""
        row, span, place = _placed_gaps(reading, self.case)
        stray = np.flatnonzero(~span.is_blank())
        found = np.zeros((len(reading), 3), np.bool_)
        found[row[stray], place[stray]] = True
        return found


def gaps(reading: Reading, case: Case) -> tuple[Ints, Spans]:
    """The stretches of text outside every block and every loose tag: the row of each, and its span (never empty)."""
    row, span, _ = _placed_gaps(reading, case)
    return row, span


def _placed_gaps(reading: Reading, case: Case) -> tuple[Ints, Spans, Ints]:
    """The gaps, and whether each stands before, between or after the blocks: a place in ``PLACES``."""
    shapes, rows, tags = reading[Shapes(case)], reading.rows.spans, reading[Counted(case)]
    shape, left, right, place = _shape_gaps(reading[ShapeBlocks(case)], shapes)
    many = np.bincount(shape, minlength=len(shapes))
    begin, count = (np.cumsum(many) - many)[shapes.of_row], many[shapes.of_row]
    row = np.repeat(np.arange(len(reading)), count)
    which = np.arange(len(row)) + np.repeat(begin - (np.cumsum(count) - count), count)
    left, right, first = left[which], right[which], shapes.first[row]
    # a place that is -1 is the row's own edge; what is looked up for it is not used
    start = np.where(left < 0, rows.start[row], np.append(tags.end, 0)[first + left])
    end = np.where(right < 0, rows.end[row], np.append(tags.start, 0)[first + right])
    some = np.flatnonzero(start < end)
    return row[some], Spans(reading.rows.buf, start[some], end[some]), place[which[some]]


def _shape_gaps(blocks: BlockTable, shapes: ShapeTable) -> tuple[Ints, Ints, Ints, Ints]:
    """The gaps of each shape, in order: shape, the tags on either side by their place in the row (-1: none), place."""
    last = np.arange(len(blocks.tags))  # where what begins at a tag ends: a block at its closer, a loose tag at itself
    last[blocks.opener] = blocks.closer
    inner = np.ones(len(last), np.bool_)  # tags at which nothing begins: closers of blocks
    inner[blocks.opener] = inner[blocks.loose] = False
    stop = np.flatnonzero(~inner)
    covered = np.maximum.accumulate(last[stop]) if len(stop) else stop
    shape = blocks.tags.row[stop]
    begins, ends = np.diff(shape, prepend=-1) != 0, np.diff(shape, append=-1) != 0
    left = np.where(begins, -1, np.append(-1, covered[:-1])[: len(stop)])
    open_ = np.flatnonzero(left < stop)
    bare = np.setdiff1d(np.arange(len(shapes)), shape)
    tail = np.flatnonzero(ends)
    shape = np.concatenate([shape[open_], shape[tail], bare])
    left = np.concatenate([left[open_], covered[tail], np.full(len(bare), -1)])
    right = np.concatenate([stop[open_], np.full(len(tail) + len(bare), -1)])
    order = np.lexsort((np.where(right < 0, len(last), right), shape))
    shape, left, right = shape[order], left[order], right[order]
    opens, closes = np.full(len(shapes), len(last) + 1), np.full(len(shapes), len(last) + 1)
    np.minimum.at(opens, blocks.row, blocks.opener)
    closes[blocks.row] = -1
    np.maximum.at(closes, blocks.row, blocks.closer)
    before = np.where(right < 0, len(last), right) <= opens[shape]
    place = np.where(before, 0, np.where(left >= closes[shape], 2, 1))
    begin = shapes.begin[shape]
    return shape, np.where(left < 0, -1, left - begin), np.where(right < 0, -1, right - begin), place
