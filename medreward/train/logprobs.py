"""Log-probabilities of tokens: one definition, used while sampling and while scoring."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from medreward.train.policy import Policy
from medreward.train.prompts import Prompts

__all__ = ["chunked_logprobs", "next_token_logprobs", "score_completions"]

_NEVER = -1e9  # finite, so that 0 * log 0 is 0 in the entropy; exp gives exactly 0 in every float format


def next_token_logprobs(logits: Tensor, temperature: float, banned: Tensor) -> Tensor:
    """The sampling distribution: logits over temperature, without the banned tokens.

    Args:
        logits: ``(..., V)``, any float type; the work is done in float32 or better.
        temperature: above 0.
        banned: ``(K,)``.

    Returns:
        ``(..., V)``, log-probabilities; -1e9 or so for banned tokens.
    """
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32), copy=True)
    if temperature != 1:
        wide.div_(temperature)
    return wide.index_fill_(-1, banned, _NEVER).log_softmax(-1)


def chunked_logprobs(
    head: Any, hidden: Tensor, targets: Tensor, temperature: float, banned: Tensor, chunk: int
) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies without ever holding all logits.

    Each chunk's logits are made, used and dropped, and made again in the backward pass.

    Args:
        head: states to logits.
        hidden: ``(N, H)``, the states that predict the targets.
        targets: ``(N,)``.
        temperature: of the sampling distribution.
        banned: ``(K,)``.
        chunk: tokens at a time: peak memory grows with chunk x V and not with N x V.

    Returns:
        Log-probabilities ``(N,)``, differentiable; entropies ``(N,)`` in nats, not differentiable.
    """

    def of_chunk(states: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        logp = next_token_logprobs(head(states), temperature, banned)  # (chunk, V)
        with torch.no_grad():
            entropy = -logp.exp().mul_(logp).sum(-1)
        return logp.gather(-1, wanted[:, None])[:, 0], entropy

    parts = [
        checkpoint(of_chunk, states, wanted, use_reentrant=False)
        for states, wanted in zip(hidden.split(chunk), targets.split(chunk), strict=True)
    ]
    return torch.cat([logp for logp, _ in parts]), torch.cat([entropy for _, entropy in parts])


def score_completions(  # noqa: PLR0913, PLR0917 - a policy, what it was asked, what it wrote, how it is scored
    policy: Policy,
    prompts: Prompts,
    features: Tensor | None,
    rows: list[int],
    ids: Tensor,
    mask: Tensor,
    temperature: float,
    chunk: int,
) -> tuple[Tensor, Tensor]:
    """The log-probability of every token of some completions, in one forward without a cache.

    Args:
        policy: the model.
        prompts: P prompts.
        features: what the vision tower saw in all their images; None without images.
        rows: the prompt of each completion; B numbers.
        ids: ``(B, T)``, padded on the right.
        mask: ``(B, T)``, 1 for tokens that were written.
        temperature: of the sampling distribution.
        chunk: tokens whose logits stand in memory at a time.

    Returns:
        Log-probabilities ``(B, T)`` and entropies ``(B, T)``; 0 where the mask is.
    """
    prompt_mask = prompts.mask[rows]
    used = prompt_mask.any(0)  # left padding that none of these rows needs is left out
    positions = torch.cat([prompts.positions[..., rows, :][..., used], _after(prompts, rows, ids)], -1)
    vectors = torch.cat([policy.prompt_vectors(prompts, features, rows)[:, used], policy.embed(ids, None)], 1)
    whole_mask = torch.cat([prompt_mask[:, used], mask.to(prompt_mask.dtype)], 1)
    states = policy.hidden(vectors, whole_mask, positions)  # (B, L + T, H)
    counted = mask.bool()
    predicting = states[:, -ids.shape[1] - 1 : -1][counted]  # (N, H): token t is predicted by the state before it
    with policy.arithmetic():
        logp, entropy = chunked_logprobs(policy.head, predicting, ids[counted], temperature, policy.banned, chunk)
    zeros = torch.zeros(ids.shape, dtype=logp.dtype, device=logp.device)
    return zeros.masked_scatter(counted, logp), zeros.masked_scatter(counted, entropy)


def _after(prompts: Prompts, rows: list[int], ids: Tensor) -> Tensor:
    """Positions of completion tokens: they go on counting where the prompt ended; ``(B, T)`` or ``(3, B, T)``."""
    steps = prompts.next_position[rows] + torch.arange(ids.shape[1], device=ids.device)
    return steps.expand(*prompts.positions.shape[:-2], *steps.shape)
