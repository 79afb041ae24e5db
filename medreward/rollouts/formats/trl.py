"""TRL's Parquet of every generation: ``completions/completions_00010.parquet``, written with ``log_completions=True``.

Its columns are ``step``, ``prompt``, ``completion``, one number a reward function under that function's own name, what
reward functions logged beside, and ``advantage``. ``prompt`` is templated text up to TRL 1.9 and a list of messages in
1.16, images reduced to ``{"type": "image"}``; ``completion`` is text or a list of messages. There is no gold unless a
reward function logged one, and no group id: it is derived here.

Source: huggingface/trl, ``trl/trainer/grpo_trainer.py``.
"""

from __future__ import annotations

import pyarrow as pa

from medreward.rollouts.files.base import Rollouts
from medreward.rollouts.formats.base import Format
from medreward.rollouts.groups import DerivedGroups
from medreward.scoring.settings import InputSettings

__all__ = ["TRL"]

_ALWAYS = {"step", "prompt", "completion", "advantage"}


def _recognises(schema: pa.Schema) -> bool:
    """The columns every such file has, and at least one reward beside."""
    rewards = [
        field.name for field in schema if pa.types.is_floating(field.type) and field.name not in ("advantage", "step")
    ]
    return {*schema.names} >= _ALWAYS and bool(rewards)


def _adapt(rollouts: Rollouts, settings: InputSettings, scope: str) -> Rollouts:
    return (
        rollouts if settings.column("group_id") in rollouts.schema.names else DerivedGroups(rollouts, settings, scope)
    )


TRL = Format("trl", "TRL, GRPO completions logged as Parquet", _recognises, _adapt)
