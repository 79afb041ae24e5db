"""Scoring whatever holds rollouts: a file, a folder, or data in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from medreward.rewards.presets import DEFAULT
from medreward.rollouts.formats.canonical import ParquetRollouts
from medreward.rollouts.sources import find_sources
from medreward.scoring import InputSettings, Scorer, Scores
from medreward.scoring.scorer import RewardSource

__all__ = ["score"]


def score(
    data: Any, reward: RewardSource = DEFAULT, *, settings: InputSettings | None = None, prefix: str = ""
) -> Scores:
    """Score rollouts, and have the scores in memory.

    Args:
        data: a Parquet file, a folder of them or a glob pattern, read whole (:func:`medreward.rollouts.score_files`
            streams); or data in memory, as :meth:`medreward.Scorer.score` takes it.
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
    return scorer.score(_read(data) if isinstance(data, str | Path) else data)


def _read(path: str | Path) -> pa.Table:
    tables = []
    for shard in find_sources([path]).shards:
        with ParquetRollouts(shard.path) as rollouts:
            tables.append(pa.Table.from_batches(list(rollouts.batches()), rollouts.schema))
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="permissive")
