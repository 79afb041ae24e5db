"""Math gold: whether Math-Verify finds anything in the gold."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, Values
from medreward.rewards.math_verified import MathRule
from medreward.text.reading import Reading

__all__ = ["CASES", "MathGold"]


class MathGold(MathRule):
    """1 if Math-Verify finds mathematics in the gold, else 0. Null where there is no gold, or the library raises on it.

    It says nothing about the completion. Published code asks it first, and pays every completion alike where it is 0:
    bare letters are such golds.

    Args:
        answer: not looked at.
        gold: which text of the gold cell is parsed.
        reads: how the gold is parsed.
        seconds: how long it may take.
        on_error: what a gold on which the library raises gives.
    """

    kind: Literal["math_gold.v1"] = "math_gold.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Parse each distinct gold once."""
        cells, golds, known = gold.ask(self.gold, reading.tags)
        rows = golds.codes[cells]
        said = [
            self._ask(self._finds(golds.texts), 0, place, reading.rows.first_row) for place in range(len(golds.texts))
        ]
        value = np.array([*(bool(one) for one in said), False], np.float64)[rows]
        sure = np.array([*(one is not None for one in said), True], np.bool_)[rows]
        return Values(value, reading.rows.valid & known & sure)

    def why(self, reading: Reading, gold: Gold) -> str:
        """What is found."""
        values = self.evaluate(reading, gold)
        return (
            "there is no gold"
            if not values.valid[0]
            else f"Math-Verify finds {'something' if values.data[0] else 'nothing'} in the gold"
        )


CASES = (
    Case("maximum", "x", 1, gold="3"),
    Case("maximum", "x", 1, gold="$B$"),
    Case("zero", "$B$", 0),
    Case("latex", "x", 0, MathGold(reads="open_r1"), gold="3"),
    Case("latex", "x", 1, MathGold(reads="open_r1"), gold="$3$"),
    Case("malformed", "<answer>", 0, gold="<answer> B"),
    Case("empty", "", 0, gold=""),
    Case("non_ascii", "肺", 0, gold="肺"),
    Case("null", None, None),
    Case("null", "x", None, gold=None),
)
