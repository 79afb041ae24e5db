"""Tanh: a reward squeezed between -1 and 1."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import AnyReward, Case, Floats, Gold, Reward, Values, evaluate, show_value
from medreward.rewards.column_value import ColumnValue
from medreward.rewards.tag_presence import TagPresence
from medreward.text.facts import Column
from medreward.text.reading import Reading

__all__ = ["CASES", "Tanh"]


class Tanh(Reward):
    """The hyperbolic tangent of a reward; null where the reward is null.

    Args:
        reward: what is squeezed.

    Source:
        The composite reward of arXiv 2509.15557 ends in it.
    """

    kind: Literal["tanh.v1"] = "tanh.v1"
    reward: AnyReward

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Squeeze every value."""
        values = evaluate(self.reward, reading, gold)
        return Values(np.clip(np.tanh(values.data), *self.bounds()), values.valid)

    def bounds(self) -> tuple[float, float]:
        """The tangents of the reward's bounds."""
        low, high = _tanh(self.reward.bounds())
        return (low, high)

    def values(self) -> frozenset[float] | None:
        """The tangents of the reward's values."""
        found = self.reward.values()
        return None if found is None else frozenset(_tanh(tuple(found)))

    def why(self, reading: Reading, gold: Gold) -> str:
        """What was squeezed."""
        return f"the hyperbolic tangent of {show_value(evaluate(self.reward, reading, gold))}"


def _tanh(numbers: tuple[float, ...]) -> list[float]:
    data: Floats = np.tanh(np.array(numbers))
    found: list[float] = data.tolist()
    return found


_SCORE = Tanh(reward=ColumnValue(column=Column(name="score"), low=-50, high=50))
_ONE = 0.7615941559557649  # tanh(1), to the last digit that float64 holds
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", _ONE, Tanh(reward=TagPresence())),
    Case("least", "<think>t</think><answer>B</answer>", -_ONE, Tanh(reward=-TagPresence())),
    Case("maximum", "x", 1, _SCORE, columns={"score": 50}),
    Case("least", "x", -1, _SCORE, columns={"score": -99}),
    Case("zero", "B", 0, Tanh(reward=TagPresence())),
    Case("malformed", "<think>t</think><answer>B", 0, Tanh(reward=TagPresence())),
    Case("empty", "", 0, Tanh(reward=TagPresence())),
    Case("non_ascii", "<think>肺</think><answer>é</answer>", _ONE, Tanh(reward=TagPresence())),
    Case("null", "x", None, _SCORE, columns={"score": None}),
    Case("null", None, None, Tanh(reward=TagPresence())),
)
