"""MedReasoning-EasyR1's reward with reasoning: label and text must both be right."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import WeightedSum
from medreward.rewards.equal_text import EqualText
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import Preset, earned
from medreward.text.facts import Body, Extracted, Layout
from medreward.text.tags import TagSet

__all__ = ["PRESET"]

PRESET = Preset(
    name="medreasoning-easyr1-think",
    title="MedReasoning-EasyR1 with reasoning: 0.9 for `B: text` letter by letter, 0.1 for the format",
    source=(
        "Quinten-Wu504/MedReasoning-EasyR1 at commit 5757e86,"
        " mine/SFT_plus_RL/settings/mixed_mcq/reward_function/sft_plus_rl_plus_mixed_mcq.py"
    ),
    paper="No paper. The repository: accuracy 0.9, format 0.1; choices are answered as `C: The appressorium`.",
    code=(
        "First all whitespace beside every <, > and / goes, so that < answer > is a tag. Format: but for outer"
        " whitespace the whole text is a think block and an answer block. Accuracy: the first answer span without"
        " outer whitespace and one end mark (.,:;?!) must equal the gold so treated, case and all; where it reads"
        " X: text with X from A to D, the letter and the first line of the text, again without one end mark. An"
        " empty answer earns nothing. A bare letter is no answer to a gold with text."
    ),
    reward=WeightedSum.of(
        accuracy=(
            0.9,
            EqualText(
                answer=Extracted(
                    body=Body(pick="first_span"),
                    by=("strip", "some", "close_up_tags", "drop_end_mark", "label_and_line_a_to_d"),
                ),
                gold=Extracted(
                    body=Body(pick="whole"),
                    by=("strip_spaces_and_newlines", "drop_end_mark", "label_and_line_a_to_d"),
                ),
            ),
        ),
        format=(
            0.1,
            Holds(
                facts=(
                    Layout(
                        path=(
                            *("start", "whitespace", "<think>", "anything", "</think>", "whitespace"),
                            *("<answer>", "anything", "</answer>", "whitespace", "end"),
                        )
                    ),
                )
            ),
        ),
    ),
    tags=TagSet(inner_space=True),
    values=(0.0, 0.1, 0.9, 1.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                whitespace in the answer
                full stop
                empty reasoning
                leading space
                trailing newline
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (1, 0): """
                trailing text
                text between
                answer block alone
            """,
            (0, 0): """
                no tags
                upper-case tags
                unclosed answer
            """,
        },
        otherwise=(0, 1),
    ),
    cases=(
        Case("label and text", "<think>t</think><answer>B: Lungs</answer>", 1, gold="B: Lungs"),
        Case("no space, end marks", "<think>t</think><answer>\n\nB:Lungs,\n</answer>", 1, gold="B: Lungs."),
        Case("bare letter", "<think>t</think><answer>B</answer>", 0.1, gold="B: Lungs"),
        Case("text alone", "<think>t</think><answer>Lungs</answer>", 0.1, gold="B: Lungs"),
        Case("another letter", "<think>t</think><answer>C: Lungs</answer>", 0.1, gold="B: Lungs"),
        Case("another case", "<think>t</think><answer>B: lungs</answer>", 0.1, gold="B: Lungs"),
        Case("a second line", "<think>t</think><answer>B: Lungs\nbecause</answer>", 1, gold="B: Lungs"),
        Case("letter beyond D", "<think>t</think><answer>E:Lungs</answer>", 0.1, gold="E: Lungs"),
        Case("letter beyond D, as given", "<think>t</think><answer>E: Lungs.</answer>", 1, gold="E: Lungs"),
        Case("spaces in the tags", "< think >t< / think > <answer >B: Lungs</ answer>", 1, gold="B: Lungs"),
        Case("a slash", "<think>t</think><answer>A: in / out</answer>", 0.1, gold="A: in / out"),
        Case("a slash", "<think>t</think><answer>A: in / out</answer>", 1, gold="A: in/out"),
        Case("empty", "<think>t</think><answer> </answer>", 0.1, gold=" "),
        Case("closed", "<think>t</think><answer>Normal.</answer>", 1, gold="Normal"),
    ),
)
