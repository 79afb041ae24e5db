"""Where one byte stands in a buffer: the only work that looks at every byte of a completion."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medreward.text.buffer import Bytes, Ints, Mask

__all__ = ["find_byte", "find_bytes"]

_BLOCK = 1 << 18  # a multiple of 64; a reused mask of this size: fresh or larger ones cost more than the compare
_STRIP = 1 << 22  # a multiple of 64; so many bytes at once: bounds what text that is all such bytes takes
_SMALL = 1 << 17  # bytes of which a mask is looked through at once
_SPARSE, _DENSE = 32, 4  # fewer than one byte in so many: numpy's own search takes longer; more: they are sifted


def find_byte(buf: Bytes, byte: int, start: int, end: int) -> Ints:
    """Where a byte stands in ``buf[start:end]``: ``int64``, ascending."""
    found = [*find_bytes(buf, byte, start, end)]
    return found[0] if len(found) == 1 else np.concatenate([np.zeros(0, np.int64), *found])


def find_bytes(buf: Bytes, byte: int, start: int, end: int, then: Mask | None = None) -> Iterator[Ints]:
    """The same, a strip of the buffer at a time.

    Args:
        buf: ``uint8``.
        byte: what is looked for.
        start: where the search begins.
        end: where it ends.
        then: bool, shape ``(256,)``. Places may be left out where neither of the next two bytes is one of these, and
            are where there are many.
    """
    for at in range(start, end, _STRIP):
        strip = buf[at : min(end, at + _STRIP)]
        if len(strip) <= _SMALL:
            found = (strip == byte).nonzero()[0]
        else:
            bits = _bits(strip, byte)
            count = int(np.bitwise_count(bits.view(np.uint64)).sum())
            sift = then if count * _DENSE > len(strip) else None
            found = _ones(bits) if count * _SPARSE < len(strip) else _many(buf, at, strip, byte, sift)
        found += at
        yield found


def _many(buf: Bytes, at: int, strip: Bytes, byte: int, then: Mask | None) -> Ints:
    """Where the byte stands in a strip that has many: all bytes are looked at, none by itself."""
    mask = strip == byte
    if then is not None:
        follows = np.ones(len(strip) + 2, np.bool_)  # beyond the buffer there may be anything
        beside = then[buf[at : at + len(follows)]]
        follows[: len(beside)] = beside
        mask &= follows[1:-1] | follows[2:]
    found: Ints = mask.nonzero()[0]
    return found


def _bits(strip: Bytes, byte: int) -> Bytes:
    """Which bytes are that one, eight to a byte, and zeros up to a multiple of 64."""
    mask = np.empty(min(_BLOCK, len(strip)), np.bool_)
    bits = np.zeros(-(-len(strip) // 64) * 8, np.uint8)
    for at in range(0, len(strip), _BLOCK):
        part = strip[at : at + _BLOCK]
        packed = np.packbits(np.equal(part, byte, out=mask[: len(part)]), bitorder="little")
        bits[at >> 3 : (at >> 3) + len(packed)] = packed
    return bits


def _ones(bits: Bytes) -> Ints:
    """Where bits are set. Words and bytes without any are left out."""
    words = bits.view(np.uint64)
    some = (words != 0).nonzero()[0]
    eights = words[some].view(np.uint8)
    few = (eights != 0).nonzero()[0]
    inner = np.unpackbits(eights[few], bitorder="little").view(np.bool_).nonzero()[0]
    at = (some[few >> 3] << 3) + (few & 7)
    place: Ints = (at[inner >> 3] << 3) + (inner & 7)
    return place
