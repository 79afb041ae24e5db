"""Stray text: what a completion says outside every block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from medreward.text.buffer import Ints, Mask, Spans
from medreward.text.facts.base import Predicate
from medreward.text.facts.blocks import Blocks, BlockTable
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
        row, span = gaps(reading, self.case)
        blocks = reading[Blocks(self.case)]
        first, last = _extent(blocks, len(reading))
        stray = ~span.is_blank()
        row, start, end = row[stray], span.start[stray], span.end[stray]
        place = np.where(end <= first[row], 0, np.where(start >= last[row], 2, 1))
        found = np.zeros((len(reading), 3), np.bool_)
        found[row, place] = True
        return found


def _extent(blocks: BlockTable, n: int) -> tuple[Ints, Ints]:
    """The byte where each row's first block opens and the one where its last block has closed."""
    first, last = np.full(n, 2**62, np.int64), np.full(n, 2**62, np.int64)
    row, end = blocks.row, blocks.tags.end[blocks.closer]
    if len(row):
        begin = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
        first[row[begin]] = blocks.tags.start[blocks.opener[begin]]
        last[row[begin]] = np.maximum.reduceat(end, begin)
    return first, last


def gaps(reading: Reading, case: Case) -> tuple[Ints, Spans]:
    """The stretches of text outside every block and every loose tag: the row of each, and its span (never empty)."""
    blocks, rows = reading[Blocks(case)], reading.rows.spans
    tags = blocks.tags
    place = np.concatenate([blocks.opener, np.flatnonzero(blocks.loose)])
    until = np.concatenate([tags.end[blocks.closer], tags.end[blocks.loose]])
    order = np.argsort(place, kind="stable")
    place, until = place[order], until[order]
    row, begin = tags.row[place], tags.start[place]
    covered = np.maximum.accumulate(until) if len(until) else until  # rows follow one another in the buffer
    before = np.maximum(np.r_[np.int64(0), covered][: len(row)], rows.start[row])
    counts = np.bincount(row, minlength=len(reading))
    last = np.cumsum(counts) - 1
    tail = np.where(counts > 0, np.r_[covered, np.int64(0)][last], rows.start)
    where = np.concatenate([row, np.arange(len(reading))])
    start, end = np.concatenate([before, np.maximum(tail, rows.start)]), np.concatenate([begin, rows.end])
    some = start < end
    return where[some], Spans(reading.rows.buf, start[some], end[some])
