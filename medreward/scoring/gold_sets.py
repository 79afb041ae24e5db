"""Golds that are sets of labels: written in one cell, or as lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medreward.text.buffer import Ints, Mask
from medreward.text.option_column import OptionColumn

__all__ = [
    "UNKNOWN",
    "Resolve",
    "is_list",
    "known_rows",
    "list_elements",
    "masks_of_lists",
    "masks_of_texts",
    "of_rows",
]

UNKNOWN = -1
"""A gold that names no option."""
Resolve = Callable[[Ints, list[str], OptionColumn], Ints]
"""The label each text names, or a negative number: codes, the texts they stand for, and what each offers."""

_SEPARATOR = re.compile(r"(?:\s*(?:[,;|/&+\n]|\band\b)\s*)+", re.IGNORECASE)
_BRACKETS = {"[": "]", "(": ")", "{": "}"}


def is_list(kind: pa.DataType) -> bool:
    """Whether cells of a type are lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def list_elements(cells: pa.Array) -> tuple[pa.Array, Ints]:
    """The elements of all lists one after another, and how many each list has: 0 for null."""
    counts = pc.fill_null(pc.list_value_length(cells), 0).cast(pa.int64())
    n = len(counts)
    sizes = np.frombuffer(counts.buffers()[1], np.int64, n, counts.offset * 8) if n else np.zeros(0, np.int64)
    return cells.flatten(), sizes


def masks_of_lists(sizes: Ints, label: Ints) -> tuple[Ints, Ints]:
    """The set each list is, and the worst its elements are: 0 where all name an option.

    Args:
        sizes: elements in each list, shape ``(n,)``.
        label: what each element names, one after another; negative for none.
    """
    masks, worst = np.zeros(len(sizes), np.int64), np.full(len(sizes), UNKNOWN, np.int64)
    some = np.flatnonzero(sizes > 0)
    if len(some):
        begin = (np.cumsum(sizes) - sizes)[some]
        worst[some] = np.minimum(np.minimum.reduceat(label, begin), 0)
        masks[some] = np.bitwise_or.reduceat(np.int64(1) << np.maximum(label, 0), begin)
    return np.where(worst == 0, masks, 0), worst


def masks_of_texts(label: Ints, codes: Ints, texts: list[str], options: OptionColumn, resolve: Resolve) -> Ints:
    """The set each text is, 0 for none: one label, else several with separators, else letters run together.

    Args:
        label: what each text names as a whole, negative for nothing.
        codes: each row's text.
        texts: the distinct texts.
        options: what each row offers.
        resolve: what one part names.
    """
    masks = np.where(label >= 0, np.int64(1) << np.maximum(label, 0), 0)
    for split in (_parts, _letters):
        open_ = np.flatnonzero((masks == 0) & (label == UNKNOWN) & (codes < len(texts)))
        masks[open_] = _split_masks([split(text) for text in texts], codes[open_], of_rows(options, open_), resolve)
    return masks


def _split_masks(parts: list[list[str]], codes: Ints, options: OptionColumn, resolve: Resolve) -> Ints:
    vocabulary = {part: place for place, part in enumerate(dict.fromkeys(part for each in parts for part in each))}
    numbers = np.array([vocabulary[part] for each in parts for part in each], np.int64)
    count = np.array([len(each) for each in parts], np.int64)
    sizes = count[codes]
    begin = (np.cumsum(count) - count)[codes]
    row = np.repeat(np.arange(len(codes)), sizes)
    within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    named = resolve(numbers[begin[row] + within], [*vocabulary], of_rows(options, row))
    return masks_of_lists(sizes, named)[0]


def of_rows(options: OptionColumn, row: Ints) -> OptionColumn:
    """What some rows offer; a row may be named several times."""
    return OptionColumn(
        options.label_codes[row],
        options.label_sets,
        lambda which: options.fetch(row[which]),
        lambda: options.shortest_text[row],
    )


def _parts(text: str) -> list[str]:
    """``A, B``, ``A and B``, ``[A; B]`` or a JSON list; nothing where there are no two parts."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and all(isinstance(item, str | int) for item in found):
            return [str(item).strip() for item in found]
    if len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return [part.strip("'\"") for part in _SEPARATOR.split(text) if part]


def _letters(text: str) -> list[str]:
    return list(text) if text.isalnum() and 1 < len(text) == len({*text.casefold()}) else []


def known_rows(cells: pa.Array) -> Mask:
    """Which cells are not null, bool, shape ``(n,)``."""
    valid: Mask = np.array(cells.is_valid().to_pylist(), np.bool_)
    return valid
