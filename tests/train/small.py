"""Small policies, questions and configurations, made anew for every test that asks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")

from PIL import Image

from medreward.train.config import TrainConfig
from medreward.train.data import Item
from medreward.train.policy import Policy
from medreward.train.tiny import Shape, tiny_policy

__all__ = ["FAMILIES", "OPTIONS", "config", "items", "png", "policy", "save"]

torch.set_num_threads(1)

FAMILIES = ("qwen2_vl", "qwen2_5_vl", "qwen2", "llama")
OPTIONS = {"A": "CT", "B": "MRI", "C": "X-ray"}


def png(colour: tuple[int, int, int], size: int = 28) -> bytes:
    """A picture of one colour with a bright corner."""
    image = Image.new("RGB", (size, size), colour)
    image.paste((255, 255, 255), (0, 0, size // 3, size // 2))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def items(count: int, *, images: bool = True) -> list[Item]:
    """Questions of different lengths about pictures of different sizes."""
    return [
        Item(
            id=f"q{number}",
            question="Which?" + "!" * (3 * number),
            options=OPTIONS,
            gold="ABC"[number % 3],
            image=png((60 * number % 255, 20, 255 - 40 * number % 255), 28 if number % 2 else 56) if images else None,
        )
        for number in range(count)
    ]


def policy(family: str = "qwen2_vl", seed: int = 0, sharpness: float = 4.0, **shape: Any) -> Policy:
    """A random policy that prefers some tokens clearly, and others after another prompt."""
    small = {"family": family, "hidden": 32, "vision_hidden": 32, "tied": False}
    made = tiny_policy(Shape(**{**small, **shape}), seed)
    with torch.no_grad():
        for parameter in made.model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(sharpness)
        made.head.weight.mul_(4)
    return made


def save(made: Policy, folder: Path) -> Path:
    """The policy as a directory that transformers loads."""
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)
    if made.images is not None:
        made.images.save_pretrained(folder)
    return folder


def config(**sections: dict[str, Any]) -> TrainConfig:
    """A run of four completions to each of two prompts, eight tokens long, unless told otherwise."""
    base: dict[str, dict[str, Any]] = {
        "policy": {"model": "none"},
        "data": {"train": "none", "prompt": "plain"},
        "sampling": {"prompts": 2, "samples": 4, "max_new_tokens": 8},
        "optimizer": {"lr": 1e-3},
        "run": {"steps": 2, "device": "cpu", "logprob_chunk": 7},
    }
    return TrainConfig.model_validate(
        {name: {**base.get(name, {}), **sections.get(name, {})} for name in {*base, *sections}}
    )
