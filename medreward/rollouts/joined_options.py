"""Whether golds from another file mean the same options in the rollouts, which may offer them in another order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.scoring.golds import resolve_golds, same_text
from medreward.scoring.rows import option_columns, read_options
from medreward.scoring.settings import InputSettings
from medreward.text.buffer import Ints
from medreward.text.rows import Rows

__all__ = ["check_joined", "offered_by"]

_SHOWN = 5


def offered_by(golds: pa.RecordBatch, settings: InputSettings) -> pa.Array | None:
    """What each row of the file of golds offers; None where it does not say, or not in a way that can be read."""
    plain = settings.model_copy(update={"options_from": "column", "options_columns": ()})
    for how in (settings, plain) if settings.options_from == "column" else (plain,):
        try:
            if option_columns(golds.schema, how):
                return read_options(golds, how)
        except InputError:  # the rollouts' own options count, and these are only compared with them
            continue
    return None


def check_joined(
    batch: pa.RecordBatch,
    places: Ints,
    golds: pa.Array,
    offered: pa.Array,
    settings: InputSettings,
    where: tuple[str, int],
) -> None:
    """Compare what a gold stands for in its own file with what it stands for in the row it is joined to.

    Args:
        batch: rollouts with options of their own.
        places: ``int64``, shape ``(n,)``, the place of each row's gold; negative where it has none.
        golds: the gold cells of the file.
        offered: its options.
        settings: how golds and options are read.
        where: the rollouts' name, and the number of the batch's first row.

    Raises:
        InputError: ``other_options``: a label names one text there and another here.
    """
    name, first_row = where
    options = read_options(batch, settings, first_row)
    rows = np.flatnonzero(places >= 0)
    if options is None or not len(rows):
        return
    numbers, sets = Rows.of(pa.nulls(len(batch), pa.string()), options, None, first_row).options.fetch(rows)
    _, first = np.unique(places[rows] * len(sets) + numbers, return_index=True)  # one row of each question
    shown = np.sort(rows[first])
    at = pa.array(places[shown])
    cells = golds.take(at)
    pairs = zip(
        _named(cells, offered.take(at), settings), _named(cells, options.take(pa.array(shown)), settings), strict=True
    )
    wrong = [
        f"row {row + first_row}: {', '.join(theirs)!r:.80} there, {', '.join(ours)!r:.80} here"
        for row, (theirs, ours) in zip(shown.tolist(), pairs, strict=True)
        if theirs and ours and {*map(same_text, theirs)} != {*map(same_text, ours)}
    ]
    if wrong:
        raise InputError(
            "other_options",
            "Golds are labels, and stand for other options in the file of golds than in the rollouts",
            where=f"{name}, {len(wrong)} questions of those read so far",
            expected="the same options under the same labels, or golds that are texts",
            got="\n            ".join(wrong[:_SHOWN]),
            do="join a column of texts (--map gold=COLUMN), or golds that belong to the options of the rollouts",
        )


def _named(cells: pa.Array, options: pa.Array, settings: InputSettings) -> list[list[str]]:
    """The texts of the options that each gold names; none where one of them has no text, or it names none."""
    rows = Rows.of(pa.nulls(len(cells), pa.string()), options)
    lenient = settings.model_copy(update={"bad_gold": "null"})
    try:
        masks = resolve_golds(cells, rows, lenient, frozenset({"labels"})).label_sets
    except InputError:  # numbers that name nothing
        return [[] for _ in range(len(cells))]
    numbers, sets = rows.options.fetch(np.arange(len(cells)))
    found = []
    for mask, number in zip(masks.tolist(), numbers.tolist(), strict=True):
        texts = [text for place, text in enumerate(sets[number].texts) if mask >> place & 1]
        found.append([text for text in texts if text is not None] if None not in texts else [])
    return found
