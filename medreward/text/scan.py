"""The scan: every tag of every completion, found in one pass over the buffer.

``<`` is looked for once; all after that works on candidates only. Cost is linear in bytes for any input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from medreward.text.buffer import Bytes, Ints, Mask, Spans, places
from medreward.text.patterns import ANY, EXACT, FOLDED, LOWERED, Codes, Patterns, tag_names, tag_rests
from medreward.text.search import find_bytes
from medreward.text.tags import TagSet

__all__ = ["ANY", "EXACT", "FOLDED", "LOWERED", "TagTable", "scan"]

_GROUP = 1 << 16  # candidates sifted at once: bounds what text that is all brackets takes


@dataclass(frozen=True, slots=True)
class TagTable:
    """Tags in the order they stand, all rows one after another.

    Args:
        row: ``int64``, shape ``(t,)``, the row each tag stands in.
        code: ``int8``, shape ``(t,)``, twice the role's number, plus one for a closer.
        start: ``int64``, shape ``(t,)``, the byte of ``<``.
        end: ``int64``, shape ``(t,)``, one past the byte of ``>``.
        spelling: ``int8``, shape ``(t,)``: EXACT, ANY, LOWERED or FOLDED.
    """

    row: Ints
    code: Codes
    start: Ints
    end: Ints
    spelling: Codes

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: Ints | Mask) -> TagTable:
        which = places(which)
        return TagTable(self.row[which], self.code[which], self.start[which], self.end[which], self.spelling[which])


def scan(buf: Bytes, offsets: Ints, valid: Mask, tags: TagSet) -> tuple[TagTable, Ints]:
    """Find every tag literal, in any case, that lies wholly inside one valid row.

    Args:
        buf: ``uint8``, the data buffer.
        offsets: ``int64``, shape ``(n + 1,)``, where rows begin and end.
        valid: bool, shape ``(n,)``; a null row has no tags.
        tags: which tags.

    Returns:
        The tag table; and the byte of each ``<``, ascending, that begins no tag while one of its next two bytes is one
        of a tag's first two (or not ASCII), or whatever stands there where tags may hold whitespace.
    """
    find = _find_spaced if tags.inner_space else _find_tight
    then = None if tags.inner_space else tag_rests(tags).first
    candidates = find_bytes(buf, ord("<"), int(offsets[0]), int(offsets[-1]), then)
    found = [find(buf, offsets, left, tags) for left in _groups(candidates)]
    left, code, end, spelling, near = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
    bounds = np.searchsorted(left, offsets)
    row = np.repeat(np.arange(len(valid)), bounds[1:] - bounds[:-1])
    table = TagTable(row, code, left, end, spelling)
    tagged = (bounds[1:] > bounds[:-1]).nonzero()[0]
    last = bounds[1:][tagged] - 1  # only a row's last tag may end beyond it
    if valid.all() and (end[last] <= offsets[1:][tagged]).all():
        return table, near
    whole = (end <= offsets[1:][row]) & valid[row]
    return table[whole], np.sort(np.concatenate([near, left[~whole]]))


def _groups(found: Iterable[Ints]) -> Iterator[Ints]:
    """The same places in arrays of about one size; at least one array."""
    waiting, count = [np.zeros(0, np.int64)], 0
    for some in found:
        waiting, count = [*waiting, some] if count else [some], count + len(some)
        if count > _GROUP:
            together = np.concatenate(waiting)
            yield from (together[i : i + _GROUP] for i in range(0, count, _GROUP))
            waiting, count = [np.zeros(0, np.int64)], 0
    yield waiting[0] if len(waiting) == 1 else np.concatenate(waiting)


Found = tuple[Ints, Codes, Ints, Codes, Ints]
"""Where each tag begins, its code, where it ends, its spelling; and where something like a tag begins."""


def _find_tight(buf: Bytes, _: Ints, left: Ints, tags: TagSet) -> Found:
    """The literals that begin at some of the ``<``."""
    patterns = tag_rests(tags)
    found, near = patterns.match(buf, left + 1)
    near, hit = left[near], (found >= 0).nonzero()[0]
    if len(hit) < len(left):
        left, found = left[hit], found[hit]
    return left, patterns.code[found], left + 1 + patterns.size[found], patterns.spelling[found], near


def _find_spaced(buf: Bytes, offsets: Ints, left: Ints, tags: TagSet) -> Found:
    """The same where whitespace may stand inside: ``<``, a slash for closers, the name, ``>``."""
    until = offsets[np.searchsorted(offsets, left, side="right")]
    name = Spans(buf, left + 1, until).skip()
    closes = np.zeros(len(name), np.bool_)
    closes[name < until] = buf[name[name < until]] == ord("/")
    name[closes] = Spans(buf, name[closes] + 1, until[closes]).skip()
    parts = [_named(buf, name, until, patterns) for patterns in tag_names(tags)]
    which, code, end, spelling = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = which.argsort(kind="stable")
    which = which[order]
    near = np.ones(len(left), np.bool_)
    near[which] = False
    return left[which], (code[order] + closes[which]).astype(np.int8), end[order], spelling[order], left[near]


def _named(buf: Bytes, name: Ints, until: Ints, patterns: Patterns) -> tuple[Ints, Codes, Ints, Codes]:
    """The places where one tag's name stands and nothing but whitespace before ``>``: with code, end and spelling."""
    which = np.flatnonzero(name < until)
    found, _ = patterns.match(buf, name[which])
    end = name[which] + patterns.size[found]
    hit = np.flatnonzero((found >= 0) & (end < until[which]))
    which, found = which[hit], found[hit]
    last = Spans(buf, end[hit], until[which]).skip()
    hit = np.flatnonzero(last < until[which])
    hit = hit[buf[last[hit]] == ord(">")]
    which, found, last = which[hit], found[hit], last[hit]
    return which, patterns.code[found], last + 1, patterns.spelling[found]
