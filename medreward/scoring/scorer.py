"""The scorer: many rows at once, in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import UsageError
from medreward.rewards import Reward, evaluate, load_document
from medreward.rewards.base import Gold, GoldForm
from medreward.rewards.document import DocumentSource
from medreward.rewards.group_rule import group_rules
from medreward.rewards.presets import DEFAULT
from medreward.scoring.columns import label_words, lists_of_words, numbers, score_schema, words
from medreward.scoring.golds import resolve_golds
from medreward.scoring.group_pass import GroupPass, GroupValues, needs_groups
from medreward.scoring.inputs import as_batches, require_column, slices
from medreward.scoring.rows import option_columns, read_rows
from medreward.scoring.scores import Scores
from medreward.scoring.settings import InputSettings
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import FLAWS, ChoiceOf, Flaws, InputColumn
from medreward.text.reading import Reading

__all__ = ["RewardSource", "Scorer", "answer_read"]

RewardSource = DocumentSource


class Scorer:
    """Scores tables of rollouts with one reward.

    Args:
        reward: a preset's name, a document (its path, text, mapping or model), or a reward.
        settings: how input is to be read.
        prefix: put before the name of every score column.

    Raises:
        DocumentError: the reward is wrong or unknown.

    Example:
        >>> from medreward import Scorer
        >>> scores = Scorer("medvlm-r1").score({"completion": ["<think>t</think><answer>B</answer>"], "gold": ["B"]})
        >>> scores.rewards.tolist()
        [2.0]
    """

    def __init__(
        self, reward: RewardSource = DEFAULT, *, settings: InputSettings | None = None, prefix: str = ""
    ) -> None:
        self.document = load_document(reward)
        self.settings = settings or InputSettings()
        self.prefix = prefix
        self.components = self.document.components()
        self.gold_forms: frozenset[GoldForm] = frozenset().union(
            *(part.gold_forms() for part in self.document.reward.walk())
        )
        self.choice = answer_read(self.document.reward)
        self.flaws = Flaws(self.document.tags_named())
        facts = (model for model in self.document.reward.everything() if isinstance(model, InputColumn))
        self.columns = tuple(dict.fromkeys(fact.name for fact in facts))
        self.group_rules = group_rules(self.document.reward)
        self.score_schema = score_schema(self.document, prefix)
        self._found: tuple[tuple[str, ...] | None, list[str]] = (None, [])

    def input_columns(self, schema: pa.Schema) -> list[str]:
        """The columns that must be read, by their own names.

        Raises:
            InputError: ``missing_column``, ``repeated_column``.
        """
        names, known = tuple(schema.names), self._found  # one table's batches all have the same
        if names != known[0]:
            known = self._found = (names, self._find_columns(schema))
        return [*known[1]]

    def _find_columns(self, schema: pa.Schema) -> list[str]:
        names = [require_column(schema, "completion", self.settings, "it holds what the model wrote")]
        if self.gold_forms:
            names.append(require_column(schema, "gold", self.settings, "the reward compares answers with it"))
        for canonical, _ in self.settings.columns:
            require_column(schema, canonical, self.settings, f"it was named for {canonical!r}")
        names += option_columns(schema, self.settings)
        names += [require_column(schema, name, self.settings, "the reward reads it") for name in self.columns]
        if self.group_rules:
            names.append(require_column(schema, "group_id", self.settings, "the reward compares whole groups"))
            names += [step for step in [self.settings.column("step")] if schema.names.count(step) == 1]
        return list(dict.fromkeys(names))

    def group_pass(self) -> GroupPass:
        """The first of two passes over rows for rules of group scope: :meth:`see_batch`, then ``finish``."""
        return GroupPass(self.group_rules, self.settings)

    def see_batch(self, found: GroupPass, batch: pa.RecordBatch, first_row: int = 0) -> None:
        """Let the first pass see some rows.

        Args:
            found: what the pass has gathered.
            batch: the columns of :meth:`input_columns`.
            first_row: the number of the batch's first row, for messages.
        """
        reading, gold = self._read(batch, first_row)
        found.add(batch, reading, gold)

    def _read(self, batch: pa.RecordBatch, first_row: int) -> tuple[Reading, Gold]:
        reading = Reading(read_rows(batch, self.settings, first_row, self.columns), self.document.tags)
        return reading, self._gold(batch, reading)

    def score_batch(
        self, batch: pa.RecordBatch, first_row: int = 0, of_groups: GroupValues | None = None
    ) -> pa.RecordBatch:
        """The score columns of one batch.

        Args:
            batch: the columns of :meth:`input_columns`; others are not looked at.
            first_row: the number of the batch's first row, for messages.
            of_groups: what rules of group scope are worth in these rows, from :meth:`group_pass`.

        Returns:
            A batch of ``score_schema``, one row for each row.

        Raises:
            InputError: a column or a gold is wrong.
            RuleError: a rule gave something that is no finite number.
            UsageError: ``needs_groups``: the reward compares whole groups, and ``of_groups`` is not given.
        """
        reading, rewards = self._rewards(batch, first_row, of_groups)
        return pa.RecordBatch.from_arrays([*rewards, *self._answers(reading)], schema=self.score_schema)

    def _rewards(
        self, batch: pa.RecordBatch, first_row: int, of_groups: GroupValues | None
    ) -> tuple[Reading, list[pa.Array]]:
        """The reading of a batch, its totals, and the values of each component."""
        self.input_columns(batch.schema)
        if self.group_rules and of_groups is None:
            raise needs_groups(self.group_rules)
        reading, gold = self._read(batch, first_row)
        if of_groups is not None:
            gold = replace(gold, of_groups=of_groups)
        parts = (self.document.reward, *self.components.values())
        return reading, [numbers(evaluate(part, reading, gold)) for part in parts]

    def gold_labels(self, batch: pa.RecordBatch, first_row: int = 0) -> tuple[pa.Array, pa.Array]:
        """What the right answers are, whether or not a rule looks at them.

        Args:
            batch: the columns of :meth:`input_columns`, and the golds.
            first_row: the number of the batch's first row, for messages.

        Returns:
            The right label of each row as text (several joined by ``,`` where a rule asks for sets), null where
            the gold is null, names no option or is not there; and how many answers a guess could give, ``int64``: the
            labels that the row offers, or the sets of them but the empty one where a rule asks for sets.
        """
        rows = read_rows(batch, self.settings, first_row)
        options = rows.options
        form: GoldForm = "labels" if "labels" in self.gold_forms else "label"
        counts = [2 ** len(labels) - 1 if form == "labels" else len(labels) for labels in options.label_sets]
        sizes = np.ascontiguousarray(np.array(counts, np.int64)[options.label_codes])
        choices = pa.Array.from_buffers(pa.int64(), len(sizes), [None, pa.py_buffer(sizes)])
        name = self.settings.column("gold")
        bits = np.zeros(batch.num_rows, np.int64)
        if name in batch.schema.names and self._tells_labels(batch.schema.field(name).type):
            lenient = self.settings.model_copy(update={"bad_gold": "null"})
            gold = resolve_golds(batch.column(name), rows, lenient, frozenset({form}), self.document.tags)
            bits = gold.label_sets if form == "labels" else np.where(gold.label >= 0, 1 << np.maximum(gold.label, 0), 0)
        return label_words(bits, options.label_codes, options.label_sets), choices

    def sample_golds(self, batch: pa.RecordBatch) -> tuple[int, int] | None:
        """How many golds of a batch are not null, and how many of those name an option; None where no rule asks."""
        if not self.gold_forms:
            return None
        cells, (labels, _) = batch.column(self.settings.column("gold")), self.gold_labels(batch)
        return (len(cells) - cells.null_count, len(labels) - labels.null_count)

    def _tells_labels(self, kind: pa.DataType) -> bool:
        """Whether golds of a type can be labels: numbers only where it is said what the first option's is."""
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        numeric = pa.types.is_integer(plain) or pa.types.is_floating(plain) or pa.types.is_boolean(plain)
        return not numeric or (self.settings.gold_index is not None and not pa.types.is_boolean(plain))

    def _gold(self, batch: pa.RecordBatch, reading: Reading) -> Gold:
        if not self.gold_forms:
            return Gold(None)
        cells = batch.column(self.settings.column("gold"))
        return resolve_golds(cells, reading.rows, self.settings, self.gold_forms, self.document.tags)

    def _answers(self, reading: Reading) -> list[pa.Array]:
        choice, valid, options = reading[self.choice], reading.rows.valid, reading.rows.options
        return [
            label_words(choice.labels, options.label_codes, options.label_sets),
            words(choice.form if valid.all() else np.where(valid, choice.form, -1), FORMS),
            words(np.where(valid & (choice.reason > 0), choice.reason, -1), REASONS),
            lists_of_words(reading[self.flaws], tuple(FLAWS)),
        ]

    def score(self, data: Any) -> Scores:
        """Score in-memory data.

        Args:
            data: an Arrow table, batch or reader, a frame that speaks the Arrow PyCapsule interface (pandas, polars,
                DuckDB), or a mapping of lists. Columns: ``completion``, ``gold``, ``options``; others pass through.

        Returns:
            The scores, in the order of the rows.

        Raises:
            InputError: the data, a column or a gold is wrong.
        """
        if isinstance(data, str | Path):
            raise UsageError(
                "path_given", "A scorer scores data in memory", got=str(data)[:200], do="medreward.score takes paths"
            )
        schema, batches = as_batches(data)
        self.input_columns(schema)
        parts, row = [], 0
        for batch in batches:
            parts += [(row + at, part) for at, part in slices(batch, self.settings.column("completion"))]
            row += batch.num_rows
        found = self._over_groups(parts) if self.group_rules else None
        of_groups = [None if found is None else found.values(at, part.num_rows) for at, part in parts]
        data = pa.Table.from_batches(batches, schema)
        if len(parts) == 1:  # a training step looks at rewards alone: what else there is to say waits until it is asked
            reading, rewards = self._rewards(parts[0][1], parts[0][0], of_groups[0])
            table = pa.Table.from_arrays(rewards, names=self.score_schema.names[: len(rewards)])
            return Scores(
                table,
                data,
                self.document,
                self.settings,
                self.prefix,
                complete=lambda: pa.Table.from_arrays([*rewards, *self._answers(reading)], schema=self.score_schema),
            )
        scored = [self.score_batch(part, at, of) for (at, part), of in zip(parts, of_groups, strict=True)]
        return Scores(pa.Table.from_batches(scored, self.score_schema), data, self.document, self.settings, self.prefix)

    def _over_groups(self, parts: list[tuple[int, pa.RecordBatch]]) -> GroupPass:
        found = self.group_pass()
        for at, part in parts:
            self.see_batch(found, part, at)
        found.finish()
        return found


def answer_read(reward: Reward) -> ChoiceOf:
    """How the reported answer is read: as the reward's first rule that reads a choice does, else as by default."""
    return next((model for model in reward.everything() if isinstance(model, ChoiceOf)), ChoiceOf())
