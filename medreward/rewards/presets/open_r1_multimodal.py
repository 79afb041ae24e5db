"""open-r1-multimodal's reward: R1-V's accuracy, and a format that is looked for at the start, line by line."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.presets.r1_v import VERIFIED_OR_EQUAL
from medreward.text.facts import Layout

__all__ = ["PRESET"]

PRESET = Preset(
    name="open-r1-multimodal",
    title="open-r1-multimodal: a format of single lines that only the start must have; accuracy as r1-v",
    source=(
        "EvolvingLMMs-Lab/open-r1-multimodal, src/open_r1/grpo.py, read in the fork"
        " Wang-Xiaodong1899/open-r1-multimodal at commit 2c12a04"
    ),
    paper="No paper. The repository: format and accuracy rewards, summed.",
    code=(
        "Format: the text starts with <think>; some </think> stands on the same line, then whitespace, newlines too,"
        " and an <answer> that is closed on its own line. What follows is free. So reasoning on several lines fails and"
        " trailing text passes. Accuracy is that of r1-v. An earlier version (the fork baochi0212/open-r1-multimodal at"
        " commit c26e521) wanted nothing between the blocks and nothing after them."
    ),
    reward=WeightedSum.of(
        accuracy=VERIFIED_OR_EQUAL,
        format=Holds(
            facts=(
                Layout(
                    path=(
                        *("start", "nothing", "<think>", "one_line", "</think>", "whitespace"),
                        *("<answer>", "one_line", "</answer>"),
                    )
                ),
            )
        ),
    ),
    values=(0.0, 1.0, 2.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                empty reasoning
                trailing newline
                trailing text
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 1): """
                lower case
                full stop
                half bracket
                bold
                brackets
                boxed
                letter, stop, text
                letter, bracket, text
                text alone
                Figure 1
                wrong then right block
            """,
            (1, 0): """
                leading space
                text between
                reasoning on several lines
                no tags
                answer block alone
            """,
        },
        otherwise=(0, 0),
    ),
    cases=(
        Case("newlines between the blocks", "<think>t</think>\n\n<answer>B</answer>", 2),
        Case("carriage return", "<think>a\rb</think><answer>B</answer>", 2),
        Case("a later block fits", "<think>t</think>x</think><answer>B</answer>", 2),
        Case("closer on the next line", "<think>t\n</think></think><answer>B</answer>", 1),
    ),
)
