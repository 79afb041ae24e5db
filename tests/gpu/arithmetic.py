"""What a step cannot be faster than: counts of a model's own weights and tokens, over rates measured on the device.

Only matrix products, attention's scores and sums, and the bytes of weights, keys and values count; each byte once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Rates:
    """What the device was seen to do: bytes moved a second (read and written), bf16 operations a second."""

    bytes: float
    operations: float


@dataclass(frozen=True)
class Work:
    """One step: P prompts with an image each, G samples; tokens of a prompt, of a completion; patches of an image."""

    prompts: int
    samples: int
    prompt_tokens: int
    new_tokens: int
    patches: int

    @property
    def rows(self) -> int:
        return self.prompts * self.samples

    @property
    def tokens(self) -> int:
        """Of a prompt with its completion."""
        return self.prompt_tokens + self.new_tokens


@dataclass(frozen=True)
class Counts:
    """A model in numbers: weights by part, and what attention needs."""

    text: int  # layers and head; a table that is only looked up does no arithmetic
    vision: int  # for each patch
    merger: int  # for each image token
    parameters: int
    layers: int
    width: int  # of all query heads together
    key_bytes: int  # keys and values of one token
    weight_bytes: int  # of one number
    vision_layers: int
    vision_width: int

    def forward(self, tokens: int) -> float:
        """Operations of one text of so many tokens, attention causal."""
        return 2 * self.text * tokens + 2 * self.layers * self.width * tokens**2

    def look(self, patches: int) -> float:
        """Operations of one image."""
        attention = 4 * self.vision_layers * self.vision_width * patches**2
        return 2 * self.vision * patches + 2 * self.merger * patches / 4 + attention


def counts(model: Any) -> Counts:
    """A Qwen2-VL's numbers, from its own parameters and configuration."""
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    merger = sum(size for name, size in sizes.items() if ".visual.merger." in name)
    visual = sum(size for name, size in sizes.items() if ".visual." in name)
    head, table = model.get_output_embeddings().weight, model.get_input_embeddings().weight
    shape, eyes = model.config.get_text_config(), model.config.vision_config
    width = shape.hidden_size // shape.num_attention_heads
    return Counts(
        text=sum(sizes.values()) - visual - (0 if head is table else table.numel()),
        vision=visual - merger,
        merger=merger,
        parameters=sum(sizes.values()),
        layers=shape.num_hidden_layers,
        width=shape.hidden_size,
        key_bytes=2 * shape.num_hidden_layers * shape.num_key_value_heads * width * head.element_size(),
        weight_bytes=head.element_size(),
        vision_layers=eyes.depth,
        vision_width=eyes.embed_dim,
    )


def decode_seconds(model: Counts, rows: int, context: float, rates: Rates) -> float:
    """One token for each row, each with so many tokens before it: bytes or operations, whichever takes longer."""
    moved = model.weight_bytes * model.text + rows * context * model.key_bytes
    done = rows * (2 * model.text + 4 * model.layers * model.width * context)
    return max(moved / rates.bytes, done / rates.operations)


def floor(model: Counts, work: Work, rates: Rates) -> dict[str, float]:
    """Seconds of each part of a step that nothing on this device can do without."""
    context = work.prompt_tokens + work.new_tokens / 2
    look = work.prompts * model.look(work.patches) / rates.operations
    return {
        "vision": look,
        "prefill": work.prompts * model.forward(work.prompt_tokens) / rates.operations,
        "decode": work.new_tokens * decode_seconds(model, work.rows, context, rates),
        "train": 3 * work.rows * model.forward(work.tokens) / rates.operations,
        "vision in training": 3 * look,
        "optimizer": model.parameters
        * 30
        / rates.bytes,  # bytes: copy, gradient, two moments read; bf16 weight written
    }


def seconds(work: Callable[[], Any], device: torch.device, rounds: int = 5) -> float:
    """The median time of some work, after one time that does not count; the device finishes each time."""
    taken = []
    for _ in range(rounds + 1):
        wait(device)
        began = time.perf_counter()
        work()
        wait(device)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def wait(device: torch.device) -> None:
    """Let the device finish."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measured_rates(device: torch.device) -> Rates:
    """Both rates: a large copy, and a large product of random bf16 matrices."""
    gpu = device.type == "cuda"
    size, side = (2**32, 8192) if gpu else (2**24, 256)
    source = torch.randint(0, 255, (size,), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copy = seconds(lambda: target.copy_(source), device)
    left, right = (torch.randn(side, side, device=device).bfloat16() for _ in range(2))
    product = seconds(lambda: left @ right, device)
    return Rates(2 * size / copy, 2 * side**3 / product)
