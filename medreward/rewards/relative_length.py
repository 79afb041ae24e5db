"""Relative length: shorter than the other completions of the group."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import AnyReward, Case, Floats, Gold, Values, evaluate
from medreward.rewards.combine import Constant
from medreward.rewards.group_rule import GroupRule, least_and_most
from medreward.rewards.length import show_length
from medreward.rewards.partial_credit import PartialCredit
from medreward.text.buffer import Ints
from medreward.text.facts import Length
from medreward.text.facts.measures import AnyMeasure
from medreward.text.reading import Reading

__all__ = ["CASES", "RelativeLength"]


class RelativeLength(GroupRule):
    """``0.5 - (length - least) / (most - least)`` within the group: 0.5 for the shortest, -0.5 for the longest.

    0 where all of a group are equally long. A completion that is not right never earns more than 0 by it. Null where
    the length, the group id or ``right`` is null.

    Args:
        length: what is measured.
        right: which completions may gain by being short: those for which this is exactly 1; by default all.
        group_size: how many completions every group has; None where that is not known.

    Source:
        Kimi k1.5, arXiv 2501.12599, section on the length penalty.
    """

    kind: Literal["relative_length.v1"] = "relative_length.v1"
    length: AnyMeasure = Length()
    right: AnyReward = Constant(value=1.0)

    def inputs(self, reading: Reading, gold: Gold) -> list[Values]:
        """The length, and whether it is right."""
        length = self.length.measure(reading)
        return [Values(length.data, length.valid), evaluate(self.right, reading, gold)]

    def over_groups(self, inputs: list[Floats], groups: Ints) -> Floats:
        """Where each length lies between the least and the greatest of its group."""
        length, right = inputs
        least, most = least_and_most(length, groups)
        width = most - least
        value = 0.5 - (length - least) / np.where(width > 0, width, 1.0)
        return np.where(width > 0, np.where(right == 1.0, value, np.minimum(value, 0.0)), 0.0)

    def bounds(self) -> tuple[float, float]:
        """-0.5 to 0.5, or to 0 where nothing can be right."""
        return (-0.5, 0.5 if self.right.may_be(1.0) else 0.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The length."""
        return f"{show_length(self.length, reading)}, compared with the others of its group"


_RIGHT = RelativeLength(right=PartialCredit(), length=Length(of="think", unit="words"))
_WRONG = "<think>a</think><answer>C</answer>"
_LONG = "<think>a b c d e</think><answer>B</answer>"
CASES = (
    Case("maximum", "x", 0.5, others=("xxxxx", "xxx")),
    Case("least", "xxxxx", -0.5, others=("x", "xxx")),
    Case("zero", "xxx", 0, others=("x", "xxxxx")),
    Case("zero", "xxx", 0, others=("yyy", "zzz")),
    Case("alone", "xxx", 0),
    Case("right", "<think>a</think><answer>B</answer>", 0.5, _RIGHT, others=(_WRONG, _LONG)),
    Case("wrong", _WRONG, 0, _RIGHT, others=(_LONG,)),
    Case("wrong", "<think>a b c d e</think><answer>C</answer>", -0.5, _RIGHT, others=(_WRONG, _LONG)),
    Case("malformed", "<think>a", 0, _RIGHT, others=(_LONG,)),
    Case("empty", "", 0.5, others=("x",)),
    Case("non_ascii", "肺肺", 0.25, others=("é", "xxxxx")),
    Case("null others", "x", 0.5, others=(None, "xx")),
    Case("null", None, None, others=("x", "xx")),
    Case("null", "x", None, _RIGHT, gold=None, others=("xx",)),
)
