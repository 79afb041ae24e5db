"""What a step wrote, as a table: canonical columns, the reward and its parts, and what the trainer made of them.

A step is one Parquet file, so ``medreward score`` on a run's folder of rollouts gives the same rewards, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from medreward.rewards.base import Floats
from medreward.rollouts.publish import publish_file
from medreward.rollouts.writer import RowGroupWriter
from medreward.scoring.scores import Scores
from medreward.train.data import Item, prompt_text

__all__ = ["COLUMNS", "Rollouts", "scored_table", "step_file", "table_of", "write_table"]

COLUMNS = {
    "run_id": "the run's digest",
    "step": "the step, from 1; 0 is the policy as it came",
    "group_id": "step and question: the rows of one group have one",
    "sample": "the row's number within its group",
    "question_id": "the question's id in its data",
    "prompt": "what was asked, before the chat template",
    "options": "the option texts, or a map from label to text",
    "gold": "the right label",
    "image": "the image's path, or the digest of its bytes",
    "completion": "what the policy wrote, without the stop token and without what the template had written before",
    "finish_reason": "stop, or length where the completion was cut off",
    "prompt_tokens": "tokens of the prompt, image tokens included",
    "completion_tokens": "tokens written, the stop token included",
    "token_ids": "those tokens",
    "logprob_sum": "log-probability of the completion under the sampling distribution, in nats",
    "advantage": "how it compares within its group; null where there is no reward",
    "group_mean": "mean reward of the group; null where no row has one",
    "group_std": "sample standard deviation of the group's rewards",
}
"""The columns beside the scores, and what they hold."""


@dataclass(frozen=True)
class Rollouts:
    """A step's completions on the host.

    Args:
        run_id: the run.
        step: the step's number.
        items: P questions.
        samples: G, completions to each.
        texts: P x G completions, prompt-major.
        ids: their tokens, the stop token included.
        ended: whether each ended by itself.
        logprob_sums: ``float64``, shape ``(P x G,)``.
        prompt_tokens: of each of the P prompts.
    """

    run_id: str
    step: int
    items: Sequence[Item]
    samples: int
    texts: Sequence[str]
    ids: Sequence[Sequence[int]]
    ended: Sequence[bool]
    logprob_sums: Floats
    prompt_tokens: Sequence[int]


def table_of(rollouts: Rollouts, style: str, *, listed: bool) -> pa.Table:
    """The rollouts as canonical columns, without scores.

    Args:
        rollouts: a step's completions.
        style: the prompt's style.
        listed: write options as lists of texts: right where all questions are labelled A, B, …
    """
    n = len(rollouts.texts)
    items = [item for item in rollouts.items for _ in range(rollouts.samples)]
    options = [list(item.options.values()) if listed else list(item.options.items()) for item in items]
    kind = pa.list_(pa.string()) if listed else pa.map_(pa.string(), pa.string())
    prompts = {item.id: prompt_text(item, style) for item in rollouts.items}
    tokens = dict(zip((item.id for item in rollouts.items), rollouts.prompt_tokens, strict=True))
    return pa.table(
        {
            "run_id": pa.array([rollouts.run_id] * n, pa.string()),
            "step": pa.array([rollouts.step] * n, pa.int64()),
            "group_id": pa.array([f"{rollouts.step:06d}/{item.id}" for item in items], pa.string()),
            "sample": pa.array([row % rollouts.samples for row in range(n)], pa.int32()),
            "question_id": pa.array([item.id for item in items], pa.string()),
            "prompt": pa.array([prompts[item.id] for item in items], pa.string()),
            "options": pa.array(options, kind),
            "gold": pa.array([item.gold for item in items], pa.string()),
            "image": pa.array([item.image_name for item in items], pa.string()),
            "completion": pa.array(rollouts.texts, pa.string()),
            "finish_reason": pa.array(["stop" if ended else "length" for ended in rollouts.ended], pa.string()),
            "prompt_tokens": pa.array([tokens[item.id] for item in items], pa.int32()),
            "completion_tokens": pa.array([len(ids) for ids in rollouts.ids], pa.int32()),
            "token_ids": pa.array(rollouts.ids, pa.list_(pa.int32())),
            "logprob_sum": pa.array(rollouts.logprob_sums, pa.float64()),
        }
    )


def scored_table(scores: Scores, advantages: Floats, samples: int) -> pa.Table:
    """The rollouts with advantages, group statistics and scores, and with metadata that says how these came about.

    Args:
        scores: of the table :func:`table_of` made.
        advantages: ``float64``, shape ``(P x G,)``; NaN where there is no reward.
        samples: G.
    """
    groups = np.ma.masked_invalid(scores.rewards).reshape(-1, samples)
    data = scores.data
    for name, values in (
        ("advantage", advantages),
        ("group_mean", np.repeat(groups.mean(axis=1).filled(np.nan), samples)),
        ("group_std", np.repeat(groups.std(axis=1, ddof=1).filled(np.nan), samples)),
    ):
        data = data.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    return Scores(scores.table, data, scores.document, scores.settings).to_arrow()


def step_file(folder: Path, step: int) -> Path:
    """Where a step's rollouts stand."""
    return folder / f"step-{step:06d}.parquet"


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all; a file of that name is replaced.

    Raises:
        OutputError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with publish_file(path, overwrite=True) as temporary, RowGroupWriter(temporary, table.schema) as writer:
        for batch in table.to_batches():
            writer.write(batch)
