"""Coalesce: what a null is worth."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field

from medreward.rewards.base import AnyReward, Case, Gold, Reward, Values, evaluate, show_value
from medreward.rewards.column_value import ColumnValue
from medreward.rewards.combine import Constant, any_of
from medreward.rewards.partial_credit import PartialCredit
from medreward.text.facts import Column
from medreward.text.reading import Reading

__all__ = ["CASES", "Coalesce"]


class Coalesce(Reward):
    """The value of the first part that is not null; null where all are, and where the completion is null.

    The only combinator in which a null does not make the result null.

    Args:
        parts: what is asked, in order.

    Example:
        >>> import medreward
        >>> from medreward.rewards import Coalesce, Constant, PartialCredit
        >>> reward = Coalesce.of(PartialCredit(), Constant(value=0.25))
        >>> medreward.score_one("<answer>B</answer>", gold=None, reward=reward)
        0.25
    """

    kind: Literal["coalesce.v1"] = "coalesce.v1"
    parts: tuple[AnyReward, ...] = Field(min_length=1)

    @classmethod
    def of(cls, *parts: Reward) -> Self:
        """From parts, in order."""
        return cls.model_validate({"parts": parts})

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Fill each row from the first part that has a value there."""
        values = [evaluate(part, reading, gold) for part in self.parts]
        data, valid = values[-1].data, values[-1].valid
        for value in reversed(values[:-1]):
            data, valid = np.where(value.valid, value.data, data), value.valid | valid
        return Values(data, valid & reading.rows.valid)

    def _asked(self) -> list[Reward]:
        """The parts up to the first that is never null."""
        found = []
        for part in self.parts:
            found.append(part)
            if not part.may_be_null():
                break
        return found

    def may_be_null(self) -> bool:
        """Only where every part may be."""
        return all(part.may_be_null() for part in self.parts)

    def bounds(self) -> tuple[float, float]:
        """From the least to the greatest of the parts up to the first that is never null."""
        lows, highs = zip(*(part.bounds() for part in self._asked()), strict=True)
        return (min(lows), max(highs))

    def values(self) -> frozenset[float] | None:
        """The values of the parts up to the first that is never null."""
        return any_of([part.values() for part in self._asked()])

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which part gave the value."""
        for number, part in enumerate(self.parts, 1):
            value = evaluate(part, reading, gold)
            if value.valid[0]:
                return f"part {number} is the first that is not null: {show_value(value)}"
        return "every part is null"


_FILLED = Coalesce.of(ColumnValue(column=Column(name="score"), low=0, high=1), PartialCredit(), Constant(value=-1))
CASES = (
    Case("maximum", "x", 1, _FILLED, columns={"score": 1}),
    Case("zero", "<answer>C</answer>", 0, _FILLED, columns={"score": None}),
    Case("second", "<answer>(B)</answer>", 0.5, _FILLED, columns={"score": None}),
    Case("last", "<answer>B</answer>", -1, _FILLED, gold=None, columns={"score": None}),
    Case("malformed", "<answer>B", 0, _FILLED, columns={"score": None}),
    Case("empty", "", 0.5, _FILLED, columns={"score": 0.5}),
    Case("non_ascii", "肺<answer>Ｂ</answer>", 0.5, _FILLED, columns={"score": None}),
    Case("null", "x", None, Coalesce.of(PartialCredit(), PartialCredit()), gold=None),
    Case("null", None, None, _FILLED, columns={"score": 1}),
)
