"""Spans of bytes in an Arrow string buffer: reach them, trim them, gather them, find the distinct ones.

Everything here works on many spans at once and costs time linear in the bytes it has to look at. A span is
``[start, end)`` in bytes of one ``uint8`` buffer; arrays of spans are two ``int64`` arrays of one length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = [
    "FEW",
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
    "numbered_one_by_one",
    "places",
    "raw_strings",
    "words_at",
]

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
T = TypeVar("T")

_STEPS = 16  # characters that are skipped in all spans at once; runs that are longer, each by itself
_FEW_SPANS = 8  # spans that are sooner looked at one by one
FEW, _FEW_BYTES = 128, 1 << 16
"""So few keys or texts are sooner told apart one by one."""
_PIECE, _PIECE_MAX = 1 << 7, 1 << 20  # bytes of a run looked at in one go
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
        self.lead, self.trail = (
            np.zeros(256, np.bool_),
            np.zeros(256, np.bool_),
        )  # bytes that begin members, or end them
        for low, high in ranges:
            self.table[low : high + 1] = True
            self.lead[chr(low).encode()[0] : chr(high).encode()[0] + 1] = True
            self.trail[[chr(point).encode()[-1] for point in range(low, min(high, low + 127) + 1)]] = True
        self.ascii = np.zeros(256, np.bool_)
        self.ascii[:128] = self.table[:128]
        self.low = [(low, min(high, 127)) for low, high in ranges if low < 128]
        self.run = re.compile("[" + "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in ranges) + "]*")

    def holds(self, text: bytes) -> bool:
        """Whether a text is nothing but members."""
        try:
            return self.run.fullmatch(text.decode()) is not None
        except UnicodeDecodeError:
            return False

    def covered(self, text: Bytes) -> Mask:
        """Which bytes belong to members, bool, shape ``(w,)``.

        Args:
            text: bytes, shape ``(w,)``.
        """
        found = np.zeros(text.shape, np.bool_)
        for low, high in self.low:
            found |= text - np.uint8(low) <= high - low  # below ``low`` it wraps round to large numbers
        at = np.flatnonzero(text >= _SEQUENCES[0][1])
        at = at[self.lead[text[at]]]
        size = self.sizes(text, at, np.full(len(at), len(text)))
        for i in range(_SEQUENCES[-1][0]):
            found[at[size > i] + i] = True
        return found

    def sizes(self, buf: Bytes, at: Ints, until: Ints) -> Ints:
        """Bytes of the member that begins at each place and ends before ``until``: ``int64``, 0 where none does.

        Args:
            buf: ``uint8``.
            at: ``int64``, shape ``(k,)``, places where no ASCII character stands.
            until: ``int64``, shape ``(k,)``.
        """
        text = words_at(buf, at).view(np.int64)
        found, begin = np.zeros(len(at), np.int64), text & 0xFF
        for size, first, last, lowest in _SEQUENCES:
            here = ((begin >= first) & (begin <= last) & (at + size <= until)).nonzero()[0]
            if not len(here):
                continue
            word = text[here]
            point, good = word & (0xFF >> (size + 1)), np.ones(len(here), np.bool_)
            for i in range(1, size):
                byte = word >> 8 * i
                good &= (byte & 0xC0) == 0x80
                point = (point << 6) | (byte & 0x3F)
            good &= (point >= lowest) & self.table[np.minimum(point, 0x110000)]
            found[here[good]] = size
        return found

    def sizes_before(self, buf: Bytes, start: Ints, at: Ints) -> Ints:
        """Bytes of the member that ends at each place and begins no earlier than ``start``, as :meth:`sizes`."""
        found = np.zeros(len(at), np.int64)
        for size, *_ in _SEQUENCES:
            here = (at - size >= start).nonzero()[0]
            whole = here[self.sizes(buf, at[here] - size, at[here]) == size]
            found[whole] = size
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
        active = (pos < self.end).nonzero()[0]
        for _ in range(_STEPS):
            if len(active) <= _FEW_SPANS:
                break
            at = pos[active]
            byte = self.buf[at]
            likely = chars.lead[byte].nonzero()[0]
            active, at = active[likely], at[likely]
            size, wide = np.ones(len(active), np.int64), (byte[likely] >= 128).nonzero()[0]
            if len(wide):
                size[wide] = chars.sizes(self.buf, at[wide], self.end[active[wide]])
            pos[active] = at + size
            active = active[(size > 0) & (at + size < self.end[active])]
        for i in active.tolist():
            pos[i] = self._run(chars, int(pos[i]), int(self.end[i]))
        return pos

    def skip_back(self, chars: CharSet = SPACE) -> Ints:
        """Where each span ends once trailing ``chars`` are cut, or the span's start: ``int64``, shape ``(k,)``."""
        pos = self.end.copy()
        active = (pos > self.start).nonzero()[0]
        for _ in range(_STEPS):
            if len(active) <= _FEW_SPANS:
                break
            at = pos[active]
            byte = self.buf[at - 1]
            likely = chars.trail[byte].nonzero()[0]
            active, at = active[likely], at[likely]
            size, wide = np.ones(len(active), np.int64), (byte[likely] >= 128).nonzero()[0]
            if len(wide):
                size[wide] = chars.sizes_before(self.buf, self.start[active[wide]], at[wide])
            pos[active] = at - size
            active = active[(size > 0) & (at - size > self.start[active])]
        for i in active.tolist():
            pos[i] = self._run_back(chars, int(self.start[i]), int(pos[i]))
        return pos

    def _run(self, chars: CharSet, at: int, end: int) -> int:
        """Where the run of members ends that begins at a place."""
        width = _PIECE
        while at < end:
            piece = self.buf[at : min(at + width, end)].tobytes().decode("utf-8", "surrogateescape")
            run = chars.run.match(piece)
            size = len(run[0].encode()) if run else 0
            at += size
            if size <= width - _SEQUENCES[-1][0]:  # else a member may be cut in two by the end of the piece
                break
            width = min(4 * width, _PIECE_MAX)
        return at

    def _run_back(self, chars: CharSet, start: int, at: int) -> int:
        """Where the run of members begins that ends at a place."""
        width = _PIECE
        while at > start:
            piece = self.buf[max(at - width, start) : at].tobytes().decode("utf-8", "surrogateescape")
            run = chars.run.match(piece[::-1])
            size = len(run[0].encode()) if run else 0
            at -= size
            if size <= width - _SEQUENCES[-1][0]:
                break
            width = min(4 * width, _PIECE_MAX)
        return at

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
            blank[unsure] = _all_in(chars, self[unsure])
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


def distinct(spans: Spans, *, stripped: bool = False) -> tuple[Ints, list[bytes]]:
    """The distinct byte strings among many spans.

    Args:
        spans: what to tell apart.
        stripped: without whitespace at either end.

    Returns:
        ``int64`` codes, shape ``(k,)``, and the byte strings they stand for, each once.
    """
    size = spans.size
    if len(spans) <= FEW and int(size.sum()) <= _FEW_BYTES:
        few = spans.to_bytes()
        return numbered_one_by_one([*map(_stripped, few)] if stripped else few)
    codes = np.empty(len(spans), np.int64)
    short = (size <= SHORT).nonzero()[0]
    codes[short], keys = numbered(_short_keys(spans[short]))
    texts = _texts_of(keys)
    if len(short) < len(spans):
        long = (size > SHORT).nonzero()[0]
        strings = _binary(spans[long].strip() if stripped else spans[long]).dictionary_encode()
        codes[long] = len(keys) + np.frombuffer(strings.indices.buffers()[1], np.int32, len(strings))
        texts += strings.dictionary.to_pylist()
    if stripped:  # the short ones are stripped when they are few, and may then equal others
        number, texts = numbered_one_by_one([*map(_stripped, texts[: len(keys)]), *texts[len(keys) :]])
        codes = number[codes]
    return codes, texts


def _stripped(text: bytes) -> bytes:
    return text.decode("utf-8", "surrogateescape").strip().encode("utf-8", "surrogateescape")


def _all_in(chars: CharSet, spans: Spans) -> Mask:
    """Which spans hold nothing but ``chars``: each distinct short one is judged once, as they are few."""
    short = (spans.size <= SHORT).nonzero()[0]
    codes, keys = numbered(_short_keys(spans[short]))
    if len(keys) > _FEW_TEXTS:
        return spans.skip(chars) >= spans.end
    blank = np.empty(len(spans), np.bool_)
    blank[short] = np.array([chars.holds(text) for text in _texts_of(keys)], np.bool_)[codes]
    if len(short) < len(spans):
        long = (spans.size > SHORT).nonzero()[0]
        blank[long] = spans[long].skip(chars) >= spans.end[long]
    return blank


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
    if len(keys) <= FEW:
        numbers, known = numbered_one_by_one(keys.tolist())
        return numbers, np.array(known, np.int64)
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


def numbered_one_by_one(keys: Iterable[T]) -> tuple[Ints, list[T]]:
    """The same of any few keys: each call of numpy costs as much as a dozen of them."""
    known: dict[T, int] = {}
    numbers = [known.setdefault(key, len(known)) for key in keys]
    return np.array(numbers, np.int64), [*known]


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
