"""Tag credit: each tag that is there as often as it should be earns its share."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.rewards.base import Case, Gold, Reward, Values
from medreward.rewards.combine import folded_values
from medreward.spec import Model, Number, Whole
from medreward.text.buffer import Mask
from medreward.text.facts import TagCount
from medreward.text.facts.counts import AnyCount
from medreward.text.reading import Reading

__all__ = ["CASES", "TagCredit", "TagShare"]


class TagShare(Model):
    """What one tag literal earns.

    Args:
        count: what is counted, and what must stand beside it.
        credit: what it earns.
        least: the least number of occurrences that earns it.
        most: the greatest; None for no limit.
    """

    count: AnyCount
    credit: Number = 0.25
    least: Whole = Field(default=1, ge=0)
    most: Whole | None = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _sensible(self) -> TagShare:
        if self.most is not None and self.least > self.most:
            raise PydanticCustomError("share_order", "'least' must not be greater than 'most'")
        return self

    def earned(self, reading: Reading) -> Mask:
        """Whether each row has as many as it should."""
        count = reading[self.count]
        return np.asarray((count >= self.least) & (self.most is None or count <= self.most))


class TagCredit(Reward):
    """The sum of the credits of the tags that occur as often as they should, added in the order written.

    Tags are counted, and nothing else: not their order, and not what stands between them.

    Args:
        shares: what each literal earns: by default a quarter for each of four literals that occurs exactly once.

    Source:
        A rule of the open-r1 kind; there the literals are counted with the newlines beside them.
    """

    tag_fields: ClassVar[tuple[str, ...]] = ()

    kind: Literal["tag_credit.v1"] = "tag_credit.v1"
    shares: tuple[TagShare, ...] = Field(
        default=tuple(TagShare(count=TagCount(tag=tag)) for tag in ("<think>", "</think>", "<answer>", "</answer>")),
        min_length=1,
    )

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Add from the left."""
        total = np.zeros(len(reading))
        for share in self.shares:
            total = total + np.where(share.earned(reading), share.credit, 0.0)
        return Values.of(total, reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        """The sums of the credits below 0 and of those above."""
        low, high = 0.0, 0.0
        for share in self.shares:
            low, high = low + min(0.0, share.credit), high + max(0.0, share.credit)
        return (low, high)

    def values(self) -> frozenset[float] | None:
        """The sums of some of the credits."""
        each: list[frozenset[float] | None] = [frozenset({0.0, share.credit}) for share in self.shares]
        return folded_values([frozenset({0.0}), *each], lambda a, b: a + b)

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which tags earn their share."""
        found = [
            f"{reading.tags.literal(*reading.tags.parse(share.count.tag))} {int(reading[share.count][0])} times:"
            f" {share.credit if share.earned(reading)[0] else 0:g}"
            for share in self.shares
        ]
        return "; ".join(found)


_LINES = TagCredit(
    shares=(
        TagShare(count=TagCount(tag="<think>", after="newline")),
        TagShare(count=TagCount(tag="</think>", before="newline", after="newline", overlapping=False)),
        TagShare(count=TagCount(tag="<answer>", before="newline", after="newline", overlapping=False)),
        TagShare(count=TagCount(tag="</answer>", before="newline")),
    )
)
_UNEQUAL = TagCredit(
    shares=(
        TagShare(count=TagCount(tag="<answer>"), credit=0.5, most=None),
        TagShare(count=TagCount(tag="<think>"), credit=-0.25, least=2, most=None),
    )
)
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1),
    Case("maximum", "</answer><answer></think><think>", 1),
    Case("zero", "B", 0),
    Case("malformed", "<think>t</think><answer>B", 0.75),
    Case("malformed", "<think>t</think><answer>B</answer><answer>B</answer>", 0.5),
    Case("lines", "<think>\nt\n</think>\n<answer>\nB\n</answer>", 1, _LINES),
    Case("lines", "<think>\nt\n</think><answer>\nB\n</answer>", 0.5, _LINES),
    Case("lines", "<think>t</think><answer>B</answer>", 0, _LINES),
    Case("unequal", "<answer><answer>", 0.5, _UNEQUAL),
    Case("unequal", "<think><think>", -0.25, _UNEQUAL),
    Case("empty", "", 0),
    Case("non_ascii", "肺<think>é</think>\u3000", 0.5),
    Case("null", None, None),
)
