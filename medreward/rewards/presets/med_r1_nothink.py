"""Med-R1's reward without reasoning: one answer block and nothing else."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.presets.r1_v import VERIFIED_OR_EQUAL
from medreward.text.facts import Layout

__all__ = ["PRESET"]

PRESET = Preset(
    name="med-r1-nothink",
    title="Med-R1 without reasoning: one answer block and nothing else; accuracy as r1-v",
    source=(
        "Yuxiang-Lai117/Med-R1, src/r1-v/src/open_r1/grpo_vqa_nothink.py, read in the fork Corleno/Med-R1 at commit"
        " c0f92e9; arXiv 2503.13939"
    ),
    paper="The model answers without reasoning; format and accuracy rewards, summed.",
    code=(
        "Format: whitespace or nothing, <answer>, anything, </answer>, and then the end: trailing whitespace fails, and"
        " so does any other text before the tag. More blocks inside pass. Accuracy is that of r1-v."
    ),
    reward=WeightedSum.of(
        accuracy=VERIFIED_OR_EQUAL,
        format=Holds(
            facts=(Layout(path=("start", "whitespace", "<answer>", "anything", "</answer>", "nothing", "end")),)
        ),
    ),
    values=(0.0, 1.0, 2.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): "answer block alone",
            (1, 0): """
                letter
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
                leading space
                trailing newline
                trailing text
                text between
                no tags
            """,
        },
        otherwise=(0, 0),
    ),
    cases=(
        Case("whitespace before", "\n <answer>B</answer>", 2),
        Case("whitespace after", "<answer>B</answer>\n", 1),
        Case("two blocks", "<answer>B</answer>C<answer>C</answer>", 2),
        Case("wrong", "<answer>C</answer>", 1),
    ),
)
