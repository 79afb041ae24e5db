"""What decode backends share: how to write, what the prefill leaves behind, one draw, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from medreward.train.policy import Policy
from medreward.train.prompts import Prompts

__all__ = ["Backend", "DecodeError", "Plan", "Prefill", "Samples", "choose", "pick", "prefill", "trimmed"]


@dataclass(frozen=True)
class Plan:
    """How to write.

    Args:
        samples: G, completions to each prompt.
        max_new_tokens: the longest completion.
        temperature: above 0.
        greedy: take the likeliest token each time; log-probabilities are still those at the temperature.
        backend: the decode backend's name; ``auto`` is ``static`` on a GPU and ``eager`` elsewhere.
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
        note: why another decode backend wrote them than was asked for; empty where none did.
    """

    ids: Tensor
    mask: Tensor
    logprobs: Tensor
    ended: Tensor
    prompt: Tensor
    note: str = ""

    @property
    def lengths(self) -> Tensor:
        """Tokens written, the stop token included; ``(B,)``."""
        return self.mask.sum(-1)


class DecodeError(Exception):
    """A decode backend cannot serve this model or machine; another one will. Its text is the reason."""


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
    """One token from each distribution; ``(B,)``."""
    noise = None if greedy else torch.empty_like(logp).exponential_(generator=generator)
    return pick(logp, noise)


def pick(logp: Tensor, noise: Tensor | None) -> Tensor:
    """The token that noise chooses; the likeliest without noise; ``(B,)``.

    The smallest of Exp(1) draws over probabilities falls on a token with that token's probability: no sum, no search,
    no wait for the device, so it runs inside a captured graph, too.

    Args:
        logp: ``(B, V)``, log-probabilities.
        noise: ``(B, V)``, draws from Exp(1).
    """
    if noise is None:
        return logp.argmax(-1)
    return logp.exp().div_(noise.clamp(min=torch.finfo(logp.dtype).tiny)).argmax(-1)


def trimmed(ids: Tensor, mask: Tensor, logprobs: Tensor, ended: Tensor, prompt: Tensor) -> Samples:
    """Without the columns in which every completion had ended: how often one polls must not show."""
    longest = int(mask.sum(-1).max())
    return Samples(ids[:, :longest], mask[:, :longest], logprobs[:, :longest], ended, prompt)
