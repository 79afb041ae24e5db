"""The order of tags: well formed, or at least in order."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from medreward.text.buffer import Ints, Mask
from medreward.text.facts.base import Predicate
from medreward.text.facts.shapes import Shapes
from medreward.text.reading import Reading
from medreward.text.scan import TagTable
from medreward.text.tags import Case, Role

__all__ = ["InOrder", "WellFormed", "first_places"]


def first_places(tags: TagTable, n: int) -> tuple[Ints, Ints]:
    """Where each row's tags begin in the table, and how many there are, both ``int64``, shape ``(n,)``."""
    counts = np.bincount(tags.row, minlength=n).astype(np.int64)
    return np.cumsum(counts) - counts, counts


class WellFormed(Predicate):
    """Every literal exactly once, in the order ``<think> </think> <answer> </answer>``.

    Args:
        tags: the roles asked about, in their order; other tags are ordinary text here. None means all.
        case: which spellings count.
    """

    kind: Literal["well_formed.v1"] = "well_formed.v1"
    tags: Annotated[tuple[Role, ...], Field(min_length=1)] | None = None
    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Whether each row is well formed."""
        shapes = reading[Shapes(self.case)]
        table = shapes.tags
        roles = self.tags if self.tags is not None else reading.tags.roles
        numbers = [reading.tags.roles.index(role) for role in roles]
        if sorted(numbers) != list(range(len(reading.tags.roles))):
            table = table[np.isin(table.code >> 1, numbers)]
        wanted = [2 * number + side for number in numbers for side in (0, 1)]
        first, counts = first_places(table, len(shapes))
        good: Mask = counts == len(wanted)
        at = first[good]
        good[good] = np.all([table.code[at + i] == code for i, code in enumerate(wanted)], axis=0)
        well_formed: Mask = good[shapes.of_row]
        return well_formed


class InOrder(Predicate):
    """Every literal occurs, and their first occurrences stand in the order ``<think> </think> <answer> </answer>``.

    Args:
        tags: the roles asked about, in their order. None means all.
        case: which spellings count.
    """

    kind: Literal["in_order.v1"] = "in_order.v1"
    tags: Annotated[tuple[Role, ...], Field(min_length=1)] | None = None
    case: Case = "exact"

    def read(self, reading: Reading) -> Mask:
        """Whether each row's literals are in order."""
        shapes = reading[Shapes(self.case)]
        table = shapes.tags
        kinds = 2 * len(reading.tags.roles)
        first = np.full((len(shapes), kinds), -1, np.int64)
        place = np.arange(len(table))[::-1]  # the last one written is the first one in the text
        first.ravel()[(table.row * kinds + table.code)[place]] = place
        roles = self.tags if self.tags is not None else reading.tags.roles
        wanted = first[:, [2 * reading.tags.roles.index(role) + side for role in roles for side in (0, 1)]]
        in_order = np.asarray((wanted >= 0).all(axis=1) & (np.diff(wanted, axis=1) > 0).all(axis=1))
        return np.asarray(in_order[shapes.of_row])
