"""Repeated n-grams: how much of a text is said again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from medreward.spec import Whole
from medreward.text.buffer import SPACE, Ints, Spans, distinct, gather, numbered
from medreward.text.facts.base import FACTS, Fact
from medreward.text.facts.bodies import Body
from medreward.text.facts.measures import AnyUnits, Sequence, Units
from medreward.text.reading import Reading
from medreward.text.tags import Case, Role

__all__ = ["AnyNgrams", "Ngrams", "RepeatedNgrams", "TextUnits"]


_WIDE = 1 << 62
"""Numbers of runs stay below this."""
_ROWS = 256
"""Rows whose runs are counted at once: what they take stays in the processor's cache."""
_CUT = 1 << 20
"""Bytes of text that are cut at once, for the same reason."""


class TextUnits(Units):
    """The words or characters of a completion, or of what stands inside one of its tags, in order.

    Args:
        of: ``completion``, or the role of a tag, such as ``think``; each of several bodies is a stretch by itself.
        unit: ``words`` are what ``str.split`` gives, ``chars`` are code points.
        fold: ``lower`` compares units in lower case, as ``str.lower`` makes it; ``none`` as they are.
        case: which spellings of the tag count.
    """

    kind: Literal["text_units.v1"] = "text_units.v1"
    of: Role = "completion"
    unit: Literal["words", "chars"] = "words"
    fold: Literal["none", "lower"] = "lower"
    case: Case = "exact"

    def tags_named(self) -> tuple[str, ...]:
        """The tag, if one is asked about."""
        return () if self.of == "completion" else (self.of,)

    def read(self, reading: Reading) -> Sequence:
        """Cut every stretch of text into units."""
        if self.of == "completion":
            stretch, code = self._cut([reading.rows.spans])
            return Sequence(stretch, stretch, code)
        bodies = reading[Body.once(tag=self.of, case=self.case)]
        plain = np.delete(np.arange(len(bodies.row)), bodies.mixed)
        stretch, code = self._cut([bodies.spans[plain].strip(), bodies.rewritten.strip()])
        stretch = np.concatenate([plain, bodies.mixed])[stretch]
        order = np.argsort(stretch, kind="stable")
        return Sequence(bodies.row[stretch[order]], stretch[order], code[order])

    def _cut(self, parts: list[Spans]) -> tuple[Ints, Ints]:
        """The units of all spans: the number of the span each stands in, and its code."""
        raw: dict[bytes, int] = {}
        known: dict[str, int] = {}
        stretches, codes, first = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for spans in (piece for part in parts for piece in _pieces(part)):
            owner, units = _CUTS[self.unit](spans)
            numbers, texts = distinct(units)
            for text in (text for text in texts if text not in raw):
                raw[text] = known.setdefault(self._folded(text.decode("utf-8", "replace")), len(known))
            table = np.array([*map(raw.__getitem__, texts)], np.int64)
            stretches.append(owner + first)
            codes.append(table[numbers])
            first += len(spans)
        return np.concatenate(stretches), np.concatenate(codes)

    def _folded(self, text: str) -> str:
        return text.lower() if self.fold == "lower" else text


def _pieces(spans: Spans) -> Iterator[Spans]:
    """The spans in order, about so many bytes at once, one at least."""
    ends, first = np.cumsum(spans.size), 0
    while first < len(spans):
        last = max(first + 1, int(np.searchsorted(ends, (ends[first - 1] if first else 0) + _CUT, "right")))
        yield Spans(spans.buf, spans.start[first:last], spans.end[first:last])
        first = last


def _words(spans: Spans) -> tuple[Ints, Spans]:
    data, offsets = gather(spans, b"\n")
    blank = SPACE.covered(data)
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    edges = edges if blank[:1].all() else np.r_[0, edges]  # every span ends with a blank: edges come in pairs
    start, end = edges[::2], edges[1::2]
    owner = np.repeat(np.arange(len(spans)), np.diff(np.searchsorted(start, offsets)))
    return owner, Spans(data, start, end)


def _chars(spans: Spans) -> tuple[Ints, Spans]:
    data, offsets = gather(spans)
    begins = np.flatnonzero(((data & 0xC0) != 0x80) | _at(offsets[:-1], len(data)))
    owner = np.searchsorted(offsets, begins, side="right") - 1
    return owner, Spans(data, begins, np.r_[begins[1:], len(data)][: len(begins)])


def _at(places: Ints, size: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    marks = np.zeros(size, np.bool_)
    marks[places[places < size]] = True
    return marks


_CUTS: dict[str, Callable[[Spans], tuple[Ints, Spans]]] = {"words": _words, "chars": _chars}


@dataclass(frozen=True)
class Ngrams:
    """How many n-grams every row has.

    Args:
        total: ``int64``, shape ``(n,)``, repeats counted.
        distinct: ``int64``, shape ``(n,)``, each counted once.
    """

    total: Ints
    distinct: Ints


class RepeatedNgrams(Fact):
    """How many runs of ``size`` units stand in each row, and how many different ones. A run lies in one stretch.

    Args:
        units: what the runs are made of: ``text_units.v1``, or ``token_ids.v1``.
        size: how many units make a run.
    """

    kind: Literal["repeated_ngrams.v1"] = "repeated_ngrams.v1"
    units: AnyUnits = TextUnits()
    size: Whole = Field(default=3, ge=1)

    def read(self, reading: Reading) -> Ngrams:
        """Number the runs exactly, in about log2(size) steps, and count the different ones of each row."""
        units, n = reading[self.units], len(reading)
        edges = np.searchsorted(units.row, np.arange(0, n + _ROWS, _ROWS))
        total, different = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for first, begin, end in zip(range(0, n, _ROWS), edges[:-1], edges[1:], strict=False):
            rows, here = slice(first, min(n, first + _ROWS)), slice(begin, end)
            counted = self._count(units.row[here] - first, units.stretch[here], units.code[here], rows.stop - first)
            total[rows], different[rows] = counted
        return Ngrams(total, different)

    def _count(self, row: Ints, stretch: Ints, code: Ints, n: int) -> tuple[Ints, Ints]:
        """All runs and the different ones of n rows: sorted by row and number, each counts where it first stands."""
        count = max(0, len(code) - self.size + 1)
        whole = np.flatnonzero(stretch[:count] == stretch[self.size - 1 :][:count])
        row = row[whole]
        total = np.bincount(row, minlength=n)
        run, kinds = _runs(code, self.size)
        if kinds > _WIDE // _ROWS:
            run, kinds = _renumbered(run)
        keys = row * kinds + run[whole]
        keys.sort()
        new = np.r_[True, keys[1:] != keys[:-1]][: len(keys)]
        some = np.flatnonzero(total)
        different = np.zeros(n, np.int64)
        if len(some):
            different[some] = np.add.reduceat(new, (np.cumsum(total) - total)[some], dtype=np.int64)
        return total.astype(np.int64), different


def _runs(code: Ints, size: int) -> tuple[Ints, int]:
    """A number for the run of ``size`` codes from each place, and a bound above all: equal runs have equal numbers.

    Runs of 1, 2, 4 … codes, each two of the last kind, are put together as the binary digits of ``size`` say.
    """
    power, kinds, length = code, int(code.max(initial=0)) + 1, 1
    run, many, done = np.zeros(len(code) + 1, np.int64), 1, 0
    while True:
        if size & length:
            run, many = _joined(run, many, power[done:], kinds)
            done += length
        if done == size or not len(run):
            return run, many
        power, kinds = _joined(power, kinds, power[length:], kinds)
        length *= 2


def _joined(left: Ints, some: int, right: Ints, others: int) -> tuple[Ints, int]:
    """One number for each pair of numbers below ``some`` and below ``others``; made small first where it must be."""
    if some > _WIDE // others:
        (left, some), (right, others) = _renumbered(left), _renumbered(right)
    return left[: len(right)] * others + right, some * others


def _renumbered(run: Ints) -> tuple[Ints, int]:
    numbers, kept = numbered(run)
    return numbers, max(1, len(kept))


AnyNgrams = FACTS.field(RepeatedNgrams)
