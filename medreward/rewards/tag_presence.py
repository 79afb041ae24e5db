"""Tag presence: are the tags there, the right number of times, in order?"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.spec import Flag
from medreward.text.buffer import Mask
from medreward.text.facts import InOrder, TagCount, WellFormed
from medreward.text.reading import Reading
from medreward.text.tags import Case as TagCase
from medreward.text.tags import Role

__all__ = ["CASES", "TagPresence"]


class TagPresence(Reward):
    """1 if every tag literal is there, by count and order; with credit ``per_tag`` the share of literals that are.

    A tag has two literals, an opener and a closer. In order means: all of these openers and closers, in the order they
    stand, begin with ``<think> </think> <answer> </answer>`` (with count ``exactly_once``, are exactly that).

    Args:
        tags: the roles of the tags asked for, in their order.
        count: how often each literal must occur: ``exactly_once`` or ``at_least_once``.
        ordered: whether the order matters. With credit ``per_tag`` it must be false.
        credit: ``all`` pays 1 or 0; ``per_tag`` pays the share of literals whose count is right.
        case: which spellings of a tag count.
    """

    kind: Literal["tag_presence.v1"] = "tag_presence.v1"
    tags: tuple[Role, ...] = Field(default=("think", "answer"), min_length=1)
    count: Literal["exactly_once", "at_least_once"] = "exactly_once"
    ordered: Flag = True
    credit: Literal["all", "per_tag"] = "all"
    case: TagCase = "exact"

    @model_validator(mode="after")
    def _sensible(self) -> TagPresence:
        if len({*self.tags}) < len(self.tags):
            raise PydanticCustomError("tags", "'tags' must name each role once")
        if self.credit == "per_tag" and self.ordered:
            raise PydanticCustomError(
                "order_per_tag", "credit 'per_tag' looks at each tag alone: set 'ordered' to false"
            )
        return self

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Count each literal; ask for the order where it matters."""
        if self.ordered and self.count == "exactly_once":
            return Values.of(reading[WellFormed.once(tags=self.tags, case=self.case)], reading.rows.valid)
        right = self._right_counts(reading)
        if self.credit == "per_tag":
            return Values.of(right.mean(axis=0), reading.rows.valid)
        good: Mask = np.asarray(right.all(axis=0))
        if self.ordered:
            good = good & reading[InOrder.once(tags=self.tags, case=self.case)]
        return Values.of(good, reading.rows.valid)

    def _right_counts(self, reading: Reading) -> Mask:
        """bool, shape ``(literals, n)``: does the literal occur as often as it must?"""
        counts = np.stack([reading[TagCount.once(tag=literal, case=self.case)] for literal in self._literals()])
        right: Mask = counts == 1 if self.count == "exactly_once" else counts > 0
        return right

    def _literals(self) -> list[str]:
        return [literal for role in self.tags for literal in (f"<{role}>", f"</{role}>")]

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def values(self) -> frozenset[float]:
        """0 and 1, and with credit ``per_tag`` the shares between."""
        count = len(self._literals())
        shares = [share / count for share in range(count + 1)]
        return frozenset(shares if self.credit == "per_tag" else (0.0, 1.0))

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which literals are not there as often as they must be."""
        counts = {literal: int(reading[TagCount.once(tag=literal, case=self.case)][0]) for literal in self._literals()}
        right = self._right_counts(reading)[:, 0]
        wrong = [
            f"{reading.tags.literal(*reading.tags.parse(literal))} occurs {count} times"
            for (literal, count), fine in zip(counts.items(), right, strict=True)
            if not fine
        ]
        if wrong:
            return f"{'; '.join(wrong)}; wanted {self.count.replace('_', ' ')}"
        if self.ordered and not reading[InOrder.once(tags=self.tags, case=self.case)][0]:
            return "the tags are not in order"
        return f"every tag occurs {self.count.replace('_', ' ')}{', in order' if self.ordered else ''}"


_EACH = TagPresence(count="at_least_once", ordered=False, credit="per_tag")
_EACH_ONCE = TagPresence(ordered=False, credit="per_tag")
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1),
    Case("zero", "B", 0),
    Case("malformed", "<think>t<answer>B</answer>", 0),
    Case("malformed", "<answer>B</answer><think>t</think>", 0),
    Case("malformed", "<think>t</think><answer>B</answer><answer>B</answer>", 0),
    Case("malformed", "<think>t</think><answer>B</answer><answer>B</answer>", 1, TagPresence(count="at_least_once")),
    Case("malformed", "<think>t</think><answer>B</answer><answer>C</answer>", 0, TagPresence(ordered=False)),
    Case("malformed", "<think>t</think><answer>B</answer><answer>C</answer>", 0.5, _EACH_ONCE),
    Case("maximum", "<answer>B</answer><think>t</think>", 1, TagPresence(ordered=False)),
    Case("malformed", "<Think>t</think><answer>B</answer>", 0),
    Case("malformed", "<Think>t</think><answer>B</answer>", 1, TagPresence(case="any", ordered=False)),
    Case("malformed", "<Think>t</think><answer>B</answer>", 1, TagPresence(case="any")),
    Case("malformed", "<think>t<answer>B</answer>", 0.75, _EACH),
    Case("malformed", "<answer>B</answer>", 1, TagPresence(tags=("answer",))),
    Case("malformed", "<answer>B</answer>", 1, TagPresence(tags=("answer",), count="at_least_once")),
    Case("malformed", "<answer>B</answer><think>t</think>", 0, TagPresence(count="at_least_once")),
    Case("malformed", "<Think>t</think><answer>B</answer>", 1, TagPresence(count="at_least_once", case="any")),
    Case("empty", "", 0),
    Case("empty", "", 0, _EACH),
    Case("empty", "<think></think><answer></answer>", 1),
    Case("non_ascii", "\u3000<think>肺</think>🙂<answer>Ｂ</answer>", 1),
    Case("null", None, None),
)
