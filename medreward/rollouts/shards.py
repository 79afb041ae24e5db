"""Scoring one file: read in batches, scored, and written beside what the output keeps of the input."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from medreward.errors import MedrewardError, UsageError
from medreward.rewards import Values, import_rules, load_document
from medreward.rewards.user_rules import imported_modules
from medreward.rollouts.files import Rollouts
from medreward.rollouts.opening import open_rollouts
from medreward.rollouts.processes import ahead
from medreward.rollouts.shared_schema import SharedSchema
from medreward.rollouts.sources import Shard
from medreward.rollouts.writer import Opened, RowGroupWriter
from medreward.scoring import InputSettings, Scorer, Summary
from medreward.scoring.outcomes import Outcomes
from medreward.scoring.provenance import Earlier, provenance

__all__ = ["Columns", "Part", "Plan", "Scored", "ShardScorer", "begin", "naming"]

Columns = Literal["all", "scores"]
_BESIDE = ("group_id", "step")  # small columns that go with the scores


@dataclass(frozen=True)
class Part:
    """One file of a job.

    Args:
        shard: the file.
        place: where its scores go; None for nowhere.
        of_groups: what each of the scorer's rules of group scope is worth in its rows.
    """

    shard: Shard
    place: Path | None = None
    of_groups: list[Values] | None = None


@dataclass(frozen=True)
class Scored:
    """What scoring a batch gave, beside the rows that were written.

    Args:
        summary: of its rows; of the first rows of a file with what their golds are. None after the last rows.
        outcomes: their small columns, where rows are compared.
        notes: what the user should know about how the file was understood, with its last rows.
    """

    summary: Summary | None = None
    outcomes: pa.Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A :class:`ShardScorer` as data that another process makes it from."""

    document: dict[str, Any]
    name: str | None
    modules: tuple[str, ...]
    settings: InputSettings
    prefix: str
    columns: Columns
    writer: Opened
    shared: SharedSchema | None
    by: tuple[str, ...] | None
    without_partial: bool


@dataclass
class ShardScorer:
    """Scores files.

    Args:
        scorer: what scores their rows.
        columns: what is written.
        writer: what writes it.
        shared: the columns that all outputs have, where they are a folder.
        outcomes: what gathers the small columns, where rows are compared.
    """

    scorer: Scorer
    columns: Columns = "all"
    writer: Opened = RowGroupWriter
    shared: SharedSchema | None = None
    outcomes: Outcomes | None = None

    def open(self, shard: Shard) -> Rollouts:
        """A file as canonical rows."""
        return open_rollouts(shard.path, self.scorer.settings, shard.relative.as_posix(), shard.name)

    def score(self, part: Part) -> Generator[Scored, None, None]:
        """Score one file; the next batch is read while one is scored."""
        with ExitStack() as stack:
            rollouts = stack.enter_context(self.open(part.shard))
            layout = _Layout(self, rollouts, writes=part.place is not None)
            writer = None
            if part.place is not None:
                writer = stack.enter_context(self.writer(part.place, layout.schema, layout.distinct))
            row = 0
            for batch in stack.enter_context(closing(ahead(rollouts.batches(layout.read)))):
                with naming(f"{part.shard.name}, rows {row} to {row + batch.num_rows - 1}"):
                    scores = self.scorer.score_batch(batch, row, self._of_groups(part, row, batch.num_rows))
                if writer is not None:
                    writer.write(layout.arrange(batch, scores, row))
                found = None if self.outcomes is None else self.outcomes.of(batch, scores, row)
                summary = Summary.of(scores, self.scorer.prefix)
                if row == 0 and len(batch):
                    summary.golds = self.scorer.sample_golds(batch)
                row += batch.num_rows
                yield Scored(summary, found)
            if rollouts.notes:
                yield Scored(notes=tuple(rollouts.notes))

    def _of_groups(self, part: Part, first: int, count: int) -> dict[Any, Values] | None:
        if part.of_groups is None:
            return None
        rows = slice(first, first + count)
        values = (Values(known.data[rows], known.valid[rows]) for known in part.of_groups)
        return dict(zip(self.scorer.group_rules, values, strict=True))

    def plan(self) -> Plan:
        """What another process needs to do the same.

        Raises:
            UsageError: ``jobs_function``.
        """
        scorer, outcomes = self.scorer, self.outcomes
        if not scorer.document.is_serializable:
            raise UsageError(
                "jobs_function",
                "A plain Python function cannot be handed to other processes",
                do="score with one job, or make it a rule of a module: import_rules, or --import",
            )
        return Plan(
            document=scorer.document.to_dict(),
            name=scorer.document.name,
            modules=tuple(imported_modules()),
            settings=scorer.settings,
            prefix=scorer.prefix,
            columns=self.columns,
            writer=self.writer,
            shared=self.shared,
            by=None if outcomes is None else outcomes.by,
            without_partial=outcomes is not None and outcomes.without_partial,
        )


def begin(plan: Plan) -> Callable[[Part], Iterator[Scored]]:
    """What works on the files of a job in a process of its own."""
    for module in plan.modules:
        import_rules(module)
    document = load_document(plan.document).asked_as(plan.name)
    scorer = Scorer(document, settings=plan.settings, prefix=plan.prefix)
    shards = ShardScorer(scorer, plan.columns, plan.writer, plan.shared)
    if plan.by is not None:
        shards.outcomes = Outcomes(scorer, plan.by, without_partial=plan.without_partial)
    return shards.score


class _Layout:
    """Which columns of one shard are read, and which are written beside its scores."""

    def __init__(self, shards: ShardScorer, rollouts: Rollouts, *, writes: bool) -> None:
        scorer, schema, earlier = shards.scorer, rollouts.schema, Earlier(rollouts.metadata)
        needed = [] if rollouts.is_blank else scorer.input_columns(schema)
        if shards.outcomes is not None and not rollouts.is_blank:
            needed = [*needed, *shards.outcomes.input_columns(schema)]
        self.all = writes and shards.columns == "all"
        replaced = {*earlier.replaced(scorer.prefix)} if self.all else set()
        actual = {scorer.settings.column(name): name for name in _BESIDE} if writes and not self.all else {}
        self.beside = {own: name for own, name in actual.items() if schema.names.count(own) == 1}
        self.kept = [i for i, name in enumerate(schema.names) if self.all and name not in replaced]
        self.distinct = {scorer.settings.column("completion")} if self.all else {"row"}
        self.shared = shards.shared if self.all and len({*schema.names}) == len(schema) else None
        self.read = None if self.all else list(dict.fromkeys([*needed, *self.beside]))
        self.schema = pa.schema(
            [*self._leading(schema), *scorer.score_schema],
            provenance(
                scorer.document,
                scorer.settings,
                scorer.score_schema.names,
                prefix=scorer.prefix,
                rows=rollouts.rows,
                earlier=earlier if self.all else Earlier({}),
                others=rollouts.metadata if self.all else {},
            ),
        )

    def _leading(self, schema: pa.Schema) -> Iterator[pa.Field]:
        if self.all:
            own = pa.schema([schema.field(i) for i in self.kept])
            yield from own if self.shared is None else self.shared.fields(own)
            return
        yield pa.field("row", pa.int64(), nullable=False)
        yield from (schema.field(own).with_name(name) for own, name in self.beside.items())

    def arrange(self, batch: pa.RecordBatch, scores: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
        """The rows to write."""
        leading = [batch.column(i) for i in self.kept]
        if self.shared is not None:
            leading = self.shared.columns(batch.select(self.kept))
        if not self.all:
            numbers = np.arange(first_row, first_row + len(batch), dtype=np.int64)
            row = pa.Array.from_buffers(pa.int64(), len(batch), [None, pa.py_buffer(numbers)])
            leading = [row, *(batch.column(name) for name in self.beside)]
        return pa.RecordBatch.from_arrays([*leading, *scores.columns], schema=self.schema)


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Errors about rows and columns say which file they are about."""
    try:
        yield
    except MedrewardError as error:
        where = place if error.where is None else f"{place}: {error.where}"
        raise type(error)(
            error.code, error.what, where=where, expected=error.expected, got=error.got, do=error.do
        ) from error
