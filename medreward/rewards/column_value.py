"""Column value: a number that stands beside the completion, as a component."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.spec import Number
from medreward.text.facts import Column
from medreward.text.facts.columns import AnyColumn
from medreward.text.reading import Reading

__all__ = ["CASES", "ColumnValue"]


class ColumnValue(Reward):
    """The number in a column, kept between two bounds; null where the cell is null or NaN.

    Args:
        column: which column.
        low: the least it can be worth.
        high: the greatest.
    """

    kind: Literal["column_value.v1"] = "column_value.v1"
    column: AnyColumn
    low: Number
    high: Number

    @model_validator(mode="after")
    def _sensible(self) -> ColumnValue:
        if self.low > self.high:
            raise PydanticCustomError("bounds_order", "'low' must not be greater than 'high'")
        return self

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Clip the column."""
        numbers = reading[self.column]
        return Values.of(np.clip(numbers.data, self.low, self.high), reading.rows.valid & numbers.valid)

    def bounds(self) -> tuple[float, float]:
        """The two bounds."""
        return (self.low, self.high)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The cell."""
        numbers = reading[self.column]
        return f"column {self.column.name!r} holds {f'{numbers.data[0]:g}' if numbers.valid[0] else 'null'}"


_SCORE = ColumnValue(column=Column(name="score"), low=0, high=1)
CASES = (
    Case("maximum", "x", 1, _SCORE, columns={"score": 7}),
    Case("zero", "x", 0, _SCORE, columns={"score": -0.5}),
    Case("between", "x", 0.25, _SCORE, columns={"score": 0.25}),
    Case("malformed", "<think>", 0.5, _SCORE, columns={"score": 0.5}),
    Case("empty", "", 0.5, _SCORE, columns={"score": 0.5}),
    Case("non_ascii", "肺", 0.5, _SCORE, columns={"score": 0.5}),
    Case("null", "x", None, _SCORE, columns={"score": None}),
    Case("null", "x", None, _SCORE, columns={"score": float("nan")}),
    Case("null", None, None, _SCORE, columns={"score": 1}),
)
