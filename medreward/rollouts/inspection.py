"""What is in a file of rollouts, how it is understood, and which settings it needs."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

import numpy as np
import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards import TagPresence
from medreward.rollouts.files import Rollouts
from medreward.rollouts.formats import find_format
from medreward.rollouts.opening import open_rollouts
from medreward.rollouts.sources import find_sources
from medreward.rollouts.suggestions import (
    Suggestion,
    suggest_columns,
    suggest_golds,
    suggest_options,
    suggest_reading,
    suggest_turn,
)
from medreward.scoring import InputSettings, Scorer, Summary
from medreward.scoring.cells import python_cells
from medreward.scoring.rows import option_columns, read_completions, read_rows
from medreward.scoring.settings import CANONICAL
from medreward.text.census import Census

__all__ = ["Inspection", "inspect"]

ROWS = 2000
"""Rows looked at: the first of the first file."""
_SHOWN_ROWS, _SHOWN_TEXT, _SHOWN_GOLDS = 3, 300, 8


@dataclass
class Inspection:
    """What is in a file of rollouts.

    Args:
        source: the first file.
        inputs: what was named, in order.
        files: how many files there are.
        rows: rows in all of them.
        format: which producer's file it is.
        columns: name, type and canonical meaning (or "") of every column.
        looked_at: rows that were read.
        golds: what the golds are like: counts by name, and the most frequent cells.
        options: where options come from, and how many rows have which labels.
        census: tags and ends of the completions.
        summary: forms, reasons and flaws of the answers.
        samples: some rows as they are understood.
        suggestions: which flags would help, and why.
        problems: what keeps the rows from being scored with the settings given and suggested.
        notes: what the input said about itself.
    """

    source: str
    inputs: tuple[str, ...] = ()
    files: int = 1
    rows: int = 0
    format: str = ""
    columns: list[tuple[str, str, str]] = field(default_factory=list)
    looked_at: int = 0
    golds: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    census: Census = field(default_factory=Census)
    summary: Summary = field(default_factory=Summary)
    samples: list[dict[str, Any]] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        """The command line that scores what was named, with every flag suggested."""
        flags = [flag for suggestion in self.suggestions for flag in suggestion.flags]
        return shlex.join(["medreward", "score", *(self.inputs or (self.source,)), *flags])

    def to_dict(self) -> dict[str, Any]:
        """The inspection as plain data."""
        return {
            "source": self.source,
            "files": self.files,
            "rows": self.rows,
            "format": self.format,
            "columns": [{"name": name, "type": kind, "meaning": meaning} for name, kind, meaning in self.columns],
            "looked_at": self.looked_at,
            "golds": self.golds,
            "options": self.options,
            "tags": dict(self.census.tags.most_common()),
            "unopened": dict(self.census.unopened.most_common()),
            "end_tokens": dict(self.census.end_tokens.most_common()),
            "summary": self.summary.to_dict(),
            "rows_as_understood": self.samples,
            "suggestions": [{"flags": [*one.flags], "why": one.why} for one in self.suggestions],
            "command": self.command,
            "problems": self.problems,
            "notes": self.notes,
        }


def inspect(
    inputs: str | PathLike[str] | Iterable[str | PathLike[str]], *, settings: InputSettings | None = None
) -> Inspection:
    """Look at the beginning of the first file, and say what is in it and which settings it needs.

    Args:
        inputs: files, folders or glob patterns.
        settings: settings that are known already; what is suggested is added to them.

    Raises:
        InputError: a file cannot be read.
    """
    named = tuple(fspath(one) for one in ([inputs] if isinstance(inputs, str | PathLike) else inputs))
    sources = find_sources(named)
    settings = settings or InputSettings()
    first, *others = sources.shards
    found = Inspection(first.name, named, files=len(sources.shards))
    with open_rollouts(first.path, settings, str(first.relative), first.name) as rollouts:
        found.rows, found.notes = rollouts.rows, rollouts.notes
        found.format = _format(rollouts, settings)
        table = _beginning(rollouts)
    for shard in others:
        with open_rollouts(shard.path, settings, str(shard.relative), shard.name) as rollouts:
            found.rows += rollouts.rows
    _understand(found, table, settings)
    return found


def _format(rollouts: Rollouts, settings: InputSettings) -> str:
    return find_format(settings.format, rollouts.schema, rollouts.name).name


def _beginning(rollouts: Rollouts) -> pa.Table:
    held: list[pa.RecordBatch] = []
    for batch in rollouts.batches():
        held.append(batch)
        if sum(map(len, held)) >= ROWS:
            break
    return pa.Table.from_batches(held, rollouts.schema).slice(0, ROWS)


def _understand(found: Inspection, table: pa.Table, settings: InputSettings) -> None:
    """Read the rows step by step, each step with what the steps before suggested."""
    found.looked_at = table.num_rows
    settings = _take(found, suggest_columns(table.schema, settings), settings)
    found.columns = [_column(part, settings, found.format) for part in table.schema]
    if settings.column("completion") not in table.schema.names:
        found.problems.append("there is no column of completions: --map completion=COLUMN")
        return
    try:
        _understand_rows(found, table, settings)
    except InputError as error:
        found.problems.append(str(error))


def _understand_rows(found: Inspection, table: pa.Table, settings: InputSettings) -> None:
    batch = _one_batch(table)
    found.census = Census.of(_words(read_completions(batch.column(settings.column("completion")), InputSettings())))
    settings = _take(found, suggest_turn(found.census, table, settings), settings)
    settings = _take(found, suggest_reading(found.census), settings)
    settings = _take(found, suggest_options(batch, settings), settings)
    settings = _take(found, suggest_golds(batch, settings), settings)
    _read_options(found, batch, settings)
    _score(found, batch, settings)


def _take(found: Inspection, suggestions: list[Suggestion], settings: InputSettings) -> InputSettings:
    """Note suggestions, and go on as though they had been followed."""
    found.suggestions += suggestions
    for suggestion in suggestions:
        settings = InputSettings.model_validate({**settings.model_dump(), **suggestion.settings})
    return settings


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    empty = [pa.nulls(0, kind) for kind in table.schema.types]
    return batches[0] if batches else pa.RecordBatch.from_arrays(empty, schema=table.schema)


def _words(texts: pa.Array) -> list[str]:
    raw = texts.cast(pa.large_binary()).to_pylist()
    return [text.decode("utf-8", "replace") for text in raw if text is not None]


def _column(part: pa.Field, settings: InputSettings, producer: str) -> tuple[str, str, str]:
    meanings = {settings.column(name): name for name in CANONICAL}
    meaning = meanings.get(part.name, "")
    if not meaning and producer != "plain" and pa.types.is_floating(part.type):
        meaning = "logged number"
    return part.name, str(part.type), meaning


def _read_options(found: Inspection, batch: pa.RecordBatch, settings: InputSettings) -> None:
    """Where options come from, and which labels rows have."""
    names = option_columns(batch.schema, settings)
    where = "prompt" if settings.options_from == "prompt" else ", ".join(names) or "nowhere: labels A to J"
    found.options = {"from": where}
    offered = read_rows(batch, settings).options
    counts = np.bincount(offered.label_codes, minlength=len(offered.label_sets)).tolist()
    found.options["labels"] = {" ".join(label): count for label, count in zip(offered.label_sets, counts, strict=True)}


def _score(found: Inspection, batch: pa.RecordBatch, settings: InputSettings) -> None:
    """Forms, flaws and golds, and some rows as they are understood."""
    gold = settings.column("gold")
    has_gold = gold in batch.schema.names
    lenient = InputSettings.model_validate({**settings.model_dump(), "bad_gold": "null", "bad_options": "none"})
    scorer = Scorer("mcq" if has_gold else TagPresence(), settings=lenient)
    try:
        scores = scorer.score_batch(batch)
    except InputError as error:
        found.problems.append(str(error))
        scorer = Scorer(TagPresence(), settings=lenient)
        scores = scorer.score_batch(batch)
        has_gold = False
    found.summary = Summary.of(scores, scorer.prefix)
    if gold in batch.schema.names:
        cells = batch.column(gold)
        counts = Counter(map(str, python_cells(cells.drop_null())))
        found.golds = {"null": cells.null_count, "most frequent": dict(counts.most_common(_SHOWN_GOLDS))}
    given = scorer.sample_golds(batch) if has_gold else None
    if given is not None:
        found.golds |= {"not null": given[0], "name an option": given[1]}
        if given[1] < given[0]:
            found.problems.append(
                f"{given[0] - given[1]} of {given[0]} golds name no option of their row: say how they are given"
                " (--map gold=COLUMN, --gold-as, --gold-index); --bad-gold null gives such rows no reward"
            )
    texts = read_completions(batch.column(settings.column("completion")), settings).slice(0, _SHOWN_ROWS)
    for row, raw in enumerate(texts.cast(pa.large_binary()).to_pylist()):
        found.samples.append(
            {
                "row": row,
                "completion": None if raw is None else _shortened(raw.decode("utf-8", "replace")),
                "gold": str(python_cells(batch.column(gold).slice(row, 1))[0]) if gold in batch.schema.names else None,
                **{name: scores[name][row].as_py() for name in ("answer", "answer_form", "answer_reason", "flaws")},
            }
        )


def _shortened(text: str) -> str:
    half = _SHOWN_TEXT // 2
    return text if len(text) <= _SHOWN_TEXT else f"{text[:half]} … {text[-half:]}"
