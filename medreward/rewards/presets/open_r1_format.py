"""Open R1's format reward: every tag on a line of its own."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.text.facts import Layout

__all__ = ["PRESET"]

PRESET = Preset(
    name="open-r1-format",
    title="Open R1: think and answer blocks with every tag on a line of its own",
    source="huggingface/open-r1 at commit 1416fa0, src/open_r1/rewards.py, format_reward",
    paper="No paper. The repository: 1 if reasoning and answer are enclosed in their tags, else 0.",
    code=(
        "The text starts with <think> and a newline; later a newline, </think>, exactly one newline, <answer> and a"
        " newline; later a newline and </answer>, then the end of the text or of the line: further lines are free. A"
        " block needs two newlines inside, so <think>, newline, </think> does not do; the same tags on one line earn 0."
        " No tag is counted."
    ),
    reward=Holds(
        name="format",
        facts=(
            Layout(
                path=(
                    *("start", "nothing", "<think>", "own_lines", "</think>", "newline"),
                    *("<answer>", "own_lines", "</answer>", "nothing", "line_end"),
                )
            ),
        ),
    ),
    values=(0.0, 1.0),
    components=("format",),
    golden=earned({}, otherwise=(0,)),
    cases=(
        Case("lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("one line", "<think>r</think><answer>B</answer>", 0),
        Case("prefilled", "r\n</think>\n<answer>\nB\n</answer>", 0),
        Case("leading newline", "\n<think>\nr\n</think>\n<answer>\nB\n</answer>", 0),
        Case("leftover end token", "<think>\nr\n</think>\n<answer>\nB\n</answer><|im_end|>", 0),
        Case("further lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>\nSo it is B.", 1),
        Case("two answers", "<think>\nr\n</think>\n<answer>\nB\n</answer>\n<answer>\nC\n</answer>", 1),
        Case("nested", "<think>\n<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("empty line", "<think>\n\n</think>\n<answer>\n\n</answer>", 1),
        Case("one newline", "<think>\n</think>\n<answer>\nB\n</answer>", 0),
        Case("two newlines between", "<think>\nr\n</think>\n\n<answer>\nB\n</answer>", 0),
        Case("carriage returns", "<think>\r\nr\r\n</think>\r\n<answer>\r\nB\r\n</answer>", 0),
    ),
)
