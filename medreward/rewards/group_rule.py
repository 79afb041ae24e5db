"""What rules that compare the completions of one prompt have in common."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import RuleError
from medreward.rewards.base import Floats, Gold, Reward, Values
from medreward.spec import Whole
from medreward.text.buffer import Ints
from medreward.text.reading import Reading

__all__ = ["GroupRule", "group_rules", "least_and_most", "totals"]


class GroupRule(Reward):
    """A rule whose value depends on the other completions of the row's group.

    Its value is found in two steps: ``inputs`` row by row, while completions stream by, and ``over_groups`` once, over
    these small columns of all rows. A null input makes the row null and leaves it out of its group, and so does a null
    group id.

    Args:
        group_size: how many completions every group has; a group with another number of rows was split, or mixed with
            another one, and is an error. None where groups differ in size: then that cannot be checked.
    """

    group_size: Whole | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _of_rows(self) -> GroupRule:
        if any(isinstance(part, GroupRule) for child in self.children() for part in child.walk()):
            raise PydanticCustomError("nested_groups", "A rule of group scope cannot stand inside another one")
        return self

    @abstractmethod
    def inputs(self, reading: Reading, gold: Gold) -> list[Values]:
        """What the rule needs to know of each row."""

    @abstractmethod
    def over_groups(self, inputs: list[Floats], groups: Ints) -> Floats:
        """The value of every row, ``float64``, shape ``(k,)``.

        Args:
            inputs: the inputs of the rows that have all of them and a group, each of shape ``(k,)``.
            groups: ``int64``, shape ``(k,)``, the number of each row's group, from 0, none left out.
        """

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """What was found over whole groups.

        Raises:
            RuleError: ``needs_groups``: nobody found it; a scorer does, or refuses.
        """
        if gold.of_groups is None or self not in gold.of_groups:
            raise RuleError("needs_groups", f"{self.kind} compares whole groups, and was asked about rows alone")
        return gold.of_groups[self]

    def may_be_null(self) -> bool:
        """A row without a group is null."""
        return True


def group_rules(reward: Reward) -> tuple[GroupRule, ...]:
    """The different rules of group scope in a reward."""
    return tuple(dict.fromkeys(part for part in reward.walk() if isinstance(part, GroupRule)))


def least_and_most(data: Floats, groups: Ints) -> tuple[Floats, Floats]:
    """The least and the greatest number in each row's group, both of shape ``(k,)``."""
    count = int(groups.max(initial=-1)) + 1
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(least, groups, data)
    np.maximum.at(most, groups, data)
    return least[groups], most[groups]


def totals(data: Floats, groups: Ints) -> Floats:
    """The sum over each row's group, shape ``(k,)``."""
    return np.bincount(groups, weights=data).astype(np.float64)[groups]
