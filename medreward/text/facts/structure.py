"""The order of tags: well formed, or at least in order."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from medreward.text.buffer import Mask, first_of_each
from medreward.text.facts.base import Predicate
from medreward.text.facts.counts import code_of
from medreward.text.facts.shapes import Book, Shapes
from medreward.text.reading import Reading
from medreward.text.tags import Case, Role

__all__ = ["InOrder", "WellFormed", "in_order"]


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
        well_formed: Mask = shapes.book.ask(_well_formed, _literals(reading, self.tags))[shapes.of_row]
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
        ordered: Mask = shapes.book.ask(in_order, _literals(reading, self.tags))[shapes.of_row]
        return ordered


def _literals(reading: Reading, roles: tuple[str, ...] | None) -> tuple[int, ...]:
    """The codes of the literals of some roles, in order; None means all."""
    openers = (code_of(reading, f"<{role}>") for role in (roles if roles is not None else reading.roles))
    return tuple(opener + side for opener in openers for side in (0, 1))


def _well_formed(book: Book, literals: tuple[int, ...]) -> Mask:
    counts = book.counts()[:, literals]
    return np.asarray((counts == 1).all(axis=1)) & book.ask(in_order, literals)


def in_order(book: Book, literals: tuple[int, ...]) -> Mask:
    """Which shapes have every literal, the first of each in the order given: bool, shape ``(s,)``."""
    first = np.full((len(book), len(literals)), -1, np.int64)
    for i, literal in enumerate(literals):
        place = (book.code == literal).nonzero()[0]
        place = place[first_of_each(book.shape[place])]
        first[book.shape[place], i] = place
    return np.asarray((first >= 0).all(axis=1) & (np.diff(first, axis=1) > 0).all(axis=1))
