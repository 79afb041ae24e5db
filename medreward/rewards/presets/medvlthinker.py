"""MedVLThinker's reward: nothing without the format, then the option written out."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import Gate
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned
from medreward.rewards.written_option import WrittenOption
from medreward.text.facts import Body, OptionMatch

__all__ = ["PRESET"]

PRESET = Preset(
    name="medvlthinker",
    title="MedVLThinker: 1 for the right option as letter, text or `B. text`, only in the right format",
    source="UCSC-VLAA/MedVLThinker, train/my_reward.py, read in a copy that names no commit; arXiv 2508.02669",
    paper="One reward of 0 or 1: the answer is right and the format is kept.",
    code=(
        "0 unless the whole text is a think block, whitespace and an answer block. Then the first <answer> whose first"
        " closer stands on its line, or the whole text where there is none, is compared without outer whitespace and in"
        " lower case with the gold option's label, its text, and `label. text`. An answer with a newline inside its"
        " tags, `B) text`, `(B)` and `B.` earn 0. The original raises where two gold fields of its data disagree; here"
        " the gold is one option."
    ),
    reward=Gate(
        condition=Holds(name="format", facts=(THINK_THEN_ANSWER,)),
        then=WrittenOption(
            name="accuracy",
            written=OptionMatch(
                body=Body(pick="first_span", newlines=False, if_missing="whole_text"),
                shapes=("label_stop_text", "label", "text"),
                fold="lower",
            ),
        ),
    ),
    values=(0.0, 1.0),
    components=("format", "accuracy"),
    golden=earned(
        {
            (1, 1): """
                letter
                lower case
                letter, stop, text
                text alone
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (1, 0): """
                whitespace in the answer
                full stop
                half bracket
                bold
                brackets
                boxed
                letter, bracket, text
                Figure 1
                wrong then right block
            """,
            (0, 1): """
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
        Case("spaces", "<think>t</think><answer> b.  lungs</answer>", 0),
        Case("upper case", "<think>t</think><answer>B. LUNGS</answer>", 1),
        Case("another option's text", "<think>t</think><answer>B. Heart</answer>", 0),
        Case("second block on one line", "<think>t</think><answer>\n</answer><answer>B</answer>", 1),
    ),
)
