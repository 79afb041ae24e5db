"""A cache of fixed size, and attention over it for one new token: nothing in them changes shape from step to step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from medreward.train.decoding import DecodeError

__all__ = ["Slots", "grouped_attention", "over_slots"]

_NAME = "medreward_grouped"
_UNDERSTOOD = {"dropout", "position_ids", "use_cache", "is_causal", "output_attentions", "output_hidden_states"}


class Slots:
    """The keys and values of all layers, a slot a token, made once: what a transformers model calls its cache.

    Args:
        layers: keys and values of what the cache will hold at first, by layer; each ``(P, heads, L, width)``.
        samples: G, how often each of the P rows is repeated.
        size: slots.

    Attributes:
        at: ``(1,)``, the slot that the next token goes to.
        reach: how many slots attention looks at.
    """

    def __init__(self, layers: list[tuple[Tensor, Tensor]], samples: int, size: int) -> None:
        def empty(like: Tensor) -> Tensor:
            prompts, heads, _, width = like.shape
            return like.new_zeros(prompts * samples, heads, size, width)

        self.layers = [(empty(keys), empty(values)) for keys, values in layers]
        self.at = torch.zeros(1, dtype=torch.long, device=layers[0][0].device)
        self.reach = size
        self._samples = samples

    def fill(self, layers: list[tuple[Tensor, Tensor]]) -> None:
        """Begin anew with the prompts' keys and values, each for all its samples."""
        for pair, given in zip(self.layers, layers, strict=True):
            for slots, prompts in zip(pair, given, strict=True):
                shared = slots.unflatten(0, (len(prompts), self._samples))  # (P, G, heads, slots, width)
                shared[..., : prompts.shape[2], :].copy_(prompts[:, None])
        self.at.fill_(layers[0][0].shape[2])

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Take in one token's keys and values, ``(B, heads, 1, width)``; returns those of all slots within reach."""
        found = self.layers[layer]
        for slots, new in zip(found, (keys, values), strict=True):
            slots.index_copy_(2, self.at, new.to(slots.dtype))
        return found[0][:, :, : self.reach], found[1][:, :, : self.reach]


def grouped_attention(
    module: Any,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    bias: Tensor,
    scaling: float | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Attention of one new token, with keys and values read once and never repeated.

    The query heads that share a key head stand where the queries of a sequence would: all of them look at the same
    slots, and none of them is before another.

    Args:
        module: the layer that asks.
        query: ``(B, heads, 1, width)``.
        keys: ``(B, key heads, slots, width)``.
        values: of the same shape.
        bias: ``(B, 1, 1, slots)``, 0 for slots that hold something, minus infinity for the others.
        scaling: of the scores.
        more: what else the model wants of attention.

    Returns:
        ``(B, 1, heads, width)``.

    Raises:
        DecodeError: the model wants something that is not understood here.
    """
    unknown = [name for name, value in more.items() if value is not None and name not in _UNDERSTOOD]
    if unknown:
        raise DecodeError(f"the attention of {type(module).__name__} also needs {', '.join(unknown)}")
    rows, heads, _, width = query.shape
    shared = query.reshape(rows, keys.shape[1], heads // keys.shape[1], width)
    found = torch.nn.functional.scaled_dot_product_attention(shared, keys, values, attn_mask=bias, scale=scaling)
    return found.reshape(rows, 1, heads, width), None


@contextmanager
def over_slots(body: Any) -> Iterator[None]:
    """The context in which a model's layers attend with :func:`grouped_attention`."""
    from transformers import AttentionInterface

    AttentionInterface.register(_NAME, grouped_attention)
    before = body.config._attn_implementation  # noqa: SLF001 - where transformers keeps it
    body.config._attn_implementation = _NAME  # noqa: SLF001
    try:
        yield
    finally:
        body.config._attn_implementation = before  # noqa: SLF001
