"""The options of many rows, read from an Arrow column: equal ones are one, and texts wait until they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.text.buffer import (
    FEW,
    SHORT,
    Ints,
    Mask,
    Spans,
    distinct,
    numbered,
    numbered_one_by_one,
    raw_strings,
    validity_mask,
)
from medreward.text.options import DEFAULT_LABELS, MAX_LISTED, OptionSet, check_count, too_many_options

__all__ = ["OptionColumn", "is_text", "list_bounds", "text_codes"]


@dataclass(frozen=True)
class OptionColumn:
    """The options of many rows. Labels are known at once; texts are fetched only for the rows that need them.

    Args:
        label_codes: ``int64``, shape ``(n,)``, which of ``label_sets`` each row offers.
        label_sets: the distinct tuples of labels.
        fetch: the options of some rows: codes, shape ``(k,)``, and the distinct option sets they stand for.
        measure: what ``shortest_text`` is when it is first asked for.
    """

    label_codes: Ints
    label_sets: tuple[tuple[str, ...], ...]
    fetch: Callable[[Ints], tuple[Ints, list[OptionSet]]] = field(repr=False)
    measure: Callable[[], Ints] = field(repr=False)

    @cached_property
    def shortest_text(self) -> Ints:
        """Bytes of each row's shortest option text, ``int64``, shape ``(n,)``.

        0 where a text begins or ends with anything but visible ASCII; large where the row has no text.
        """
        return self.measure()

    @classmethod
    def none(cls, n: int) -> OptionColumn:
        """No row names its options: labels A to J."""
        return cls(
            np.zeros(n, np.int64),
            (DEFAULT_LABELS,),
            lambda rows: (np.zeros(len(rows), np.int64), [OptionSet()]),
            lambda: np.full(n, 2**62, np.int64),
        )

    @classmethod
    def of(cls, array: pa.Array, first_row: int = 0, name: str = "options") -> OptionColumn:
        """Options from a list of texts, a map or a struct from label to text; null or empty means none were named.

        Args:
            array: the options of each row.
            first_row: the number of the first row, for messages.
            name: the column's own name, for messages.

        Raises:
            InputError: ``options_type``, ``too_many_options``, ``bad_labels``.
        """
        kind = array.type
        if pa.types.is_null(kind):
            return cls.none(len(array))
        if pa.types.is_map(kind) and is_text(kind.key_type) and is_text(kind.item_type):
            return _from_codes(*_map_codes(array), first_row, name)
        if pa.types.is_struct(kind) and all(is_text(kind.field(i).type) for i in range(kind.num_fields)):
            return _from_codes(*_struct_codes(array), first_row, name)
        if _is_list(kind) and is_text(kind.value_type):
            return _from_list(array, first_row, name)
        raise InputError(
            "options_type",
            "The options column has a type that holds no options",
            where=f"column {name!r}",
            expected="a list of strings, or a map or struct from label to string",
            got=str(kind),
        )


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts, or nothing but nulls."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def text_codes(array: pa.Array) -> tuple[Ints, list[str | None]]:
    """Each text as a number, -1 for null, and the distinct texts."""
    if pa.types.is_null(array.type):
        return np.full(len(array), -1, np.int64), []
    if pa.types.is_string_view(array.type) or pa.types.is_dictionary(array.type):
        array = array.cast(pa.large_string())
    buf, offsets, present = raw_strings(array)
    if present.all() and offsets[-1] - offsets[0] <= SHORT * len(array):  # Arrow takes twice as long
        numbers, raw = distinct(Spans(buf, offsets[:-1], offsets[1:]))
        return numbers, [text.decode("utf-8", "replace") for text in raw]
    encoded = array.dictionary_encode()
    indices = encoded.indices
    n = len(indices)
    codes = np.frombuffer(indices.buffers()[1], np.int32, n, indices.offset * 4) if n else np.zeros(0, np.int32)
    valid = validity_mask(indices.buffers()[0], indices.offset, n)
    buf, offsets, _ = raw_strings(encoded.dictionary)
    texts: list[str | None] = [
        raw.decode("utf-8", "replace") for raw in Spans(buf, offsets[:-1], offsets[1:]).to_bytes()
    ]
    return np.where(valid, codes, -1).astype(np.int64), texts


def list_bounds(array: pa.Array) -> tuple[pa.Array, Ints]:
    """The child array of a list array and the ``int64`` offsets of its rows in it; a null row is an empty one."""
    if pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    dtype = np.dtype(np.int64 if pa.types.is_large_list(array.type) else np.int32)
    if not len(array):
        return array, np.zeros(1, np.int64)
    offsets = np.frombuffer(array.buffers()[1], dtype, len(array) + 1, array.offset * dtype.itemsize).astype(np.int64)
    return array, offsets


def _from_list(array: pa.Array, first_row: int, name: str) -> OptionColumn:
    if not len(array):
        return OptionColumn.none(0)
    array, offsets = list_bounds(array)
    valid = validity_mask(array.buffers()[0], array.offset, len(array))
    count = _offered(array.values, offsets, np.where(valid, np.diff(offsets), 0))
    if count.max(initial=0) > MAX_LISTED:
        row = int(count.argmax())
        raise too_many_options(int(count[row]), f"column {name!r}, row {row + first_row}")
    codes, sizes = numbered(count)
    sets = tuple(OptionSet.listed([None] * size).labels for size in sizes.tolist())
    child = array.values
    if pa.types.is_string_view(child.type) or pa.types.is_dictionary(child.type):
        child = child.cast(pa.large_string())

    def fetch(rows: Ints) -> tuple[Ints, list[OptionSet]]:
        first, size = offsets[:-1][rows], count[rows]
        if len(rows) <= FEW:
            keys, lists = numbered_one_by_one(_lists(child, first.tolist(), size.tolist()))
            return keys, [*map(OptionSet.listed, lists)]
        within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        wanted = _take(child, np.repeat(first, size) + within)
        numbers, texts = text_codes(wanted)
        keys, example = _group(numbers, size)
        begin = np.cumsum(size) - size
        return keys, [
            OptionSet.listed([texts[c] if c >= 0 else None for c in numbers[begin[i] : begin[i] + size[i]].tolist()])
            for i in example.tolist()
        ]

    return OptionColumn(codes, sets, fetch, partial(_shortest, child, offsets, count))


def _offered(child: pa.Array, offsets: Ints, count: Ints) -> Ints:
    """How many options each list has, without the nulls at its end; all of one that has nothing else."""
    if not child.null_count or pa.types.is_null(child.type):
        return count
    known = np.asarray(child.is_valid().to_numpy(zero_copy_only=False))
    last = np.maximum.accumulate(np.where(known, np.arange(1, len(known) + 1), 0))  # one past the last text so far
    ends = offsets[:-1] + count
    least = np.append(0, last)[ends] - offsets[:-1]
    return np.where(least > 0, least, count)


def _lists(child: pa.Array, first: list[int], size: list[int]) -> Iterator[tuple[str | None, ...]]:
    """The texts of some lists, one by one."""
    if pa.types.is_null(child.type):
        yield from ((None,) * count for count in size)
        return
    buf, offsets, valid = raw_strings(child)
    view = memoryview(buf)  # type: ignore[arg-type]
    for begin, count in zip(first, size, strict=True):
        edges, present = offsets[begin : begin + count + 1].tolist(), valid[begin : begin + count].tolist()
        cells = zip(pairwise(edges), present, strict=True)
        yield tuple(str(view[start:end], "utf-8", "replace") if known else None for (start, end), known in cells)


def _take(array: pa.Array, rows: Ints) -> pa.Array:
    indices = np.ascontiguousarray(rows, np.int64)
    return array.take(pa.Array.from_buffers(pa.int64(), len(indices), [None, pa.py_buffer(indices)]))


def _shortest(child: pa.Array, offsets: Ints, count: Ints) -> Ints:
    """Bytes of each row's shortest option text."""
    shortest = np.full(len(count), 2**62, np.int64)
    if pa.types.is_null(child.type) or not len(child):
        return shortest
    buf, text, _ = raw_strings(child)
    size = np.diff(text)
    some = size > 0
    ends = buf[np.stack([text[:-1][some], text[1:][some] - 1])]
    size[some] = np.where(((ends > 32) & (ends < 127)).all(axis=0), size[some], 0)
    rows = np.flatnonzero(count > 0)
    size = np.append(size, 2**62)
    edges = np.stack([offsets[:-1][rows], offsets[:-1][rows] + count[rows]], axis=1).ravel()
    shortest[rows] = np.minimum.reduceat(size, edges)[::2] if len(rows) else 0
    return shortest


def _group(codes: Ints, size: Ints) -> tuple[Ints, Ints]:
    """Number the distinct runs of codes: a number for each row, and one row that shows each number."""
    begin = np.cumsum(size) - size
    wide = int(codes.max(initial=-1)) + 2
    key = np.zeros(len(size), np.int64)
    active = np.flatnonzero(size > 0)
    i = 0
    while len(active):  # rows that have ended keep the number they got together with all others of their size
        step = key[active] * wide + codes[begin[active] + i] + 1
        key[active] = numbered(step)[0]
        i += 1
        active = active[size[active] > i]
    longest = int(size.max(initial=0)) + 1
    number, keys = numbered(key * longest + size)
    example, place = np.empty(len(keys), np.int64), np.arange(len(size))
    example[number[::-1]] = place[::-1]  # the last one written is the first row of its number
    return number, example


Rows = tuple[Ints, Ints, Ints, list[str], list[str | None]]


def _struct_codes(array: pa.Array) -> Rows:
    """Every row's labels and texts as numbers, one after another, with the number of options of each row."""
    labels = [array.type.field(i).name for i in range(array.type.num_fields)]
    n, k = len(array), len(labels)
    fields = [text_codes(child) for child in array.flatten()]
    pool: list[str | None] = []
    table = np.full((n, k), -1, np.int64)
    for i, (codes, texts) in enumerate(fields):
        table[:, i] = np.where(codes >= 0, codes + len(pool), -1)
        pool += texts
    offered = table >= 0
    names = np.broadcast_to(np.arange(k), (n, k))
    return names[offered], table[offered], offered.sum(axis=1), labels, pool


def _map_codes(array: pa.Array) -> Rows:
    bounds = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, array.offset * 4).astype(np.int64)
    valid = validity_mask(array.buffers()[0], array.offset, len(array))
    count = np.where(valid, np.diff(bounds), 0)
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    at = np.repeat(bounds[:-1], count) + within
    names, labels = text_codes(_take(array.keys, at))
    codes, texts = text_codes(_take(array.items, at))
    return names, codes, count, [label or "" for label in labels], texts


def _from_codes(
    names: Ints, codes: Ints, count: Ints, labels: list[str], texts: list[str | None], first_row: int, name: str
) -> OptionColumn:
    begin = np.cumsum(count) - count
    keys, example = _group(names, count)
    sets = []
    for i in example.tolist():
        check_count(int(count[i]), f"column {name!r}, row {i + first_row}")
        here = tuple(labels[c].strip() for c in names[begin[i] : begin[i] + count[i]].tolist())
        if len({*here}) < len(here) or not all(here):
            raise InputError(
                "bad_labels",
                "Option labels must be distinct and not empty",
                where=f"column {name!r}, row {i + first_row}",
                got=repr(list(here)),
            )
        sets.append(here or DEFAULT_LABELS)
    plain = [
        None if text is None else text if text[:1] + text[-1:] <= "~~" and text.strip() == text else ""
        for text in texts
    ]
    size = np.array([2**62 if text is None else len(text.encode()) for text in plain] + [2**62], np.int64)
    shortest = np.full(len(count), 2**62, np.int64)
    rows: Mask = count > 0
    if rows.any():
        shortest[rows] = np.minimum.reduceat(size[codes], begin[rows])

    def fetch(rows: Ints) -> tuple[Ints, list[OptionSet]]:
        taken = count[rows]
        at = np.repeat(begin[rows], taken) + np.arange(int(taken.sum())) - np.repeat(np.cumsum(taken) - taken, taken)
        both, shown = _group(codes[at] * (len(labels) + 1) + names[at] + len(labels) + 1, taken)
        found: list[OptionSet] = []
        for i in shown.tolist():
            part = slice(int(begin[rows[i]]), int(begin[rows[i]] + count[rows[i]]))
            pair: Any = [
                (labels[a].strip(), texts[b] if b >= 0 else None) for a, b in zip(names[part], codes[part], strict=True)
            ]
            found.append(OptionSet(*map(tuple, zip(*pair, strict=True))) if pair else OptionSet())
        return both, found

    return OptionColumn(keys, tuple(sets), fetch, lambda: shortest)
