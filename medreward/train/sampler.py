"""Writing completions: one prefill a prompt, shared by its samples; log-probabilities recorded on the way.

A decode backend takes what the prefill left behind and writes the completions. ``eager`` is the one that runs
everywhere; another (a captured CUDA graph over a static cache) is one more entry in ``BACKENDS`` that gives the same
:class:`Samples`. In no backend does the host wait for the device at every token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from medreward.errors import UsageError
from medreward.train.logprobs import next_token_logprobs
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts

__all__ = ["BACKENDS", "Plan", "Prefill", "Samples", "find_backend", "prefill", "sample"]


@dataclass(frozen=True)
class Plan:
    """How to write.

    Args:
        samples: G, completions to each prompt.
        max_new_tokens: the longest completion.
        temperature: above 0.
        greedy: take the likeliest token each time; log-probabilities are still those at the temperature.
        backend: the decode backend's name.
        poll: steps between looks at whether all completions have ended; each look makes the host wait.
    """

    samples: int
    max_new_tokens: int
    temperature: float = 1.0
    greedy: bool = False
    backend: str = "eager"
    poll: int = 16


@dataclass(frozen=True)
class Prefill:
    """What running the prompts once leaves behind.

    Args:
        cache: keys and values of P prompts.
        logits: ``(P, V)``, of the first token after each prompt.
        mask: ``(P, L)``.
        next_position: ``(P, 1)``.
        planes: 3 where positions have three coordinates, else 1.
    """

    cache: Any
    logits: Tensor
    mask: Tensor
    next_position: Tensor
    planes: int


@dataclass(frozen=True)
class Samples:
    """P x G completions, prompt-major: row r answers prompt r // G.

    Args:
        ids: ``(B, T)`` int64, padding after the end.
        mask: ``(B, T)`` int64, 1 up to and with the stop token.
        logprobs: ``(B, T)`` float32, of each token under the sampling distribution; 0 after the end.
        ended: ``(B,)`` bool, whether a stop token was written.
        prompt: ``(B,)`` int64, the prompt each row answers.
    """

    ids: Tensor
    mask: Tensor
    logprobs: Tensor
    ended: Tensor
    prompt: Tensor

    @property
    def lengths(self) -> Tensor:
        """Tokens written, the stop token included; ``(B,)``."""
        return self.mask.sum(-1)


Backend = Callable[[Policy, Prefill, Plan, torch.Generator], Samples]


def prefill(policy: Policy, prompts: Prompts, features: Tensor | None) -> Prefill:
    """Run every prompt once, with a cache."""
    from transformers import DynamicCache

    cache = DynamicCache(config=policy.model.config.get_text_config())
    vectors = policy.prompt_vectors(prompts, features, list(range(len(prompts))))
    states = policy.hidden(vectors, prompts.mask, prompts.positions, cache)
    with policy.arithmetic():
        logits = policy.head(states[:, -1])  # (P, V)
    planes = 3 if prompts.positions.dim() == 3 else 1
    return Prefill(cache, logits, prompts.mask, prompts.next_position, planes)


def choose(logp: Tensor, generator: torch.Generator, *, greedy: bool) -> Tensor:
    """One token from each distribution; ``(B,)``.

    The smallest of Exp(1) draws over probabilities falls on a token with that token's probability: no sum, no search,
    no wait for the device, so it runs inside a captured graph, too.
    """
    if greedy:
        return logp.argmax(-1)
    noise = torch.empty_like(logp).exponential_(generator=generator).clamp_(min=torch.finfo(logp.dtype).tiny)
    return (logp.exp() / noise).argmax(-1)


def eager(policy: Policy, start: Prefill, plan: Plan, generator: torch.Generator) -> Samples:
    """Token after token, a forward each, over a cache that grows."""
    prompt = torch.arange(len(start.logits), device=policy.device).repeat_interleave(plan.samples)  # (B,)
    start.cache.batch_repeat_interleave(plan.samples)
    logits = start.logits[prompt]  # (B, V)
    position = start.next_position[prompt]  # (B, 1)
    ones = torch.ones(len(prompt), plan.max_new_tokens, dtype=start.mask.dtype, device=policy.device)
    mask = torch.cat([start.mask[prompt], ones], 1)  # (B, L + max)
    width = start.mask.shape[1]
    ended = torch.zeros_like(prompt, dtype=torch.bool)
    ids, masks, logprobs = [], [], []
    for step in range(plan.max_new_tokens):
        logp = next_token_logprobs(logits, plan.temperature, policy.banned)  # (B, V)
        token = torch.where(ended, policy.pad_id, choose(logp, generator, greedy=plan.greedy))
        ids.append(token)
        masks.append(~ended)
        logprobs.append(torch.where(ended, 0.0, logp.gather(1, token[:, None])[:, 0]))
        ended = ended | torch.isin(token, policy.stop_ids)
        if step + 1 == plan.max_new_tokens or (step % plan.poll == plan.poll - 1 and bool(ended.all())):
            break
        at = (position + step).expand(start.planes, -1, -1) if start.planes > 1 else position + step
        states = policy.hidden(policy.embed(token[:, None], None), mask[:, : width + step + 1], at, start.cache)
        with policy.arithmetic():
            logits = policy.head(states[:, -1])
    return _trimmed(torch.stack(ids, 1), torch.stack(masks, 1).long(), torch.stack(logprobs, 1), ended, prompt)


def _trimmed(ids: Tensor, mask: Tensor, logprobs: Tensor, ended: Tensor, prompt: Tensor) -> Samples:
    """Without the columns in which every completion had ended: how often one polls must not show."""
    longest = int(mask.sum(-1).max())
    return Samples(ids[:, :longest], mask[:, :longest], logprobs[:, :longest], ended, prompt)


BACKENDS: dict[str, Backend] = {"eager": eager}
"""Ways to decode, by name."""


def find_backend(name: str) -> Backend:
    """The backend of that name.

    Raises:
        UsageError: ``no_such_backend``.
    """
    if name not in BACKENDS:
        raise UsageError("no_such_backend", "There is no such decode backend", got=name, expected=", ".join(BACKENDS))
    return BACKENDS[name]


def sample(
    policy: Policy, prompts: Prompts, features: Tensor | None, plan: Plan, generator: torch.Generator
) -> Samples:
    """Write G completions to each of P prompts.

    Args:
        policy: the model.
        prompts: P prompts.
        features: what the vision tower saw in their images; None without images.
        plan: how to write.
        generator: where chance comes from; on the policy's device.

    Returns:
        P x G completions, prompt-major.
    """
    backend = find_backend(plan.backend)
    with torch.no_grad():
        return backend(policy, prefill(policy, prompts, features), plan, generator)
