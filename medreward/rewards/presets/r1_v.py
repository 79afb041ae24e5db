"""R1-V's reward: Math-Verify on the whole completion or an equal string, plus the format."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.combine import Maximum, WeightedSum
from medreward.rewards.equal_text import EqualText
from medreward.rewards.holds import Holds
from medreward.rewards.math_verified import MathVerified
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset, earned
from medreward.text.facts import Body, Extracted

__all__ = ["PRESET", "VERIFIED_OR_EQUAL"]

_ONE_LINE = Extracted(body=Body(pick="first_span", newlines=False, if_missing="whole_text"))
VERIFIED_OR_EQUAL = Maximum.of(
    MathVerified(gold_first=False, on_error="no"), EqualText(answer=_ONE_LINE, gold=_ONE_LINE)
)
"""R1-V's accuracy, which its descendants keep."""
_MATRIX = "$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$"

PRESET = Preset(
    name="r1-v",
    title="R1-V: Math-Verify or an equal answer string, plus the format",
    source="Deep-Agent/R1-V at commit 3c16cd3, src/r1-v/src/open_r1/grpo.py",
    paper="No paper. The repository: symbolic verification first, then the extracted answer compared as a string.",
    code=(
        "Format: the whole text is a think block, whitespace and an answer block. Accuracy: 1 if Math-Verify verifies"
        " what it parses from the whole completion, given in the gold's place, against the gold; else 1 if the first"
        " <answer> closed on its own line, or the whole text where there is none, equals the gold read the same way,"
        " case and all. Math-Verify finds nothing in a bare letter, so letters are compared as strings: an untagged B"
        " is right, a lower-case b is wrong, and an answer with a newline inside its tags is read as the whole text."
        " Where the library fails or takes longer than 5 seconds it has said no, and the strings are compared."
    ),
    reward=WeightedSum.of(accuracy=VERIFIED_OR_EQUAL, format=Holds(facts=(THINK_THEN_ANSWER,))),
    values=(0.0, 1.0, 2.0),
    components=("accuracy", "format"),
    golden=earned(
        {
            (1, 1): """
                letter
                empty reasoning
                reasoning on several lines
                right then wrong block
                right quoted, wrong answered
                text between two think blocks
                closer twice
            """,
            (0, 1): """
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
        Case("tagged gold", "<think>t</think><answer>B</answer>", 2, gold="<answer> B </answer>"),
        Case("a number", "<think>t</think><answer> 3.0 </answer>", 2, gold="<answer> 3 </answer>"),
        Case("a number anywhere", "It is 3 after all", 1, gold="<answer> 3 </answer>"),
        Case("another number", "<think>t</think><answer>4</answer>", 1, gold="<answer> 3 </answer>"),
        Case("the library fails", "\\boxed{\\frac{1}{0}}", 0, gold=_MATRIX),
        Case(
            "the library fails, equal strings",
            f"\\boxed{{\\frac{{1}}{{0}}}} <answer>{_MATRIX}</answer>",
            1,
            gold=_MATRIX,
        ),
        Case("a gold in dollars", "\\boxed{B}", 1, gold="$B$"),
    ),
)
