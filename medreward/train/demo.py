"""The first job: from nothing to a rising reward, on a CPU, in about a minute and a half.

Pictures are drawn, a vision-language model of half a million random weights is warmed up on answers that are often
wrong and often badly formed, and fifty steps of GRPO with the paper's reward do the rest. The same job is there in
large, for a GPU: sixteen times the pixels, 136 million weights in bf16. Nobody has run the large one to its end yet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import torch

from medreward.rewards.prompt import prompt
from medreward.train.config import TrainConfig, load_config
from medreward.train.data import Item
from medreward.train.drawings import NAMES, QUESTION, SIDE, drawn_items
from medreward.train.loop import Hook, Result, train
from medreward.train.policy import Policy, pick_device
from medreward.train.setup import Start
from medreward.train.tiny import Shape, tiny_policy
from medreward.train.warmup import warm_up

__all__ = ["RECIPES", "Recipe", "demo_config", "demo_start", "demo_target", "run_demo"]


@dataclass(frozen=True)
class Recipe:
    """A size of the job.

    Args:
        settings: the file of its run's settings, which lies beside this one.
        shape: the model.
        side: pixels along a picture's side.
        train, held_out: pictures to learn from, and unseen ones.
        warm_up_steps, warm_up_batch, warm_up_lr: how it is warmed up.
    """

    settings: str
    shape: Shape
    side: int
    train: int
    held_out: int
    warm_up_steps: int
    warm_up_batch: int
    warm_up_lr: float


RECIPES = {
    "small": Recipe(
        "demo.toml", Shape(hidden=96, layers=3, vision_hidden=64, vision_layers=2), SIDE, 512, 64, 170, 32, 2e-3
    ),
    "large": Recipe(
        "demo-large.toml",
        Shape(
            hidden=768,
            layers=12,
            heads=12,
            kv_heads=4,
            vision_hidden=512,
            vision_layers=8,
            vision_heads=8,
            spread=4,
            vision_spread=4,
            max_pixels=(4 * SIDE) ** 2,
        ),
        4 * SIDE,
        4096,
        512,
        400,
        64,
        3e-4,
    ),
}
"""The sizes, by name."""

_MISTAKEN = {"B": "A", "D": "C"}  # what the warm-up gets wrong more often than right
_MISTAKES, _SLIPS = 0.6, 0.15  # how often it mistakes those two, and how often it takes a letter by chance
_TIDY, _WORDY = 0.6, 0.15  # how often its answers are well formed, and well formed with more than the letter


def demo_config(output: Path, seed: int = 0, steps: int | None = None, size: str = "small") -> TrainConfig:
    """The settings of a size; the number of steps is its own where None."""
    config = load_config(Path(str(files("medreward.train") / RECIPES[size].settings)))
    return config.replace(run={"output": str(output), "seed": seed, "steps": steps or config.run.steps})


def _untrained(recipe: Recipe, config: TrainConfig) -> Policy:
    """A model that knows nothing; what never changes in the prompts is one token each, so that prompts are short."""
    task = prompt("", []).strip()
    words = [task, QUESTION, *NAMES, *(f"{label}) " for label in "ABCD")]
    device, dtype = pick_device(config.run.device), getattr(torch, config.policy.dtype)
    return tiny_policy(recipe.shape, config.run.seed, words, device, dtype)


def demo_target(item: Item, chance: random.Random) -> str:
    """What the warm-up teaches: two mistakes, some slips, and tags that are often missing."""
    letter = item.gold
    if chance.random() < _MISTAKES:
        letter = _MISTAKEN.get(letter, letter)
    if chance.random() < _SLIPS:
        letter = chance.choice([*item.options])
    name, shape = item.options[letter], chance.random()
    if shape < _TIDY:
        return f"<think>{name}</think><answer>{letter}</answer>"
    if shape < _TIDY + _WORDY:
        return f"<think>{name}</think><answer>{letter}) {name}</answer>"
    broken = (
        f"<think>{name}</think>{letter}",
        f"{name}<answer>{letter}</answer>",
        f"<think>{name}<answer>{letter}</answer>",
    )
    return chance.choice(broken)


def demo_start(recipe: Recipe, config: TrainConfig, watch: Callable[[int, float], None] | None = None) -> Start:
    """A warmed-up policy, questions to learn from, and unseen ones."""
    seed = config.run.seed
    policy, items = _untrained(recipe, config), drawn_items(recipe.train, 2 * seed, recipe.side)
    warm_up(
        policy,
        items,
        demo_target,
        steps=recipe.warm_up_steps,
        batch=recipe.warm_up_batch,
        lr=recipe.warm_up_lr,
        seed=seed,
        style=config.data.prompt,
        watch=watch,
    )
    return Start(policy, items, drawn_items(recipe.held_out, 2 * seed + 1, recipe.side))


def run_demo(
    output: Path,
    *,
    seed: int = 0,
    steps: int | None = None,
    size: str = "small",
    hooks: Sequence[Hook] = (),
    watch: Callable[[int, float], None] | None = None,
) -> Result:
    """Run the demo.

    Args:
        output: the folder to fill; it must not exist, or be empty.
        seed: of pictures, weights and chance.
        steps: GRPO steps; the size's own number where None.
        size: ``small``, for a CPU, or ``large``, for a GPU.
        hooks: called after every step.
        watch: called with step and loss of the warm-up.

    Returns:
        The run's folder and metrics; ``held_out_accuracy`` stands in the first and the last.
    """
    config = demo_config(output, seed, steps, size)
    torch.set_num_threads(config.run.threads or 1)
    return train(config, start=demo_start(RECIPES[size], config, watch), hooks=hooks)
