"""Golds: resolved once, before scoring, into the number of a label among the row's options."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards.base import Gold, GoldForm
from medreward.scoring.inputs import plain_strings
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints, validity_mask
from medreward.text.option_column import OptionColumn, text_codes
from medreward.text.options import OptionSet
from medreward.text.rows import Rows
from medreward.text.unwrap import inside_answer

__all__ = ["resolve_golds"]

_UNKNOWN, _CONFLICT = -1, -2
_SHOWN = 5


def resolve_golds(cells: pa.Array, rows: Rows, settings: InputSettings, needs: frozenset[GoldForm]) -> Gold:
    """Golds as the rules need them.

    Args:
        cells: the gold column: text, or integers where ``settings.gold_index`` says what the first option's is.
        rows: the rows, for what each offers.
        settings: what a gold cell is, and what to do with one that names no option.
        needs: the forms the rules ask for; a form nobody needs cannot fail.

    Raises:
        InputError: ``bad_gold``, ``ambiguous_gold``, ``gold_type``.
    """
    options = rows.options
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_integer(cells.type) or settings.gold_index is not None:
        label, present = _numbers(cells, options, settings)
        codes = np.where(label >= 0, options.label_codes * 64 + label, 64 * len(options.label_sets))
        pool: list[str | None] = [
            labels[i] if i < len(labels) else None for labels in options.label_sets for i in range(64)
        ] + [None]
        texts, shown = pool, cells
    else:
        shown = plain_strings(cells, settings.column("gold"))
        codes, found = text_codes(shown)
        texts = [*found, None]
        codes = np.where(codes < 0, len(found), codes)
        present = codes < len(found)
        label = np.full(len(cells), _UNKNOWN, np.int64)
        if "label" in needs:
            label = _labels(codes, found, present, options, settings)
    if "label" in needs or settings.gold_index is not None:
        _complain(label, present, shown, rows, settings)
    return Gold(np.where(label >= 0, label, -1), (codes, texts))


def _numbers(cells: pa.Array, options: OptionColumn, settings: InputSettings) -> tuple[Ints, np.ndarray]:
    """Golds that are numbers."""
    if settings.gold_index is None:
        raise InputError(
            "gold_type",
            "The golds are numbers, and it is not said which number the first option has",
            where=f"column {settings.column('gold')!r}",
            got=str(cells.type),
            do="say --gold-index 0 or --gold-index 1",
        )
    try:
        numbers = cells.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            "gold_type",
            "With a gold index every gold must be a whole number",
            where=f"column {settings.column('gold')!r}",
            got=str(error),
        ) from error
    present = validity_mask(numbers.buffers()[0], numbers.offset, len(numbers))
    value = (
        np.frombuffer(numbers.buffers()[1], np.int64, len(numbers), numbers.offset * 8)
        if len(numbers)
        else np.zeros(0, np.int64)
    )
    count = np.array([len(labels) for labels in options.label_sets], np.int64)[options.label_codes]
    label = value - settings.gold_index
    return np.where(present & (label >= 0) & (label < count), label, _UNKNOWN), present


def _labels(
    codes: Ints, texts: Iterable[str | None], present: np.ndarray, options: OptionColumn, settings: InputSettings
) -> Ints:
    """The label each text names: as a label, else as an option's text."""
    plain = [text.strip() for text in inside_answer([text or "" for text in texts])]
    label = np.full(len(codes), _UNKNOWN, np.int64)
    rows = np.flatnonzero(present)
    if settings.gold_as != "text":
        keys, inverse = np.unique(
            codes[rows] * len(options.label_sets) + options.label_codes[rows], return_inverse=True
        )
        found = [
            _find_label(plain[key // len(options.label_sets)], options.label_sets[key % len(options.label_sets)])
            for key in keys.tolist()
        ]
        label[rows] = np.array(found, np.int64)[inverse]
    if settings.gold_as == "label":
        return label
    size = np.array([len(text.encode("utf-8", "replace")) for text in plain] + [0], np.int64)
    # a label is looked for among the texts too only where some text is short enough to be it
    rows = rows[(label[rows] < 0) | (options.shortest_text[rows] <= size[codes[rows]] + 2)]
    if len(rows):
        numbers, sets = options.fetch(rows)
        keys, first, inverse = np.unique(codes[rows] * len(sets) + numbers, return_index=True, return_inverse=True)
        settled = [
            _find_text(plain[key // len(sets)], sets[key % len(sets)], int(label[rows[i]]))
            for key, i in zip(keys.tolist(), first.tolist(), strict=True)
        ]
        label[rows] = np.array(settled, np.int64)[inverse]
    return label


def _find_label(text: str, labels: tuple[str, ...]) -> int:
    if text in labels:
        return labels.index(text)
    folded = [label.casefold() for label in labels]
    return folded.index(text.casefold()) if len({*folded}) == len(folded) and text.casefold() in folded else _UNKNOWN


def _find_text(text: str, options: OptionSet, label: int) -> int:
    """The only option of that text; the label already found stands unless another option has that text."""
    wanted = _plain(text)
    same = [i for i, option in enumerate(options.texts) if option is not None and _plain(option) == wanted and wanted]
    if label >= 0:
        return label if same in ([], [label]) else _CONFLICT
    return same[0] if len(same) == 1 else _UNKNOWN


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _complain(label: Ints, present: np.ndarray, cells: pa.Array, rows: Rows, settings: InputSettings) -> None:
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
        cell = cells.cast(pa.large_binary())[row].as_py() if not pa.types.is_integer(cells.type) else cells[row].as_py()
        cell = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell
        lines.append(f"row {row + rows.first_row}: gold {str(cell)[:80]!r}, options {str(shown)[:200]}")
    where = f"column {settings.column('gold')!r}, {len(wrong)} rows of those read so far"
    got = "\n            ".join(lines)
    if len(conflict):
        raise InputError(
            "ambiguous_gold",
            "A gold is one option's label and another option's text",
            where=where,
            got=got,
            do="say which is meant: --gold-as label or --gold-as text",
        )
    raise InputError(
        "bad_gold",
        "A gold names none of its row's options, or several",
        where=where,
        expected="a label, `<answer>label</answer>`, or one option's text",
        got=got,
        do="mend the column, or score such rows as null with --bad-gold null (numbers need --gold-index 0 or 1)",
    )
