"""NeMo-RL's format reward: a quarter for think tags, three quarters for answer tags."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.text.facts import Layout

__all__ = ["PRESET"]

PRESET = Preset(
    name="nemo-rl-format",
    title="NeMo-RL: 0.25 for a <think> closed later, 0.75 for an <answer> closed later",
    source="NVIDIA-NeMo/RL at commit 7ea279a, nemo_rl/environments/rewards.py, format_reward",
    paper="No paper.",
    code=(
        "0.25 if some </think> follows some <think>, 0.75 if some </answer> follows some <answer>, anywhere in the"
        " text. Order, number, nesting and text outside are not looked at, so that a completion earns the whole of it"
        " with its answer inside the reasoning or before it."
    ),
    reward=WeightedSum.of(
        think=(0.25, Holds(facts=(Layout(path=("<think>", "anything", "</think>")),))),
        answer=(0.75, Holds(facts=(Layout(path=("<answer>", "anything", "</answer>")),))),
    ),
    values=(0.0, 0.25, 0.75, 1.0),
    components=("think", "answer"),
    golden=earned(
        {
            (0, 0): """
                no tags
                upper-case tags
            """,
            (0, 1): "answer block alone",
            (1, 0): "unclosed answer",
        },
        otherwise=(1, 1),
    ),
    cases=(
        Case("lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("prefilled", "r</think><answer>B</answer>", 0.75),
        Case("leading newline", "\n<think>r</think><answer>B</answer>", 1),
        Case("leftover end token", "<think>r</think><answer>B</answer><|im_end|>", 1),
        Case("nested", "<think><think>r</think><answer>B</answer>", 1),
        Case("reversed", "</think><think>r<answer>B</answer>", 0.75),
        Case("answer first", "<answer>B</answer><think>r</think>", 1),
        Case("crossed", "<think><answer></think></answer>", 1),
    ),
)
