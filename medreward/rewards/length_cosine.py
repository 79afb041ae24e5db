"""Length cosine: a value that changes with length along half a cosine wave."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.rewards.combine import Gate
from medreward.rewards.length import show_length
from medreward.rewards.partial_credit import PartialCredit
from medreward.spec import Number, Whole
from medreward.text.facts import Column, Length
from medreward.text.facts.measures import AnyMeasure
from medreward.text.reading import Reading

__all__ = ["CASES", "LengthCosine"]


class LengthCosine(Reward):
    """``long + (short - long) / 2 * (1 + cos(pi * length / limit))``: ``short`` for nothing, ``long`` at the limit.

    Null where the length is not known. Published rewards pay right answers along one such curve and wrong ones along
    another: a ``gate.v1`` whose two branches are this rule.

    Args:
        limit: the length at which the curve reaches ``long``.
        short: the value of a length of 0.
        long: the value at the limit.
        beyond: past the limit the value is ``held``, or goes on as the cosine does (``periodic``: it rises again).
        length: what is measured: ``length.v1``, ``token_ids.v1``, or a ``column.v1`` of numbers.

    Source:
        arXiv 2502.03373, whose curve is held; released code of open-r1 lets it go on.

    Example:
        >>> from medreward.rewards import Gate, LengthCosine, PartialCredit
        >>> right, wrong = LengthCosine(limit=1000, short=1, long=0.5), LengthCosine(limit=1000, short=-1, long=-0.5)
        >>> Gate(condition=PartialCredit(), then=right, otherwise=wrong).bounds()
        (-1.0, 1.0)
    """

    kind: Literal["length_cosine.v1"] = "length_cosine.v1"
    limit: Whole = Field(ge=1)
    short: Number = 1.0
    long: Number = 0.0
    beyond: Literal["held", "periodic"] = "held"
    length: AnyMeasure = Length()

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Each distinct length once, as ``math.cos`` has it: published figures are met to the last digit."""
        length = self.length.measure(reading)
        sizes, place = np.unique(length.data, return_inverse=True)
        shares = sizes / self.limit
        shares = np.minimum(shares, 1.0) if self.beyond == "held" else shares
        curve = np.array([self._value(math.cos(share * math.pi)) for share in shares.tolist()])
        return Values.of(curve[place], reading.rows.valid & length.valid)

    def _value(self, cosine: float) -> float:
        return self.long + 0.5 * (self.short - self.long) * (1.0 + cosine)

    def bounds(self) -> tuple[float, float]:
        """From one end of the curve to the other."""
        ends = (self._value(1.0), self._value(-1.0))
        return (min(ends), max(ends))

    def why(self, reading: Reading, gold: Gold) -> str:
        """The length and the two ends."""
        ends = f"from {self.short:g} for nothing to {self.long:g} at {self.limit}"
        return f"{show_length(self.length, reading)}, on a cosine {ends}"


_TEN = LengthCosine(limit=10)
_WAVE = LengthCosine(limit=10, short=0.5, long=1.0, beyond="periodic")
_TOKENS = LengthCosine(limit=100, short=-1, long=-0.5, length=Column(name="completion_tokens"))
_BOTH = Gate(
    condition=PartialCredit(),
    then=LengthCosine(limit=1000, long=0.5),
    otherwise=LengthCosine(limit=1000, short=-1, long=-0.5),
)
_QUARTER = 0.8535533905932737  # (1 + cos(pi / 4)) / 2, rounded by hand from 0.85355339059327376
CASES = (
    Case("maximum", "", 1, _TEN),
    Case("zero", "x" * 10, 0, _TEN),
    Case("zero", "x" * 99, 0, _TEN),
    Case("between", "xxxxx", 0.5, LengthCosine(limit=10, length=Length(unit="chars"))),
    Case("quarter", "xx", _QUARTER, LengthCosine(limit=8)),
    Case("periodic", "x" * 10, 1.0, _WAVE),
    Case("periodic", "x" * 20, 0.5, _WAVE),
    Case("malformed", "<answer>B", 0.5, LengthCosine(limit=18)),
    Case("empty", "", -1, _TOKENS, columns={"completion_tokens": 0}),
    Case("tokens", "x", -0.5, _TOKENS, columns={"completion_tokens": 250}),
    Case("wrong", "", -1, _BOTH),
    Case("non_ascii", "肺肺é🙂x", 0.5, _TEN),
    Case("null", "x", None, _TOKENS, columns={"completion_tokens": None}),
    Case("null", None, None, _TEN),
)
