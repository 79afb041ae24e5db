"""Layouts: tags in an order, with something said about each gap between them. What published format rules look for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.text.buffer import Ints, Mask, Spans
from medreward.text.facts.base import Predicate
from medreward.text.facts.counts import Counted, code_of
from medreward.text.facts.newlines import NEWLINE, newlines_between
from medreward.text.reading import Reading
from medreward.text.tags import Case, TagLiteral

__all__ = ["Layout"]

Edge = Literal["start", "end", "line_end"]
Gap = Literal["nothing", "whitespace", "newline", "anything", "one_line", "own_lines"]
_GAPS = ("nothing", "whitespace", "newline", "anything", "one_line", "own_lines")
_LAST_GAPS = {"end": ("nothing", "whitespace"), "line_end": ("nothing",)}


class Layout(Predicate):
    r"""Somewhere the tags of ``path`` stand in that order, each gap between two of them as the path says.

    A path goes ``place, gap, place, …``. Places are tag literals; the first may be ``start``, the last ``end`` or
    ``line_end`` (the end of the text, or just before a newline). What the path does not name may stand before, after
    and, where a gap allows it, between: tags are not counted here.

    Gaps: ``nothing`` · ``whitespace`` (or nothing) · ``newline`` exactly one · ``anything``, tags too · ``one_line``
    anything but a newline · ``own_lines`` anything that begins with one newline and ends with another.

    Args:
        path: places and gaps in turn.
        case: which spellings of a tag count.

    Example:
        >>> import pyarrow as pa
        >>> from medreward.text import Reading, Rows
        >>> layout = Layout(path=("start", "whitespace", "<answer>", "anything", "</answer>", "nothing", "end"))
        >>> Reading(Rows.of(pa.array(["\n<answer>B</answer>", "so <answer>B</answer>"])))[layout].tolist()
        [True, False]
    """

    kind: Literal["layout.v1"] = "layout.v1"
    path: Annotated[tuple[TagLiteral | Edge | Gap, ...], Field(min_length=3)]
    case: Case = "exact"

    @model_validator(mode="after")
    def _alternates(self) -> Layout:
        places, gaps = list(self.path[::2]), self.path[1::2]
        good = len(places) == len(gaps) + 1 and all(gap in _GAPS for gap in gaps)
        if places[0] == "start":
            places = places[1:]
        if places and places[-1] in _LAST_GAPS:
            good = good and gaps[-1] in _LAST_GAPS[places.pop()]
        if not (good and places and all(place.startswith("<") for place in places)):
            raise PydanticCustomError(
                "layout_path",
                "A path is place, gap, place, …: tags, before them 'start' and after them 'whitespace' or 'nothing' and"
                " 'end', or 'nothing' and 'line_end', where wanted",
            )
        return self

    def tags_named(self) -> tuple[str, ...]:
        """The tags on the path."""
        return tuple(dict.fromkeys(place.strip("</>") for place in self.path if place.startswith("<")))

    def read(self, reading: Reading) -> Mask:
        """Follow the path through all rows at once: which tags can be its first, its second, and so on."""
        table = _Places.of(reading, self.case)
        places, gaps = self.path[::2], self.path[1::2]
        reached = table.code == _START if places[0] == "start" else table.code == code_of(reading, places[0])
        for gap, place in zip(gaps, places[1:], strict=True):
            if place in _LAST_GAPS:
                reached = table.at_edge(reached, place, gap)
            else:
                reached = _STEPS[gap](table, reached) & (table.code == code_of(reading, place))
        found = np.zeros(len(reading), np.bool_)
        found[table.row[reached]] = True
        return found


_START, _END = -1, -2


@dataclass(frozen=True)
class _Places:
    """Every row's start, its tags and its end, in order: shape ``(p,)`` each.

    Args:
        row: ``int64``.
        code: ``int64``, a tag's code; -1 for the start and -2 for the end of the text.
        begin: ``int64``, the byte where each begins.
        end: ``int64``, one past the last byte of each.
        reading: what is read.
    """

    row: Ints
    code: Ints
    begin: Ints
    end: Ints
    reading: Reading

    @classmethod
    def of(cls, reading: Reading, case: Case) -> _Places:
        """The places of every row."""
        tags, rows = reading[Counted(case)], reading.rows.spans
        n = len(reading)
        # a stable sort by row puts the start before the tags and the end after them
        row = np.concatenate([np.arange(n), tags.row, np.arange(n)])
        order = np.argsort(row, kind="stable")
        code = np.concatenate([np.full(n, _START), tags.code.astype(np.int64), np.full(n, _END)])
        begin = np.concatenate([rows.start, tags.start, rows.end])
        end = np.concatenate([rows.start, tags.end, rows.end])
        return cls(row[order], code[order], begin[order], end[order], reading)

    def gaps(self, which: Ints) -> Spans:
        """What stands between each of ``which`` places and the next."""
        return Spans(self.reading.rows.buf, self.end[which], self.begin[which + 1])

    def earlier(self, reached: Mask) -> Ints:
        """The nearest place before each that is reached and in its row, -1 for none."""
        nearest = np.maximum.accumulate(np.where(reached, np.arange(len(reached)), -1))
        before = np.r_[np.int64(-1), nearest][: len(reached)]
        first = np.searchsorted(self.row, self.row, "left")
        return np.where(before >= first, before, -1)

    def next_to(self, reached: Mask, fits: Callable[[Spans], Mask]) -> Mask:
        """Places just after a reached one, the gap between them fitting."""
        which = np.flatnonzero(reached[:-1] & (self.row[:-1] == self.row[1:]))
        found = np.zeros(len(reached), np.bool_)
        found[which[fits(self.gaps(which))] + 1] = True
        return found

    def is_newline(self, at: Ints, low: Ints, high: Ints) -> Mask:
        """Whether a newline stands at each byte, which must lie in ``[low, high)``."""
        inside = (at >= low) & (at < high)
        newline = np.zeros(len(at), np.bool_)
        newline[inside] = self.reading.rows.buf[at[inside]] == NEWLINE
        return newline

    def at_edge(self, reached: Mask, edge: str, gap: str) -> Mask:
        """Reached places from which the edge can be reached."""
        which = np.flatnonzero(reached)
        last = np.searchsorted(self.row, self.row[which], "right") - 1
        rest = Spans(self.reading.rows.buf, self.end[which], self.begin[last])
        fits = rest.is_blank() if gap == "whitespace" else rest.size == 0
        if edge == "line_end":
            fits |= self.is_newline(rest.start, rest.start, rest.end)
        found = np.zeros(len(reached), np.bool_)
        found[which[fits]] = True
        return found


def _anything(table: _Places, reached: Mask) -> Mask:
    return table.earlier(reached) >= 0


def _one_line(table: _Places, reached: Mask) -> Mask:
    """The nearest reached place is the one with the fewest newlines between."""
    before = table.earlier(reached)
    wanted = np.flatnonzero(before >= 0)
    found = np.zeros(len(reached), np.bool_)
    found[wanted] = newlines_between(table.reading, table.end[before[wanted]], table.begin[wanted]) == 0
    return found


def _own_lines(table: _Places, reached: Mask) -> Mask:
    """A newline after the one place and another before the other."""
    last = np.searchsorted(table.row, table.row, "right") - 1
    first = np.searchsorted(table.row, table.row, "left")
    opens = reached & table.is_newline(table.end, table.end, table.begin[last])
    closes = table.is_newline(table.begin - 1, table.begin[first], table.begin)
    before = table.earlier(opens)
    # next to one another the two newlines must be two; with a tag between they are
    near = np.flatnonzero((before >= 0) & (table.begin - table.end[before] < 2))
    earlier = np.where(before >= 0, before, 0)
    farther = table.earlier(opens)[earlier]
    found = before >= 0
    found[near] = farther[near] >= 0
    return found & closes


def _fits(fits: Callable[[Spans], Mask]) -> Callable[[_Places, Mask], Mask]:
    return lambda table, reached: table.next_to(reached, fits)


def _is_newline(gap: Spans) -> Mask:
    found: Mask = gap.size == 1
    found[found] = gap.buf[gap.start[found]] == NEWLINE
    return found


_STEPS: dict[str, Callable[[_Places, Mask], Mask]] = {
    "nothing": _fits(lambda gap: gap.size == 0),
    "whitespace": _fits(Spans.is_blank),
    "newline": _fits(_is_newline),
    "anything": _anything,
    "one_line": _one_line,
    "own_lines": _own_lines,
}
