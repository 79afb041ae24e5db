"""RMS norms as one operation of torch's, where transformers takes eight and keeps float32 copies for the backward pass.

A decoder has two in each layer, so this is a third of a decode step's kernels. What it saves has not been measured on a
GPU yet.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

__all__ = ["fuse_norms"]

_ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
"""How far two orders of the same arithmetic may be apart, relative to 1."""


def fuse_norms(model: Any) -> int:
    """Let a model's RMS norms run as one operation each.

    A norm counts as one if it says so by its name and gives, on random numbers, what torch's operation gives; others
    (such as those that scale by one more than their weight) stay as they are.

    Returns:
        How many were exchanged.
    """
    found = [module for module in model.modules() if _is_rms_norm(module)]
    for module in found:
        module.forward = partial(_fused, module)
    return len(found)


def _fused(module: Any, states: Tensor) -> Tensor:
    return torch.nn.functional.rms_norm(states, module.weight.shape, module.weight, module.variance_epsilon)


def _is_rms_norm(module: Any) -> bool:
    weight = getattr(module, "weight", None)
    named = type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon")
    if not named or weight is None or weight.dtype not in _ROUNDING:
        return False
    chance = torch.Generator(weight.device).manual_seed(0)
    states = torch.randn(4, *weight.shape, generator=chance, device=weight.device).to(weight.dtype)
    with torch.no_grad():
        before, after = module(states), _fused(module, states)
    rounding = _ROUNDING[weight.dtype]
    return bool(torch.allclose(before, after, rtol=rounding, atol=rounding))
