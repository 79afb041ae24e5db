"""Chat messages in Arrow memory: the last text that a role said, of many conversations at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medreward.text.buffer import Ints, Mask, raw_strings, validity_mask
from medreward.text.option_column import is_text, list_bounds, text_codes

__all__ = ["is_messages", "last_text"]


def is_messages(kind: pa.DataType) -> bool:
    """Whether a column of this type holds conversations: lists of structs with a text ``role``, and ``content``.

    The content is text or a list of content blocks.
    """
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return False
    item = kind.value_type
    if not pa.types.is_struct(item) or min(item.get_field_index("role"), item.get_field_index("content")) < 0:
        return False
    content = item.field("content").type
    return is_text(item.field("role").type) and (is_text(content) or _is_list(content))


def last_text(conversations: pa.Array, role: str) -> pa.Array:
    """The text of each conversation's last message from one role.

    A message whose content is null (a tool call alone) says nothing and is passed over. Of content blocks those of type
    ``text`` count, one after another without anything between them.

    Args:
        conversations: a list column for which :func:`is_messages` holds.
        role: ``assistant``, ``user``, …

    Returns:
        A string column, one row a conversation; null where the role said nothing.
    """
    lists, offsets = list_bounds(conversations)
    messages = lists.values
    content = pc.struct_field(messages, "content")
    codes, names = text_codes(pc.struct_field(messages, "role"))
    spoken = np.isin(codes, [i for i, name in enumerate(names) if name == role]) & _present(content)
    found = _last_true(spoken, offsets, validity_mask(lists.buffers()[0], lists.offset, len(lists)))
    taken = content.take(_indices(found))
    return _joined_blocks(taken) if _is_list(taken.type) else taken


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _present(array: pa.Array) -> Mask:
    if pa.types.is_null(array.type):
        return np.zeros(len(array), np.bool_)
    return validity_mask(array.buffers()[0], array.offset, len(array))


def _last_true(mask: Mask, offsets: Ints, valid: Mask) -> Ints:
    """The last place in each row where the mask holds, else -1: ``int64``, shape ``(n,)``."""
    latest = np.concatenate([[-1], np.maximum.accumulate(np.where(mask, np.arange(len(mask)), -1))])
    found = latest[offsets[1:]]
    return np.where(valid & (found >= offsets[:-1]), found, -1)


def _indices(found: Ints) -> pa.Array:
    """Places to take; -1 gives null."""
    data = np.ascontiguousarray(found, np.int64)
    valid = pa.py_buffer(np.packbits(data >= 0, bitorder="little"))
    return pa.Array.from_buffers(pa.int64(), len(data), [valid, pa.py_buffer(np.maximum(data, 0))])


def _joined_blocks(blocks: pa.Array) -> pa.Array:
    """The text blocks of each message, joined; null where the message is null or says nothing."""
    lists, offsets = list_bounds(blocks)
    kind = lists.type.value_type
    if not pa.types.is_struct(kind) or kind.get_field_index("text") < 0:
        return pa.nulls(len(blocks), pa.large_string())
    texts = pc.struct_field(lists.values, "text")
    spoken = _present(texts)
    if kind.get_field_index("type") >= 0:
        codes, names = text_codes(pc.struct_field(lists.values, "type"))
        spoken &= np.isin(codes, [i for i, name in enumerate(names) if name == "text"])
    kept = np.concatenate([[0], np.cumsum(spoken)])[offsets]  # how many texts stand before each message
    buf, bounds, _ = raw_strings(texts.take(_indices(np.flatnonzero(spoken))).cast(pa.large_string()))
    some = pa.py_buffer(np.packbits(np.diff(kept) > 0, bitorder="little"))
    ends = pa.py_buffer(np.ascontiguousarray(bounds[kept], np.int64))
    return pa.Array.from_buffers(pa.large_string(), len(blocks), [some, ends, pa.py_buffer(buf)])
