"""Golds: resolved once, before scoring, into numbers of labels among the row's options."""

from __future__ import annotations

import json
import re
from functools import partial

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards.base import Gold, GoldForm
from medreward.scoring.gold_sets import (
    UNKNOWN,
    is_list,
    known_rows,
    list_elements,
    masks_of_lists,
    masks_of_texts,
    of_rows,
)
from medreward.scoring.inputs import plain_strings
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints, Mask, numbered
from medreward.text.option_column import OptionColumn, text_codes
from medreward.text.options import OptionSet
from medreward.text.rows import Rows
from medreward.text.tags import TagSet
from medreward.text.unwrap import inside_answer

__all__ = ["resolve_golds", "same_text"]

_CONFLICT = -2
_LABELS: frozenset[GoldForm] = frozenset({"label", "labels"})
_SHOWN = 5
_LETTERS = 4  # so many bytes may be far longer in another case, as with the sign for kelvin


def resolve_golds(
    cells: pa.Array, rows: Rows, settings: InputSettings, needs: frozenset[GoldForm], tags: TagSet | None = None
) -> Gold:
    """Golds as the rules need them.

    Args:
        cells: the gold column: text; or numbers, where ``settings.gold_index`` says what the first option's is; or
            lists of one or the other.
        rows: the rows, for what each offers.
        settings: what a gold cell is, and what to do with one that names no option.
        needs: the forms the rules ask for; a form nobody needs cannot fail.
        tags: the reward's tags: a gold may stand inside the answer's, or inside ``<answer>``.

    Raises:
        InputError: ``bad_gold``, ``ambiguous_gold``, ``gold_type``.
    """
    if is_list(cells.type):
        return _of_lists(cells, rows, settings, needs, tags)
    codes, found = text_codes(_as_text(cells, settings, needs))
    codes = np.where(codes < 0, len(found), codes)
    present = codes < len(found)
    raw: tuple[Ints, list[str | None]] = (codes, [*found, None])
    if not needs & _LABELS and settings.gold_index is None:
        return Gold(None, raw)
    plain = [text.strip() for text in inside_answer([text or "" for text in found], tags)]
    label = _resolve(codes, plain, rows.options, settings)
    sets = None
    if "labels" in needs:
        resolve = partial(_resolve, settings=settings)
        sets = masks_of_texts(label, codes, plain, rows.options, resolve)
        _complain(np.where(sets > 0, 0, label), present, cells, rows, settings)
    if "label" in needs:
        _complain(label, present, cells, rows, settings)
    if settings.gold_index is not None:
        raw = _raw_labels(label, raw, rows.options)
    return Gold(np.where(label >= 0, label, -1), raw, sets)


def _of_lists(
    cells: pa.Array, rows: Rows, settings: InputSettings, needs: frozenset[GoldForm], tags: TagSet | None
) -> Gold:
    """Golds given as lists: every element names an option; the cell as given is the list as JSON."""
    raw = _as_json(cells) if "raw" in needs else None
    if not needs & _LABELS:
        return Gold(None, raw)
    elements, sizes = list_elements(cells)
    codes, found = text_codes(_as_text(elements, settings, needs))
    codes = np.where(codes < 0, len(found), codes)
    plain = [text.strip() for text in inside_answer([text or "" for text in found], tags)]
    options = of_rows(rows.options, np.repeat(np.arange(len(sizes)), sizes))
    sets, worst = masks_of_lists(sizes, _resolve(codes, plain, options, settings))
    present = known_rows(cells)
    if "labels" in needs:
        _complain(worst, present, cells, rows, settings)
    only = (sets > 0) & (np.bitwise_count(sets) == 1)
    label = np.where(only, np.frexp(sets.astype(np.float64))[1].astype(np.int64) - 1, np.minimum(worst, UNKNOWN))
    if "label" in needs:
        _complain(label, present, cells, rows, settings)
    return Gold(np.where(label >= 0, label, -1), raw, sets)


def _as_json(cells: pa.Array) -> tuple[Ints, list[str | None]]:
    texts = [None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in cells.to_pylist()]
    known = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([known[text] for text in texts], np.int64), [*known]


def _resolve(codes: Ints, plain: list[str], options: OptionColumn, settings: InputSettings) -> Ints:
    """The label each text names; negative for none."""
    present = codes < len(plain)
    if settings.gold_index is not None:
        return _numbers(codes, plain, present, options, settings)
    return _labels(codes, plain, present, options, settings)


def _as_text(cells: pa.Array, settings: InputSettings, needs: frozenset[GoldForm]) -> pa.Array:
    """The cells as text; numbers only where it is said what they mean, or where no rule needs to know."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    whole = pa.types.is_integer(cells.type)
    if pa.types.is_floating(cells.type):
        cells = _without_nan(cells)
    if settings.gold_index is not None and (whole or pa.types.is_floating(cells.type)):
        return cells.cast(pa.large_string())
    if whole and not needs & _LABELS:
        return cells.cast(pa.large_string())
    if whole or pa.types.is_floating(cells.type) or pa.types.is_boolean(cells.type):
        raise InputError(
            "gold_type",
            "The golds are numbers, and it is not said which number the first option has",
            where=f"column {settings.column('gold')!r}",
            expected="text, or whole numbers with a gold index",
            got=str(cells.type),
            do="give labels or texts"
            if pa.types.is_boolean(cells.type)
            else "say --gold-index 0 or 1, or InputSettings(gold_index=…)",
        )
    return plain_strings(cells, settings.column("gold"))


def _without_nan(cells: pa.Array) -> pa.Array:
    """NaN as null, which is how data frames write a number that is not there."""
    data = np.ascontiguousarray(cells.to_numpy(zero_copy_only=False), np.float64)
    bits = pa.py_buffer(np.packbits(~np.isnan(data), bitorder="little"))
    return pa.Array.from_buffers(pa.float64(), len(data), [bits, pa.py_buffer(data)])


def _numbers(codes: Ints, plain: list[str], present: Mask, options: OptionColumn, settings: InputSettings) -> Ints:
    """Golds that are whole numbers, counted from ``settings.gold_index``."""
    whole = [re.fullmatch(r"([+-]?[0-9]{1,9})(?:\.0*)?", text) for text in plain]
    value = np.array(
        [int(match[1]) - int(settings.gold_index or 0) if match else -1 for match in whole] + [-1], np.int64
    )
    count = np.array([len(labels) for labels in options.label_sets], np.int64)[options.label_codes]
    label = value[codes]
    return np.where(present & (label >= 0) & (label < count), label, UNKNOWN)


def _raw_labels(
    label: Ints, raw: tuple[Ints, list[str | None]], options: OptionColumn
) -> tuple[Ints, list[str | None]]:
    """The cell as given where it names no option, else the label its number stands for."""
    codes, texts = raw
    first = np.cumsum([0, *map(len, options.label_sets)])
    names = [name for labels in options.label_sets for name in labels]
    return np.where(label >= 0, len(texts) + first[options.label_codes] + label, codes), [*texts, *names]


def _labels(codes: Ints, plain: list[str], present: Mask, options: OptionColumn, settings: InputSettings) -> Ints:
    """The label each text names: as a label, else as an option's text."""
    label = np.full(len(codes), UNKNOWN, np.int64)
    rows = np.flatnonzero(present)
    if settings.gold_as != "text":
        if len(options.label_sets) == 1:
            inverse, keys = codes[rows], np.arange(len(plain))
        else:
            inverse, keys = numbered(codes[rows] * len(options.label_sets) + options.label_codes[rows])
        found = [
            _find_label(plain[key // len(options.label_sets)], options.label_sets[key % len(options.label_sets)])
            for key in keys.tolist()
        ]
        label[rows] = np.array(found, np.int64)[inverse]
    if settings.gold_as == "label":
        return label
    longest = np.array([*map(_longest_spelling, plain), 0], np.int64)
    # a label is looked for among the texts too only where some text is short enough to be it
    rows = rows[(label[rows] < 0) | (options.shortest_text[rows] <= longest[codes[rows]])]
    if len(rows):
        numbers, sets = options.fetch(rows)
        keys, first, inverse = np.unique(codes[rows] * len(sets) + numbers, return_index=True, return_inverse=True)
        settled = [
            _find_text(plain[key // len(sets)], sets[key % len(sets)], int(label[rows[i]]))
            for key, i in zip(keys.tolist(), first.tolist(), strict=True)
        ]
        label[rows] = np.array(settled, np.int64)[inverse]
    return label


def _longest_spelling(text: str) -> int:
    """No text of more bytes is the same but for case and whitespace."""
    size = len(text.encode("utf-8", "replace"))
    return size + 2 if size < _LETTERS and not any(map(str.isspace, text)) else 2**61


def _find_label(text: str, labels: tuple[str, ...]) -> int:
    if text in labels:
        return labels.index(text)
    folded = [label.casefold() for label in labels]
    return folded.index(text.casefold()) if len({*folded}) == len(folded) and text.casefold() in folded else UNKNOWN


def _find_text(text: str, options: OptionSet, label: int) -> int:
    """The only option of that text; the label already found stands unless another option has that text."""
    wanted = same_text(text)
    folded = [None if option is None else same_text(option) for option in options.texts]
    same = [i for i, option in enumerate(folded) if option == wanted and wanted]
    if label >= 0:
        return label if same in ([], [label]) else _CONFLICT
    return same[0] if len(same) == 1 else UNKNOWN


def same_text(text: str) -> str:
    """What two texts have in common that differ in case and whitespace alone."""
    return " ".join(text.split()).casefold()


def _complain(label: Ints, present: Mask, cells: pa.Array, rows: Rows, settings: InputSettings) -> None:
    bad = np.flatnonzero(present & (label < 0))
    if not len(bad) or settings.bad_gold == "null":
        return
    conflict = bad[label[bad] == _CONFLICT]
    wrong = conflict if len(conflict) else bad
    lines = []
    for row in wrong[:_SHOWN].tolist():
        _, (offered,) = rows.options.fetch(np.array([row]))
        shown = {name: text for name, text in zip(offered.labels, offered.texts, strict=True) if text is not None} or [
            *offered.labels
        ]
        cell = _shown(cells, row)
        lines.append(f"row {row + rows.first_row}: gold {str(cell)[:80]!r}, options {str(shown)[:200]}")
    where = f"column {settings.column('gold')!r}, {len(wrong)} rows of those read so far"
    got = "\n            ".join(lines)
    if len(conflict):
        raise InputError(
            "ambiguous_gold",
            "A gold is one option's label and another option's text",
            where=where,
            got=got,
            do="say which is meant: --gold-as label or text, or InputSettings(gold_as=…)",
        )
    numbers = settings.gold_index is not None
    raise InputError(
        "bad_gold",
        "A gold names none of its row's options, or several",
        where=where,
        expected=f"a number from {settings.gold_index}"
        if numbers
        else "a label, or one option's text, bare or in its tag",
        got=got,
        do="mend the column, or score such rows as null: --bad-gold null, or InputSettings(bad_gold='null')"
        + ("" if numbers else "; numbers need --gold-index, or gold_index"),
    )


def _shown(cells: pa.Array, row: int) -> object:
    """A cell for a message, whatever its bytes."""
    kind = cells.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return cells.slice(row, 1).cast(pa.large_binary())[0].as_py().decode("utf-8", "replace")
    return cells[row].as_py()
