"""Med-R1's reward for chest films: labels counted as substrings."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.contained_labels import ContainedLabels
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned
from medreward.text.facts import Body, Extracted

__all__ = ["PRESET"]

_ONE_LINE = Extracted(body=Body(pick="first_span", newlines=False, if_missing="whole_text"))
_NIH_LABELS = (
    *("Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax"),
    *("Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia", "No Finding"),
)

PRESET = Preset(
    name="med-r1-cxr",
    title="Med-R1 for chest films: 1 for each finding named, 0 for any that is not there, plus the format",
    source=(
        "Yuxiang-Lai117/Med-R1, src/r1-v/src/open_r1/grpo_cls.py, read in the copies solrac031504/Med-Seq at commit"
        " 930f8bf and Corleno/KEPO at commit 3f03626, which agree; arXiv 2503.13939"
    ),
    paper="Accuracy and format rewards, summed.",
    code=(
        "The gold lists findings with | between them. Accuracy: 1 for each that occurs as a string in the first"
        " <answer> closed on its own line, or in the whole text where there is none; 0.25 for No Finding, and where"
        " the gold has it and the answer has not, 0 for all. Then 0 if any of 15 labels occurs in the answer but"
        " not in the gold cell. Strings are looked for inside words and in their own case. The sum has no upper end"
        " but the gold's length. The code asks Math-Verify first, which finds nothing in such golds. Format: as"
        " r1-v."
    ),
    reward=WeightedSum.of(
        accuracy=ContainedLabels(
            vocabulary=_NIH_LABELS, alone="No Finding", alone_each=0.25, answer=_ONE_LINE, gold=_ONE_LINE
        ),
        format=Holds(facts=(THINK_THEN_ANSWER,)),
    ),
    values=(),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                whitespace in the answer
                full stop
                half bracket
                bold
                brackets
                boxed
                letter, stop, text
                letter, bracket, text
                Figure 1
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 1): """
                lower case
                text alone
                wrong then right block
            """,
        },
        otherwise=(1, 0),
    ),
    cases=(
        Case("one", "<think>t</think><answer>Mass</answer>", 2, gold="Mass"),
        Case("two of two", "<think>t</think><answer>Mass, Nodule</answer>", 3, gold="<answer> Mass|Nodule </answer>"),
        Case("one of two", "<think>t</think><answer>Mass</answer>", 2, gold="Mass|Nodule"),
        Case("one too many", "<think>t</think><answer>Mass, Edema</answer>", 1, gold="Mass"),
        Case("none there", "<think>t</think><answer>No Finding</answer>", 1.25, gold="No Finding"),
        Case("none there, one named", "<think>t</think><answer>Mass</answer>", 1, gold="No Finding"),
        Case("denied", "<think>t</think><answer>no Mass</answer>", 2, gold="Mass"),
        Case("lower case", "<think>t</think><answer>mass</answer>", 1, gold="Mass"),
        Case("named in the reasoning, untagged", "Mass", 1, gold="Mass"),
        Case("answer on two lines", "<think>Edema</think><answer>Mass\n</answer>", 1, gold="Mass"),
    ),
)
