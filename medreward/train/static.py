"""Writing completions in steps of one fixed shape, over a cache of fixed size.

A step draws a token for every row from the logits it finds, writes it down, runs the model on it and leaves the next
logits. All it reads and writes stands in buffers that are made once, no size in it depends on data, and it never makes
the host wait. On a GPU it is therefore captured once as a CUDA graph and replayed: a token costs one launch instead of
about a thousand. Elsewhere the same step runs as it stands, and gives what the eager backend gives.

Three things keep graphs few and cheap: slots come in blocks, so prompts of other lengths need no other buffers; a step
looks at the blocks that are in use and no further, with a graph for each number of blocks; noise is drawn outside the
graph, by the caller's generator, so both backends take the same draws.

Capture and replay have not been run on a GPU yet; ``tests/gpu`` is there for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from medreward.train.decoding import DecodeError, Plan, Prefill, Samples, pick, trimmed
from medreward.train.logprobs import next_token_logprobs
from medreward.train.policy import Policy
from medreward.train.slots import Slots, over_slots

__all__ = ["BLOCK", "Decoder", "static"]

BLOCK = 128
"""Slots in a block."""

_KEPT = 2  # shapes whose buffers stay: a step's and an evaluation's


class Decoder:
    """The buffers of one shape, and the step that works on them.

    Args:
        policy: the model.
        start: what the prefill left behind; its shape counts.
        plan: how to write.
        size: slots of the cache, a multiple of ``BLOCK``.

    Attributes:
        logits: ``(B, V)``, of the next token.
        noise: ``(B, V)``, what chooses it; None where the likeliest is taken.
        ids, logprobs, written: ``(B, T)``, what :class:`Samples` holds.
        ended: ``(B,)``.
        column: ``(1,)``, where the next token is written down.
        bias: ``(B, 1, 1, slots)``, 0 for slots that hold something, minus infinity for the others.
        position: ``(B, 1)``, of the next token.
    """

    def __init__(self, policy: Policy, start: Prefill, plan: Plan, size: int) -> None:
        self.policy, self.plan, self._planes = policy, plan, start.planes
        rows, device = len(start.logits) * plan.samples, policy.device
        self.slots = Slots(_layers(start), plan.samples, size)
        self.logits = start.logits.new_zeros(rows, start.logits.shape[1])
        wide = torch.promote_types(self.logits.dtype, torch.float32)
        self.noise = None if plan.greedy else torch.ones_like(self.logits, dtype=wide)
        self.ids = torch.zeros(rows, plan.max_new_tokens, dtype=torch.long, device=device)
        self.logprobs = torch.zeros(self.ids.shape, dtype=wide, device=device)
        self.written = torch.zeros(self.ids.shape, dtype=torch.bool, device=device)
        self.ended = torch.zeros(rows, dtype=torch.bool, device=device)
        self.column = torch.zeros(1, dtype=torch.long, device=device)
        self.bias = self.slots.layers[0][0].new_full((rows, 1, 1, size), -torch.inf)
        self.position = torch.zeros(rows, 1, dtype=torch.long, device=device)
        self.stop, self.banned = policy.stop_ids, policy.banned
        self._runs: dict[int, Callable[[], object]] = {}
        self._pool = torch.cuda.graph_pool_handle() if device.type == "cuda" else None

    def step(self, reach: int) -> None:
        """Write one token in every row, and find the logits of the next."""
        logp = next_token_logprobs(self.logits, self.plan.temperature, self.banned)  # (B, V)
        token = torch.where(self.ended, self.policy.pad_id, pick(logp, self.noise))
        chosen = torch.where(self.ended, 0.0, logp.gather(1, token[:, None])[:, 0])
        for kept, new in ((self.ids, token), (self.logprobs, chosen), (self.written, ~self.ended)):
            kept.index_copy_(1, self.column, new[:, None])
        self.ended.logical_or_((token[:, None] == self.stop).any(-1))
        self.bias.index_fill_(-1, self.slots.at, 0.0)
        self.slots.reach = reach
        at = self.position.expand(self._planes, -1, -1) if self._planes > 1 else self.position
        states = self.policy.hidden(self.policy.embed(token[:, None], None), self.bias[..., :reach], at, self.slots)
        with self.policy.arithmetic():
            self.logits.copy_(self.policy.head(states[:, -1]))
        for counter in (self.position, self.column, self.slots.at):
            counter.add_(1)

    def prepare(self, reaches: Iterable[int]) -> None:
        """Make sure that there is something to run for each reach; on a GPU, a captured graph.

        Raises:
            DecodeError: the model cannot take the step, or the step cannot be captured.
        """
        with over_slots(self.policy.body):
            for reach in reaches:
                if reach not in self._runs:
                    self._runs[reach] = self._runnable(reach)

    def _runnable(self, reach: int) -> Callable[[], object]:
        def step() -> None:
            self.step(reach)

        self.column.zero_()
        self.slots.at.zero_()
        return self._tried(step) if self._pool is None else captured(step, self._pool)

    def _tried(self, step: Callable[[], None]) -> Callable[[], object]:
        """The step as it stands, after a first run that shows whether the model can take it."""
        step()

        def run() -> None:
            with over_slots(self.policy.body):
                step()

        return run

    def begin(self, start: Prefill) -> None:
        """Take over what the prefill left behind, each prompt's for all its samples."""
        samples, length = self.plan.samples, start.mask.shape[1]
        self.slots.fill(_layers(start))
        self.logits.copy_(start.logits.repeat_interleave(samples, 0))
        self.position.copy_(start.next_position.repeat_interleave(samples, 0))
        empty = (start.mask == 0).repeat_interleave(samples, 0)
        self.bias.fill_(-torch.inf)[:, 0, 0, :length].zero_().masked_fill_(empty, -torch.inf)
        for buffer in (self.ids, self.logprobs, self.written, self.ended, self.column):
            buffer.zero_()

    def write(self, start: Prefill, generator: torch.Generator) -> Samples:
        """Write the completions."""
        length, plan = start.mask.shape[1], self.plan
        reaches = [_blocks(length + step + 1) for step in range(plan.max_new_tokens)]
        self.prepare(sorted({*reaches}))
        self.begin(start)
        step = 0
        for step, reach in enumerate(reaches):
            if self.noise is not None:
                self.noise.exponential_(generator=generator)
            self._runs[reach]()
            if step % plan.poll == plan.poll - 1 and bool(self.ended.all()):
                break
        prompt = torch.arange(len(start.logits), device=self.ids.device).repeat_interleave(plan.samples)
        ids, written, logprobs = (kept[:, : step + 1].clone() for kept in (self.ids, self.written, self.logprobs))
        return trimmed(ids, written.long(), logprobs, self.ended.clone(), prompt)


def captured(step: Callable[[], None], pool: Any) -> Callable[[], object]:
    """A step as a CUDA graph.

    It runs once on another stream before: handles, workspaces and kernels must be there when recording begins.

    Args:
        step: what is captured.
        pool: the memory its intermediate values live in; graphs that never run at once may share one.

    Raises:
        DecodeError: it does something that no graph can hold, such as waiting for the device.
    """
    try:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=pool):
            step()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise DecodeError(f"its step cannot be captured as a CUDA graph: {str(error).splitlines()[0]}") from error
    replay: Callable[[], object] = graph.replay
    return replay


def static(policy: Policy, start: Prefill, plan: Plan, generator: torch.Generator) -> Samples:
    """Step after step of one shape, over a cache of fixed size.

    Raises:
        DecodeError: the model is not made for such a cache, or the step cannot be captured.
    """
    refused = policy.kept.get("refused")
    if refused is None:
        try:
            return _decoder(policy, start, plan).write(start, generator)
        except DecodeError as why:
            refused = policy.kept["refused"] = str(why)
    raise DecodeError(refused)


def _decoder(policy: Policy, start: Prefill, plan: Plan) -> Decoder:
    """The decoder of this shape: one that is kept, or a new one."""
    _check_model(policy, start)
    size = _blocks(start.mask.shape[1] + plan.max_new_tokens)
    weights = policy.head.weight.data_ptr()  # graphs read weights where they stood
    shape = (plan, tuple(start.logits.shape), size, weights, id(policy.stop_ids), id(policy.banned))
    decoders: dict[Any, Decoder] = policy.kept.setdefault("decoders", {})
    if shape not in decoders:
        while len(decoders) >= _KEPT:
            del decoders[next(iter(decoders))]
        decoders[shape] = Decoder(policy, start, plan, size)
    return decoders[shape]


def _check_model(policy: Policy, start: Prefill) -> None:
    from transformers.cache_utils import DynamicLayer

    if not getattr(policy.model, "_can_compile_fullgraph", False):
        raise DecodeError(f"{type(policy.model).__name__} does not say that it takes a cache of fixed size")
    others = {type(layer).__name__ for layer in start.cache.layers if type(layer) is not DynamicLayer}
    if others:
        raise DecodeError(f"its cache is more than a key and a value for each token: {', '.join(sorted(others))}")


def _layers(start: Prefill) -> list[tuple[Tensor, Tensor]]:
    return [(layer.keys, layer.values) for layer in start.cache.layers]


def _blocks(tokens: int) -> int:
    """Slots for so many tokens, in whole blocks."""
    return -(-tokens // BLOCK) * BLOCK
