"""EasyR1's r1v reward: MathRuler grades the answer; half accuracy, half format."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.math_ruled import MathRuled
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned
from medreward.text.facts import Body, Extracted

__all__ = ["PRESET"]

PRESET = Preset(
    name="easyr1-r1v",
    title="EasyR1 r1v: half for MathRuler's verdict on the answer, half for the format",
    source="hiyouga/EasyR1 at commit 46c6c21, examples/reward_function/r1v.py",
    paper="No paper.",
    code=(
        "Format: the whole text is a think block, whitespace and an answer block. Accuracy: the first <answer> closed"
        " on its own line, or the whole text where there is none, is graded by MathRuler against the gold cell: case"
        " does not matter, (B) and \\boxed{B} are B, B. and B) are not. The total is 0.5 of each. Where the library"
        " raises, accuracy is 0."
    ),
    reward=WeightedSum.of(
        accuracy=(
            0.5,
            MathRuled(
                answer=Extracted(body=Body(pick="first_span", newlines=False, if_missing="whole_text")), on_error="no"
            ),
        ),
        format=(0.5, Holds(facts=(THINK_THEN_ANSWER,))),
    ),
    values=(0.0, 0.5, 1.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                lower case
                brackets
                boxed
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 1): """
                whitespace in the answer
                full stop
                half bracket
                bold
                letter, stop, text
                letter, bracket, text
                text alone
                Figure 1
                wrong then right block
            """,
            (1, 0): """
                leading space
                trailing newline
                trailing text
                text between
                no tags
                answer block alone
            """,
        },
        otherwise=(0, 0),
    ),
    cases=(
        Case("fraction", "<think>t</think><answer>\\frac{1}{2}</answer>", 1, gold="0.5"),
        Case("upper case", "<think>t</think><answer>LUNGS</answer>", 1, gold="Lungs"),
        Case("tagged gold", "<think>t</think><answer>B</answer>", 0.5, gold="<answer> B </answer>"),
    ),
)
