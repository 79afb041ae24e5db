"""Holds: facts that are true or false, as a reward."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.text.facts import Body, HasBody, HasText, Layout, Occurs, TagCount
from medreward.text.facts.base import AnyPredicate
from medreward.text.reading import Reading

__all__ = ["CASES", "Holds"]


class Holds(Reward):
    """1 if every given fact holds, else 0.

    Args:
        facts: facts that hold or do not, such as ``layout.v1``, ``occurs.v1`` or ``well_formed.v1``.
    """

    pays = (0.0, 1.0)

    kind: Literal["holds.v1"] = "holds.v1"
    facts: tuple[AnyPredicate, ...] = Field(min_length=1)

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Ask every fact."""
        return Values.of(np.all([reading[fact] for fact in self.facts], axis=0), reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which facts do not hold."""
        failed = [fact.describe() for fact in self.facts if not reading[fact][0]]
        return f"does not hold: {'; '.join(failed)}" if failed else "every fact holds"


_WHOLE = Holds(
    facts=(
        Layout(
            path=(
                *("start", "nothing", "<think>", "anything", "</think>", "whitespace"),
                *("<answer>", "anything", "</answer>", "nothing", "end"),
            )
        ),
    )
)
_GAP = Holds(facts=(Layout(path=("</think>", "whitespace", "<answer>")),))
_LINES = Holds(facts=(Layout(path=("start", "nothing", "<think>", "own_lines", "</think>", "nothing", "line_end")),))
_ONE_LINE = Holds(facts=(Layout(path=("<answer>", "one_line", "</answer>")),))
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1, _WHOLE),
    Case("maximum", "<think></think></answer></think>\n<answer></answer></answer>", 1, _WHOLE),
    Case("zero", "<think>t</think><answer>B</answer>\n", 0, _WHOLE),
    Case("zero", "<THINK>t</think><answer>B</answer>", 0, _WHOLE),
    Case("maximum", "a</think>\u3000\n<answer>", 1, _GAP),
    Case("zero", "</think>,<answer>", 0, _GAP),
    Case("malformed", "</think></think> <answer><answer>", 1, _GAP),
    Case("maximum", "<think>\na\n</think>", 1, _LINES),
    Case("maximum", "<think>\n</think>\n</think>\nmore", 1, _LINES),
    Case("zero", "<think>\n</think>", 0, _LINES),
    Case("zero", "<think>\na\n</think> more", 0, _LINES),
    Case("zero", "<think>\r\na\n</think>", 0, _LINES),
    Case("zero", "<answer>\n</answer>", 0, _ONE_LINE),
    Case("maximum", "<answer>\n<answer>\r</answer>", 1, _ONE_LINE),
    Case("counted", "<think>a<think>", 0, Holds(facts=(Occurs(count=TagCount(tag="<think>")),))),
    Case("counted", "<think>a<think>", 1, Holds(facts=(Occurs(count=TagCount(tag="<think>"), most=None),))),
    Case("malformed", "<think>t</think>", 1, Holds(facts=(HasText(),))),
    Case("malformed", "<think> </think>", 1, Holds(facts=(HasBody(body=Body(tag="think")),))),
    Case("malformed", "<think> </think>", 0, Holds(facts=(HasBody(body=Body(tag="think"), least_words=1),))),
    Case("words", "<think> a b </think>", 1, Holds(facts=(HasBody(body=Body(tag="think"), least_words=2),))),
    Case("words", "<think> a b </think>", 0, Holds(facts=(HasBody(body=Body(tag="think"), least_words=3),))),
    Case("empty", "", 0, _WHOLE),
    Case("empty", "", 0, _GAP),
    Case("non_ascii", "<think>肺</think>\u200b<answer>B</answer>", 0, _GAP),
    Case("null", None, None, _WHOLE),
)
