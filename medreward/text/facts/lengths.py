"""Lengths, in a unit that the fact names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from medreward.text.buffer import SPACE, Bytes, Ints, Mask, Spans, gather
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.bodies import Body
from medreward.text.reading import Reading
from medreward.text.tags import Case, Role

__all__ = ["AnyLength", "Length", "count_chars", "count_words"]

_BLOCK = 1 << 20


class Length(Fact):
    """How long a completion, or what stands inside one of its tags, is: ``int64``, shape ``(n,)``.

    Bodies are taken without outer whitespace and with a space for each tag inside; several bodies of one row are added.

    Args:
        of: ``completion``, or the role of a tag, such as ``think``. Quoted answers do not count.
        unit: ``chars`` are code points; ``words`` are what ``str.split`` gives.
        case: which spellings of the tag count.
    """

    kind: Literal["length.v1"] = "length.v1"
    of: Role = "completion"
    unit: Literal["chars", "words"] = "chars"
    case: Case = "exact"

    def tags_named(self) -> tuple[str, ...]:
        """The tag, if one is asked about."""
        return () if self.of == "completion" else (self.of,)

    def read(self, reading: Reading) -> Ints:
        """The length of every row; 0 where there is nothing."""
        count = count_chars if self.unit == "chars" else count_words
        if self.of == "completion":
            return count(reading.rows.spans)
        bodies = reading[Body(tag=self.of, case=self.case)]
        size = count(bodies.spans.strip())
        size[bodies.mixed] = count(bodies.rewritten.strip())
        return np.bincount(bodies.row, weights=size, minlength=len(reading)).astype(np.int64)


AnyLength = FACTS.field(Length)


def count_chars(spans: Spans) -> Ints:
    """Code points in each span, ``int64``, shape ``(k,)``: bytes that begin one, valid or not."""
    return _count(spans, lambda text: np.not_equal(text & 0xC0, 0x80))


def count_words(spans: Spans) -> Ints:
    """Words in each span as ``str.split`` finds them, ``int64``, shape ``(k,)``."""
    return _count(spans, _word_starts)


def _word_starts(text: Bytes) -> Mask:
    """Bytes that are no whitespace and stand after whitespace or at the beginning."""
    blank = SPACE.covered(text[None, :])[0]
    starts: Mask = ~blank & np.r_[True, blank[:-1]]
    return starts


def _count(spans: Spans, starts: Callable[[Bytes], Mask]) -> Ints:
    """How many bytes of each span begin something; every span is looked at by itself, a line break after it."""
    found = np.zeros(len(spans), np.int64)
    ends = np.cumsum(spans.size + 1)
    first = 0
    while first < len(spans):
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _BLOCK)))
        data, offsets = gather(spans[np.arange(first, last)], b"\n")
        marks = starts(data)
        marks[offsets[1:] - 1] = False
        total = np.r_[0, np.cumsum(marks)]
        found[first:last] = total[offsets[1:]] - total[offsets[:-1]]
        first = last
    return found
