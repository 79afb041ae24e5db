"""Scoring rollout files: every input file is read once, in batches, and written once, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from medreward.errors import MedrewardError
from medreward.rewards import Document, Reward
from medreward.rollouts.files import Rollouts
from medreward.rollouts.opening import open_rollouts
from medreward.rollouts.outputs import Output, output_of
from medreward.rollouts.places import Place
from medreward.rollouts.shared_schema import SharedSchema
from medreward.rollouts.sources import Shard, Sources, find_sources
from medreward.rollouts.writer import RowGroupWriter, Writer, writer_for
from medreward.scoring import GroupLens, InputSettings, Scorer, Slice, Summary
from medreward.scoring.group_pass import GroupPass
from medreward.scoring.outcomes import Outcomes
from medreward.scoring.provenance import Earlier, provenance
from medreward.scoring.slices import slices_of

__all__ = ["FileScores", "score_files"]

Columns = Literal["all", "scores"]
Progress = Callable[[int, int], None]
"""Called with the rows scored so far and the rows there are."""
_BESIDE = ("group_id", "step")  # small columns that go with the scores


@dataclass(frozen=True)
class FileScores:
    """What scoring files gave.

    Args:
        summary: counts and means over all rows.
        document: the reward.
        rows: rows scored.
        outputs: the files written, in the order of the inputs.
        slices: the slices by each column that was asked for.
        groups: the group lens, where it was asked for.
        notes: what the user should know about how the input was understood.
    """

    summary: Summary
    document: Document
    rows: int
    outputs: tuple[Place, ...] = ()
    slices: Mapping[str, list[Slice]] = field(default_factory=dict)
    groups: GroupLens | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "reward": self.document.name,
            "digest": self.document.digest if self.document.is_serializable else None,
            "rows": self.rows,
            "outputs": [str(path) for path in self.outputs],
            "notes": [*self.notes],
            "summary": self.summary.to_dict(),
            "by": {name: [one.to_dict() for one in found] for name, found in self.slices.items()},
            "groups": None if self.groups is None else self.groups.to_dict(),
        }


@dataclass
class _Job:
    """One call of score_files."""

    scorer: Scorer
    columns: Columns
    total: int = 0
    done: int = 0
    progress: Progress | None = None
    summary: Summary | None = field(default=None)
    outcomes: Outcomes | None = None
    notes: dict[str, None] = field(default_factory=dict)
    writer: Callable[[Path, pa.Schema], Writer] = RowGroupWriter
    schemas: list[pa.Schema] = field(default_factory=list)
    shared: SharedSchema | None = None
    found: GroupPass | None = None

    def count(self, batch: pa.RecordBatch, scores: pa.RecordBatch, row: int) -> None:
        """Take a scored batch into the summary, and where rows are compared into the outcomes."""
        if self.outcomes is not None:
            self.outcomes.add(batch, scores, row)
        found = Summary.of(scores, self.scorer.prefix)
        if self.summary is None:
            self.summary = found
            found.golds = self.scorer.sample_golds(batch) if len(batch) else None
        else:
            self.summary.add(found)
        self.done += scores.num_rows
        if self.progress is not None:
            self.progress(self.done, self.total)


def score_files(  # noqa: PLR0913 - one keyword for each thing a run can be told
    inputs: str | PathLike[str] | Iterable[str | PathLike[str]],
    output: str | PathLike[str] | None = None,
    *,
    reward: str | Path | Mapping[str, Any] | Reward | Document = "medvlm-r1",
    settings: InputSettings | None = None,
    columns: Columns = "all",
    prefix: str = "",
    overwrite: bool = False,
    by: Sequence[str] = (),
    groups: bool = False,
    progress: Progress | None = None,
) -> FileScores:
    """Score the rollouts in files.

    One input file gives one output file; several inputs, a folder or a pattern give a folder with the same relative
    names. Rows keep their order. An output appears whole under its name or not at all.

    Args:
        inputs: files, folders or glob patterns; or one URI, or ``-`` for JSON lines on standard input.
        output: the file or folder to write, here or behind a URI: Parquet, or JSON lines where the file's name ends in
            ``.jsonl``; ``-`` is standard output. Nothing is written where None.
        reward: a preset's name, a document, a document's path, or a reward.
        settings: which columns to read, and how golds are given.
        columns: ``all`` writes the input's columns and the scores; ``scores`` writes ``row`` (the row's number in its
            file), ``group_id`` and ``step`` where present, and the scores.
        prefix: what the names of the score columns begin with.
        overwrite: whether an output that exists is replaced.
        by: columns whose values tell slices apart; small columns of all rows are then kept in memory.
        groups: whether to look at the groups through :class:`medreward.scoring.GroupLens`; keeps the same.
        progress: called after every batch.

    Returns:
        The summary over all rows, and the files written.

    Raises:
        DocumentError: the reward is wrong.
        InputError: a file, a column or a gold is wrong; ``where`` names the file and the row.
        OutputError: the output cannot be written, or its name is taken.
    """
    job = _Job(Scorer(reward, settings=settings, prefix=prefix), columns, progress=progress)
    if by or groups:
        job.outcomes = Outcomes(job.scorer, by, without_partial=groups)
    sources = find_sources([inputs] if isinstance(inputs, str | PathLike) else inputs)
    target = None if output is None else output_of(output, sources, overwrite=overwrite)
    job.writer = RowGroupWriter if target is None else writer_for(target.name)
    job.total = sum(_checked_rows(job, shard, writes=target is not None) for shard in sources.shards)
    if sources.folder and columns == "all" and target is not None:
        job.shared = SharedSchema(job.schemas)
        job.notes.update(dict.fromkeys(job.shared.notes))
    if job.scorer.group_rules:
        job.found = _over_groups(job, sources)
    outputs = _run(job, sources, target)
    summary = job.summary if job.summary is not None else Summary.of(_no_rows(job.scorer.score_schema), prefix)
    found = FileScores(summary, job.scorer.document, job.done, outputs, notes=tuple(job.notes))
    if job.outcomes is None:
        return found
    table = job.outcomes.table()
    slices = {name: slices_of(table, name) for name in job.outcomes.by}
    return replace(found, slices=slices, groups=GroupLens.of(table) if groups else None)


def _over_groups(job: _Job, sources: Sources) -> GroupPass:
    """The first of two passes: what rules of group scope need to know, and then their values."""
    found = job.scorer.group_pass()
    for shard in sources.shards:
        with _open(job, shard) as rollouts:
            row = 0
            for batch in rollouts.batches(job.scorer.input_columns(rollouts.schema)):
                with _naming(f"{shard.name}, rows {row} to {row + batch.num_rows - 1}"):
                    job.scorer.see_batch(found, batch, row)
                row += batch.num_rows
    found.finish()
    return found


def _run(job: _Job, sources: Sources, output: Output | None) -> tuple[Place, ...]:
    if output is None:
        for shard in sources.shards:
            _score_shard(job, shard, None)
        return ()
    with output.opened() as temporary:
        for shard in sources.shards:
            place = temporary / shard.output if output.folder else temporary
            place.parent.mkdir(parents=True, exist_ok=True)
            _score_shard(job, shard, place)
    return output.places(sources)


def _checked_rows(job: _Job, shard: Shard, *, writes: bool) -> int:
    """Rows in a shard whose columns are found to be in order before anything is scored."""
    with _open(job, shard) as rollouts, _naming(shard.name):
        job.scorer.input_columns(rollouts.schema)
        if job.outcomes is not None:
            job.outcomes.input_columns(rollouts.schema)
        if writes and job.columns == "all":
            names = job.scorer.score_schema.names
            earlier = Earlier(rollouts.metadata)
            earlier.check_free(rollouts.schema, names, job.scorer.prefix)
            replaced = earlier.replaced(job.scorer.prefix)
            job.schemas.append(pa.schema([field for field in rollouts.schema if field.name not in replaced]))
        return rollouts.rows


def _open(job: _Job, shard: Shard) -> Rollouts:
    return open_rollouts(shard.path, job.scorer.settings, shard.relative.as_posix(), shard.name)


def _score_shard(job: _Job, shard: Shard, place: Path | None) -> None:
    """Score one file, into ``place`` where that is given."""
    with ExitStack() as stack:
        rollouts = stack.enter_context(_open(job, shard))
        layout = _Layout(job, rollouts, writes=place is not None)
        writer = None if place is None else stack.enter_context(job.writer(place, layout.schema))
        row = 0
        for batch in rollouts.batches(layout.read):
            with _naming(f"{shard.name}, rows {row} to {row + batch.num_rows - 1}"):
                of_groups = None if job.found is None else job.found.values(job.done, batch.num_rows)
                scores = job.scorer.score_batch(batch, row, of_groups)
            if writer is not None:
                writer.write(layout.arrange(batch, scores, row))
            job.count(batch, scores, row)
            row += batch.num_rows
        job.notes.update(dict.fromkeys(rollouts.notes))


class _Layout:
    """Which columns of one shard are read, and which are written beside its scores."""

    def __init__(self, job: _Job, rollouts: Rollouts, *, writes: bool) -> None:
        scorer, schema, earlier = job.scorer, rollouts.schema, Earlier(rollouts.metadata)
        needed = scorer.input_columns(schema)
        if job.outcomes is not None:
            needed = [*needed, *job.outcomes.input_columns(schema)]
        self.all = writes and job.columns == "all"
        replaced = {*earlier.replaced(job.scorer.prefix)} if self.all else set()
        actual = {scorer.settings.column(name): name for name in _BESIDE} if writes and not self.all else {}
        self.beside = {own: name for own, name in actual.items() if schema.names.count(own) == 1}
        self.kept = [i for i, name in enumerate(schema.names) if self.all and name not in replaced]
        self.shared = job.shared if self.all and len({*schema.names}) == len(schema) else None
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


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Errors about rows and columns say which file they are about."""
    try:
        yield
    except MedrewardError as error:
        where = place if error.where is None else f"{place}: {error.where}"
        raise type(error)(
            error.code, error.what, where=where, expected=error.expected, got=error.got, do=error.do
        ) from error
