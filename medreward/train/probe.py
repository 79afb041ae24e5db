"""The longest step first: running out of memory at step 0 is better than at step 120.

Where the size of micro-batches is left open, this is also what finds it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from medreward.errors import TrainingError
from medreward.train.collect import generator_of, plan_of
from medreward.train.config import TrainConfig
from medreward.train.data import Item
from medreward.train.optimizer import state_floats
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts, encode_prompts
from medreward.train.sampler import Samples, sample
from medreward.train.update import Batch, Seen, accumulate

__all__ = ["probe_longest"]

_RESERVE = 0.05  # of a GPU's memory: what steps of other lengths leave in pieces too small to use


def probe_longest(policy: Policy, items: Sequence[Item], config: TrainConfig) -> int:
    """Write and learn from the longest step there can be, and change nothing.

    The longest prompts, every completion as long as it may be, room for the optimizer's state beside it.

    Args:
        policy: what learns.
        items: the questions with the longest prompts, a step's worth.
        config: the run. Where it leaves ``optimizer.micro_batch`` open, all completions at once are tried first, then
            half as many, and so on.

    Returns:
        The completions of one forward and backward that fit.

    Raises:
        TrainingError: ``out_of_memory``.
    """
    for size in _sizes(config):
        said = _ran_out(policy, items, config.replace(optimizer={"micro_batch": size}))
        if said is None:
            return size
    raise TrainingError(
        "out_of_memory",
        "The longest step does not fit into memory",
        expected=f"{config.rows} completions, {size} at a time, up to {config.sampling.max_new_tokens} tokens each",
        got=said,
        do="lower optimizer.micro_batch or run.logprob_chunk, or set policy.gradient_checkpointing = true",
    )


def _sizes(config: TrainConfig) -> list[int]:
    """The sizes to try, from the largest."""
    if config.optimizer.micro_batch is not None or config.loss.kind == "bnpo":
        return [config.micro_batch]
    sizes = [config.rows]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    return sizes


def _ran_out(policy: Policy, items: Sequence[Item], config: TrainConfig) -> str | None:
    """What torch said when memory ran out; None where it sufficed."""
    try:
        _longest_step(policy, items, config)
    except torch.OutOfMemoryError as error:
        return str(error)[:300]
    finally:
        for parameter in policy.parameters():
            parameter.grad = None
        if policy.device.type == "cuda":
            torch.cuda.empty_cache()
    return None


def _longest_step(policy: Policy, items: Sequence[Item], config: TrainConfig) -> None:
    held = [
        torch.empty_like(parameter, dtype=torch.float32)
        for parameter in policy.parameters()
        for _ in range(state_floats(parameter))
    ]
    if policy.device.type == "cuda":
        total = torch.cuda.get_device_properties(policy.device).total_memory
        held.append(torch.empty(int(_RESERVE * total), dtype=torch.uint8, device=policy.device))
    prompts = encode_prompts(policy, items, config.data.prompt)
    with torch.no_grad():
        features = None if prompts.images is None else policy.vision(prompts.images)
    sample(policy, prompts, features, plan_of(config), generator_of(policy.device, config.run.seed, 0))
    accumulate(policy, _longest_batch(policy, len(items), prompts, config), config, Seen(), None, None)


def _longest_batch(policy: Policy, prompts: int, encoded: Prompts, config: TrainConfig) -> Batch:
    rows, length = prompts * config.sampling.samples, config.sampling.max_new_tokens
    allowed = torch.ones(policy.head.weight.shape[0], dtype=torch.bool, device=policy.device)
    allowed[policy.banned] = False
    ids = torch.full((rows, length), int(allowed.nonzero()[0, 0]), device=policy.device)
    ones = torch.ones_like(ids)
    prompt = torch.arange(prompts, device=policy.device).repeat_interleave(config.sampling.samples)
    samples = Samples(ids, ones, ones.float(), torch.ones_like(prompt, dtype=torch.bool), prompt)
    return Batch(encoded, samples, torch.ones_like(prompt, dtype=torch.float32), ones.float())
