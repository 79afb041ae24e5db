"""Soft overlong: completions near the token limit cost more and more."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.spec import Whole
from medreward.text.facts import Column
from medreward.text.facts.columns import AnyColumn
from medreward.text.reading import Reading

__all__ = ["CASES", "SoftOverlong"]


class SoftOverlong(Reward):
    """0 up to ``limit - margin`` tokens, then falling in a straight line to -1 at ``limit``, and -1 beyond.

    Tokens are not counted here: only the run knows its tokenizer, so the count comes from a column. Null where that
    is null.

    Args:
        limit: tokens from which the penalty is whole.
        margin: over how many tokens before that it grows; 0 makes it a step just beyond the limit.
        tokens: the column that holds the number of tokens.

    Source:
        DAPO, arXiv 2503.14476, the soft overlong punishment.
    """

    kind: Literal["soft_overlong.v1"] = "soft_overlong.v1"
    limit: Whole = Field(ge=0)
    margin: Whole = Field(ge=0)
    tokens: AnyColumn = Column(name="completion_tokens")

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """The straight line between the two ends."""
        tokens = reading[self.tokens]
        over = tokens.data - (self.limit - self.margin)
        value = -np.clip(over / self.margin, 0.0, 1.0) if self.margin else -(tokens.data > self.limit).astype(float)
        return Values.of(value + 0.0, reading.rows.valid & tokens.valid)

    def bounds(self) -> tuple[float, float]:
        """-1 to 0."""
        return (-1.0, 0.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """How many tokens there are, and where the penalty begins."""
        tokens = reading[self.tokens]
        if not tokens.valid[0]:
            return f"column {self.tokens.name!r} is null"
        return (
            f"{tokens.data[0]:g} tokens; the penalty begins at {self.limit - self.margin} and is whole at {self.limit}"
        )


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
