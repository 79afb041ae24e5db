"""Lengths by name: the answer's, the reasoning's, the completion's, in characters, words or tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from medreward.text.facts import Column, Length, Measure
from medreward.text.reading import Reading
from medreward.text.tags import Role

if TYPE_CHECKING:
    from medreward.rewards.length_band import LengthBand
    from medreward.rewards.length_cosine import LengthCosine
    from medreward.rewards.soft_overlong import SoftOverlong

__all__ = ["AnswerLength", "CompletionLength", "LengthOf", "ReasoningLength", "show_length"]

Unit = Literal["chars", "words", "tokens"]


@dataclass(frozen=True)
class LengthOf:
    """The length of one thing, and the rewards it makes.

    Args:
        of: ``completion``, or the role of the tag round it.
        tokens: the column that holds its number of tokens, where one does: only the run knows its tokenizer.

    Example:
        >>> from medreward.rewards import AnswerLength, CompletionLength, ReasoningLength
        >>> ReasoningLength.band(20, 200, unit="words").length
        Length(kind='length.v1', of='think', unit='words', case='exact')
        >>> AnswerLength.band(most=1).bounds()
        (0.0, 1.0)
        >>> CompletionLength.soft_overlong(512, 128, unit="tokens").length.name
        'completion_tokens'
    """

    of: Role
    tokens: str

    def measure(self, unit: Unit) -> Measure:
        """The length as a fact: ``tokens`` from the column, ``chars`` (code points) and ``words`` from the text."""
        return Column(name=self.tokens) if unit == "tokens" else Length(of=self.of, unit=unit)

    def band(self, least: int = 0, most: int | None = None, *, unit: Unit = "chars") -> LengthBand:
        """1 where the length lies between two limits, both included, else 0."""
        from medreward.rewards.length_band import LengthBand  # the rules stand on this file

        return LengthBand(length=self.measure(unit), least=least, most=most)

    def cosine(self, limit: int, *, short: float = 1.0, long: float = 0.0, unit: Unit = "chars") -> LengthCosine:
        """From ``short`` for nothing along half a cosine wave to ``long`` at the limit."""
        from medreward.rewards.length_cosine import LengthCosine  # the rules stand on this file

        return LengthCosine(length=self.measure(unit), limit=limit, short=short, long=long)

    def soft_overlong(self, limit: int, margin: int, *, unit: Unit = "chars") -> SoftOverlong:
        """0 up to ``limit - margin``, falling to -1 at the limit."""
        from medreward.rewards.soft_overlong import SoftOverlong  # the rules stand on this file

        return SoftOverlong(length=self.measure(unit), limit=limit, margin=margin)


CompletionLength = LengthOf("completion", "completion_tokens")
"""The length of the whole completion."""
ReasoningLength = LengthOf("think", "reasoning_tokens")
"""The length of what stands inside the think tags."""
AnswerLength = LengthOf("answer", "answer_tokens")
"""The length of what stands inside the answer tags."""


def show_length(length: Measure, reading: Reading) -> str:
    """The only row's length, for a reason."""
    found = length.measure(reading)
    return f"{f'{found.data[0]:g}' if found.valid[0] else 'an unknown number of'} {length.unit_shown()}"
