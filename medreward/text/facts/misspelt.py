"""Misspelt tags: a literal that never occurs exactly while something very like it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import regex

from medreward.text.buffer import Ints, Mask, Spans, distinct
from medreward.text.reading import Reading
from medreward.text.scan import EXACT

__all__ = ["MisspeltTag", "is_near_miss"]

_PER_ROW = 32  # candidates looked at on either side of a row: bounds the work on hostile text
_OPENERS = "([{|\\"


@dataclass(frozen=True)
class MisspeltTag:
    """Whether a row misses a literal and holds a near miss of it: one edit away, such as ``answer>`` or ``<chink>``.

    Args:
        tags: the roles asked about; None means all.
    """

    tags: tuple[str, ...] | None = None

    def read(self, reading: Reading) -> Mask:
        """Judge each distinct short candidate once."""
        rows, tags, n = reading.rows, reading.scan, len(reading)
        literals = [reading.tags.literal(role, side) for role in reading.tags.roles for side in ("open", "close")]
        exact = tags.spelling == EXACT
        cell = tags.row[exact] * len(literals) + tags.code[exact]
        missing = np.bincount(cell, minlength=n * len(literals)).reshape(n, len(literals)) == 0
        misspelt = np.zeros(n, np.bool_)
        roles = [reading.tags.roles.index(role) for role in self.tags or reading.tags.roles]
        missing[:, [place for place in range(len(literals)) if place // 2 not in roles]] = False
        wanting = missing.any(axis=1) & rows.valid
        if not wanting.any():
            return misspelt
        reach = max(map(len, literals)) + 2
        for side in ("<", ">"):
            row, spans = _candidates(reading, side, wanting, reach)
            codes, texts = distinct(spans)
            near = np.array([_near_which(text, side, tuple(literals)) for text in texts], np.bool_).reshape(
                -1, len(literals)
            )
            misspelt[row[(near[codes] & missing[row]).any(axis=1)]] = True
        return misspelt


def _candidates(reading: Reading, side: str, wanting: Mask, reach: int) -> tuple[Ints, Spans]:
    """Short stretches that begin at a ``<`` or end at a ``>`` which is part of no tag: their rows and spans."""
    rows, at = reading.rows, reading.angles.left if side == "<" else reading.angles.right
    row = np.repeat(np.arange(len(reading)), np.diff(np.searchsorted(at, rows.offsets)))
    keep = wanting[row]
    at, row = at[keep], row[keep]
    if side == ">":
        free = ~_ends_tag(reading, at)
        at, row = at[free], row[free]
    counts = np.bincount(row, minlength=len(reading))
    number = np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
    few = (number < _PER_ROW) | (counts[row] - number <= _PER_ROW)
    at, row = at[few], row[few]
    if side == "<":
        return row, Spans(rows.buf, at, np.minimum(at + reach, rows.offsets[1:][row]))
    return row, Spans(rows.buf, np.maximum(at + 1 - reach, rows.offsets[:-1][row]), at + 1)


def _ends_tag(reading: Reading, right: Ints) -> Mask:
    """Which ``>`` end a tag."""
    ends = reading.scan.end
    place = np.searchsorted(ends, right + 1)
    same: Mask = np.append(ends, -1)[place] == right + 1
    return same


def _near_which(text: bytes, side: str, literals: tuple[str, ...]) -> list[bool]:
    string = text.decode("utf-8", "replace").lower()
    if not any(half in string for half in _halves(literals)):  # one edit leaves one half of a literal whole
        return [False] * len(literals)
    tokens = _after(string) if side == "<" else _before(string)
    return [any(is_near_miss(token, literal) for token in tokens) for literal in literals]


def _after(text: str) -> list[str]:
    """What begins at a ``<``: up to the next ``>``, and up to the next space or ``<``."""
    body = text[1:]
    stop = min((i for i, char in enumerate(body) if char.isspace() or char in "<>"), default=len(body))
    tokens = [text[: stop + 1]]
    close = body.find(">")
    if 0 <= close < (body.find("<") if "<" in body else len(body)):
        tokens.append(text[: close + 2])
    return tokens


def _before(text: str) -> list[str]:
    """What ends at a ``>``: the word before it, and that word from its last opening bracket."""
    body = text[:-1]
    begin = max((i + 1 for i, char in enumerate(body) if char.isspace() or char in "<>"), default=0)
    if begin and text[begin - 1] == "<":
        return []  # seen from the other side
    word = text[begin:]
    bracket = max(word.rfind(char) for char in _OPENERS)
    return [word, word[bracket:]] if bracket > 0 else [word]


@lru_cache(maxsize=64)
def _halves(literals: tuple[str, ...]) -> tuple[str, ...]:
    cut = ((literal.lower(), len(literal) // 2) for literal in literals)
    return tuple({half for literal, at in cut for half in (literal[:at], literal[at:])})


@lru_cache(maxsize=65536)
def is_near_miss(token: str, literal: str) -> bool:
    """Whether one edit (a character put in, left out or exchanged) makes the token the literal, in any case."""
    if abs(len(token) - len(literal)) > 1:
        return False
    return regex.fullmatch(_fuzzy(literal), token) is not None


@lru_cache(maxsize=256)
def _fuzzy(literal: str) -> regex.Pattern[str]:
    return regex.compile(f"(?i:{regex.escape(literal)}){{e<=1}}")
