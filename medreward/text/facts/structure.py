"""The order of tags: well formed, or at least in order."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from medreward.text.buffer import Mask
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
    return np.asarray((counts == 1).all(axis=1)) & in_order(book, literals)


def in_order(book: Book, literals: tuple[int, ...]) -> Mask:
    """Which shapes have every literal, the first of each in the order given: bool, shape ``(s,)``."""
    kinds = 2 * len(book.roles)
    first = np.full(len(book) * kinds, -1, np.int64)
    place = np.arange(len(book.code))[::-1]  # the last one written is the first one in the text
    first[(book.shape * kinds + book.code)[place]] = place
    wanted = first.reshape(len(book), kinds)[:, literals]
    return np.asarray((wanted >= 0).all(axis=1) & (np.diff(wanted, axis=1) > 0).all(axis=1))
