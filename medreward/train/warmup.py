"""A short supervised warm-up: an untrained model must see and write a little before a reward can tell it anything."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import torch

from medreward.train.config import OptimizerConfig
from medreward.train.data import Item
from medreward.train.logprobs import score_completions
from medreward.train.optimizer import gatherer, learned, make_optimizer
from medreward.train.policy import Policy
from medreward.train.prompts import encode_prompts

__all__ = ["warm_up"]

_CHUNK = 2048


def warm_up(  # noqa: PLR0913 - what is learned from what, how long, and by which chance
    policy: Policy,
    items: Sequence[Item],
    target: Callable[[Item, random.Random], str],
    *,
    steps: int,
    batch: int,
    lr: float,
    seed: int,
    style: str,
    watch: Callable[[int, float], None] | None = None,
) -> None:
    """Teach a policy to write targets, by maximum likelihood.

    Args:
        policy: what learns.
        items: questions to draw from.
        target: what to write to a question: called with the question and chance.
        steps: updates.
        batch: questions in each.
        lr: the highest learning rate; it rises for 30 steps and falls along a cosine.
        seed: of the questions and targets drawn.
        style: the prompt's style.
        watch: called with step and loss.
    """
    chance = random.Random(seed)  # noqa: S311 - training data, not secrets
    optimizer = make_optimizer(policy, OptimizerConfig(lr=lr))
    stop = policy.stop_ids[:1].tolist()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1.0, (step + 1) / 30) * (0.5 + 0.5 * math.cos(math.pi * step / steps) + 0.02)
        chosen = chance.choices(items, k=batch)
        texts = [target(item, chance) for item in chosen]
        loss = _loss(policy, chosen, [[*policy.tokenizer(text)["input_ids"], *stop] for text in texts], style)
        optimizer.zero_grad()
        loss.backward()
        gatherer(optimizer)()
        torch.nn.utils.clip_grad_norm_(learned(optimizer), 1.0)
        optimizer.step()
        if watch is not None:
            watch(step + 1, float(loss.detach()))


def _loss(policy: Policy, items: Sequence[Item], targets: Sequence[Sequence[int]], style: str) -> torch.Tensor:
    """The mean negative log-likelihood of the targets' tokens."""
    prompts = encode_prompts(policy, items, style)
    features = None if prompts.images is None else policy.vision(prompts.images)
    longest = max(map(len, targets))
    ids = torch.full((len(targets), longest), policy.pad_id)  # (B, T)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(targets):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    ids, mask = ids.to(policy.device), mask.to(policy.device)
    rows = list(range(len(items)))
    logp, _ = score_completions(policy, prompts, features, rows, ids, mask, 1.0, _CHUNK)
    return -logp.sum() / mask.sum()
