"""Bodies: the text inside a tag, and which of several is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from medreward.spec import Flag
from medreward.text.buffer import IGNORABLE, SPACE, Bytes, CharSet, Ints, Mask, Spans, distinct, first_of_each, gather
from medreward.text.facts.base import FACTS, Alphabet, Fact, Predicate
from medreward.text.facts.blocks import shape_blocks
from medreward.text.facts.counts import code_of
from medreward.text.facts.newlines import newlines_between
from medreward.text.facts.shapes import Book, Counted, Shapes
from medreward.text.reading import Reading
from medreward.text.scan import TagTable
from medreward.text.tags import Case, Role

__all__ = ["AnyBody", "Body", "BodyTable", "HasText"]


@dataclass(frozen=True)
class BodyTable:
    """The bodies of every row, in order; a row may have none or several.

    Args:
        row: ``int64``, shape ``(k,)``, ascending.
        spans: the bodies as they stand, shape ``(k,)``.
        mixed: ``int64``, the bodies with tags inside, as places in ``row``.
        rewritten: those bodies with a space for each block and each other tag inside.
    """

    row: Ints
    spans: Spans
    mixed: Ints
    rewritten: Spans

    def is_blank(self, chars: CharSet = SPACE) -> Mask:
        """Which bodies hold nothing but ``chars``, shape ``(k,)``."""
        blank = self.spans.is_blank(chars)
        blank[self.mixed] = self.rewritten.is_blank(chars)
        return blank

    def distinct(self, *, stripped: bool = True) -> tuple[Ints, list[bytes]]:
        """The distinct bodies: codes, shape ``(k,)``, and the bytes they stand for.

        Args:
            stripped: without outer whitespace.
        """
        codes, texts = distinct(self.spans, stripped=stripped)
        if len(self.mixed):
            other, more = distinct(self.rewritten, stripped=stripped)
            codes[self.mixed] = other + len(texts)
            texts = texts + more
        return codes, texts


Pick = Literal["blocks", "first_span", "widest_span", "first_fitting", "before", "whole"]


class Body(Fact):
    """The text inside a tag, or another stretch that a rule reads.

    Args:
        tag: the role of the tag.
        pick: ``blocks``: every block that is not quoted, tags inside replaced by a space. ``first_span``: from the
            leftmost opener that has a closer after it to the first such closer, as it stands. ``widest_span``: from
            there to the last closer. ``first_fitting``: the first block that holds one character of ``alphabet`` and
            whitespace. ``before``: from the start of the text to the first opener. ``whole``: the whole text.
        alphabet: the characters ``first_fitting`` looks for, in their own case.
        case: which spellings of the tag count.
        newlines: whether a ``first_span`` may hold newlines; if not, the leftmost opener counts whose first closer
            stands on its own line.
        if_missing: what a completion without such a body has: ``none``, or its ``whole_text`` as the one body (with
            ``blocks``, a space in place of each block and each other tag, as in any body of theirs).
    """

    kind: Literal["body.v1"] = "body.v1"
    tag: Role = "answer"
    pick: Pick = "blocks"
    alphabet: Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    case: Case = "exact"
    newlines: Flag = True
    if_missing: Literal["none", "whole_text"] = "none"

    def tags_named(self) -> tuple[str, ...]:
        """The tag, unless the whole text is read whatever its tags."""
        return () if self.pick == "whole" else (self.tag,)

    def read(self, reading: Reading) -> BodyTable:
        """The bodies of every row."""
        found = _PICKS[self.pick](self, reading)
        return _or_whole_text(self, reading, found) if self.if_missing == "whole_text" else found


if TYPE_CHECKING:
    AnyBody = Body
else:
    AnyBody = FACTS.field(Body)


class HasText(Predicate):
    """Some block of a tag holds more than whitespace and invisible characters; quoted answers do not count.

    Args:
        tag: the role of the tag.
        case: which spellings count.
    """

    kind: Literal["has_text.v1"] = "has_text.v1"
    tag: Role = "think"
    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Whether each row has such a block."""
        bodies = reading[Body.once(tag=self.tag, case=self.case)]
        found = np.zeros(len(reading), np.bool_)
        found[bodies.row[~bodies.is_blank(IGNORABLE)]] = True
        return found


def _plain(row: Ints, spans: Spans) -> BodyTable:
    none = np.zeros(0, np.int64)
    return BodyTable(row, spans, none, Spans(spans.buf, none, none))


def _blocks(body: Body, reading: Reading) -> BodyTable:
    tags, shapes = reading[Counted(body.case)], reading[Shapes(body.case)]
    reach = shapes.book.ask(_reach, reading.roles.index(body.tag))[shapes.twin]
    first = reach.nonzero()[0]
    last = first + reach[first]
    spans = Spans(reading.rows.buf, tags.end[first], tags.start[last])
    mixed = (last - first > 1).nonzero()[0]
    return BodyTable(tags.row[first], spans, mixed, _rewrite(reading, body.case, spans, first, last, mixed))


def _reach(book: Book, role: int) -> Ints:
    """How many tags after each opener of a role its closer stands; 0 for other tags and for quoted answers."""
    blocks = book.ask(shape_blocks)
    return np.where((book.code == 2 * role) & ~blocks.quoted, blocks.reach, 0)


def _rewrite(reading: Reading, case: Case, spans: Spans, first: Ints, last: Ints, mixed: Ints) -> Spans:
    """Bodies with tags inside, a space in place of each block wholly inside and of each other tag.

    ``first`` and ``last`` are the places in the tag table just before and just after the tags inside; nothing need
    stand there.
    """
    if not len(mixed):
        return Spans(spans.buf, mixed, mixed)
    tags, shapes = reading[Counted(case)], reading[Shapes(case)]
    first, last = first[mixed], last[mixed]
    count = last - first + 1  # the tags inside, and an empty stop at either end of the body
    begin = np.cumsum(count) - count
    place = np.clip(np.repeat(first - begin, count) + np.arange(int(count.sum())), 0, len(tags) - 1)
    closer = place + shapes.book.ask(shape_blocks).reach[shapes.twin[place]]
    inside = closer < np.repeat(last, count)
    start, until = tags.start[place], tags.end[np.where(inside, closer, place)]
    stop = begin + count - 1
    start[begin] = until[begin] = spans.start[mixed]
    start[stop] = until[stop] = spans.end[mixed]
    covered = np.maximum.accumulate(until)
    kept = np.r_[False, start[1:] >= covered[:-1]]  # a stop that lies inside an earlier one ends no piece
    kept[begin] = False
    kept[stop] = True
    ends = np.flatnonzero(kept)
    data, offsets = gather(Spans(spans.buf, np.minimum(covered[ends - 1], start[ends]), start[ends]), b" ")
    pieces = np.add.reduceat(kept.astype(np.int64), begin)
    through = np.cumsum(pieces)
    return Spans(data, offsets[through - pieces], offsets[through] - 1)


def _first_span(body: Body, reading: Reading) -> BodyTable:
    tags, opener, closer = _spans(body, reading)
    if not body.newlines:
        fits = newlines_between(reading, tags.end[opener], tags.start[closer]) == 0
        opener, closer = opener[fits], closer[fits]
    which = first_of_each(tags.row[opener])
    opener, closer = opener[which], closer[which]
    return _plain(tags.row[opener], Spans(reading.rows.buf, tags.end[opener], tags.start[closer]))


def _widest_span(body: Body, reading: Reading) -> BodyTable:
    tags, opener, _ = _spans(body, reading)
    opener = opener[first_of_each(tags.row[opener])]
    row = tags.row[opener]
    closers = np.flatnonzero(tags.code == code_of(reading, f"</{body.tag}>"))
    last = closers[np.searchsorted(tags.row[closers], row, "right") - 1]
    return _plain(row, Spans(reading.rows.buf, tags.end[opener], tags.start[last]))


def _spans(body: Body, reading: Reading) -> tuple[TagTable, Ints, Ints]:
    """The tags, every opener that has a closer after it in its row, and the first such closer."""
    tags = reading[Counted(body.case)]
    code = code_of(reading, f"<{body.tag}>")
    opener, closers = np.flatnonzero(tags.code == code), np.flatnonzero(tags.code == code + 1)
    at = np.searchsorted(closers, opener)
    opener, at = opener[at < len(closers)], at[at < len(closers)]
    closer = closers[at]
    same = tags.row[opener] == tags.row[closer]
    return tags, opener[same], closer[same]


def _before(body: Body, reading: Reading) -> BodyTable:
    tags, rows = reading[Counted(body.case)], reading.rows.spans
    opener = np.flatnonzero(tags.code == code_of(reading, f"<{body.tag}>"))
    opener = opener[first_of_each(tags.row[opener])]
    row = tags.row[opener]
    return _plain(row, Spans(reading.rows.buf, rows.start[row], tags.start[opener]))


def _whole(_: Body, reading: Reading) -> BodyTable:
    row = np.flatnonzero(reading.rows.valid)
    return _plain(row, reading.rows.spans[row])


def _first_fitting(body: Body, reading: Reading) -> BodyTable:
    tags = reading[Counted(body.case)]
    code = code_of(reading, f"<{body.tag}>")
    next_row, next_code = tags.row[1:], tags.code[1:]
    opener = np.flatnonzero((tags.code[:-1] == code) & (next_code == code + 1) & (tags.row[:-1] == next_row))
    spans = Spans(reading.rows.buf, tags.end[opener], tags.start[opener + 1])
    stripped = spans.strip()
    codes, texts = distinct(stripped[stripped.size <= 4])
    letters = {letter.encode() for letter in body.alphabet}
    fits = np.zeros(len(opener), np.bool_)
    fits[stripped.size <= 4] = np.array([text in letters for text in texts], np.bool_)[codes]
    fitting = np.flatnonzero(fits)
    which = fitting[first_of_each(tags.row[opener[fitting]])]
    return _plain(tags.row[opener[which]], spans[which])


_PICKS: dict[str, Callable[[Body, Reading], BodyTable]] = {
    "blocks": _blocks,
    "first_span": _first_span,
    "widest_span": _widest_span,
    "first_fitting": _first_fitting,
    "before": _before,
    "whole": _whole,
}


def _or_whole_text(body: Body, reading: Reading, found: BodyTable) -> BodyTable:
    """The bodies found, and the whole text of each row that has none."""
    missing = reading.rows.valid.copy()
    missing[found.row] = False
    row = np.flatnonzero(missing)
    whole = _plain(row, reading.rows.spans[row])
    if body.pick == "blocks":
        shapes = reading[Shapes(body.case)]
        first, size = shapes.first[row], shapes.size[row]
        mixed = size.nonzero()[0]
        rewritten = _rewrite(reading, body.case, whole.spans, first - 1, first + size, mixed)
        whole = BodyTable(row, whole.spans, mixed, rewritten)
    return _merge(found, whole)


def _merge(left: BodyTable, right: BodyTable) -> BodyTable:
    """Two tables of different rows as one."""
    order = np.argsort(np.concatenate([left.row, right.row]), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    spans = Spans(
        left.spans.buf,
        np.concatenate([left.spans.start, right.spans.start])[order],
        np.concatenate([left.spans.end, right.spans.end])[order],
    )
    mixed = np.concatenate([place[left.mixed], place[len(left.row) + right.mixed]])
    by_place = np.argsort(mixed)
    data, offsets = _joined(left.rewritten, right.rewritten)
    rewritten = Spans(data, offsets[:-1], offsets[1:])[by_place]
    return BodyTable(np.concatenate([left.row, right.row])[order], spans, mixed[by_place], rewritten)


def _joined(left: Spans, right: Spans) -> tuple[Bytes, Ints]:
    """Spans of two buffers copied into one."""
    (first, begin), (second, then) = gather(left), gather(right)
    return np.concatenate([first, second]), np.concatenate([begin, then[1:] + begin[-1]])
