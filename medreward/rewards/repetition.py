"""Repetition: what saying things again costs."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.spec import Number
from medreward.text.buffer import Mask
from medreward.text.facts import RepeatedNgrams, TextUnits, TokenIds
from medreward.text.facts.ngrams import AnyNgrams
from medreward.text.reading import Reading

__all__ = ["CASES", "Repetition"]


class Repetition(Reward):
    """``penalty`` times the share of n-grams that are repeats: ``1 - different / all``; 0 where there is no n-gram.

    Args:
        ngrams: the runs of words, characters or tokens that are compared: by default three words in lower case.
        penalty: what a text that were nothing but repeats would cost, at most 0; no text costs quite as much.

    Source:
        arXiv 2502.03373, appendix C.2. open-r1 counts words in lower case (``text_units.v1``), TRL the numbers of the
        tokens (``token_ids.v1``).

    Example:
        >>> import medreward
        >>> from medreward import Repetition
        >>> medreward.score_one("so so so so so", reward=Repetition())
        -0.6666666666666667
    """

    kind: Literal["repetition.v1"] = "repetition.v1"
    ngrams: AnyNgrams = RepeatedNgrams()
    penalty: Number = Field(default=-1.0, le=0.0)

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare the number of n-grams with the number of different ones."""
        found = reading[self.ngrams]
        share = 1 - found.distinct / np.maximum(found.total, 1)
        return Values.of(np.where(found.total > 0, share * self.penalty, 0.0) + 0.0, self._known(reading))

    def _known(self, reading: Reading) -> Mask:
        known: Mask = reading.rows.valid & self.ngrams.units.known(reading)
        return known

    def bounds(self) -> tuple[float, float]:
        """``penalty`` to 0; the lower bound is approached, and never reached unless it is 0."""
        return (self.penalty, 0.0)

    def why(self, reading: Reading, gold: Gold) -> str:
        """How many n-grams there are, and how many of them are different."""
        found, size = reading[self.ngrams], self.ngrams.size
        if not self._known(reading)[0]:
            return "the tokens are not known"
        return f"{int(found.total[0])} runs of {size} units, {int(found.distinct[0])} of them different"


_PAIRS = Repetition(ngrams=RepeatedNgrams(size=2))
_CHARS = Repetition(ngrams=RepeatedNgrams(units=TextUnits(unit="chars", fold="none"), size=1), penalty=-2)
_THINK = Repetition(ngrams=RepeatedNgrams(units=TextUnits(of="think"), size=1))
_TOKENS = Repetition(ngrams=RepeatedNgrams(units=TokenIds(), size=2))
CASES = (
    Case("maximum", "the lung is clear and the lung", 0),
    Case("zero", "the lung", 0),
    Case("zero", "the lung", 0, _PAIRS),
    Case("repeats", "the lung is the lung is", -0.25),
    Case("repeats", "The lung\nthe LUNG", 2 / 3 - 1, _PAIRS),
    Case("repeats", "so so so so so", 2 / 4 - 1.25, _PAIRS),
    Case("chars", "aabb", -1, _CHARS),
    Case("chars", "aA", 0, _CHARS),
    Case("stretches", "<think>a</think> b b <think>a c</think>", 2 / 3 - 1, _THINK),
    Case("stretches", "b b b", 0, _THINK),
    Case("malformed", "<think>a a", 0, _THINK),
    Case("malformed", "<think>a <answer>B</answer> a</think>", -0.5, _THINK),
    Case("empty", "", 0),
    Case("empty", " \n ", 0),
    Case("non_ascii", "肺\u3000É\u2003肺 é", -1, Repetition(ngrams=RepeatedNgrams(size=1), penalty=-2)),
    Case("non_ascii", "肺肺é", 2 * (2 / 3 - 1), _CHARS),
    Case("tokens", "x", -0.75, _TOKENS, columns={"completion_ids": [5, 5, 5, 5, 5]}),
    Case("tokens", "x", 0, _TOKENS, columns={"completion_ids": [1, 2, 3, 4]}),
    Case("tokens", "x", 0, _TOKENS, columns={"completion_ids": [1]}),
    Case("null", "x", None, _TOKENS, columns={"completion_ids": None}),
    Case("null", None, None),
)
