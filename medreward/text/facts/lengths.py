"""Lengths, in a unit that the fact names."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.text.buffer import SPACE, Bytes, Ints, Mask, Spans, count_bytes
from medreward.text.facts.base import FACTS
from medreward.text.facts.bodies import Body
from medreward.text.facts.measures import Measure, Numbers
from medreward.text.reading import Reading
from medreward.text.tags import Case, Role

__all__ = ["AnyLength", "Length", "count_chars", "count_words"]


class Length(Measure):
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
        bodies = reading[Body.once(tag=self.of, case=self.case)]
        size = count(bodies.spans.strip())
        size[bodies.mixed] = count(bodies.rewritten.strip())
        return np.bincount(bodies.row, weights=size, minlength=len(reading)).astype(np.int64)

    def measure(self, reading: Reading) -> Numbers:
        """The length of every row that is not null."""
        return Numbers(reading[self].astype(np.float64), reading.rows.valid)

    def unit_shown(self) -> str:
        """The unit and where it is counted."""
        return f"{self.unit} of {self.of}"


AnyLength = FACTS.field(Length)


def count_chars(spans: Spans) -> Ints:
    """Code points in each span, ``int64``, shape ``(k,)``: bytes that begin one, valid or not."""
    return count_bytes(spans, lambda text: np.not_equal(text & 0xC0, 0x80))


def count_words(spans: Spans) -> Ints:
    """Words in each span as ``str.split`` finds them, ``int64``, shape ``(k,)``."""
    return count_bytes(spans, _word_starts)


def _word_starts(text: Bytes) -> Mask:
    """Bytes that are no whitespace and stand after whitespace or at the beginning."""
    blank = SPACE.covered(text)
    starts: Mask = ~blank & np.r_[True, blank[:-1]]
    return starts
