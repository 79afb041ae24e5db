"""Misspelt tags: a literal that never occurs exactly while something very like it does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import regex

from medreward.text.buffer import Ints, Mask, Spans, distinct, gather
from medreward.text.facts.shapes import Shapes
from medreward.text.reading import Reading
from medreward.text.search import find_byte
from medreward.text.tags import TagSet

__all__ = ["MisspeltTag", "is_near_miss"]

_PER_ROW = 32  # candidates looked at on either side of a row: bounds the work on hostile text
_DENSE = 32  # where there is a candidate in so many bytes, a table of all bytes tells tags' ends sooner than a search
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
        shapes, roles = reading[Shapes()], reading.roles
        literals = tuple(reading.tags.literal(role, side) for role in roles for side in ("open", "close"))
        asked = [literal for literal in range(len(literals)) if self.tags is None or roles[literal // 2] in self.tags]
        missing = np.zeros((len(shapes.book), len(literals)), np.bool_)
        missing[:, asked] = shapes.book.counts()[:, asked] == 0
        misspelt = np.zeros(len(reading), np.bool_)
        wanting = np.asarray(missing.any(axis=1))[shapes.of_row] & reading.rows.valid
        if not wanting.any():
            return misspelt
        reach = max(map(len, literals)) + 2
        for side, candidates in (("<", _beginning), (">", _ending)):
            row, spans = candidates(reading, wanting, reach)
            codes, texts = distinct(spans)
            near = np.array([_near_which(text, side, literals) for text in texts], np.bool_).reshape(-1, len(literals))
            misspelt[row[(near[codes] & missing[shapes.of_row[row]]).any(axis=1)]] = True
        return misspelt


def _beginning(reading: Reading, wanting: Mask, reach: int) -> tuple[Ints, Spans]:
    """Short stretches of some rows that begin at a ``<`` which is part of no tag: their rows and spans."""
    rows, at = reading.rows, reading.near_tags
    row = np.searchsorted(rows.offsets, at, "right") - 1
    at, row = _few(at, row, wanting[row])
    return row, Spans(rows.buf, at, np.minimum(at + reach, rows.offsets[1:][row]))


def _ending(reading: Reading, wanting: Mask, reach: int) -> tuple[Ints, Spans]:
    """Short stretches of some rows that end at a ``>`` which is part of no tag: their rows and spans."""
    rows, ends = reading.rows, reading.scan.end
    at, row = _closing(reading, wanting)
    loose = np.append(ends, -1)[np.searchsorted(ends, at + 1)] != at + 1
    at, row = _few(at, row, wanting[row] & loose)
    return row, Spans(rows.buf, np.maximum(at + 1 - reach, rows.offsets[row]), at + 1)


def _closing(reading: Reading, wanting: Mask) -> tuple[Ints, Ints]:
    """Where a ``>`` stands behind a letter that a tag may end with, at least in the rows that want one, and its row."""
    rows, letters, which = reading.rows, _letters_before(reading.tags), np.flatnonzero(wanting)
    if 2 * len(which) < len(rows):
        text, begin = gather(rows.spans[which])
        right = find_byte(text, ord(">"), 0, len(text))
        right = right[letters[text[right - 1]]]  # before the first byte: the last one
        place = np.searchsorted(begin, right, "right") - 1
        return rows.offsets[which[place]] + right - begin[place], which[place]
    # to look through all rows costs less than to copy these
    first, last = int(rows.offsets[0]), int(rows.offsets[-1])
    right = find_byte(rows.buf, ord(">"), first, last)
    right = right[letters[rows.buf[right - 1]]]
    if last - first < _DENSE * len(right):
        ends_tag = np.zeros(last - first + 1, np.bool_)
        ends_tag[reading.scan.end - first] = True
        right = right[~ends_tag[right + 1 - first]]
    return right, np.searchsorted(rows.offsets, right, "right") - 1


def _few(at: Ints, row: Ints, keep: Mask) -> tuple[Ints, Ints]:
    """The candidates that are kept, and of those only the first and the last ones of each row."""
    at, row = at[keep], row[keep]
    counts = np.bincount(row)
    number = np.arange(len(row)) - (np.cumsum(counts) - counts)[row]
    few = (number < _PER_ROW) | (counts[row] - number <= _PER_ROW)
    return at[few], row[few]


@lru_cache(maxsize=32)
def _letters_before(tags: TagSet) -> Mask:
    """Which byte before a ``>`` something like a tag may have, bool, shape ``(256,)``."""
    letters = np.full(256, tags.inner_space)
    letters[128:] = True
    for name in tags.names.values():
        letters[[ord(name[-1].lower()), ord(name[-1].upper())]] = True
    return letters


@lru_cache(maxsize=1 << 12)
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
