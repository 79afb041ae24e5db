"""Soft overlong: completions near the limit cost more and more."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.rewards.length import show_length
from medreward.spec import Whole
from medreward.text.facts import Column
from medreward.text.facts.measures import AnyMeasure
from medreward.text.reading import Reading

__all__ = ["CASES", "SoftOverlong"]


class SoftOverlong(Reward):
    """0 up to a length of ``limit - margin``, then falling in a straight line to -1 at ``limit``, and -1 beyond.

    Null where the length is not known. Tokens are not counted here: only the run knows its tokenizer, so their number
    comes from a column.

    Args:
        limit: the length from which the penalty is whole.
        margin: over how much before that it grows, at most ``limit``; 0 makes it a step just beyond the limit.
        length: what is measured: by default the column ``completion_tokens``.

    Source:
        DAPO, arXiv 2503.14476, the soft overlong punishment.
    """

    kind: Literal["soft_overlong.v1"] = "soft_overlong.v1"
    limit: Whole = Field(ge=0)
    margin: Whole = Field(ge=0)
    length: AnyMeasure = Column(name="completion_tokens")

    @model_validator(mode="after")
    def _sensible(self) -> SoftOverlong:
        if self.margin > self.limit:
            raise PydanticCustomError("margin_beyond", "'margin' must not be greater than 'limit'")
        return self

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """The straight line between the two ends."""
        length = self.length.measure(reading)
        over = length.data - (self.limit - self.margin)
        value = -np.clip(over / self.margin, 0.0, 1.0) if self.margin else -(length.data > self.limit).astype(float)
        return Values.of(value + 0.0, reading.rows.valid & length.valid)

    def bounds(self) -> tuple[float, float]:
        """-1 to 0."""
        return (-1.0, 0.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """How long it is, and where the penalty begins."""
        begins = f"the penalty begins at {self.limit - self.margin} and is whole at {self.limit}"
        return f"{show_length(self.length, reading)}; {begins}"


_NEAR = SoftOverlong(limit=100, margin=20)
CASES = (
    Case("maximum", "x", 0, _NEAR, columns={"completion_tokens": 80}),
    Case("half", "x", -0.5, _NEAR, columns={"completion_tokens": 90}),
    Case("least", "x", -1, _NEAR, columns={"completion_tokens": 100}),
    Case("least", "x", -1, _NEAR, columns={"completion_tokens": 5000}),
    Case("zero", "x", 0, SoftOverlong(limit=100, margin=0), columns={"completion_tokens": 100}),
    Case("least", "x", -1, SoftOverlong(limit=100, margin=0), columns={"completion_tokens": 101}),
    Case("malformed", "<think>", 0, _NEAR, columns={"completion_tokens": 1}),
    Case("empty", "", 0, _NEAR, columns={"completion_tokens": 0}),
    Case("non_ascii", "肺", -0.25, _NEAR, columns={"completion_tokens": 85}),
    Case("null", "x", None, _NEAR, columns={"completion_tokens": None}),
)
