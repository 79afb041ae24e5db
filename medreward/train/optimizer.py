"""AdamW, in float32 whatever the weights are kept in, and the learning rate of a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from medreward.train.config import OptimizerConfig
from medreward.train.policy import Policy

__all__ = ["MasterAdamW", "gatherer", "learned", "learning_rate", "make_optimizer", "state_floats"]


def make_optimizer(policy: Policy, config: OptimizerConfig) -> Any:
    """AdamW over everything that is learned; fused where there is a GPU, over float32 copies of narrower weights."""
    parameters = policy.parameters()
    narrow = any(parameter.dtype != torch.float32 for parameter in parameters)
    kind = MasterAdamW if narrow else torch.optim.AdamW
    return kind(
        parameters,
        lr=config.lr,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=policy.device.type == "cuda",
    )


def learned(optimizer: Any) -> list[Tensor]:
    """The float32 tensors that an optimizer changes, and whose gradients it looks at."""
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]


def gatherer(optimizer: Any) -> Callable[[], None]:
    """What is to be called after each backward."""
    return optimizer.gather if isinstance(optimizer, MasterAdamW) else _nothing


def _nothing() -> None: ...


def state_floats(parameter: Tensor) -> int:
    """Floats that learning keeps for each number of a parameter, beside the parameter and its gradient.

    Two moments; where the parameter is narrower than float32 also a copy of it and the sum of its gradients.
    """
    return 2 if parameter.dtype == torch.float32 else 4


def learning_rate(step: int, steps: int, config: OptimizerConfig) -> float:
    """The learning rate of a step, counted from 1: a function of its number alone, so nothing needs to be resumed."""
    if step <= config.warmup_steps:
        return config.lr * step / config.warmup_steps
    done = (step - config.warmup_steps - 1) / max(steps - config.warmup_steps, 1)
    shapes = {"constant": 1.0, "linear": 1.0 - done, "cosine": 0.5 * (1.0 + math.cos(math.pi * done))}
    return config.lr * shapes[config.schedule]


class MasterAdamW:
    """AdamW for weights kept in bf16.

    A step of 1e-6 is far below the spacing of bf16 numbers and would be rounded away. So float32 copies are what is
    learned, with float32 moments, and the weights are those copies, rounded. Gradients add up in float32, too: after
    each backward, :meth:`gather` adds them to those of the copies.

    Args:
        parameters: what the model computes with.
        settings: ``torch.optim.AdamW``'s.

    Attributes:
        masters: the float32 copies, one a parameter.
    """

    def __init__(self, parameters: list[Tensor], **settings: Any) -> None:
        self._parameters = parameters
        self.masters = [parameter.detach().float().clone().requires_grad_() for parameter in parameters]
        self._inner = torch.optim.AdamW(self.masters, **settings)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The settings, and the copies they are for."""
        groups: list[dict[str, Any]] = self._inner.param_groups
        return groups

    def zero_grad(self, *, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        self._inner.zero_grad(set_to_none=set_to_none)
        for parameter in self._parameters:
            parameter.grad = None

    def gather(self) -> None:
        """Add the weights' gradients to those of the copies, and drop them."""
        for parameter, master in zip(self._parameters, self.masters, strict=True):
            if parameter.grad is not None:
                fresh = master.grad is None
                master.grad = parameter.grad.float() if fresh else master.grad.add_(parameter.grad)
                parameter.grad = None

    def step(self) -> None:
        """Change the copies, and the weights with them."""
        self._inner.step()
        self._round()

    def state_dict(self) -> dict[str, Any]:
        """The moments and the copies."""
        return {**self._inner.state_dict(), "masters": self.masters}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the moments and the copies of before."""
        self._inner.load_state_dict({name: value for name, value in state.items() if name != "masters"})
        with torch.no_grad():
            for master, saved in zip(self.masters, state["masters"], strict=True):
                master.copy_(saved)
        self._round()

    def _round(self) -> None:
        with torch.no_grad():
            for parameter, master in zip(self._parameters, self.masters, strict=True):
                parameter.copy_(master)
