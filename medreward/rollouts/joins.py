"""Golds that stand in another file, joined to rollouts by a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rollouts.files import Rollouts, open_file
from medreward.rollouts.joined_options import check_joined, offered_by
from medreward.rollouts.places import place_of
from medreward.scoring.inputs import plain_strings, require_column
from medreward.scoring.rows import option_columns
from medreward.scoring.settings import InputSettings, without_credentials
from medreward.text.buffer import Ints
from medreward.text.messages import is_messages, last_text
from medreward.text.option_column import text_codes

__all__ = ["WithGolds"]

_SHOWN = 5


class WithGolds(Rollouts):
    """Rollouts with the gold of another file's row of the same key; its options too where the rollouts have none.

    The other file stands in memory, its key, gold and options alone; the rollouts are streamed. Keys are texts or whole
    numbers; of conversations the last user text is the key. Where both have options, a gold must name the same text in
    both.

    Args:
        rollouts: rows without golds.
        settings: ``gold_from``, ``gold_on``, and how the columns are called.

    Raises:
        InputError: ``two_golds``, ``missing_column``, ``key_type``, ``duplicate_keys``, ``other_options``, or the file
            cannot be read.
    """

    def __init__(self, rollouts: Rollouts, settings: InputSettings) -> None:
        self._inner, self._settings = rollouts, settings
        self._key, theirs = settings.key_columns
        self._gold = settings.column("gold")
        if self._gold in rollouts.schema.names:
            raise InputError(
                "two_golds",
                f"The rollouts have a column {self._gold!r} themselves",
                where=rollouts.name,
                do="leave out --gold-from, or name another column of its file: --map gold=COLUMN",
            )
        _one_column(rollouts.schema, self._key, rollouts.name)
        path = place_of(str(settings.gold_from))
        texts = (theirs, self._gold, settings.column("options"), *(name for _, name in settings.options_columns))
        with closing(open_file(path, text=texts)) as golds:
            table = _read(golds, theirs, settings)
        self._places = _by_key(table[theirs], theirs, str(path))
        lacking = _lacks_options(rollouts.schema, settings)
        named = [self._gold, *([settings.column("options")] if lacking else [])]
        self._columns: dict[str, pa.Array] = {name: table[name] for name in named if name in table.schema.names}
        self._offered = None if lacking else offered_by(table, settings)
        schema = rollouts.schema
        for name, cells in self._columns.items():
            schema = schema.append(pa.field(name, cells.type))
        super().__init__(rollouts.name, rollouts.rows, schema, rollouts.metadata)
        self.notes = [f"{' and '.join(self._columns)} joined from {path} on {settings.gold_on}"]

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`Rollouts.batches`."""
        offered = self._offered if columns is None or self._gold in columns else None
        beside = [self._key, *(option_columns(self._inner.schema, self._settings) if offered is not None else [])]
        wanted = None if columns is None else [name for name in columns if name not in self._columns]
        read = None if wanted is None else list(dict.fromkeys([*wanted, *beside]))
        row = 0
        for batch in self._inner.batches(read):
            places = self._find(batch.column(self._key), row)
            if offered is not None:
                golds = self._columns[self._gold]
                check_joined(batch, places, golds, offered, self._settings, (self.name, row))
            row += batch.num_rows
            at = _indices(places)
            arrays = [*batch.columns, *(cells.take(at) for cells in self._columns.values())]
            whole = pa.RecordBatch.from_arrays(arrays, names=[*batch.schema.names, *self._columns])
            yield whole if columns is None else whole.select(list(columns))
        self.notes = [*self.notes, *(note for note in self._inner.notes if note not in self.notes)]

    def close(self) -> None:
        """Let the input go."""
        self._inner.close()

    def _find(self, keys: pa.Array, first_row: int) -> Ints:
        """The place of each row's gold; -1 where it has none and may lack it."""
        codes, texts = _key_codes(keys, self._key, self.name)
        places = np.array([self._places.get(text or "", -1) for text in texts] + [-1], np.int64)[codes]
        lost = np.flatnonzero(places < 0)
        if len(lost) and self._settings.bad_gold == "error":
            shown = [f"row {i + first_row}: {texts[codes[i]] if codes[i] >= 0 else None!r:.80}" for i in lost[:_SHOWN]]
            raise InputError(
                "missing_keys",
                "Rows have no gold: their key is not in the file of golds",
                where=f"{self.name}, column {self._key!r}, {len(lost)} rows of those read so far",
                expected=f"one of {len(self._places):,} keys of {without_credentials(str(self._settings.gold_from))}",
                got="\n            ".join(shown),
                do="mend the file, or score such rows as null: --bad-gold null",
            )
        return places


def _indices(places: Ints) -> pa.Array:
    """Places to take from an Arrow array: null where there is none."""
    valid = pa.py_buffer(np.packbits(places >= 0, bitorder="little"))
    return pa.Array.from_buffers(pa.int64(), len(places), [valid, pa.py_buffer(np.maximum(places, 0))])


def _lacks_options(schema: pa.Schema, settings: InputSettings) -> bool:
    elsewhere = settings.options_from == "prompt" or bool(settings.options_columns)
    return not elsewhere and settings.column("options") not in schema.names


def _one_column(schema: pa.Schema, name: str, where: str) -> None:
    if schema.names.count(name) != 1:
        raise InputError(
            "missing_column" if name not in schema.names else "repeated_column",
            f"There is no one column {name!r}; the golds are joined on it",
            where=where,
            got=", ".join(schema.names[:40]) or "no column at all",
            do="name the key's column: --on COLUMN, or --on ROLLOUTS_COLUMN=FILE_COLUMN",
        )


def _read(golds: Rollouts, key: str, settings: InputSettings) -> pa.RecordBatch:
    """The key, the gold, and whatever there is of the columns that hold options."""
    _one_column(golds.schema, key, golds.name)
    try:
        gold = require_column(golds.schema, "gold", settings, "it was named with --gold-from")
    except InputError as error:
        raise InputError(
            error.code, error.what, where=golds.name, expected=error.expected, got=error.got, do="--map gold=COLUMN"
        ) from error
    beside = [settings.column("options"), *(name for _, name in settings.options_columns)]
    names = list(dict.fromkeys([key, gold, *(name for name in beside if golds.schema.names.count(name) == 1)]))
    schema = pa.schema([golds.schema.field(name) for name in names])
    columns = pa.Table.from_batches([batch.select(names) for batch in golds.batches(names)], schema).columns
    return pa.RecordBatch.from_arrays([column.combine_chunks() for column in columns], schema=schema)


def _by_key(keys: pa.Array, name: str, where: str) -> dict[str, int]:
    """The row of every key."""
    codes, texts = _key_codes(keys, name, where)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    if len(texts) and counts.max(initial=0) > 1:
        twice = [f"{texts[i] or ''!r:.80} {counts[i]} times" for i in np.flatnonzero(counts > 1)[:_SHOWN].tolist()]
        raise InputError(
            "duplicate_keys",
            "Keys of the golds occur more than once",
            where=f"{where}, column {name!r}",
            got=f"{int((counts > 1).sum())} such keys: " + ", ".join(twice),
            do="join on a column that is different in every row",
        )
    return {texts[code] or "": row for row, code in enumerate(codes.tolist()) if code >= 0}


def _key_codes(keys: pa.Array, name: str, where: str) -> tuple[Ints, list[str | None]]:
    """Each key as a number, -1 for null, and the texts: whole numbers are written out."""
    if is_messages(keys.type):
        keys = last_text(keys, "user")
    if pa.types.is_integer(keys.type):
        keys = keys.cast(pa.large_string())
    try:
        return text_codes(plain_strings(keys, name))
    except InputError as error:
        raise InputError(
            "key_type",
            f"Column {name!r} cannot be a key",
            where=where,
            expected="text, whole numbers, or conversations",
            got=str(keys.type),
            do="join on another column: --on COLUMN",
        ) from error
