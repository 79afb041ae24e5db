"""Writing completions: one prefill a prompt, shared by its samples; log-probabilities recorded on the way.

A decode backend takes what the prefill left behind and writes the completions. ``eager`` is the one that runs
everywhere; ``static`` (:mod:`medreward.train.static`) works in steps of fixed shape that a GPU replays as one graph.
Another is one more entry in ``BACKENDS`` that gives the same :class:`Samples`. In no backend does the host wait for the
device at every token.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from medreward.errors import UsageError
from medreward.train.decoding import Backend, DecodeError, Plan, Prefill, Samples, choose, prefill, trimmed
from medreward.train.logprobs import next_token_logprobs
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts
from medreward.train.static import static

__all__ = ["BACKENDS", "Plan", "Prefill", "Samples", "choose", "find_backend", "prefill", "sample"]


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
    return trimmed(torch.stack(ids, 1), torch.stack(masks, 1).long(), torch.stack(logprobs, 1), ended, prompt)


BACKENDS: dict[str, Backend] = {"eager": eager, "static": static}
"""Ways to decode, by name."""


def find_backend(name: str, device: torch.device | None = None) -> Backend:
    """The backend of that name; ``auto`` is ``static`` on a GPU and ``eager`` elsewhere.

    Raises:
        UsageError: ``no_such_backend``.
    """
    if name == "auto":
        name = "static" if device is not None and device.type == "cuda" else "eager"
    if name not in BACKENDS:
        raise UsageError("no_such_backend", "There is no such decode backend", got=name, expected=", ".join(BACKENDS))
    return BACKENDS[name]


def sample(
    policy: Policy, prompts: Prompts, features: Tensor | None, plan: Plan, generator: torch.Generator
) -> Samples:
    """Write G completions to each of P prompts; by the eager backend where the one asked for cannot.

    Args:
        policy: the model.
        prompts: P prompts.
        features: what the vision tower saw in their images; None without images.
        plan: how to write.
        generator: where chance comes from; on the policy's device.

    Returns:
        P x G completions, prompt-major.
    """
    backend = find_backend(plan.backend, policy.device)
    with torch.no_grad(), policy.reading():
        start = prefill(policy, prompts, features)
        try:
            return backend(policy, start, plan, generator)
        except DecodeError as why:
            note = f"completions are written by the eager decode backend, since {why}"
            return replace(eager(policy, start, plan, generator), note=note)
