"""Spans of bytes in an Arrow string buffer: reach them, trim them, gather them, find the distinct ones.

Everything here works on many spans at once and costs time linear in the bytes it has to look at. A span is
``[start, end)`` in bytes of one ``uint8`` buffer; arrays of spans are two ``int64`` arrays of one length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = [
    "IGNORABLE",
    "SHORT",
    "SPACE",
    "Bytes",
    "CharSet",
    "Ints",
    "Mask",
    "Spans",
    "Words",
    "count_bytes",
    "distinct",
    "first_of_each",
    "gather",
    "numbered",
    "places",
    "raw_strings",
    "words_at",
]

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_FIRST_STEPS = 4  # spans that end within this many characters never reach the windows
_WINDOW, _WINDOW_MAX, _GROWTH = 16, 1 << 16, 4
_WINDOW_CELLS = 1 << 20  # bytes looked at in one go: bounds the scratch memory
_GATHER_CELLS = 1 << 20
_WORD = 8  # bytes
_FEW_TEXTS = 64  # distinct ones that Python judges as fast as numpy judges all
_KEPT = 16 << 20
_SLOT_BITS, _SPREAD = 16, np.uint64(0x9E3779B97F4A7C15)
_FEW_KEYS = 1 << _SLOT_BITS
SHORT = 7
"""Bytes that fit, with their count, in one 64-bit key: so long may be texts that are told apart without Arrow."""

_SEQUENCES = ((2, 0xC2, 0xDF, 0x80), (3, 0xE0, 0xEF, 0x800), (4, 0xF0, 0xF4, 0x10000))
"""UTF-8 sequences of more than one byte: size, first and last lead byte, lowest code point."""

_ = np.empty(_KEPT, np.uint8)  # once freed, the C library keeps such sizes: fresh pages cost more than most work here
del _
_LOW_BYTES = np.array([(1 << 8 * size) - 1 for size in range(SHORT + 1)], np.uint64)


class CharSet:
    """A set of code points, asked of many bytes at once.

    Args:
        ranges: inclusive ranges of code points.
    """

    def __init__(self, ranges: tuple[tuple[int, int], ...]) -> None:
        self.table = np.zeros(0x110000 + 1, np.bool_)  # the last place is for bytes that are no character
        for low, high in ranges:
            self.table[low : high + 1] = True
        self.ascii = np.zeros(256, np.bool_)
        self.ascii[:128] = self.table[:128]
        self.low = [(low, min(high, 127)) for low, high in ranges if low < 128]
        self.lead = self.ascii.copy()  # bytes that can begin a member
        for low, high in ranges:
            if high >= 128:
                self.lead[chr(max(low, 128)).encode()[0] : chr(high).encode()[0] + 1] = True

    def holds(self, text: bytes) -> bool:
        """Whether a text is nothing but members."""
        try:
            return bool(self.table[[*map(ord, text.decode())]].all())
        except UnicodeDecodeError:
            return False

    def covered(self, window: Bytes) -> Mask:
        """Which bytes belong to members.

        Args:
            window: bytes, shape ``(k, w)``; a byte that must not be looked at holds 0xFF.

        Returns:
            bool, shape ``(k, w)``: true on every byte of a member that lies wholly inside the window.
        """
        found = np.zeros(window.shape, np.bool_)
        for low, high in self.low:
            found |= window - np.uint8(low) <= high - low  # below ``low`` it wraps round to large numbers
        width = window.shape[1]
        rows, cols = np.divmod(np.flatnonzero(window >= _SEQUENCES[0][1]), width)
        leads = window[rows, cols]
        for size, first, last, lowest in _SEQUENCES:
            here = np.flatnonzero((leads >= first) & (leads <= last) & self.lead[leads] & (cols + size <= width))
            if not len(here):
                continue
            row, col = rows[here], cols[here]
            point = leads[here].astype(np.int64) & (0xFF >> (size + 1))
            good = np.ones(len(row), np.bool_)
            for i in range(1, size):
                byte = window[row, col + i]
                good &= (byte & 0xC0) == 0x80
                point = (point << 6) | (byte & 0x3F)
            good &= (point >= lowest) & self.table[np.minimum(point, 0x110000)]
            for i in range(size):
                found[row[good], col[good] + i] = True
        return found


# fmt: off
_SPACES = (
    (9, 13), (28, 32), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
    (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
)
_INVISIBLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)
# fmt: on
SPACE = CharSet(_SPACES)
"""Whitespace: what ``str.isspace`` says, 29 code points."""
IGNORABLE = CharSet(_SPACES + _INVISIBLE)
"""Whitespace and Unicode's default-ignorable code points: text made of these is empty to a reader."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Many spans of one buffer.

    Args:
        buf: ``uint8``, the whole buffer.
        start: ``int64``, shape ``(k,)``, first byte of each span.
        end: ``int64``, shape ``(k,)``, one past the last byte; never before ``start``.
    """

    buf: Bytes
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, which: Ints | Mask) -> Spans:
        which = places(which)
        return Spans(self.buf, self.start[which], self.end[which])

    @property
    def size(self) -> Ints:
        """Bytes in each span, ``int64``, shape ``(k,)``."""
        return self.end - self.start

    def skip(self, chars: CharSet = SPACE) -> Ints:
        """Where each span's first character outside ``chars`` begins, or the span's end: ``int64``, shape ``(k,)``."""
        pos = self.start.copy()
        active = np.flatnonzero(pos < self.end)
        for _ in range(_FIRST_STEPS):
            if not len(active):
                return pos
            byte = self.buf[pos[active]]
            plain = chars.ascii[byte]
            pos[active[plain]] += 1
            active = active[plain | chars.lead[byte]]
            active = active[pos[active] < self.end[active]]
        return self._windows(chars, pos, active, forward=True)

    def skip_back(self, chars: CharSet = SPACE) -> Ints:
        """Where each span ends once trailing ``chars`` are cut, or the span's start: ``int64``, shape ``(k,)``."""
        pos = self.end.copy()
        active = np.flatnonzero(pos > self.start)
        for _ in range(_FIRST_STEPS):
            if not len(active):
                return pos
            byte = self.buf[pos[active] - 1]
            plain = chars.ascii[byte]
            pos[active[plain]] -= 1
            active = active[plain | (byte >= 128)]
            active = active[pos[active] > self.start[active]]
        return self._windows(chars, pos, active, forward=False)

    def _windows(self, chars: CharSet, pos: Ints, active: Ints, *, forward: bool) -> Ints:
        """Go on from ``pos`` in windows that grow only for the spans that filled the last one: linear overall."""
        width = _WINDOW
        while len(active):
            keep = []
            step = max(1, _WINDOW_CELLS // width)
            for i in range(0, len(active), step):
                part = active[i : i + step]
                moved = self._window(chars, pos[part], part, width, forward=forward)
                pos[part] += moved if forward else -moved
                keep.append(part[moved >= width])
            active = np.concatenate(keep)
            active = active[pos[active] < self.end[active] if forward else pos[active] > self.start[active]]
            width = min(width * _GROWTH, _WINDOW_MAX)
        return pos

    def _window(self, chars: CharSet, pos: Ints, which: Ints, width: int, *, forward: bool) -> Ints:
        """Bytes of members that stand next to ``pos``; ``width`` or more means: there may be further ones."""
        reach = np.arange(width + 3)  # a member that begins in the window may end three bytes past it
        at = pos[:, None] + reach if forward else pos[:, None] - 1 - reach[::-1]
        inside = at < self.end[which][:, None] if forward else at >= self.start[which][:, None]
        window = np.where(inside, self.buf[np.clip(at, 0, len(self.buf) - 1)], np.uint8(0xFF))
        outside = ~chars.covered(window)
        if not forward:
            outside = outside[:, ::-1]
        return np.where(outside.any(axis=1), outside.argmax(axis=1), width + 3).astype(np.int64)

    def strip(self) -> Spans:
        """The spans without whitespace at either end."""
        start = self.skip()
        return Spans(self.buf, start, Spans(self.buf, start, self.end).skip_back())

    def is_blank(self, chars: CharSet = SPACE) -> Mask:
        """Which spans hold nothing but ``chars``: bool, shape ``(k,)``; an empty span does."""
        if not len(self.buf):
            return np.ones(len(self), np.bool_)
        begin, size = self.buf[np.minimum(self.start, len(self.buf) - 1)], self.size
        blank: Mask = chars.lead[begin] | (size <= 0)
        unsure = (blank & (size > chars.ascii[begin])).nonzero()[0]
        if len(unsure):
            blank[unsure] = self[unsure]._all_in(chars)
        return blank

    def _all_in(self, chars: CharSet) -> Mask:
        """The same of spans that begin like ``chars``: each distinct short one is judged once, as they are few."""
        short = (self.size <= SHORT).nonzero()[0]
        codes, keys = numbered(_short_keys(self[short]))
        if len(keys) > _FEW_TEXTS:
            return self.skip(chars) >= self.end
        blank = np.empty(len(self), np.bool_)
        blank[short] = np.array([chars.holds(text) for text in _texts_of(keys)], np.bool_)[codes]
        if len(short) < len(self):
            long = self[(self.size > SHORT).nonzero()[0]]
            blank[self.size > SHORT] = long.skip(chars) >= long.end
        return blank

    def to_bytes(self) -> list[bytes]:
        """Each span as Python bytes."""
        return [*map(bytes, self.views())]

    def views(self) -> list[memoryview]:
        """Each span as it stands in memory."""
        view = memoryview(self.buf)  # type: ignore[arg-type]
        return [view[a:b] for a, b in zip(self.start.tolist(), self.end.tolist(), strict=True)]


def gather(spans: Spans, separator: bytes = b"") -> tuple[Bytes, Ints]:
    """Copy many spans next to each other.

    Args:
        spans: what to copy.
        separator: at most one byte, written after every span.

    Returns:
        The bytes, and the ``int64`` offsets, shape ``(k + 1,)``, at which each copy (with its separator) begins.
    """
    offsets = np.zeros(len(spans) + 1, np.int64)
    np.cumsum(spans.size + len(separator), out=offsets[1:])
    if not offsets[-1]:
        return np.zeros(0, np.uint8), offsets
    if separator:  # the byte after each span is copied too, and written over
        until = spans.end + 1
        buf = spans.buf if int(until.max()) <= len(spans.buf) else np.append(spans.buf, np.uint8(0))
        spans = Spans(buf, spans.start, until)
    out = np.frombuffer(_binary(spans).buffers()[2], np.uint8, int(offsets[-1]))
    if separator:
        out = out.copy()
        out[offsets[1:] - 1] = separator[0]
    return out, offsets


def count_bytes(spans: Spans, marks: Callable[[Bytes], Mask]) -> Ints:
    """How many bytes of each span are marked, ``int64``, shape ``(k,)``.

    Args:
        spans: each is looked at by itself, a newline after it.
        marks: which bytes of a text count, shape ``(w,)``.
    """
    found = np.zeros(len(spans), np.int64)
    ends = np.cumsum(spans.size + 1)
    first = 0
    while first < len(spans):
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _GATHER_CELLS)))
        data, offsets = gather(spans[np.arange(first, last)], b"\n")
        here = marks(data)
        here[offsets[1:] - 1] = False
        total = np.r_[0, np.cumsum(here)]
        found[first:last] = total[offsets[1:]] - total[offsets[:-1]]
        first = last
    return found


def distinct(spans: Spans) -> tuple[Ints, list[bytes]]:
    """The distinct byte strings among many spans.

    Returns:
        ``int64`` codes, shape ``(k,)``, and the byte strings they stand for, each once.
    """
    codes = np.zeros(len(spans), np.int64)
    size = spans.size
    short = np.flatnonzero(size <= SHORT)
    codes[short], keys = numbered(_short_keys(spans[short]))
    texts = _texts_of(keys)
    if len(short) < len(spans):
        long = np.flatnonzero(size > SHORT)
        strings = _binary(spans[long]).dictionary_encode()
        codes[long] = len(keys) + np.frombuffer(strings.indices.buffers()[1], np.int32, len(strings))
        texts += strings.dictionary.to_pylist()
    return codes, texts


def _binary(spans: Spans) -> pa.Array:
    """The spans as an Arrow array: every second element of one whose others are what stands between them."""
    edges = np.full(2 * len(spans) + 1, len(spans.buf))  # Arrow looks at the last edge: it must not be before the first
    edges[:-1:2], edges[1::2] = spans.start, spans.end
    places = np.arange(0, 2 * len(spans), 2)
    every = pa.Array.from_buffers(
        pa.large_binary(), 2 * len(spans), [None, pa.py_buffer(edges), pa.py_buffer(spans.buf)]
    )
    return every.take(pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places)]))


def _short_keys(spans: Spans) -> Ints:
    """The bytes of each span of at most seven bytes and their count, as one integer."""
    size = spans.size
    kept = words_at(spans.buf, spans.start) & _LOW_BYTES[size]
    return (kept << np.uint64(8)).view(np.int64) | size


def _texts_of(keys: Ints) -> list[bytes]:
    """What short keys stand for."""
    return [key.to_bytes(_WORD, "little", signed=True)[1 : 1 + (key & 0xFF)] for key in keys.tolist()]


def numbered(keys: Ints) -> tuple[Ints, Ints]:
    """Number equal keys alike, in the order they come: linear, where sorting is not.

    Returns:
        ``int64`` numbers, shape ``(k,)``, and the distinct keys they stand for.
    """
    if len(keys) > _FEW_KEYS:
        return _numbered_by_hash(keys)
    slot = ((keys.view(np.uint64) * _SPREAD) >> np.uint64(64 - _SLOT_BITS)).view(np.int64)
    place, owner = np.arange(len(keys)), np.empty(1 << _SLOT_BITS, np.int64)
    owner[slot[::-1]] = place[::-1]  # the last one written is the first key of its slot
    first = owner[slot]
    if (keys[first] != keys).any():
        return _numbered_by_hash(keys)
    new = (first == place).nonzero()[0]
    owner[slot[new]] = place[: len(new)]
    return owner[slot], keys[new]


def _numbered_by_hash(keys: Ints) -> tuple[Ints, Ints]:
    array = pa.Array.from_buffers(pa.int64(), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys))])
    encoded = array.dictionary_encode()
    numbers = np.frombuffer(encoded.indices.buffers()[1], np.int32, len(keys)).astype(np.int64)
    return numbers, np.frombuffer(encoded.dictionary.buffers()[1], np.int64, len(encoded.dictionary))


def first_of_each(row: Ints) -> Ints:
    """Where each number of an ascending array stands first: its places, ``int64``."""
    found: Ints = np.r_[0, np.flatnonzero(row[1:] != row[:-1]) + 1][: len(row)]
    return found


def places(which: Ints | Mask) -> Ints:
    """Where a mask holds, ``int64``; places stay as they are. numpy takes by places three times as fast as by masks."""
    return np.flatnonzero(which) if which.dtype == np.bool_ else cast("Ints", which)


def words_at(buf: Bytes, at: Ints) -> Words:
    """Eight bytes from each position, little-endian; beyond the buffer they are zero.

    Args:
        buf: ``uint8``.
        at: ``int64``, shape ``(k,)``, from 0 to the buffer's length.
    """
    if len(buf) < _WORD:
        buf = np.concatenate([buf, np.zeros(_WORD - len(buf), np.uint8)])
    last = len(buf) - _WORD
    view = np.ndarray((last + 1,), "V8", buf, strides=(1,))  # numpy takes unaligned integers at half the speed
    if not len(at) or int(at.max()) <= last:
        return view[at].view("<u8")
    half = np.maximum(at - last, 0).view(np.uint64) << np.uint64(2)  # a shift by all 64 bits at once is undefined
    text: Words = view[np.minimum(at, last)].view("<u8") >> half >> half
    return text


def raw_strings(array: pa.Array) -> tuple[Bytes, Ints, Mask]:
    """The memory of an Arrow string or large_string array (or its binary twins), without a copy of the text.

    Returns:
        The whole data buffer, ``int64`` offsets into it, shape ``(n + 1,)``, and validity, shape ``(n,)``.
    """
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    dtype = np.dtype(np.int64 if wide else np.int32)
    n = len(array)
    validity, offsets, data = array.buffers()
    if n and offsets is not None:
        offs = np.frombuffer(offsets, dtype, n + 1, array.offset * dtype.itemsize).astype(np.int64, copy=False)
    else:
        offs = np.zeros(n + 1, np.int64)
    buf = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return buf, offs, validity_mask(validity, array.offset, n)


def validity_mask(bitmap: pa.Buffer | None, offset: int, n: int) -> Mask:
    """An Arrow validity bitmap as bool, shape ``(n,)``; no bitmap means all are valid."""
    if bitmap is None or n == 0:
        return np.ones(n, np.bool_)
    packed = np.frombuffer(bitmap, np.uint8)[offset >> 3 : (offset + n + 7) >> 3]
    return np.unpackbits(packed, bitorder="little")[offset & 7 : (offset & 7) + n].astype(np.bool_)
