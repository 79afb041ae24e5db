"""Patterns: the literals that are looked for, in every spelling, compared with many places of a buffer at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medreward.text.buffer import Bytes, Ints, Mask, Words, words_at
from medreward.text.tags import TagSet, spellings

__all__ = ["ANY", "EXACT", "FOLDED", "LOWERED", "Codes", "Patterns", "tag_names", "tag_rests"]

EXACT, ANY, LOWERED, FOLDED = 0, 1, 2, 3
"""How a tag is spelt: exactly; in another ASCII case; with letters whose lower case is ASCII; with others that fold."""
Codes = npt.NDArray[np.int8]
_WORD = 8


@dataclass(frozen=True, slots=True)
class _Group:
    """Patterns compared at once, word by word: ``(text | fold) & keep`` with ``want``.

    Args:
        fold: ``uint64``, shape ``(p, w)``, the bits that make letters lower case; None where case matters.
        keep: ``uint64``, shape ``(p, w)``, the bits that are looked at.
        want: ``uint64``, shape ``(p, w)``.
        number: ``int16``, shape ``(p, 1)``, each pattern's number, plus one.
        long: the patterns of more than one word, and their words.
    """

    fold: Words | None
    keep: Words
    want: Words
    number: npt.NDArray[np.int16]
    long: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, literals: list[bytes], first: int, *, fold: bool) -> _Group:
        sizes = [max(1, -(-len(raw) // _WORD)) for raw in literals]
        words = [[*_words(raw, max(sizes, default=1), fold=fold)] for raw in literals]
        table = np.array(words, np.uint64).reshape(len(literals), -1, 3)
        folds, keep, want = (np.ascontiguousarray(table[:, :, i]) for i in range(3))
        return cls(
            folds if fold else None,
            keep,
            want,
            np.arange(first + 1, first + 1 + len(literals), dtype=np.int16)[:, None],
            tuple((place, size) for place, size in enumerate(sizes) if size > 1),
        )

    def match(self, buf: Bytes, at: Ints, text: Words) -> npt.NDArray[np.int16]:
        """The number of the pattern at each place, -1 for none; ``text`` is the eight bytes there."""
        same = self._equal(text, slice(None), 0)
        for place, size in self.long:
            which = same[place].nonzero()[0]
            if not len(which):
                continue
            for i in range(1, size):
                text = words_at(buf, np.minimum(at[which] + _WORD * i, len(buf)))
                which = which[self._equal(text, slice(place, place + 1), i)[0]]
            same[place] = False
            same[place, which] = True
        found: npt.NDArray[np.int16] = np.add.reduce(same * self.number, axis=0, dtype=np.int16) - np.int16(1)
        return found

    def _equal(self, text: Words, which: slice, i: int) -> Mask:
        if self.fold is not None:
            text = text | self.fold[which, i : i + 1]
        same: Mask = (text & self.keep[which, i : i + 1]) == self.want[which, i : i + 1]
        return same


@dataclass(frozen=True, slots=True)
class Patterns:
    """What is looked for; the arrays have one more place, for nothing, which -1 finds.

    Args:
        exact: the literals as they are.
        other: them in any case, and with letters that fold to theirs.
        first: bool, shape ``(256,)``: the bytes that are one of a literal's first two, in any case, or not ASCII.
        begins: bool, shape ``(65536,)``: whether one of two bytes, the first one low, is one of these, so that they may
            begin something like a literal.
        code: the tag of each.
        size: its bytes.
        spelling: EXACT, ANY, LOWERED or FOLDED.
    """

    exact: _Group
    other: _Group
    first: Mask
    begins: Mask
    code: Codes
    size: Ints
    spelling: Codes

    @classmethod
    def of(cls, spelt: Iterable[tuple[int, str]]) -> Patterns:
        """Patterns of codes and what they spell."""
        known = [*spelt]
        exact = [(code, literal.encode(), EXACT) for code, literal in known]
        other = [
            (code, written.encode(), _spelling(written, literal))
            for code, literal in known
            for written in spellings(literal)
        ]
        both = exact + other
        begins = np.zeros(256, np.bool_)
        begins[128:] = True
        for _, literal in known:
            begins[[*map(ord, literal[:2].lower() + literal[:2].upper())]] = True
        return cls(
            _Group.of([raw for _, raw, _ in exact], 0, fold=False),
            _Group.of([raw for _, raw, _ in other], len(exact), fold=True),
            begins,
            (begins[:, None] | begins[None, :]).ravel(),
            np.array([*(code for code, _, _ in both), -1], np.int8),
            np.array([*(len(raw) for _, raw, _ in both), 0], np.int64),
            np.array([*(spelling for _, _, spelling in both), EXACT], np.int8),
        )

    def match(self, buf: Bytes, at: Ints) -> tuple[Ints, Ints]:
        """What stands at each place.

        Returns:
            The number of the pattern, ``int64``, shape ``(k,)``, -1 for none; and which places hold none, yet something
            like it.
        """
        text = words_at(buf, at)
        found = self.exact.match(buf, at, text).astype(np.int64)
        rest = (found < 0).nonzero()[0]
        rest = rest[self.begins[(text[rest] & np.uint64(0xFFFF)).view(np.int64)]]
        if len(rest):
            other = self.other.match(buf, at[rest], text[rest])
            found[rest] = other
            rest = rest[other < 0]
        return found, rest


@lru_cache(maxsize=32)
def tag_rests(tags: TagSet) -> Patterns:
    """What stands after ``<``, to the ``>``."""
    literals = (tags.literal(role, side) for role in tags.roles for side in ("open", "close"))
    return Patterns.of([(code, literal[1:]) for code, literal in enumerate(literals)])


@lru_cache(maxsize=32)
def tag_names(tags: TagSet) -> tuple[Patterns, ...]:
    """What stands between the angles, with the codes of openers; each apart, since one name may begin another."""
    return tuple(Patterns.of([(2 * number, name)]) for number, name in enumerate(tags.names.values()))


def _spelling(written: str, literal: str) -> int:
    if written == literal:
        return ANY
    return LOWERED if written.lower() == literal.lower() else FOLDED


def _words(raw: bytes, count: int, *, fold: bool) -> Iterator[tuple[int, int, int]]:
    """Fold, keep and want of each word of a literal; words beyond it are always equal."""
    for i in range(0, _WORD * count, _WORD):
        part = raw[i : i + _WORD]
        bits = bytes(0x20 if fold and byte < 128 and chr(byte).isalpha() else 0 for byte in part)
        lower = bytes(byte | bit for byte, bit in zip(part, bits, strict=True))
        yield _number(bits), _number(b"\xff" * len(part)), _number(lower)


def _number(data: bytes) -> int:
    return int.from_bytes(data.ljust(_WORD, b"\0"), "little")
