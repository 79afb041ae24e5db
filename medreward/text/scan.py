"""The scan: every tag of every completion, found in one pass over the buffer.

``<`` and ``>`` are looked for once; all after that works on candidates only. Cost is linear in bytes for any input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medreward.text.buffer import Bytes, Ints, Mask, Spans
from medreward.text.tags import TagSet, spellings

__all__ = ["ANY", "EXACT", "FOLDED", "LOWERED", "Angles", "TagTable", "find_angles", "scan"]

EXACT, ANY, LOWERED, FOLDED = 0, 1, 2, 3
"""How a tag is spelt: exactly; in another ASCII case; with letters whose lower case is ASCII; with others that fold."""
_BLOCK = 1 << 20  # one reused mask of this size: a fresh one costs more in page faults than the compare
_HIGH_BITS = np.uint64(0x8080808080808080)
Words = npt.NDArray[np.uint64]


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
    code: npt.NDArray[np.int8]
    start: Ints
    end: Ints
    spelling: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: Ints | Mask) -> TagTable:
        return TagTable(self.row[which], self.code[which], self.start[which], self.end[which], self.spelling[which])


@dataclass(frozen=True, slots=True)
class _Word:
    """Eight bytes of a literal: compare ``(text | fold) & keep`` with ``want``, and ``text & keep`` with ``exact``."""

    fold: np.uint64
    keep: np.uint64
    want: np.uint64
    exact: np.uint64


@dataclass(frozen=True, slots=True)
class _Pattern:
    code: int
    size: int
    folded: int  # 0, or how it is spelt: LOWERED or FOLDED
    words: tuple[_Word, ...]


@dataclass(frozen=True, slots=True)
class Angles:
    """Where angle brackets stand, part of a tag or not.

    Args:
        left: ``int64``, ascending, the byte of every ``<``.
        right: ``int64``, ascending, the byte of every ``>``.
    """

    left: Ints
    right: Ints


def find_angles(buf: Bytes, start: int, end: int) -> Angles:
    """Every ``<`` and ``>`` of ``buf[start:end]`` in one pass: they differ in one bit."""
    block = min(_BLOCK, max(0, end - start))
    folded, mask = np.empty(block, np.uint8), np.empty(block, np.bool_)
    found = []
    for i in range(start, end, _BLOCK):
        part = buf[i : min(end, i + _BLOCK)]
        size = len(part)
        np.bitwise_and(part, 0xFD, out=folded[:size])
        found.append(np.flatnonzero(np.equal(folded[:size], ord("<"), out=mask[:size])) + i)
    position = np.concatenate(found) if found else np.zeros(0, np.int64)
    is_left = buf[position] == ord("<")
    return Angles(position[is_left], position[~is_left])


def scan(buf: Bytes, offsets: Ints, valid: Mask, tags: TagSet) -> tuple[TagTable, Angles]:
    """Find every tag literal, in any case, that lies wholly inside one valid row.

    Args:
        buf: ``uint8``, the data buffer.
        offsets: ``int64``, shape ``(n + 1,)``, where rows begin and end.
        valid: bool, shape ``(n,)``; a null row has no tags.
        tags: which tags.

    Returns:
        The tag table, and where every angle bracket stands.
    """
    angles = find_angles(buf, int(offsets[0]), int(offsets[-1]))
    find = _find_spaced if tags.inner_space else _find_tight
    position, code, end, spelling = find(buf, offsets, angles.left, tags)
    counts = np.diff(np.searchsorted(position, offsets))
    row = np.repeat(np.arange(len(counts)), counts)
    inside = (end <= offsets[1:][row]) & valid[row]
    table = TagTable(row, code, position, end, spelling)
    return table if inside.all() else table[inside], angles


Found = tuple[Ints, npt.NDArray[np.int8], Ints, npt.NDArray[np.int8]]


def _find_tight(buf: Bytes, _: Ints, position: Ints, tags: TagSet) -> Found:
    """Which ``<`` begin a literal: their positions, and code, end and spelling of each."""
    patterns, second = _patterns(tags)
    if len(position):
        position = position[second[buf[np.minimum(position + 1, len(buf) - 1)]]]
    code, end, spelling = _match(buf, position, patterns)
    hit = code >= 0
    return position[hit], code[hit], end[hit], spelling[hit]


def _find_spaced(buf: Bytes, offsets: Ints, position: Ints, tags: TagSet) -> Found:
    """The same where whitespace may stand inside: ``<``, a slash for closers, the name, ``>``."""
    until = offsets[np.searchsorted(offsets, position, side="right")]
    name = Spans(buf, position + 1, until).skip()
    closes = np.zeros(len(name), np.bool_)
    closes[name < until] = buf[name[name < until]] == ord("/")
    name[closes] = Spans(buf, name[closes] + 1, until[closes]).skip()
    which = np.flatnonzero(name < until)
    code, end, spelling = _match(buf, name[which], _name_patterns(tags))
    hit = (code >= 0) & (end < until[which])
    which, code, end, spelling = which[hit], code[hit] + closes[which[hit]], end[hit], spelling[hit]
    last = Spans(buf, end, until[which]).skip()
    hit = last < until[which]
    hit[hit] = buf[last[hit]] == ord(">")
    return position[which[hit]], code[hit].astype(np.int8), last[hit] + 1, spelling[hit]


def _match(
    buf: Bytes, position: Ints, patterns: tuple[_Pattern, ...]
) -> tuple[npt.NDArray[np.int8], Ints, npt.NDArray[np.int8]]:
    """Code, end and spelling of the literal at each position; code -1 where there is none."""
    reach = 8 * max(len(pattern.words) for pattern in patterns)
    code = np.full(len(position), -1, np.int8)
    end = position.copy()
    spelling = np.zeros(len(position), np.int8)
    split = int(np.searchsorted(position, len(buf) - reach, side="right"))
    _match_words(_view(buf), position[:split], patterns, code[:split], end[:split], spelling[:split])
    if split < len(position):  # the last few bytes: read them from a copy that may be read past
        base = int(position[split])
        tail = np.zeros(len(buf) - base + reach + 8, np.uint8)
        tail[: len(buf) - base] = buf[base:]
        moved = end[split:]
        moved -= base
        _match_words(_view(tail), position[split:] - base, patterns, code[split:], moved, spelling[split:])
        moved += base
    return code, end, spelling


def _view(buf: Bytes) -> Words:
    """Eight bytes from every position, little-endian."""
    return np.ndarray(
        (max(0, len(buf) - 7),), np.dtype("<u8"), buf if len(buf) >= 8 else np.zeros(8, np.uint8), strides=(1,)
    )


def _match_words(
    view: Words,
    position: Ints,
    patterns: tuple[_Pattern, ...],
    code: npt.NDArray[np.int8],
    end: Ints,
    spelling: npt.NDArray[np.int8],
) -> None:
    every = np.arange(len(position))
    for pattern in patterns:
        if not pattern.folded:
            which = _matching(view, position, every, pattern)
            spelling[which] = _cased(view, position[which], pattern)
            code[which], end[which] = pattern.code, end[which] + pattern.size
    every = every[code < 0]
    reach = max(len(pattern.words) for pattern in patterns)
    beyond = [view[position[every] + 8 * i] & _HIGH_BITS != 0 for i in range(reach)]
    every = every[np.any(beyond, axis=0)]  # folded letters are not ASCII, so they are looked for only beside such bytes
    if len(every):
        for pattern in patterns:
            if pattern.folded:
                which = _matching(view, position, every, pattern)
                code[which], end[which], spelling[which] = pattern.code, end[which] + pattern.size, pattern.folded


def _matching(view: Words, position: Ints, which: Ints, pattern: _Pattern) -> Ints:
    """Those of ``which`` where the pattern stands."""
    for i, word in enumerate(pattern.words):
        text = view[position[which] + 8 * i]
        which = which[(text | word.fold) & word.keep == word.want]
    return which


def _cased(view: Words, position: Ints, pattern: _Pattern) -> Mask:
    """EXACT (0) or ANY (1) for tags already known to match in some case."""
    other = np.zeros(len(position), np.bool_)
    for i, word in enumerate(pattern.words):
        other |= view[position + 8 * i] & word.keep != word.exact
    return other


@lru_cache(maxsize=32)
def _patterns(tags: TagSet) -> tuple[tuple[_Pattern, ...], Mask]:
    """What to compare with, plain spellings first, and which bytes may stand after ``<``."""
    second = np.zeros(256, np.bool_)
    second[ord("/")] = True
    found = []
    for code, literal in enumerate(_literals(tags)):
        for spelling in spellings(literal):
            raw = spelling.encode()
            letter = raw[2 if raw[1:2] == b"/" else 1]
            second[[letter, letter ^ 0x20 if letter < 128 else letter]] = True
            found.append(_Pattern(code, len(raw), _folded(spelling, literal), tuple(_words(raw))))
    return tuple(sorted(found, key=lambda pattern: pattern.folded)), second


def _folded(spelling: str, literal: str) -> int:
    """0 for the literal itself, else whether lower case makes the spelling the literal."""
    return 0 if spelling == literal else LOWERED if spelling.lower() == literal.lower() else FOLDED


@lru_cache(maxsize=32)
def _name_patterns(tags: TagSet) -> tuple[_Pattern, ...]:
    """What stands between the angles, with the codes of openers."""
    found = [
        _Pattern(2 * number, len(spelling.encode()), _folded(spelling, name), tuple(_words(spelling.encode())))
        for number, name in enumerate(tags.names.values())
        for spelling in spellings(name)
    ]
    return tuple(sorted(found, key=lambda pattern: pattern.folded))


def _literals(tags: TagSet) -> Iterator[str]:
    for role in tags.roles:
        yield tags.literal(role, "open")
        yield tags.literal(role, "close")


def _words(raw: bytes) -> Iterator[_Word]:
    def word(data: bytes) -> np.uint64:
        return np.uint64(int.from_bytes(data.ljust(8, b"\0"), "little"))

    for i in range(0, len(raw), 8):
        part = raw[i : i + 8]
        fold = bytes(0x20 if byte < 128 and chr(byte).isalpha() else 0 for byte in part)
        lower = bytes(byte | bit for byte, bit in zip(part, fold, strict=True))
        yield _Word(word(fold), word(b"\xff" * len(part)), word(lower), word(part))
