"""Length band: is the reasoning or the answer as long as it should be?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.rewards.length import show_length
from medreward.spec import Whole
from medreward.text.facts import Column
from medreward.text.facts.lengths import Length
from medreward.text.facts.measures import AnyMeasure
from medreward.text.reading import Reading

__all__ = ["CASES", "LengthBand"]


class LengthBand(Reward):
    """1 if a length lies between two limits, both included, else 0. Null where the length is not known.

    Args:
        length: what is measured, and in which unit: ``length.v1``, ``token_ids.v1``, or a ``column.v1`` of numbers.
        least: the least length that is right.
        most: the greatest; None for no limit.
    """

    pays = (0.0, 1.0)

    kind: Literal["length_band.v1"] = "length_band.v1"
    length: AnyMeasure = Length(of="think", unit="words")
    least: Whole = Field(default=0, ge=0)
    most: Whole | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _sensible(self) -> LengthBand:
        if self.most is not None and self.least > self.most:
            raise PydanticCustomError("band_order", "'least' must not be greater than 'most'")
        return self

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare the length with both limits."""
        length = self.length.measure(reading)
        fits = (length.data >= self.least) & (True if self.most is None else length.data <= self.most)
        return Values.of(fits, reading.rows.valid & length.valid)

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """The length and the limits."""
        limits = f"at least {self.least}" if self.most is None else f"{self.least} to {self.most}"
        return f"{show_length(self.length, reading)}; wanted {limits}"


_SOME = LengthBand(least=2, most=3)
_LETTER = LengthBand(length=Length(of="answer", unit="chars"), least=1, most=1)
_TOKENS = LengthBand(length=Column(name="completion_tokens"), most=3)
CASES = (
    Case("maximum", "<think> a  lung\nshadow </think>", 1, _SOME),
    Case("zero", "<think>lung</think>", 0, _SOME),
    Case("zero", "<think>a lung shadow here</think>", 0, _SOME),
    Case("malformed", "<think>a lung shadow", 0, _SOME),
    Case("malformed", "<think>a</think><think>lung</think>", 1, _SOME),
    Case("malformed", "<think>a<answer>B</answer>lung</think>", 1, _SOME),
    Case("no end", "<think>a lung shadow here</think>", 1, LengthBand(least=2)),
    Case("no end", "<think>lung</think>", 0, LengthBand(least=2)),
    Case("empty", "", 0, _SOME),
    Case("empty", "", 1, LengthBand(most=3)),
    Case("letter", "<answer> B\n</answer>", 1, _LETTER),
    Case("letter", "<answer>B.</answer>", 0, _LETTER),
    Case("non_ascii", "<answer>\u3000肺\u2003</answer>", 1, _LETTER),
    Case("non_ascii", "<think>肺\u3000炎\xa0é</think>", 1, _SOME),
    Case("tokens", "x", 1, _TOKENS, columns={"completion_tokens": 3}),
    Case("tokens", "x", 0, _TOKENS, columns={"completion_tokens": 4}),
    Case("null", "x", None, _TOKENS, columns={"completion_tokens": None}),
    Case("null", None, None, _SOME),
)
