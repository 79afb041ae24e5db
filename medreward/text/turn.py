"""What the run did to a completion's ends: a beginning that was put into the prompt, end tokens that were left over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from medreward.text.buffer import Bytes, Ints, Mask, Spans, gather, raw_strings

__all__ = ["prefixed", "without_end_tokens"]


def prefixed(texts: pa.Array, prefix: str) -> pa.Array:
    """Every text with the same beginning put before it; null stays null.

    Args:
        texts: a string or large_string column, or binary taken as UTF-8.
        prefix: the beginning.
    """
    if not prefix:
        return texts
    buf, offsets, valid = raw_strings(texts)
    beginning = np.frombuffer(prefix.encode("utf-8", "replace"), np.uint8)
    first = int(offsets[0])
    both = np.concatenate([beginning, buf[first : int(offsets[-1])]])
    pieces = np.zeros((len(valid), 2, 2), np.int64)  # row; beginning and text; from and to
    pieces[:, 0, 1] = len(beginning)
    pieces[:, 1, 0] = offsets[:-1] - first + len(beginning)
    pieces[:, 1, 1] = offsets[1:] - first + len(beginning)
    pieces[~valid] = 0
    data, bounds = gather(Spans(both, pieces[:, :, 0].ravel(), pieces[:, :, 1].ravel()))
    return _text_array(data, bounds[::2], valid)


def without_end_tokens(texts: pa.Array, tokens: Sequence[str]) -> pa.Array:
    """Every text without the tokens at its end, however many, and the whitespace after each.

    A text that ends with none of the tokens stays as it is, its whitespace too; a token anywhere else stays.

    Args:
        texts: a string or large_string column, or binary taken as UTF-8.
        tokens: such as ``<|im_end|>`` and ``</s>``.
    """
    wanted = [np.frombuffer(token.encode("utf-8", "replace"), np.uint8) for token in tokens if token]
    if not wanted:
        return texts
    buf, offsets, valid = raw_strings(texts)
    start, end = offsets[:-1], offsets[1:].copy()
    active = np.flatnonzero(valid & (end > start))
    while len(active):
        tail = Spans(buf, start[active], end[active]).skip_back()
        cut = np.full(len(active), -1, np.int64)
        for token in wanted:
            cut = np.where((cut < 0) & _ends_with(buf, start[active], tail, token), tail - len(token), cut)
        active, cut = active[cut >= 0], cut[cut >= 0]
        end[active] = cut
    if (end == offsets[1:]).all():
        return texts
    data, bounds = gather(Spans(buf, start, np.where(valid, end, start)))
    return _text_array(data, bounds, valid)


def _ends_with(buf: Bytes, start: Ints, end: Ints, token: Bytes) -> Mask:
    found = end - start >= len(token)
    at = end[found, None] - len(token) + np.arange(len(token))
    found[found] = (buf[at] == token).all(axis=1)
    same: Mask = found
    return same


def _text_array(data: Bytes, bounds: Ints, valid: Mask) -> pa.Array:
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, pa.py_buffer(np.ascontiguousarray(bounds)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(valid), buffers)
