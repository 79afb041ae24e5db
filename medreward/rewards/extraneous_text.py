"""Extraneous text: does the completion say anything outside its blocks?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.spec import Number
from medreward.text.facts import PLACES, StrayPlaces, StrayText
from medreward.text.facts.stray import Place
from medreward.text.reading import Reading
from medreward.text.tags import Case as TagCase

__all__ = ["CASES", "ExtraneousText"]


class ExtraneousText(Reward):
    """What stray text costs: as a gate, 1 without it and 0 with it; as a penalty, 0 without it and ``-amount`` with it.

    Stray text is non-whitespace outside every block. ``before`` is before the first block (a text without blocks is all
    before), ``after`` is after the end of the block that ends last, ``between`` is the rest.

    Args:
        allow: the places where text may stand.
        mode: ``gate`` or ``penalty``.
        amount: what a penalty takes, at least 0; a gate does not use it.
        case: which spellings of a tag count.
    """

    kind: Literal["extraneous_text.v1"] = "extraneous_text.v1"
    allow: tuple[Place, ...] = ()
    mode: Literal["gate", "penalty"] = "gate"
    amount: Number = Field(default=1.0, ge=0.0)
    case: TagCase = "exact"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Ask for stray text in the places where none may stand."""
        stray = reading[StrayText.once(places=self._forbidden(), case=self.case)]
        value = ~stray if self.mode == "gate" else np.where(stray, -self.amount, 0.0)
        return Values.of(value, reading.rows.valid)

    def _forbidden(self) -> tuple[Place, ...]:
        return tuple(place for place in PLACES if place not in self.allow)

    def bounds(self) -> tuple[float, float]:
        """0 to 1 as a gate, ``-amount`` to 0 as a penalty."""
        return (0.0, 1.0) if self.mode == "gate" else (-self.amount + 0.0, 0.0)

    def values(self) -> frozenset[float]:
        """The two bounds."""
        return frozenset(self.bounds())

    def why(self, reading: Reading, gold: Gold) -> str:
        """Where stray text stands."""
        found = [place for place, here in zip(PLACES, reading[StrayPlaces(self.case)][0], strict=True) if here]
        bad = [place for place in found if place not in self.allow]
        if bad:
            return f"text outside the tags: {', '.join(bad)} the blocks"
        return "no text outside the tags" if not found else f"text {', '.join(found)} the blocks is allowed"


_PENALTY = ExtraneousText(mode="penalty", amount=0.25)
CASES = (
    Case("maximum", "\n<think>t</think>\n<answer>B</answer> ", 1),
    Case("zero", "Sure. <think>t</think><answer>B</answer>", 0),
    Case("zero", "<think>t</think> so <answer>B</answer>", 0),
    Case("zero", "<think>t</think><answer>B</answer>!", 0),
    Case("malformed", "B", 0),
    Case("malformed", "<think><think></answer>", 1),
    Case("malformed", "<think>t<answer>B</answer>", 0),
    Case("case", "<THINK>t</Think>", 0),
    Case("case", "<THINK>t</Think>", 1, ExtraneousText(case="any")),
    Case("empty", "", 1),
    Case("empty", "   \n", 1),
    Case("non_ascii", "\u3000\xa0<think>肺</think>\u2003<answer>B</answer>\x85", 1),
    Case("non_ascii", "<think>t</think>\u200b<answer>B</answer>", 0),
    Case("penalty", "<think>t</think><answer>B</answer>!", -0.25, _PENALTY),
    Case("penalty", "<think>t</think><answer>B</answer>", 0, _PENALTY),
    Case("allowed", "Sure. <think>t</think><answer>B</answer>", 1, ExtraneousText(allow=("before",))),
    Case("allowed", "Sure. <think>t</think><answer>B</answer>!", 0, ExtraneousText(allow=("before",))),
    Case("null", None, None),
)
