"""Scoring rollout files: every input file is read once, in batches, and written once, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards import Document, Reward, Values
from medreward.rollouts.outputs import Output, output_of
from medreward.rollouts.places import Place
from medreward.rollouts.processes import ahead, spread
from medreward.rollouts.shards import Columns, Part, Scored, ShardScorer, begin, naming
from medreward.rollouts.shared_schema import SharedSchema
from medreward.rollouts.sources import Shard, Sources, find_sources
from medreward.rollouts.suggestions import options_note
from medreward.rollouts.writer import RowGroupWriter, writer_for
from medreward.scoring import GroupLens, InputSettings, Scorer, Slice, Summary
from medreward.scoring.outcomes import Outcomes
from medreward.scoring.provenance import Earlier
from medreward.scoring.slices import slices_of

__all__ = ["FileScores", "score_files"]

Progress = Callable[[int, int], None]
"""Called with the rows scored so far and the rows there are."""


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

    shards: ShardScorer
    jobs: int = 1
    progress: Progress | None = None
    total: int = 0
    done: int = 0
    summary: Summary | None = None
    notes: dict[str, None] = field(default_factory=dict)
    schemas: list[pa.Schema] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)

    @property
    def scorer(self) -> Scorer:
        """What scores the rows."""
        return self.shards.scorer

    def count(self, scored: Scored) -> None:
        """Take a scored batch into the summary, and where rows are compared into the outcomes."""
        self.notes.update(dict.fromkeys(scored.notes))
        if scored.summary is None:
            return
        if self.shards.outcomes is not None and scored.outcomes is not None:
            self.shards.outcomes.keep(scored.outcomes)
        if self.summary is None:
            self.summary = scored.summary
        else:
            self.summary.add(replace(scored.summary, golds=None))  # only the first rows of all are looked at
        self.done += scored.summary.rows
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
    jobs: int = 1,
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
        jobs: how many files are scored at a time, each in a process of its own; what is written and returned does not
            depend on it. A script that asks for several needs ``if __name__ == "__main__":`` around what it does.
        progress: called after every batch.

    Returns:
        The summary over all rows, and the files written.

    Raises:
        DocumentError: the reward is wrong.
        InputError: a file, a column or a gold is wrong; ``where`` names the file and the row.
        OutputError: the output cannot be written, or its name is taken; ``worker_ended``: a process was killed.
        UsageError: ``jobs_function``: a plain Python function cannot be handed to other processes.
    """
    shards = ShardScorer(Scorer(reward, settings=settings, prefix=prefix), columns)
    if by or groups:
        shards.outcomes = Outcomes(shards.scorer, by, without_partial=groups)
    job = _Job(shards, jobs, progress)
    sources = find_sources([inputs] if isinstance(inputs, str | PathLike) else inputs)
    target = None if output is None else output_of(output, sources, overwrite=overwrite)
    shards.writer = RowGroupWriter if target is None else writer_for(target.name)
    job.total = sum(_checked_rows(job, shard, writes=target is not None) for shard in sources.shards)
    _say_blank(job, len(sources.shards))
    if sources.folder and columns == "all" and target is not None:
        shards.shared = SharedSchema(job.schemas)
        job.notes.update(dict.fromkeys(shards.shared.notes))
    outputs = _run(job, sources, target)
    summary = job.summary if job.summary is not None else Summary.of(_no_rows(job.scorer.score_schema), prefix)
    found = FileScores(summary, job.scorer.document, job.done, outputs, notes=tuple(job.notes))
    if shards.outcomes is None:
        return found
    table = shards.outcomes.table()
    slices = {name: slices_of(table, name) for name in shards.outcomes.by}
    return replace(found, slices=slices, groups=GroupLens.of(table) if groups else None)


def _checked_rows(job: _Job, shard: Shard, *, writes: bool) -> int:
    """Rows in a shard whose columns are found to be in order before anything is scored."""
    outcomes = job.shards.outcomes
    with job.shards.open(shard) as rollouts, naming(shard.name):
        if rollouts.is_blank:
            job.blank.append(shard.name)
            return 0
        job.scorer.input_columns(rollouts.schema)
        note = options_note(rollouts.schema, job.scorer.settings)
        if note is not None:
            job.notes[note] = None
        if outcomes is not None:
            outcomes.input_columns(rollouts.schema)
        if writes and job.shards.columns == "all":
            names = job.scorer.score_schema.names
            earlier = Earlier(rollouts.metadata)
            earlier.check_free(rollouts.schema, names, job.scorer.prefix)
            replaced = earlier.replaced(job.scorer.prefix)
            job.schemas.append(pa.schema([field for field in rollouts.schema if field.name not in replaced]))
        return rollouts.rows


def _say_blank(job: _Job, shards: int) -> None:
    """Files without rows and columns are said; where there are no others, nothing can be scored."""
    if job.blank and len(job.blank) == shards:
        raise InputError(
            "no_rows",
            "There is nothing to score",
            where=job.blank[0] if shards == 1 else f"{shards} files, the first of them {job.blank[0]}",
            expected="rows of rollouts",
            got="a file without rows and columns",
        )
    job.notes.update({f"{name} holds no rows": None for name in job.blank})


def _run(job: _Job, sources: Sources, output: Output | None) -> tuple[Place, ...]:
    parts = _over_groups(job, sources) if job.scorer.group_rules else [None] * len(sources.shards)
    if output is None:
        _score(job, [Part(shard, None, found) for shard, found in zip(sources.shards, parts, strict=True)])
        return ()
    with output.opened() as temporary:
        places = [temporary / shard.output if output.folder else temporary for shard in sources.shards]
        for folder in dict.fromkeys(place.parent for place in places):
            folder.mkdir(parents=True, exist_ok=True)
        _score(job, [Part(*one) for one in zip(sources.shards, places, parts, strict=True)])
    return output.places(sources)


def _over_groups(job: _Job, sources: Sources) -> list[list[Values] | None]:
    """The first of two passes: what rules of group scope need to know, and then their values in each file."""
    found, edges = job.scorer.group_pass(), [0]
    for shard in sources.shards:
        with job.shards.open(shard) as rollouts:
            row = 0
            if rollouts.is_blank:
                edges.append(edges[-1])
                continue
            with closing(ahead(rollouts.batches(job.scorer.input_columns(rollouts.schema)))) as batches:
                for batch in batches:
                    with naming(f"{shard.name}, rows {row} to {row + batch.num_rows - 1}"):
                        job.scorer.see_batch(found, batch, row)
                    row += batch.num_rows
        edges.append(edges[-1] + row)
    found.finish()
    return [[*found.values(first, last - first).values()] for first, last in pairwise(edges)]


def _score(job: _Job, parts: list[Part]) -> None:
    """Score every file, one after another or several at a time; what they give is counted in their order."""
    if min(job.jobs, len(parts)) < 2:
        for part in parts:
            with closing(job.shards.score(part)) as one:
                for scored in one:
                    job.count(scored)
        return
    with closing(spread(job.jobs, begin, job.shards.plan(), parts)) as found:
        for _, scored in found:
            job.count(scored)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)
