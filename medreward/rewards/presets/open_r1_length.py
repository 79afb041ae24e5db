"""Open R1's length reward: short among the completions scored together."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.math_verified import MathVerified
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.relative_length import RelativeLength

__all__ = ["PRESET"]

PRESET = Preset(
    name="open-r1-length",
    title="Open R1: 0.5 for the shortest to -0.5 for the longest of a group; wrong answers never above 0",
    source="huggingface/open-r1 at commit 1416fa0, src/open_r1/rewards.py, len_reward; arXiv 2501.12599",
    paper=(
        "Kimi k1.5: 0.5 - (length - shortest) / (longest - shortest) among the completions of one prompt for right"
        " answers, the lesser of that and 0 for wrong ones, 0 where all are equally long."
    ),
    code=(
        "The same, in characters, over all completions of one call: several prompts of a batch are compared with one"
        " another. Here the group is that of the prompt, as the paper has it, which is the same where a call holds one."
        " Right is what Math-Verify, reading LaTeX alone, verifies; a gold in which nothing is found makes every"
        " completion right: a bare letter is such a gold. Where the library fails or takes longer than 5 seconds,"
        " nothing is found or it is wrong."
    ),
    reward=RelativeLength(
        name="length",
        right=MathVerified(reads="open_r1", gold_first=False, without_mathematics=1, on_error="no"),
    ),
    values=(),
    components=("length",),
    golden=earned({}, otherwise=(0,)),
    cases=(
        Case("shortest", "x", 0.5, others=("xxx", "xxxxx")),
        Case("longest", "xxxxx", -0.5, others=("xxx", "x")),
        Case("equal", "xxx", 0, others=("yyy",)),
        Case("right", "\\boxed{3}", 0.5, gold="$3$", others=("\\boxed{4} or so",)),
        Case("wrong and short", "\\boxed{4}", 0, gold="$3$", others=("it is \\boxed{3}",)),
        Case("wrong and long", "it is \\boxed{4}", -0.5, gold="$3$", others=("\\boxed{3}",)),
    ),
)
