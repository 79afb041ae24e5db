"""First-of: the first case whose condition holds."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import AnyReward, Case, Gold, Reward, Values, all_valid, evaluate, show_value
from medreward.rewards.combine import Constant, any_of
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.partial_credit import PartialCredit
from medreward.rewards.tag_presence import TagPresence
from medreward.spec import Model
from medreward.text.reading import Reading

__all__ = ["CASES", "Branch", "FirstOf"]


class Branch(Model):
    """One case of a first-of.

    Args:
        condition: the case is taken where this is exactly 1.
        then: the value there.
    """

    condition: AnyReward
    then: AnyReward


class FirstOf(Reward):
    """The value of the first case whose condition is exactly 1, else ``otherwise``. Null where any part is null.

    Args:
        cases: conditions and values, in the order they are tried.
        otherwise: the value where no condition holds.

    Example:
        >>> from medreward.rewards import Constant, ExtraneousText, FirstOf, TagPresence
        >>> tidy, tags = ExtraneousText() * TagPresence(), TagPresence()
        >>> FirstOf.of((tidy, Constant(value=1)), (tags, Constant(value=0.5))).bounds()
        (0.0, 1.0)
    """

    kind: Literal["first_of.v1"] = "first_of.v1"
    cases: tuple[Branch, ...] = Field(min_length=1)
    otherwise: AnyReward = Constant()

    @classmethod
    def of(cls, *cases: tuple[Reward, Reward], otherwise: Reward | None = None) -> FirstOf:
        """From pairs of condition and value."""
        branches = tuple(Branch(condition=condition, then=then) for condition, then in cases)
        return cls(cases=branches, otherwise=Constant() if otherwise is None else otherwise)

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Take one case in each row."""
        values = [evaluate(part, reading, gold) for part in self.children()]
        *pairs, last = values
        taken = last.data
        for condition, then in reversed(list(zip(pairs[::2], pairs[1::2], strict=True))):
            taken = np.where(condition.data == 1.0, then.data, taken)
        return Values(taken, all_valid(values))

    def _reachable(self) -> list[Reward]:
        """The values of the cases that some completion may take."""
        found = []
        for case in self.cases:
            if case.condition.may_be(1.0):
                found.append(case.then)
            if case.condition.bounds() == (1.0, 1.0):
                return found
        return [*found, self.otherwise]

    def bounds(self) -> tuple[float, float]:
        """From the least to the greatest that a case which can be taken can be."""
        lows, highs = zip(*(part.bounds() for part in self._reachable()), strict=True)
        return (min(lows), max(highs))

    def values(self) -> frozenset[float] | None:
        """The values of the cases that can be taken."""
        return any_of([part.values() for part in self._reachable()])

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which case was taken."""
        conditions = [evaluate(case.condition, reading, gold) for case in self.cases]
        if not all(condition.valid[0] for condition in conditions):
            return "a condition is null"
        for number, (condition, case) in enumerate(zip(conditions, self.cases, strict=True), 1):
            if condition.data[0] == 1.0:
                return f"case {number} holds: {show_value(evaluate(case.then, reading, gold))}"
        return f"no case holds: {show_value(evaluate(self.otherwise, reading, gold))}"


_LADDER = FirstOf.of(
    (TagPresence() * ExtraneousText(), Constant(value=1.0)),
    (TagPresence(), Constant(value=0.5)),
    otherwise=Constant(value=-1.0),
)
_NULL = FirstOf.of((TagPresence(), Constant(value=1)), (PartialCredit(), Constant(value=2)))
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1, _LADDER),
    Case("second", "Hi <think>t</think><answer>B</answer>", 0.5, _LADDER),
    Case("least", "B", -1, _LADDER),
    Case("zero", "B", 0, _NULL),
    Case("malformed", "<think>t</think><answer>B", -1, _LADDER),
    Case("malformed", "<answer>B</answer>", 2, _NULL),
    Case("empty", "", -1, _LADDER),
    Case("non_ascii", "<think>肺</think>\u200b<answer>é</answer>", 0.5, _LADDER),
    Case("null", "<think>t</think><answer>B</answer>", None, _NULL, gold=None),
    Case("null", None, None, _LADDER),
)
