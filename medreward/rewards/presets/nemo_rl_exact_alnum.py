"""NeMo-RL's answer reward: the same letters and digits as the gold."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.equal_text import EqualText
from medreward.rewards.presets.base import Preset, earned
from medreward.text.facts import Body, Extracted

__all__ = ["PRESET"]

PRESET = Preset(
    name="nemo-rl-exact-alnum",
    title="NeMo-RL: the answer's letters and digits are the gold's, in any case",
    source="NVIDIA-NeMo/RL at commit 7ea279a, nemo_rl/environments/rewards.py, exact_answer_alphanumeric_reward",
    paper="No paper.",
    code=(
        "From the leftmost <answer> that is closed to the last </answer>, newlines too; letters and digits of any"
        " script are kept, the rest dropped, and what is left compared in lower case with the whole gold cell treated"
        " the same way. So (B) and **B** are B, B. Lungs is not, and several answer blocks are read as one text."
    ),
    reward=EqualText(
        name="accuracy",
        answer=Extracted(body=Body(pick="widest_span"), by=("letters_and_digits", "lower")),
        gold=Extracted(body=Body(pick="whole"), by=("letters_and_digits", "lower")),
    ),
    values=(0.0, 1.0),
    components=("accuracy",),
    golden=earned(
        {
            (0,): """
                boxed
                letter, stop, text
                letter, bracket, text
                text alone
                Figure 1
                no tags
                upper-case tags
                right then wrong block
                wrong then right block
                right quoted, wrong answered
                closer twice
                unclosed answer
            """,
        },
        otherwise=(1,),
    ),
    cases=(
        Case("dollars", "<think>r</think><answer>$B$</answer>", 1),
        Case("stated", "<think>r</think><answer>Answer: B</answer>", 0),
        Case("full width", "<think>r</think><answer>Ｂ</answer>", 0),
        Case("ideographic stop", "<think>r</think><answer>B。</answer>", 1),
        Case("hedge", "<think>r</think><answer>A or B</answer>", 0),
        Case("gold with punctuation", "<answer>b</answer>", 1, gold="(B)."),
        Case("nothing left of either", "<answer>!</answer>", 1, gold="—"),
    ),
)
