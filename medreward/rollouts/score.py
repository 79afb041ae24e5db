"""Scoring whatever holds rollouts: a file, a folder, or data in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward.errors import InputError
from medreward.rewards.presets import DEFAULT
from medreward.rollouts.opening import open_rollouts
from medreward.rollouts.sources import Sources, find_sources
from medreward.scoring import Diff, InputSettings, Scorer, Scores
from medreward.scoring.diff import Differ
from medreward.scoring.diff import diff as diff_in_memory
from medreward.scoring.scorer import RewardSource

__all__ = ["diff", "score"]


def score(
    data: Any, reward: RewardSource = DEFAULT, *, settings: InputSettings | None = None, prefix: str = ""
) -> Scores:
    """Score rollouts, and have the scores in memory.

    Args:
        data: a file of rollouts (Parquet, JSON lines, CSV), a folder of them or a glob pattern, read whole
            (:func:`medreward.rollouts.score_files` streams); or data in memory, as :meth:`medreward.Scorer.score`
            takes it.
        reward: a preset's name, a document, a document's path, or a reward.
        settings: how the input is read.
        prefix: what the names of the score columns begin with.

    Returns:
        The scores, in the order of the rows; of several files, one after another by path.

    Raises:
        DocumentError: the reward is wrong or unknown.
        InputError: a file, a column or a gold is wrong.

    Example:
        >>> import medreward
        >>> medreward.score({"completion": ["<answer>(B)</answer>"], "gold": ["B"]}).rewards.tolist()
        [0.5]
    """
    scorer = Scorer(reward, settings=settings, prefix=prefix)
    return scorer.score(_read(data, scorer.settings) if isinstance(data, str | Path) else data)


def diff(
    data: Any,
    rewards: Mapping[str, RewardSource] | Sequence[RewardSource],
    *,
    settings: InputSettings | None = None,
    examples: int = 10,
) -> Diff:
    """Where rewards disagree on the same rollouts, and what that changes within groups.

    Args:
        data: one or several files of rollouts, folders or glob patterns, streamed; or data in memory, as
            :meth:`medreward.Scorer.score` takes it.
        rewards: two or more, by name or as a sequence; the first is compared with each other one.
        settings: how the input is read.
        examples: how many rows that flip are kept for each pair of rewards.

    Returns:
        One comparison for each reward after the first.

    Raises:
        DocumentError: a reward is wrong or unknown.
        InputError: a file, a column or a gold is wrong.
        UsageError: fewer than two rewards.

    Example:
        >>> import medreward
        >>> data = {"completion": ["<think>t</think><answer>B) Lungs</answer>"], "gold": ["B"]}
        >>> medreward.diff(data, ["medvlm-r1", "medvlm-r1-code"]).pairs[0].outcomes
        {(1.5, 1.0): 1}
    """
    paths = [data] if isinstance(data, str | Path) else data
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str | Path) for path in paths):
        return diff_in_memory(data, rewards, settings=settings, examples=examples)
    differ = Differ(rewards, settings, examples=examples)
    sources = find_sources(paths)
    if differ.compares_groups:
        for batch in _batches(sources, differ):
            differ.see(batch)
        differ.seen_all()
    for batch in _batches(sources, differ):
        differ.add(batch)
    return differ.result()


def _batches(sources: Sources, differ: Differ) -> Iterator[pa.RecordBatch]:
    for shard in sources.shards:
        with open_rollouts(shard.path, differ.settings, str(shard.relative), shard.name) as rollouts:
            if not rollouts.is_blank:
                yield from rollouts.batches(differ.input_columns(rollouts.schema))


def _read(path: str | Path, settings: InputSettings) -> pa.Table:
    tables = []
    for shard in find_sources([path]).shards:
        with open_rollouts(shard.path, settings, str(shard.relative), shard.name) as rollouts:
            if not rollouts.is_blank:
                tables.append(pa.Table.from_batches(list(rollouts.batches()), rollouts.schema))
    tables = tables or [pa.table({})]
    try:
        return tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(
            "mixed_shards",
            "The files cannot be one table: a column has types that do not go together",
            where=str(path),
            got=str(error),
            do="score them as files: medreward.rollouts.score_files, or medreward score",
        ) from error
