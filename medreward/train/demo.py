"""The first job: from nothing to a rising reward, on a CPU, in about a minute and a half.

Pictures are drawn, a vision-language model of half a million random weights is warmed up on answers that are often
wrong and often badly formed, and fifty steps of GRPO with the paper's reward do the rest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import torch

from medreward.rewards.prompt import prompt
from medreward.train.config import TrainConfig, load_config
from medreward.train.data import Item
from medreward.train.drawings import NAMES, QUESTION, drawn_items
from medreward.train.loop import Hook, Result, train
from medreward.train.policy import Policy
from medreward.train.setup import Start
from medreward.train.tiny import Shape, tiny_policy
from medreward.train.warmup import warm_up

__all__ = ["SHAPE", "demo_config", "demo_start", "demo_target", "run_demo", "untrained_policy"]

SHAPE = Shape(hidden=96, layers=3, vision_hidden=64, vision_layers=2)
_TRAIN, _HELD_OUT = 512, 64
_WARM_UP_STEPS, _WARM_UP_BATCH, _WARM_UP_LR = 170, 32, 2e-3
_MISTAKEN = {"B": "A", "D": "C"}  # what the warm-up gets wrong more often than right
_MISTAKES, _SLIPS = 0.6, 0.15  # how often it mistakes those two, and how often it takes a letter by chance
_TIDY, _WORDY = 0.6, 0.15  # how often its answers are well formed, and well formed with more than the letter


def demo_config(output: Path, seed: int = 0, steps: int = 50) -> TrainConfig:
    """The demo's settings: ``demo.toml``, which lies beside this file."""
    config = load_config(Path(str(files("medreward.train") / "demo.toml")))
    return config.replace(run={"output": str(output), "seed": seed, "steps": steps})


def untrained_policy(seed: int) -> Policy:
    """A model that knows nothing; what never changes in the prompts is one token each, so that prompts are short."""
    task = prompt("", []).strip()
    words = [task, QUESTION, *NAMES, *(f"{label}) " for label in "ABCD")]
    return tiny_policy(SHAPE, seed, words)


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


def demo_start(seed: int, style: str, watch: Callable[[int, float], None] | None = None) -> Start:
    """A warmed-up policy, questions to learn from, and unseen ones."""
    policy, items = untrained_policy(seed), drawn_items(_TRAIN, 2 * seed)
    warm_up(
        policy,
        items,
        demo_target,
        steps=_WARM_UP_STEPS,
        batch=_WARM_UP_BATCH,
        lr=_WARM_UP_LR,
        seed=seed,
        style=style,
        watch=watch,
    )
    return Start(policy, items, drawn_items(_HELD_OUT, 2 * seed + 1))


def run_demo(
    output: Path,
    *,
    seed: int = 0,
    steps: int = 50,
    hooks: Sequence[Hook] = (),
    watch: Callable[[int, float], None] | None = None,
) -> Result:
    """Run the demo.

    Args:
        output: the folder to fill; it must not exist, or be empty.
        seed: of pictures, weights and chance.
        steps: GRPO steps.
        hooks: called after every step.
        watch: called with step and loss of the warm-up.

    Returns:
        The run's folder and metrics; ``held_out_accuracy`` stands in the first and the last.
    """
    config = demo_config(output, seed, steps)
    torch.set_num_threads(config.run.threads or 1)
    return train(config, start=demo_start(seed, config.data.prompt, watch), hooks=hooks)
