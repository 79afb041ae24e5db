"""Explaining one row of a rollout file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards.presets import DEFAULT
from medreward.rollouts.opening import open_rollouts
from medreward.rollouts.places import place_of
from medreward.scoring import Explanation, InputSettings, Scorer, explain
from medreward.scoring.group_pass import GroupValues
from medreward.scoring.rows import read_options
from medreward.scoring.scorer import RewardSource
from medreward.text.messages import is_messages, last_text

__all__ = ["explain_row"]


def explain_row(
    path: str | Path, row: int, reward: RewardSource = DEFAULT, *, settings: InputSettings | None = None
) -> Explanation:
    """Why one row of a file has the reward it has.

    Args:
        path: a file of rollouts.
        row: the row's number in the file, from 0.
        reward: a preset's name, a document, a document's path, or a reward.
        settings: how the input is read.

    Raises:
        DocumentError: the reward is wrong or unknown.
        InputError: the file, a column, the row's number or its gold is wrong.
    """
    scorer = Scorer(reward, settings=settings)
    with open_rollouts(place_of(path), scorer.settings) as rollouts:
        names = scorer.input_columns(rollouts.schema)
        batch = rollouts.row(row, names)
        of_groups = _of_groups(scorer, rollouts.batches(names), row) if scorer.group_rules else None
    scorer.score_batch(batch, row, of_groups)  # raises what is wrong with the row, by its number
    gold = _cell(batch, scorer.settings.column("gold"))
    offered = read_options(batch, scorer.settings, row)
    options = None if offered is None else _cell(pa.RecordBatch.from_arrays([offered], names=["options"]), "options")
    completion = _completion(batch, scorer.settings)
    columns = {name: _cell(batch, scorer.settings.column(name)) for name in scorer.columns}
    return explain(completion, gold, options, scorer, columns=columns, of_groups=of_groups)


def _of_groups(scorer: Scorer, batches: Iterator[pa.RecordBatch], row: int) -> GroupValues:
    """What rules of group scope are worth in one row of a file, all of which must be read."""
    found, at = scorer.group_pass(), 0
    for batch in batches:
        scorer.see_batch(found, batch, at)
        at += batch.num_rows
    found.finish()
    return found.values(row, 1)


def _completion(batch: pa.RecordBatch, settings: InputSettings) -> str | None:
    """The completion's text, as it stands in the file."""
    name = settings.column("completion")
    cells = batch.column(name)
    if is_messages(cells.type):
        batch = pa.RecordBatch.from_arrays([last_text(cells, "assistant")], names=[name])
    text: str | None = _cell(batch, name)
    return text


def _cell(batch: pa.RecordBatch, column: str) -> Any:
    """The cell of the only row; bytes that are no UTF-8 become lone surrogates, which readers of text flag."""
    if column not in batch.schema.names:
        return None
    array = batch.column(column)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is_text(array.type):
        raw = array.cast(pa.large_binary())[0].as_py()
        return None if raw is None else raw.decode("utf-8", "surrogateescape")
    try:
        cell = array[0].as_py()
    except UnicodeDecodeError as error:
        raise InputError("options_type", f"The cell of {column!r} is no text", got=str(error)) from error
    if pa.types.is_map(array.type) and cell is not None:
        return dict(cell)
    if isinstance(cell, dict):  # a struct offers only the labels that have a text
        return {label: text for label, text in cell.items() if text is not None}
    return cell


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary)
    return any(test(kind) for test in (*tests, pa.types.is_large_binary))
