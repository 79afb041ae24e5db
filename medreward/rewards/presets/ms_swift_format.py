"""ms-swift's format reward: a think block, then an answer block, and nothing else."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned

__all__ = ["PRESET"]

PRESET = Preset(
    name="ms-swift-format",
    title="ms-swift: a think block, whitespace, an answer block, and nothing else",
    source="modelscope/ms-swift at v4.6.0, swift/rewards/orm.py, Format",
    paper="No paper. The documentation: 1 where the text has the form <think>...</think><answer>...</answer>, else 0.",
    code=(
        "The whole text is <think>, anything, </think>, whitespace or nothing, <answer>, anything, </answer>: exact"
        " case, no whitespace at either end, no tag counted, so that empty blocks, nested and repeated ones pass. The"
        " same predicate as the format of medvlm-r1-code and r1-v, though written with other flags."
    ),
    reward=Holds(name="format", facts=(THINK_THEN_ANSWER,)),
    values=(0.0, 1.0),
    components=("format",),
    golden=earned(
        {
            (1,): """
                letter
                lower case
                whitespace in the answer
                full stop
                half bracket
                bold
                brackets
                boxed
                letter, stop, text
                letter, bracket, text
                text alone
                Figure 1
                empty reasoning
                reasoning on several lines
                right then wrong block
                wrong then right block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
        },
        otherwise=(0,),
    ),
    cases=(
        Case("lines", "<think>\nr\n</think>\n<answer>\nB\n</answer>", 1),
        Case("prefilled", "r</think><answer>B</answer>", 0),
        Case("leading newline", "\n<think>r</think><answer>B</answer>", 0),
        Case("leftover end token", "<think>r</think><answer>B</answer><|im_end|>", 0),
        Case("hundred answers", "<think>r</think>" + "<answer>B</answer>" * 100, 1),
        Case("nested", "<think><think>r</think><answer>B</answer>", 1),
        Case("answer in reasoning", "<think><answer>A</answer></think><answer>B</answer>", 1),
        Case("empty", "<think></think><answer></answer>", 1),
        Case("reversed", "</think><think>r<answer>B</answer>", 0),
    ),
)
