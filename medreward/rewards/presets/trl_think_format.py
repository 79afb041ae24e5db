"""TRL's format reward: reasoning first, then anything."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.text.facts import Layout, Occurs, TagCount

__all__ = ["PRESET"]

PRESET = Preset(
    name="trl-think-format",
    title="TRL: the text begins with one <think>, closed somewhere; no answer tag is asked for",
    source="huggingface/trl at v1.16.0, trl/rewards/format_rewards.py, think_format_reward",
    paper="No paper. TRL's documentation: 1 if the reasoning is enclosed in <think> and </think>, else 0.",
    code=(
        "The text starts with <think> (nothing before it), that opener occurs nowhere else, and some </think> follows."
        " Closers are not counted and all text after one is free: answer tags, their number and their content are not"
        " looked at. Where a chat template writes the opener into the prompt, every completion earns 0."
    ),
    reward=Holds(
        name="format",
        facts=(
            Layout(path=("start", "nothing", "<think>", "anything", "</think>")),
            Occurs(count=TagCount(tag="<think>")),
        ),
    ),
    values=(0.0, 1.0),
    components=("format",),
    golden=earned(
        {
            (0,): """
                leading space
                no tags
                answer block alone
                upper-case tags
                text between two think blocks
            """,
        },
        otherwise=(1,),
    ),
    cases=(
        Case("lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("prefilled", "r</think><answer>B</answer>", 0),
        Case("leading newline", "\n<think>r</think><answer>B</answer>", 0),
        Case("leftover end token", "<think>r</think><answer>B</answer><|im_end|>", 1),
        Case("nested", "<think><think>r</think><answer>B</answer>", 0),
        Case("reversed", "</think>r<think><answer>B</answer>", 0),
        Case("empty", "<think></think><answer></answer>", 1),
        Case("hundred answers", "<think>r</think>" + "<answer>B</answer>" * 100, 1),
        Case("no answer", "<think>r</think>", 1),
        Case("unclosed", "<think>r", 0),
        Case("closed twice", "<think>r</think></think>", 1),
    ),
)
