"""Pass bonus: what a group earns for holding enough completions that pass."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import AnyReward, Case, Floats, Gold, Values, evaluate
from medreward.rewards.group_rule import GroupRule, totals
from medreward.rewards.partial_credit import PartialCredit
from medreward.spec import Number, Whole
from medreward.text.buffer import Ints
from medreward.text.reading import Reading

__all__ = ["CASES", "PassBonus"]


class PassBonus(GroupRule):
    """``bonus`` where at least ``least`` and at most ``most`` completions of the group pass, else 0.

    Null where the group id or ``passes`` is null.

    Args:
        passes: a completion passes where this is exactly 1.
        bonus: what is earned.
        least: the least number of completions that must pass.
        most: the greatest number that may: a bonus for questions that are not too easy; None for no limit.
        to: ``all`` completions of the group earn it, or only those that are ``passing``.
        group_size: how many completions every group has; None where that is not known.
    """

    kind: Literal["pass_bonus.v1"] = "pass_bonus.v1"
    passes: AnyReward = PartialCredit()
    bonus: Number = 1.0
    least: Whole = Field(default=1, ge=0)
    most: Whole | None = Field(default=None, ge=0)
    to: Literal["all", "passing"] = "all"

    @model_validator(mode="after")
    def _sensible(self) -> PassBonus:
        if self.most is not None and self.least > self.most:
            raise PydanticCustomError("bounds_order", "'least' must not be greater than 'most'")
        return self

    def inputs(self, reading: Reading, gold: Gold) -> list[Values]:
        """Whether it passes."""
        return [evaluate(self.passes, reading, gold)]

    def over_groups(self, inputs: list[Floats], groups: Ints) -> Floats:
        """Count those that pass in each group."""
        passing = inputs[0] == 1.0
        count = totals(passing.astype(np.float64), groups)
        earns = (count >= self.least) & (self.most is None or count <= self.most)
        return np.where(earns & (passing if self.to == "passing" else True), self.bonus, 0.0)

    def bounds(self) -> tuple[float, float]:
        """0 and the bonus."""
        return (min(0.0, self.bonus), max(0.0, self.bonus))

    def values(self) -> frozenset[float]:
        """0 and the bonus."""
        return frozenset({0.0, self.bonus})

    def why(self, reading: Reading, gold: Gold) -> str:
        """What the group must hold."""
        some = f"at least {self.least}" if self.most is None else f"{self.least} to {self.most}"
        return f"{self.bonus:g} where {some} of its group pass"


_RIGHT, _HALF, _WRONG = "<answer>B</answer>", "<answer>(B)</answer>", "<answer>C</answer>"
_HARD = PassBonus(bonus=0.5, most=1, to="passing")
CASES = (
    Case("maximum", _RIGHT, 1, others=(_WRONG, _WRONG)),
    Case("maximum", _WRONG, 1, others=(_WRONG, _RIGHT)),
    Case("zero", _WRONG, 0, others=(_HALF, _WRONG)),
    Case("two", _RIGHT, 0, PassBonus(least=2), others=(_WRONG,)),
    Case("two", _RIGHT, 1, PassBonus(least=2), others=(_RIGHT, _WRONG)),
    Case("hard", _RIGHT, 0.5, _HARD, others=(_WRONG, _WRONG)),
    Case("hard", _RIGHT, 0, _HARD, others=(_RIGHT, _WRONG)),
    Case("hard", _WRONG, 0, _HARD, others=(_RIGHT, _WRONG)),
    Case("malformed", "<answer>B", 0, others=(_WRONG,)),
    Case("empty", "", 1, others=(_RIGHT,)),
    Case("non_ascii", "<answer>Ｂ</answer>", 0, others=("肺",)),
    Case("null", None, None, others=(_RIGHT,)),
    Case("null", _RIGHT, None, gold=None, others=(_RIGHT,)),
)
