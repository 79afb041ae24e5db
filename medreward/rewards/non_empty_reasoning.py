"""Non-empty reasoning: is anything said inside the think tags?"""

from __future__ import annotations

from typing import Literal

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.text.facts import HasText, TagCount
from medreward.text.reading import Reading
from medreward.text.tags import Case as TagCase
from medreward.text.tags import Role

__all__ = ["CASES", "NonEmptyReasoning"]


class NonEmptyReasoning(Reward):
    """1 if some block of the tag holds more than whitespace and invisible characters, else 0.

    Tags inside the block are no text, and neither is an answer block quoted there.

    Args:
        tag: the role of the tag round the reasoning.
        case: which spellings of a tag count.
    """

    pays = (0.0, 1.0)

    kind: Literal["non_empty_reasoning.v1"] = "non_empty_reasoning.v1"
    tag: Role = "think"
    case: TagCase = "exact"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Ask whether the tag has text."""
        return Values.of(reading[HasText.once(tag=self.tag, case=self.case)], reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """Whether there is reasoning, and if not, why not."""
        if reading[HasText.once(tag=self.tag, case=self.case)][0]:
            return "there is reasoning"
        opened = reading[TagCount.once(tag=f"<{self.tag}>", case=self.case)][0]
        return "the reasoning is empty, or its tag is never closed" if opened else "there is no reasoning block"


CASES = (
    Case("maximum", "<think>a shadow</think><answer>B</answer>", 1),
    Case("maximum", "<think></think><think>x</think>", 1),
    Case("zero", "<think>\n </think><answer>B</answer>", 0),
    Case("zero", "<think><answer>B</answer></think><answer>B</answer>", 0),
    Case("malformed", "<think>a shadow<answer>B</answer>", 0),
    Case("malformed", "a shadow</think>", 0),
    Case("tag", "<think></think><answer>B</answer>", 1, NonEmptyReasoning(tag="answer")),
    Case("tag", "<think>a shadow</think><answer></answer>", 0, NonEmptyReasoning(tag="answer")),
    Case("case", "<Think>a shadow</THINK>", 0),
    Case("case", "<Think>a shadow</THINK>", 1, NonEmptyReasoning(case="any")),
    Case("empty", "", 0),
    Case("empty", "<think></think>", 0),
    Case("non_ascii", "<think>\u200b\u2060\xad\ufe0f\u3000</think><answer>B</answer>", 0),
    Case("non_ascii", "<think>\u200b肺</think>", 1),
    Case("null", None, None),
)
