"""VLM-R1's multiple-choice reward: a heuristic picks one letter of the answer."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.equal_text import EqualText
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned
from medreward.text.facts import Body, Extracted

__all__ = ["PRESET"]

PRESET = Preset(
    name="vlm-r1-mcq",
    title="VLM-R1: the letter that a heuristic picks from the answer, plus the format",
    source=(
        "om-ai-lab/VLM-R1 at commit 90052f4, src/open-r1-multimodal/src/open_r1/grpo_jsonl.py, mcq and format; the same"
        " functions read in the copy Thorin215/VLM-R1 at commit 2d173e8"
    ),
    paper="arXiv 2504.07615 has accuracy and format rewards for boxes; the multiple-choice rule is the repository's.",
    code=(
        "Format: the whole text is a think block, whitespace and an answer block. Accuracy: in upper case, letters with"
        " no letter A to Z before them and one of .,?!:; or the end after them are candidates; of several the one that"
        " scores most by keywords near it (answer, correct, think ...), by standing late and by punctuation. It is read"
        " from the first answer span, or from the whole text where there is none, and compared with the letter read the"
        " same way from the gold. So (B) and **B** have no candidate, `A or B` is B, and untagged text is read too. An"
        " earlier version (commit e0e622f) made nothing upper case and left a gold its tags, so that a tagged gold was"
        " never right."
    ),
    reward=WeightedSum.of(
        accuracy=EqualText(
            answer=Extracted(body=Body(pick="first_span", if_missing="whole_text"), by=("strip", "vlm_r1_choice")),
            gold=Extracted(
                body=Body(pick="first_span", newlines=False, if_missing="whole_text"), by=("strip", "vlm_r1_choice")
            ),
        ),
        format=Holds(facts=(THINK_THEN_ANSWER,)),
    ),
    values=(0.0, 1.0, 2.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                lower case
                whitespace in the answer
                full stop
                letter, stop, text
                Figure 1
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 1): """
                half bracket
                bold
                brackets
                boxed
                letter, bracket, text
                text alone
                wrong then right block
            """,
            (1, 0): """
                leading space
                trailing newline
                trailing text
                text between
                no tags
                answer block alone
                unclosed answer
            """,
        },
        otherwise=(0, 0),
    ),
    cases=(
        Case("text after the letter", "<think>r</think><answer>B. Pneumonia</answer>", 2),
        Case("dollars", "<think>r</think><answer>$B$</answer>", 1),
        Case("stated", "<think>r</think><answer>Answer: B</answer>", 2),
        Case("full width", "<think>r</think><answer>Ｂ</answer>", 1),
        Case("ideographic stop", "<think>r</think><answer>B。</answer>", 1),
        Case("article", "<think>r</think><answer>A fracture is not seen, so B</answer>", 2),
        Case("corrected", "<think>r</think><answer>It is not B, the answer is D.</answer>", 2, gold="D"),
        Case("hedge", "<think>r</think><answer>A or B</answer>", 2),
        Case("tagged gold", "<think>r</think><answer>B</answer>", 2, gold="<answer> B </answer>"),
        Case("gold without a candidate", "<think>r</think><answer>B</answer>", 1, gold="(B)"),
        Case("letter only in the reasoning", "<think>It is B.</think> Done", 1),
    ),
)
