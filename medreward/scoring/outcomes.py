"""Outcomes: the small columns of scored rows, kept while the completions stream by."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from medreward.errors import InputError
from medreward.scoring.outcome_columns import by_name
from medreward.scoring.scorer import Scorer

__all__ = ["Outcomes", "together"]

_KEYS = ("group_id", "step")


class Outcomes:
    """Gathers, batch by batch, what is compared between rows: about 50 bytes a row, no text of a completion.

    Args:
        scorer: what scores the rows.
        by: columns of the input to keep, by their own names.
        without_partial: whether to score the rows once more with partial credit paid as none.

    Attributes:
        names: the columns gathered: ``reward``, ``reward_<component>``, ``answer``, ``gold`` (the right label as
            text), ``choices`` (how many answers a guess has), ``group_id`` and ``step`` where the input has them,
            ``without_partial`` where asked and the reward has partial credit, and ``by <column>``.
    """

    def __init__(self, scorer: Scorer, by: Sequence[str] = (), *, without_partial: bool = False) -> None:
        self.scorer = scorer
        self.by = tuple(dict.fromkeys(by))
        self.without_partial = without_partial
        plain = scorer.document.reward.without_partial_credit()
        self._plain = Scorer(plain, settings=scorer.settings) if without_partial else None
        if plain == scorer.document.reward or scorer.group_rules:
            self._plain = None
        self._parts: list[pa.Table] = []

    def input_columns(self, schema: pa.Schema) -> list[str]:
        """The columns that must be read beside those of the scorer, by their own names.

        Raises:
            InputError: ``missing_column``.
        """
        settings = self.scorer.settings
        keys = [settings.column(name) for name in ("gold", *_KEYS)]
        return [*(name for name in keys if name in schema.names), *(_required(schema, name) for name in self.by)]

    def add(self, batch: pa.RecordBatch, scores: pa.RecordBatch | pa.Table, first_row: int = 0) -> None:
        """Take the small columns of a scored batch."""
        self.keep(self.of(batch, scores, first_row))

    def keep(self, rows: pa.Table) -> None:
        """Take the next rows, as :meth:`of` gave them."""
        self._parts.append(rows)

    def of(self, batch: pa.RecordBatch, scores: pa.RecordBatch | pa.Table, first_row: int = 0) -> pa.Table:
        """The small columns of a scored batch."""
        names, columns = [], []
        prefix = self.scorer.prefix
        for name in scores.schema.names:
            plain = name[len(prefix) :]
            if plain in ("reward", "answer") or plain.startswith("reward_"):
                names.append(plain)
                columns.append(scores[name])
        gold, choices = self.scorer.gold_labels(batch, first_row)
        names += ["gold", "choices"]
        columns += [gold, choices]
        if self._plain is not None:
            names.append("without_partial")
            columns.append(self._plain.score_batch(batch, first_row)["reward"])
        for name in _KEYS:
            own = self.scorer.settings.column(name)
            if batch.schema.names.count(own) == 1:
                names.append(name)
                columns.append(batch[own])
        for name in self.by:
            names.append(by_name(name))
            columns.append(batch[name])
        return pa.Table.from_arrays(columns, names=names)

    def table(self) -> pa.Table:
        """All rows so far, in order; a column that some batches lack is null there."""
        return together(self._parts) if self._parts else _empty(self.by)


def together(parts: Sequence[pa.Table]) -> pa.Table:
    """Tables one after another; a column whose types differ between files, such as group ids, is text in all."""
    kinds: dict[str, set[pa.DataType]] = {}
    for field in (field for part in parts for field in part.schema):
        kinds.setdefault(field.name, set()).add(field.type)
    mixed = {name for name, found in kinds.items() if len(found - {pa.null()}) > 1}
    return pa.concat_tables([_as_text(part, mixed) for part in parts], promote_options="permissive")


def _as_text(table: pa.Table, names: set[str]) -> pa.Table:
    for i, field in enumerate(table.schema):
        if field.name in names and not pa.types.is_nested(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.large_string()))
    return table


def _required(schema: pa.Schema, name: str) -> str:
    if schema.names.count(name) == 1:
        return name
    raise InputError(
        "missing_column" if name not in schema.names else "repeated_column",
        f"There is no one column {name!r} to tell slices by",
        expected="one of " + ", ".join(schema.names[:40]),
        got=repr(name),
        do="name a column of the input",
    )


def _empty(by: Sequence[str]) -> pa.Table:
    kinds = {"reward": pa.float64(), "answer": pa.string(), "gold": pa.string(), "choices": pa.int64()}
    return pa.schema([*kinds.items(), *((by_name(name), pa.string()) for name in by)]).empty_table()
