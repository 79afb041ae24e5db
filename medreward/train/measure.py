"""What a step's rewards, lengths and times come to."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from medreward.scoring import Scores
from medreward.train.advantages import has_spread
from medreward.train.collect import Collected

__all__ = ["Clock", "length_metrics", "reward_metrics"]


def reward_metrics(scores: Scores, samples: int) -> dict[str, Any]:
    """Means of the reward and its components, and how many rows and groups teach nothing."""
    rewards = scores.rewards
    known = rewards[~np.isnan(rewards)]
    parts = {f"reward_{name}": scores.column(f"reward_{name}") for name in scores.document.components()}
    return {
        "reward": float(known.mean()),
        "reward_std": float(known.std(ddof=1)) if len(known) > 1 else 0.0,
        **{name: float(np.nanmean(values)) for name, values in parts.items() if not np.isnan(values).all()},
        "rewards_null": len(rewards) - len(known),
        "groups_without_spread": float(1 - has_spread(rewards, samples).mean()),
    }


def length_metrics(found: Collected, seconds: float) -> dict[str, float]:
    """How long the completions are, and how fast they were written."""
    lengths = [len(ids) for ids in found.rollouts.ids]
    return {
        "tokens_mean": sum(lengths) / len(lengths),
        "tokens_max": max(lengths),
        "truncated": 1 - sum(found.rollouts.ended) / len(lengths),
        "tokens_per_second": sum(lengths) / max(seconds, 1e-9),
    }


class Clock:
    """Wall time by phase, and the most memory held meanwhile."""

    def __init__(self, device: torch.device) -> None:
        self.laps: dict[str, float] = {}
        self._device = device
        self._gpu = device.type == "cuda"
        if self._gpu:
            torch.cuda.reset_peak_memory_stats(device)
        self._began = time.perf_counter()

    def lap(self, name: str) -> None:
        """A phase is over: the device finishes what it was asked first."""
        if self._gpu:
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[name], self._began = now - self._began, now

    def memory(self) -> dict[str, float]:
        """GPU memory, where there is a GPU."""
        return {"peak_gib": torch.cuda.max_memory_allocated(self._device) / 2**30} if self._gpu else {}
