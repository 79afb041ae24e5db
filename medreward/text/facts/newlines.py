"""Newlines between tags: what a dot that matches no newline asks about."""

from __future__ import annotations

import numpy as np

from medreward.text.buffer import Bytes, Ints, Spans, count_bytes

__all__ = ["NEWLINE", "newlines_between"]

NEWLINE = ord("\n")


def newlines_between(buf: Bytes, begin: Ints, end: Ints, first: Ints, last: Ints) -> Ints:
    """How many newlines stand between pairs of things that hold none themselves.

    Each gap between neighbours is looked at once, however many pairs it lies between, and only if it lies between some.

    Args:
        buf: the bytes.
        begin: ``int64``, shape ``(t,)``, where each thing begins, in order.
        end: ``int64``, shape ``(t,)``, one past where it ends.
        first: ``int64``, shape ``(k,)``, the place of each pair's first thing.
        last: ``int64``, shape ``(k,)``, the place of its second, after the first and in the same row.

    Returns:
        ``int64``, shape ``(k,)``.
    """
    count = len(begin)
    inside = np.cumsum(np.bincount(first, minlength=count) - np.bincount(last, minlength=count))
    asked = np.flatnonzero(inside > 0)
    newlines = np.zeros(count + 1, np.int64)
    newlines[asked + 1] = count_bytes(Spans(buf, end[asked], begin[asked + 1]), lambda text: text == NEWLINE)
    total = np.cumsum(newlines)
    return np.asarray(total[last] - total[first])
