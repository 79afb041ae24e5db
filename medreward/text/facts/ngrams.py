"""Repeated n-grams: how much of a text is said again."""

from __future__ import annotations

from collections.abc import Callable
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
        bodies = reading[Body(tag=self.of, case=self.case)]
        plain = np.delete(np.arange(len(bodies.row)), bodies.mixed)
        stretch, code = self._cut([bodies.spans[plain].strip(), bodies.rewritten.strip()])
        stretch = np.concatenate([plain, bodies.mixed])[stretch]
        order = np.argsort(stretch, kind="stable")
        return Sequence(bodies.row[stretch[order]], stretch[order], code[order])

    def _cut(self, parts: list[Spans]) -> tuple[Ints, Ints]:
        """The units of all spans: the number of the span each stands in, and its code."""
        known: dict[str, int] = {}
        stretches, codes, first = [], [], 0
        for spans in parts:
            owner, units = _CUTS[self.unit](spans)
            numbers, texts = distinct(units)
            decoded = (text.decode("utf-8", "replace") for text in texts)
            folded = (text.lower() if self.fold == "lower" else text for text in decoded)
            table = np.array([known.setdefault(text, len(known)) for text in folded], np.int64)
            stretches.append(owner + first)
            codes.append(table[numbers])
            first += len(spans)
        return np.concatenate(stretches), np.concatenate(codes)


def _words(spans: Spans) -> tuple[Ints, Spans]:
    data, offsets = gather(spans, b"\n")
    blank = SPACE.covered(data[None, :])[0] if len(data) else np.zeros(0, np.bool_)
    start = np.flatnonzero(~blank & np.r_[True, blank[:-1]][: len(blank)])
    end = np.flatnonzero(~blank & np.r_[blank[1:], True][: len(blank)]) + 1
    return np.searchsorted(offsets, start, side="right") - 1, Spans(data, start, end)


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
        units = reading[self.units]
        count = max(0, len(units.code) - self.size + 1)
        row = units.row[:count]
        whole = units.stretch[:count] == units.stretch[self.size - 1 :][:count]
        run, kinds = _runs(units.code, self.size)
        run, row = run[:count][whole], row[whole]
        if kinds > _WIDE // max(1, len(reading)):
            run, kinds = numbered(run)[0], len(run)
        _, different = numbered(row * kinds + run)
        n = len(reading)
        return Ngrams(
            np.bincount(row, minlength=n).astype(np.int64),
            np.bincount(different // kinds, minlength=n).astype(np.int64),
        )


def _runs(code: Ints, size: int) -> tuple[Ints, int]:
    """A number for the run of ``size`` codes from each place, and a bound above all: equal runs have equal numbers.

    Two runs of one length that overlap or touch say what the longer run is, so that the length doubles each time.
    Numbers are made small again only where the next ones would not fit.
    """
    run, length, kinds = code, 1, int(code.max(initial=0)) + 1
    while length < size and len(run):
        if kinds > _WIDE // kinds:
            run, kinds = numbered(run)[0], len(run)
        step = min(length, size - length)
        run = run[: len(run) - step] * kinds + run[step:]
        length, kinds = length + step, kinds * kinds
    return run, kinds


AnyNgrams = FACTS.field(RepeatedNgrams)
