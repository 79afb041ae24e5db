"""From a step's completions to a changed policy: micro-batches, passes, one backward through the vision tower."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from medreward.errors import TrainingError
from medreward.train.config import LossConfig, TrainConfig
from medreward.train.logprobs import score_completions
from medreward.train.losses import Loss, Totals, policy_loss
from medreward.train.optimizer import gatherer, learned
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts
from medreward.train.sampler import Samples

__all__ = ["Batch", "Seen", "accumulate", "counted_mask", "update"]


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Args:
        prompts: P prompts.
        samples: B = P x G completions, prompt-major.
        advantages: ``(B,)``, 0 for a row that takes no part.
        counted: ``(B, T)``, 1.0 for tokens that count in the loss; see :func:`counted_mask`.
    """

    prompts: Prompts
    samples: Samples
    advantages: Tensor
    counted: Tensor


@dataclass
class Seen:
    """Sums over everything a step's passes looked at; turned into metrics at the end, with one wait for the device."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    low: list[Tensor] = field(default_factory=list)
    high: list[Tensor] = field(default_factory=list)
    norms: list[Tensor] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)

    def add(self, loss: Loss, entropy: Tensor) -> None:
        """Take in one micro-batch."""
        for name, value in {**loss.sums, "entropy": entropy, "loss": loss.value.detach()}.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.low.append(loss.ratio_min)
        self.high.append(loss.ratio_max)

    def metrics(self, passes: int) -> dict[str, float]:
        """Means over counted tokens; the loss and the gradient's norm as means over passes."""
        sums = {name: float(value) for name, value in self.sums.items()}
        tokens = max(sums.pop("tokens"), 1.0)
        found = {name: value / (passes if name == "loss" else tokens) for name, value in sums.items()}
        low, high = float(torch.stack(self.low).min()), float(torch.stack(self.high).max())
        extremes = {"ratio_min": low, "ratio_max": high} if math.isfinite(low) else {}
        return {**found, **extremes, "grad_norm": float(torch.stack(self.norms).mean())}


def counted_mask(samples: Samples, has_reward: Tensor, settings: LossConfig) -> Tensor:
    """The tokens that count in the loss; ``(B, T)`` float.

    All that were written, less those of rows without a reward, and, with ``mask_truncated``, of rows that were cut off.
    """
    rows = has_reward & samples.ended if settings.mask_truncated else has_reward
    return samples.mask.float() * rows[:, None]


def update(policy: Policy, reference: Policy | None, optimizer: Any, batch: Batch, config: TrainConfig) -> Seen:
    """Go over the batch ``passes`` times and change the policy once each time.

    Args:
        policy: what learns.
        reference: what it should not stray from; None where ``loss.beta`` is 0.
        optimizer: with its learning rate set.
        batch: the step's completions.
        config: the run.

    Returns:
        What was seen on the way.

    Raises:
        TrainingError: ``not_finite``: the loss or its gradient is NaN or infinite. The policy is then unchanged.
    """
    seen = Seen()
    ref = None if reference is None else _reference_logprobs(reference, batch, config)
    old = batch.samples.logprobs if config.loss.old_logprobs == "sampled" else None
    for _ in range(config.optimizer.passes):
        optimizer.zero_grad(set_to_none=True)
        logp = accumulate(policy, batch, config, seen, old, ref, gatherer(optimizer))
        old = logp if old is None else old
        norm = torch.nn.utils.clip_grad_norm_(learned(optimizer), config.optimizer.grad_clip)
        _check_finite(seen, norm)
        seen.norms.append(norm)
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return seen


def accumulate(
    policy: Policy,
    batch: Batch,
    config: TrainConfig,
    seen: Seen,
    old: Tensor | None,
    ref: Tensor | None,
    gather: Callable[[], None] = lambda: None,
) -> Tensor:
    """Add the gradient of the step's loss to the policy's, micro-batch by micro-batch.

    The vision tower runs once. Micro-batches send their gradients back to its output only; these add up there and go
    through the tower together. ``gather`` is called after each backward.

    Returns:
        The log-probabilities ``(B, T)``, without a gradient.
    """
    features, leaf = _vision_leaf(policy, batch.prompts)
    totals = Totals(len(batch.advantages), float(batch.counted.sum()), config.sampling.max_new_tokens)
    found = torch.zeros_like(batch.counted)
    for rows, longest in _micro_batches(batch, config.micro_batch):
        logp, entropy = _score(policy, batch, leaf, rows, longest, config)
        counted = batch.counted[rows, :longest]
        before = logp.detach() if old is None else old[rows, :longest]
        against = None if ref is None else ref[rows, :longest]
        loss = policy_loss(logp, before, batch.advantages[rows], counted, config.loss, totals, against)
        loss.value.backward()
        gather()
        seen.add(loss, (entropy * counted).sum())
        found[rows, :longest] = logp.detach().float()
    if features is not None and leaf is not None and leaf.grad is not None:
        features.backward(leaf.grad.to(features.dtype))
        gather()
    return found


def _vision_leaf(policy: Policy, prompts: Prompts) -> tuple[Tensor | None, Tensor | None]:
    """What the tower saw, and a copy of it at which gradients gather."""
    if prompts.images is None:
        return None, None
    features = policy.vision(prompts.images)
    wide = features.detach().to(torch.promote_types(features.dtype, torch.float32))
    return (features, wide.requires_grad_()) if features.requires_grad else (None, wide)


def _micro_batches(batch: Batch, size: int) -> Iterator[tuple[slice, int]]:
    """Runs of rows, each with the length of its longest completion."""
    lengths = batch.samples.lengths.tolist()
    for first in range(0, len(lengths), size):
        yield slice(first, first + size), max(lengths[first : first + size])


def _score(
    policy: Policy, batch: Batch, features: Tensor | None, rows: slice, longest: int, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    samples = batch.samples
    return score_completions(
        policy,
        batch.prompts,
        features,
        samples.prompt[rows].tolist(),
        samples.ids[rows, :longest],
        samples.mask[rows, :longest],
        config.sampling.temperature,
        config.run.logprob_chunk,
    )


def _reference_logprobs(reference: Policy, batch: Batch, config: TrainConfig) -> Tensor:
    found = torch.zeros_like(batch.counted)
    with torch.no_grad():
        features = None if batch.prompts.images is None else reference.vision(batch.prompts.images)
        for rows, longest in _micro_batches(batch, config.micro_batch):
            found[rows, :longest] = _score(reference, batch, features, rows, longest, config)[0].float()
    return found


def _check_finite(seen: Seen, norm: Tensor) -> None:
    loss = seen.sums["loss"]
    if not bool(torch.isfinite(loss) & torch.isfinite(norm)):
        raise TrainingError(
            "not_finite",
            "The loss or its gradient is not a finite number",
            got=f"loss {float(loss)}, gradient norm {float(norm)}",
            do="the batch is saved beside the rollouts; look at the rewards, lower the learning rate, or use float32",
        )
