"""The objective, as pure functions of log-probabilities. No model in sight.

Shapes: B completions, T tokens. ``logp``, ``old`` and ``ref`` are ``(B, T)``: log-probabilities of the sampled tokens
under the policy being trained, the policy that wrote them, and the reference. ``mask`` is ``(B, T)``, 1 for tokens that
count; ``advantages`` is ``(B,)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from medreward.train.config import LossConfig

__all__ = ["AGGREGATES", "KL_ESTIMATES", "Loss", "Totals", "policy_loss", "ratios"]


@dataclass(frozen=True)
class Totals:
    """Counts over everything one update learns from: denominators that no micro-batch may choose for itself.

    Args:
        rows: completions, those that are masked out included.
        tokens: tokens that count.
        longest: the longest a completion may be.
    """

    rows: int
    tokens: float
    longest: int


@dataclass(frozen=True)
class Loss:
    """A micro-batch's share of the loss, and what is worth knowing about it.

    Args:
        value: a scalar; the shares of all micro-batches add up to the loss of the step.
        sums: sums over counted tokens, by metric, and ``tokens`` itself.
        ratio_min, ratio_max: the extreme ratios of counted tokens.
    """

    value: Tensor
    sums: dict[str, Tensor]
    ratio_min: Tensor
    ratio_max: Tensor


def ratios(logp: Tensor, old: Tensor, mask: Tensor, level: str) -> Tensor:
    """How much more likely the tokens became.

    Returns:
        ``(B, T)`` for ``token``; ``(B, 1)`` for ``sequence``: the geometric mean over a completion's tokens (GSPO).
    """
    difference = logp - old
    if level == "sequence":
        difference = (difference * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp(min=1)
    return difference.exp()


def _k1(logp: Tensor, ref: Tensor) -> Tensor:
    return logp - ref


def _k2(logp: Tensor, ref: Tensor) -> Tensor:
    return 0.5 * (logp - ref).square()


def _k3(logp: Tensor, ref: Tensor) -> Tensor:
    return (ref - logp).exp() - (ref - logp) - 1


KL_ESTIMATES = {"k1": _k1, "k2": _k2, "k3": _k3}
"""Estimates of KL(policy | reference) at sampled tokens: k1 unbiased and noisy, k2 biased, k3 unbiased and positive.

Source: J. Schulman, "Approximating KL divergence", 2020. k3 is what GRPO's paper uses.
"""


def _grpo(loss: Tensor, mask: Tensor, totals: Totals) -> Tensor:
    return ((loss * mask).sum(-1) / mask.sum(-1).clamp(min=1)).sum() / totals.rows


def _bnpo(loss: Tensor, mask: Tensor, totals: Totals) -> Tensor:
    return (loss * mask).sum() / mask.sum().clamp(min=1) * (mask.size(0) / totals.rows)


def _dr_grpo(loss: Tensor, mask: Tensor, totals: Totals) -> Tensor:
    return (loss * mask).sum() / (totals.rows * totals.longest)


def _dapo(loss: Tensor, mask: Tensor, totals: Totals) -> Tensor:
    return (loss * mask).sum() / max(totals.tokens, 1)


AGGREGATES = {"grpo": _grpo, "bnpo": _bnpo, "dr_grpo": _dr_grpo, "dapo": _dapo, "cispo": _dapo}
"""How the loss of tokens becomes one number.

- ``grpo``: mean over completions of the mean over their tokens (arXiv 2402.03300).
- ``bnpo``: mean over the micro-batch's tokens; depends on how the batch is split.
- ``dr_grpo``: sum over tokens / (completions x longest possible): length changes no weight (arXiv 2503.20783).
- ``dapo``: mean over all tokens of the step (arXiv 2503.14476).
- ``cispo``: as ``dapo``; what differs is the token's loss (arXiv 2506.13585).
"""


def policy_loss(
    logp: Tensor,
    old: Tensor,
    advantages: Tensor,
    mask: Tensor,
    settings: LossConfig,
    totals: Totals,
    ref: Tensor | None = None,
) -> Loss:
    """A micro-batch's share of the loss that is made small.

    The token's loss is ``-min(ratio * A, clip(ratio) * A)``, with ``delta`` capping the first ratio; for ``cispo`` it
    is ``-stop_gradient(min(ratio, 1 + clip_high)) * A * logp``. A KL penalty is added token by token.

    Args:
        logp: ``(B, T)``, differentiable.
        old: ``(B, T)``.
        advantages: ``(B,)``.
        mask: ``(B, T)``, in the dtype of ``logp``.
        settings: the objective.
        totals: the denominators.
        ref: ``(B, T)``; needed where ``settings.beta`` is not 0.

    Returns:
        The share, and sums for the metrics.
    """
    advantage = advantages[:, None]  # (B, 1)
    ratio = ratios(logp, old, mask, settings.level)  # (B, T) or (B, 1)
    low, high = 1 - settings.clip_low, 1 + settings.clip_high
    if settings.kind == "cispo":
        loss = -ratio.clamp(max=high).detach() * advantage * logp
    else:
        free = ratio if settings.delta is None else ratio.clamp(max=settings.delta)
        loss = -torch.min(free * advantage, ratio.clamp(low, high) * advantage)
    kl = torch.zeros_like(logp)
    if settings.beta:
        kl = KL_ESTIMATES[settings.kl](logp, _given(ref))
        loss = loss + settings.beta * (kl * ratio if settings.kl_correction else kl)
    loss = loss.expand_as(mask)  # a ratio for each completion is one for each of its tokens
    value = AGGREGATES[settings.kind](loss, mask, totals)
    with torch.no_grad():
        return Loss(value, *_observe(ratio.expand_as(mask), logp - old, advantage, mask, (low, high), kl))


def _given(ref: Tensor | None) -> Tensor:
    if ref is None:
        raise TypeError("a KL penalty needs the reference's log-probabilities")
    return ref


def _observe(
    ratio: Tensor, change: Tensor, advantage: Tensor, mask: Tensor, bounds: tuple[float, float], kl: Tensor
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    low, high = bounds
    counted = mask > 0
    sums = {
        "clip_low": ((ratio < low) & (advantage < 0)) * mask,
        "clip_high": ((ratio > high) & (advantage > 0)) * mask,
        "ratio": ratio * mask,
        "moved_k1": -change * mask,
        "moved_k3": (change.exp() - change - 1) * mask,
        "kl": kl * mask,
        "tokens": mask,
    }
    return (
        {name: values.sum() for name, values in sums.items()},
        torch.where(counted, ratio, torch.inf).min(),
        torch.where(counted, ratio, -torch.inf).max(),
    )
