"""Holds: facts that are true or false, as a reward."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.text.facts import AnyGap, At, HasText
from medreward.text.facts.base import AnyPredicate
from medreward.text.reading import Reading

__all__ = ["CASES", "Holds"]


class Holds(Reward):
    """1 if every given fact holds, else 0.

    Args:
        facts: facts that hold or do not, such as ``at.v1``, ``any_gap.v1`` or ``well_formed.v1``.
    """

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


_ENDS = Holds(facts=(At(tag="<think>", edge="start"), At(tag="</answer>", edge="end")))
_GAP = Holds(facts=(AnyGap(after="</think>", before="<answer>"),))
_TOUCH = Holds(facts=(AnyGap(after="</think>", before="<answer>", holds="nothing"),))
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1, _ENDS),
    Case("zero", "<think>t</think><answer>B</answer>\n", 0, _ENDS),
    Case("zero", "<THINK>t</think><answer>B</answer>", 0, _ENDS),
    Case("maximum", "a</think>\u3000\n<answer>", 1, _GAP),
    Case("zero", "</think>,<answer>", 0, _GAP),
    Case("zero", "</think> <answer>", 0, _TOUCH),
    Case("maximum", "</think> </think><answer>", 1, _TOUCH),
    Case("malformed", "<think></answer>", 1, _ENDS),
    Case("malformed", "</think></think> <answer><answer>", 1, _GAP),
    Case("malformed", "<think>t</think>", 1, Holds(facts=(HasText(),))),
    Case("empty", "", 0, _ENDS),
    Case("empty", "", 0, _GAP),
    Case("non_ascii", "<think>肺</think>\u200b<answer>B</answer>", 0, _GAP),
    Case("null", None, None, _ENDS),
)
