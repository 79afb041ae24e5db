"""What is logged at every step, what each number means, and where it goes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from medreward.errors import MissingExtraError
from medreward.rollouts.publish import output_errors, publish_file

__all__ = ["METRICS", "MetricsLog", "meaning"]

METRICS = {
    "step": "number of the step, from 1; 0 stands for the policy as it came",
    "reward": "mean reward of the step's completions that have one",
    "reward_std": "standard deviation of those rewards over the whole step",
    "reward_<component>": "mean of one component of the reward",
    "rewards_null": "completions without a reward; they take no part",
    "groups_without_spread": "share of groups whose rewards are all equal: they teach nothing",
    "tokens_mean": "mean length of the completions, in tokens, stop token included",
    "tokens_max": "length of the longest",
    "truncated": "share of completions that were cut off at max_new_tokens",
    "loss": "the objective that is made smaller, mean over passes. Often near 0 while learning goes on: where ratios"
    " are 1 and advantages sum to 0 its value is 0 and its gradient is not",
    "grad_norm": "norm of the gradient before it is clipped, mean over passes; 0 means that nothing was learned",
    "entropy": "mean entropy of the next-token distribution at counted tokens, in nats; near 0 nothing new is tried",
    "ratio": "mean ratio of token probabilities, policy over the policy that wrote them",
    "ratio_min": "smallest ratio",
    "ratio_max": "largest ratio",
    "clip_low": "share of counted tokens whose ratio is below 1 - clip_low where the advantage is negative",
    "clip_high": "share of counted tokens whose ratio is above 1 + clip_high where the advantage is positive",
    "moved_k1": "KL from the policy that wrote to the policy now, estimated as the mean of -log ratio",
    "moved_k3": "the same KL, estimated as the mean of ratio - 1 - log ratio (never negative; Schulman 2020)",
    "kl": "KL from the policy to the reference, by the chosen estimator; 0 where beta is 0 and there is no reference",
    "lr": "learning rate of the step",
    "held_out_accuracy": "share of unseen questions whose greedy completion commits to the right label",
    "held_out_reward": "mean reward of those greedy completions",
    "seconds_sample": "wall time of writing completions",
    "seconds_reward": "wall time of scoring them; the rollouts are written while the policy learns",
    "seconds_update": "wall time of all passes",
    "tokens_per_second": "completion tokens written a second of sampling",
    "peak_gib": "most GPU memory held at once in the step, in GiB",
    "warnings": "what the rails said, by code; see medreward.train.rails",
}
"""Every logged metric and its meaning."""

_SCALARS = (int, float)


def meaning(name: str) -> str | None:
    """What a logged metric means; None for one that nobody described."""
    if name in METRICS:
        return METRICS[name]
    return METRICS["reward_<component>"] if re.fullmatch("reward_[a-z][a-z0-9_]*", name) else None


class MetricsLog:
    """A file of JSON lines, one a step, and TensorBoard events where they are wanted.

    Args:
        path: the JSON-lines file.
        first_step: lines of this step and later ones are dropped: a resumed run writes them again.
        tensorboard: a folder for event files; None for none.

    Raises:
        MissingExtraError: TensorBoard is wanted and not installed.
    """

    def __init__(self, path: Path, first_step: int, tensorboard: Path | None = None) -> None:
        self.path = path
        kept = [line for line in _lines(path) if json.loads(line)["step"] < first_step]
        with publish_file(path, overwrite=True) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._events = None if tensorboard is None else _events(tensorboard, first_step)

    def write(self, metrics: Mapping[str, Any]) -> None:
        """Add a step's metrics."""
        with output_errors(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics, allow_nan=False) + "\n")
        if self._events is not None:
            for name, value in metrics.items():
                if isinstance(value, _SCALARS) and name != "step":
                    self._events.add_scalar(name, value, metrics["step"])

    def read(self) -> list[dict[str, Any]]:
        """Everything logged so far."""
        return [json.loads(line) for line in _lines(self.path)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._events is not None:
            self._events.close()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _events(folder: Path, first_step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError(
            "missing_extra",
            "TensorBoard is not installed",
            do="pip install tensorboard, or set run.tensorboard = false",
        ) from error
    return SummaryWriter(str(folder), purge_step=first_step)
