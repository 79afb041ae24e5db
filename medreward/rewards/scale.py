"""Scale and map-range: a reward in another unit, along a straight line."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import AnyReward, Case, Floats, Gold, Reward, Values, evaluate, show_value
from medreward.rewards.column_value import ColumnValue
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.partial_credit import PartialCredit
from medreward.rewards.tag_presence import TagPresence
from medreward.spec import Number
from medreward.text.facts import Column
from medreward.text.reading import Reading

__all__ = ["CASES", "MapRange", "Scale"]


class _Line(Reward):
    """A reward sent along a straight line: the greatest value may become the least, but the order is kept or turned."""

    reward: AnyReward

    def _line(self, data: Floats) -> Floats:
        raise NotImplementedError

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Send every value along the line; null where the reward is null."""
        values = evaluate(self.reward, reading, gold)
        return Values(self._line(values.data), values.valid)

    def bounds(self) -> tuple[float, float]:
        """Where the line sends the reward's bounds."""
        with np.errstate(over="ignore", invalid="ignore"):  # a document refuses what is not finite
            ends = self._line(np.array(self.reward.bounds()))
        return (float(ends.min()), float(ends.max()))

    def values(self) -> frozenset[float] | None:
        """Where the line sends the reward's values."""
        found = self.reward.values()
        return None if found is None else frozenset(self._line(np.array(sorted(found))).tolist())


class Scale(_Line):
    """``factor * value + offset``.

    Args:
        reward: what is scaled.
        factor: what its value is multiplied by.
        offset: what is then added.

    Example:
        >>> from medreward.rewards import Scale, TagPresence
        >>> Scale(reward=TagPresence(), factor=2, offset=-1).bounds()
        (-1.0, 1.0)
    """

    kind: Literal["scale.v1"] = "scale.v1"
    factor: Number = 1.0
    offset: Number = 0.0

    def _line(self, data: Floats) -> Floats:
        return data * self.factor + self.offset

    def why(self, reading: Reading, gold: Gold) -> str:
        """The arithmetic."""
        return f"{self.factor:g} × {show_value(evaluate(self.reward, reading, gold))} + {self.offset:g}"


class MapRange(_Line):
    """A reward sent from one range onto another: the ends go exactly to the ends, what lies outside goes on outside.

    Args:
        reward: what is sent.
        low: where the low end of the range goes.
        high: where the high end goes; it may be less than ``low``.
        from_low: the low end of the range; None for the reward's lower bound.
        from_high: the high end; None for its upper bound.
    """

    kind: Literal["map_range.v1"] = "map_range.v1"
    low: Number = 0.0
    high: Number = 1.0
    from_low: Number | None = None
    from_high: Number | None = None

    @model_validator(mode="after")
    def _sensible(self) -> MapRange:
        low, high = self._range()
        if not low < high:
            raise PydanticCustomError(
                "empty_range",
                "The range that is mapped must have two ends, and is {low} to {high}",
                {"low": f"{low:g}", "high": f"{high:g}"},
            )
        return self

    def _range(self) -> tuple[float, float]:
        low, high = self.reward.bounds()
        return (low if self.from_low is None else self.from_low, high if self.from_high is None else self.from_high)

    def _line(self, data: Floats) -> Floats:
        begin, end = self._range()
        share = (data - begin) / (end - begin)
        width = self.high - self.low
        beyond = self.high + (share - 1.0) * width  # exact at the high end, where low + width may be a bit off
        return np.where(share >= 1.0, beyond, self.low + share * width)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The two ranges."""
        begin, end = self._range()
        value = show_value(evaluate(self.reward, reading, gold))
        return f"{value}, mapped from {begin:g} to {end:g} onto {self.low:g} to {self.high:g}"


_TURNED = Scale(reward=TagPresence(), factor=-2, offset=1)
_MAPPED = MapRange(reward=TagPresence() + ExtraneousText(), low=-1, high=0.3)
_SCORE = ColumnValue(column=Column(name="score"), low=0, high=10)
_PASSED = MapRange(reward=_SCORE, from_low=2, from_high=4)
_TENS = MapRange(reward=_SCORE, high=10, from_low=2, from_high=4)
_GOOD = "<think>t</think><answer>B</answer>"
CASES = (
    Case("maximum", "B", 1, _TURNED),
    Case("least", _GOOD, -1, _TURNED),
    Case("zero", "B", 0, Scale(reward=TagPresence(), factor=3)),
    Case("maximum", _GOOD, 0.3, _MAPPED),
    Case("malformed", "<answer>B</answer>", -0.35, _MAPPED),
    Case("zero", "B", -1, _MAPPED),
    Case("empty", "", -0.35, _MAPPED),
    Case("non_ascii", "<think>肺</think>\u3000<answer>é</answer>", 0.3, _MAPPED),
    Case("turned", _GOOD, 0, MapRange(reward=TagPresence(), low=1, high=0)),
    Case("beyond", "x", 4, _PASSED, columns={"score": 10}),
    Case("beyond", "x", -0.5, _PASSED, columns={"score": 1}),
    Case("beyond", "x", 40, _TENS, columns={"score": 10}),
    Case("beyond", "x", -5, _TENS, columns={"score": 1}),
    Case("gold", "<answer>B.</answer>", 1, Scale(reward=PartialCredit(), factor=2)),
    Case("between", "x", 0.5, _PASSED, columns={"score": 3}),
    Case("null", "x", None, _PASSED, columns={"score": None}),
    Case("null", None, None, _TURNED),
)
