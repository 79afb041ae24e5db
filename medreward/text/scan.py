"""The scan: every tag of every completion, found in one pass over the buffer.

Angle brackets are looked for once; all after that works on candidates only. Cost is linear in bytes for any input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medreward.text.buffer import Bytes, Ints, Mask, Spans, Words, places, words_at
from medreward.text.tags import TagSet, spellings

__all__ = ["ANY", "EXACT", "FOLDED", "LOWERED", "Angles", "TagTable", "find_angles", "scan"]

EXACT, ANY, LOWERED, FOLDED = 0, 1, 2, 3
"""How a tag is spelt: exactly; in another ASCII case; with letters whose lower case is ASCII; with others that fold."""
_BLOCK = 1 << 18  # a multiple of eight; reused masks of this size: fresh or larger ones cost more than the compare
_STRIP = 1 << 21  # candidates are sifted after so many bytes: bounds what text that is all brackets takes


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
        which = places(which)
        return TagTable(self.row[which], self.code[which], self.start[which], self.end[which], self.spelling[which])


@dataclass(frozen=True, slots=True)
class Angles:
    """Angle brackets that may belong to something like a tag.

    Args:
        left: ``int64``, ascending, the byte of each ``<`` that begins no tag while one of its next two bytes is one
            of a tag's first two (or not ASCII).
        right: ``int64``, ascending, the byte of each ``>`` after a tag's last letter (or what is not ASCII).
    """

    left: Ints
    right: Ints


@dataclass(frozen=True, slots=True)
class _Word:
    """Eight bytes of a literal: compare ``(text | fold) & keep`` with ``want``."""

    fold: np.uint64
    keep: np.uint64
    want: np.uint64


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What is looked for; the arrays have one more place, for nothing, which -1 finds.

    Args:
        words: the spellings.
        code: the tag of each, ``int8``.
        size: its bytes.
        spelling: EXACT, ANY, LOWERED or FOLDED.
    """

    words: tuple[tuple[_Word, ...], ...]
    code: npt.NDArray[np.int8]
    size: Ints
    spelling: npt.NDArray[np.int8]

    @classmethod
    def of(cls, spelt: Iterable[tuple[int, str, str]]) -> _Patterns:
        """Patterns of a code, a spelling, and what it spells."""
        found = []
        for code, written, literal in spelt:
            if written == literal:
                found.append((code, written.encode(), EXACT))
            lowered = written.lower() == literal.lower()
            found.append((code, written.encode(), ANY if written == literal else LOWERED if lowered else FOLDED))
        return cls(
            tuple(tuple(_words(raw, fold=spelling != EXACT)) for _, raw, spelling in found),
            np.array([*(code for code, _, _ in found), -1], np.int8),
            np.array([*(len(raw) for _, raw, _ in found), 0], np.int64),
            np.array([*(spelling for _, _, spelling in found), EXACT], np.int8),
        )


def find_angles(buf: Bytes, start: int, end: int) -> Ints:
    """Where every ``<`` and ``>`` of ``buf[start:end]`` stands: they differ in one bit."""
    size = min(_BLOCK, max(0, end - start))
    folded, mask = np.empty(size, np.uint8), np.empty(size, np.bool_)
    found = []
    for i in range(start, end, _BLOCK):
        part = buf[i : min(end, i + _BLOCK)]
        here = folded[: len(part)], mask[: len(part)]
        np.bitwise_and(part, 0xFD, out=here[0])
        bits = np.packbits(np.equal(here[0], ord("<"), out=here[1]), bitorder="little")
        some = np.flatnonzero(bits != 0)  # most bytes of eight bits have none: the rest is done for few
        inner = np.flatnonzero(np.unpackbits(bits[some], bitorder="little").view(np.bool_))
        found.append(((some[inner >> 3] << 3) + (inner & 7)) + i)
    return np.concatenate(found)


def scan(buf: Bytes, offsets: Ints, valid: Mask, tags: TagSet) -> tuple[TagTable, Angles]:
    """Find every tag literal, in any case, that lies wholly inside one valid row.

    Args:
        buf: ``uint8``, the data buffer.
        offsets: ``int64``, shape ``(n + 1,)``, where rows begin and end.
        valid: bool, shape ``(n,)``; a null row has no tags.
        tags: which tags.

    Returns:
        The tag table, and the angle brackets that may belong to something like a tag.
    """
    begins, ends = _edges(tags)
    left, text, right = _candidates(buf, int(offsets[0]), int(offsets[-1]), begins, ends)
    find = _find_spaced if tags.inner_space else _find_tight
    code, end, spelling = find(buf, offsets, left, text, tags)
    bounds = np.searchsorted(left, offsets)
    row = np.repeat(np.arange(len(valid)), np.diff(bounds))
    hit = (code >= 0) & _inside(end, offsets, bounds)
    if not valid.all():
        hit &= valid[row]
    table = TagTable(row, code, left, end, spelling)
    return table if hit.all() else table[hit], Angles(left[np.flatnonzero(~hit)], right)


def _candidates(buf: Bytes, start: int, end: int, begins: Mask, ends: Mask) -> tuple[Ints, Words, Ints]:
    """Where something like a tag may begin, the eight bytes after that ``<``, and where one may end."""
    lefts, texts, rights = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for i in range(start, end, _STRIP):
        position = find_angles(buf, i, min(end, i + _STRIP))
        is_left = buf[position] == ord("<")
        left, right = position[np.flatnonzero(is_left)], position[np.flatnonzero(~is_left)]
        text = words_at(buf, left + 1)
        near = np.flatnonzero(begins[(text & np.uint64(0xFFFF)).view(np.int64)])
        lefts.append(left[near])
        texts.append(text[near])
        rights.append(right[np.flatnonzero(ends[buf[right - 1]])])  # before the first byte: the last one
    return np.concatenate(lefts), np.concatenate(texts), np.concatenate(rights)


Found = tuple[npt.NDArray[np.int8], Ints, npt.NDArray[np.int8]]


def _find_tight(buf: Bytes, _: Ints, left: Ints, text: Words, tags: TagSet) -> Found:
    """Code, end and spelling of the literal that begins at each ``<``; code -1 where none does."""
    patterns = _patterns(tags)
    found = _match(buf, left + 1, text, patterns)
    return patterns.code[found], left + 1 + patterns.size[found], patterns.spelling[found]


def _find_spaced(buf: Bytes, offsets: Ints, left: Ints, _: Words, tags: TagSet) -> Found:
    """The same where whitespace may stand inside: ``<``, a slash for closers, the name, ``>``."""
    code, last, spelling = np.full(len(left), -1, np.int8), left.copy(), np.zeros(len(left), np.int8)
    until = offsets[np.searchsorted(offsets, left, side="right")]
    name = Spans(buf, left + 1, until).skip()
    closes = np.zeros(len(name), np.bool_)
    closes[name < until] = buf[name[name < until]] == ord("/")
    name[closes] = Spans(buf, name[closes] + 1, until[closes]).skip()
    patterns = _name_patterns(tags)
    which = np.flatnonzero(name < until)
    found = _match(buf, name[which], words_at(buf, name[which]), patterns)
    end = name[which] + patterns.size[found]
    hit = np.flatnonzero((found >= 0) & (end < until[which]))
    which, found = which[hit], found[hit]
    last[which] = Spans(buf, end[hit], until[which]).skip()
    hit = np.flatnonzero(last[which] < until[which])
    hit = hit[buf[last[which[hit]]] == ord(">")]
    which, found = which[hit], found[hit]
    code[which], spelling[which] = patterns.code[found] + closes[which], patterns.spelling[found]
    return code, last + 1, spelling


def _inside(end: Ints, offsets: Ints, bounds: Ints) -> Mask:
    """Whether the literal at each candidate ends in its row: only a row's last one may not."""
    inside = np.ones(len(end), np.bool_)
    row = np.flatnonzero(np.diff(bounds) > 0)
    last = bounds[row + 1] - 1
    inside[last] = end[last] <= offsets[row + 1]
    return inside


def _match(buf: Bytes, at: Ints, text: Words, patterns: _Patterns) -> npt.NDArray[np.int16]:
    """The number of the pattern that stands at each place, -1 where none does; ``text`` is the eight bytes there."""
    found = np.full(len(at), -1, np.int16)
    exact = patterns.spelling[:-1] == EXACT
    for number in np.flatnonzero(exact).tolist():
        found[_standing(buf, at, text, patterns.words[number])] = number
    rest = np.flatnonzero(found < 0)
    if len(rest):
        at, text = at[rest], text[rest]
        for number in np.flatnonzero(~exact).tolist():
            found[rest[_standing(buf, at, text, patterns.words[number])]] = number
    return found


def _standing(buf: Bytes, at: Ints, text: Words, words: tuple[_Word, ...]) -> Ints:
    """The places at which a pattern stands."""
    which = np.flatnonzero(_equal(text, words[0]))
    for i, word in enumerate(words[1:], start=1):
        which = which[_equal(words_at(buf, np.minimum(at[which] + 8 * i, len(buf))), word)]
    return which


def _equal(text: Words, word: _Word) -> Mask:
    same: Mask = ((text | word.fold) & word.keep if word.fold else text & word.keep) == word.want
    return same


@lru_cache(maxsize=32)
def _patterns(tags: TagSet) -> _Patterns:
    """What stands after ``<``, to the ``>``."""
    return _Patterns.of(
        [
            (code, written[1:], literal[1:])
            for code, literal in enumerate(_literals(tags))
            for written in spellings(literal)
        ]
    )


@lru_cache(maxsize=32)
def _name_patterns(tags: TagSet) -> _Patterns:
    """What stands between the angles, with the codes of openers."""
    names = tags.names.values()
    return _Patterns.of(
        [(2 * number, written, name) for number, name in enumerate(names) for written in spellings(name)]
    )


@lru_cache(maxsize=32)
def _edges(tags: TagSet) -> tuple[Mask, Mask]:
    """Which two bytes after ``<`` (the first one low) and which byte before ``>`` something like a tag may have."""
    begins, ends = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
    begins[128:] = ends[128:] = True
    for literal in _literals(tags):
        for table, letters in ((begins, literal[1:3]), (ends, literal[-2])):
            table[[*map(ord, letters.lower() + letters.upper())]] = True
    if tags.inner_space:
        begins[:] = ends[:] = True
    return (begins[:, None] | begins[None, :]).ravel(), ends


def _literals(tags: TagSet) -> Iterator[str]:
    for role in tags.roles:
        yield tags.literal(role, "open")
        yield tags.literal(role, "close")


def _words(raw: bytes, *, fold: bool) -> Iterator[_Word]:
    def word(data: bytes) -> np.uint64:
        return np.uint64(int.from_bytes(data.ljust(8, b"\0"), "little"))

    for i in range(0, len(raw), 8):
        part = raw[i : i + 8]
        bits = bytes(0x20 if fold and byte < 128 and chr(byte).isalpha() else 0 for byte in part)
        lower = bytes(byte | bit for byte, bit in zip(part, bits, strict=True))
        yield _Word(word(bits), word(b"\xff" * len(part)), word(lower))
