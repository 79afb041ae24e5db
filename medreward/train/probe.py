"""The longest batch first: running out of memory at step 0 is better than at step 120."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from medreward.errors import TrainingError
from medreward.train.collect import plan_of
from medreward.train.config import TrainConfig
from medreward.train.data import Item
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts, encode_prompts
from medreward.train.sampler import Samples, prefill
from medreward.train.update import Batch, Seen, accumulate

__all__ = ["probe_longest"]


def probe_longest(policy: Policy, items: Sequence[Item], config: TrainConfig) -> None:
    """Run the forward and backward of the longest step there can be, and change nothing.

    The longest prompts, every completion as long as it may be, room for the optimizer's state beside it.

    Raises:
        TrainingError: ``out_of_memory``.
    """
    try:
        state = [torch.empty_like(parameter) for parameter in policy.parameters() for _ in range(2)]
        prompts = encode_prompts(policy, items, config.data.prompt)
        plan = replace(plan_of(config), samples=config.sampling.samples)
        with torch.no_grad():
            features = None if prompts.images is None else policy.vision(prompts.images)
            start = prefill(policy, prompts, features)
            start.cache.batch_repeat_interleave(plan.samples)
        del start
        accumulate(policy, _longest_batch(policy, len(items), prompts, config), config, Seen(), None, None)
        del state
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            "out_of_memory",
            "The longest step does not fit into memory",
            expected=f"{config.rows} completions, {config.micro_batch} at a time, up to "
            f"{config.sampling.max_new_tokens} tokens each",
            got=str(error)[:300],
            do="lower optimizer.micro_batch or run.logprob_chunk, or set policy.gradient_checkpointing = true",
        ) from error
    finally:
        for parameter in policy.parameters():
            parameter.grad = None
        if policy.device.type == "cuda":
            torch.cuda.empty_cache()


def _longest_batch(policy: Policy, prompts: int, encoded: Prompts, config: TrainConfig) -> Batch:
    rows, length = prompts * config.sampling.samples, config.sampling.max_new_tokens
    allowed = torch.ones(policy.head.weight.shape[0], dtype=torch.bool, device=policy.device)
    allowed[policy.banned] = False
    ids = torch.full((rows, length), int(allowed.nonzero()[0, 0]), device=policy.device)
    ones = torch.ones_like(ids)
    prompt = torch.arange(prompts, device=policy.device).repeat_interleave(config.sampling.samples)
    samples = Samples(ids, ones, ones.float(), torch.ones_like(prompt, dtype=torch.bool), prompt)
    return Batch(encoded, samples, torch.ones_like(prompt, dtype=torch.float32), ones.float())
