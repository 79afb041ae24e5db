"""Gold holds: facts about the gold cell, as a condition of what follows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.text.facts import HasBody, Labelled
from medreward.text.facts.base import AnyPredicate
from medreward.text.reading import Reading

__all__ = ["CASES", "GoldHolds"]


class GoldHolds(Reward):
    """1 if every given fact holds of the gold cell, read as if it were a completion, else 0. Null where there is none.

    It says nothing about the completion: published rules ask it to treat questions of several kinds apart.

    Args:
        facts: facts that hold or do not.
    """

    pays = (0.0, 1.0)

    kind: Literal["gold_holds.v1"] = "gold_holds.v1"
    facts: tuple[AnyPredicate, ...] = Field(default=(Labelled(),), min_length=1)

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Ask every fact of each distinct cell."""
        asked = [gold.ask(fact, reading.tags) for fact in self.facts]
        cells, _, known = asked[0]
        return Values.of(np.all([holds[cells] for _, holds, _ in asked], axis=0), reading.rows.valid & known)

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given."""
        return frozenset({"raw"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which facts do not hold."""
        asked = [(fact, gold.ask(fact, reading.tags)) for fact in self.facts]
        if not all(known[0] for _, (_, _, known) in asked):
            return "there is no gold"
        failed = [fact.describe() for fact, (cells, holds, _) in asked if not holds[cells[0]]]
        return f"does not hold of the gold: {'; '.join(failed)}" if failed else "every fact holds of the gold"


_TEXT = GoldHolds(facts=(Labelled(with_text=True),))
_ANSWER = GoldHolds(facts=(HasBody(),))
CASES = (
    Case("maximum", "x", 1, gold="B: Lungs"),
    Case("maximum", "x", 1, gold=" D:"),
    Case("zero", "B: Lungs", 0, gold="Lungs"),
    Case("zero", "x", 0, gold="E: Lungs"),
    Case("zero", "x", 0, gold="b: Lungs"),
    Case("zero", "x", 0, _TEXT, gold="D: \n"),
    Case("maximum", "x", 1, _TEXT, gold="D: \nx"),
    Case("maximum", "x", 1, _ANSWER, gold="<answer>B</answer>"),
    Case("zero", "x", 0, _ANSWER, gold="<think>B</think>"),
    Case("malformed", "<answer>", 0),
    Case("empty", "", 0, gold=""),
    Case("non_ascii", "肺", 1, gold="A:肺"),
    Case("null", None, None, gold="B: Lungs"),
    Case("null", "x", None, gold=None),
)
