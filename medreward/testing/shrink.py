"""Makes a counterexample small: pieces of its completion are left out or made plainer as long as it stays one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import regex

from medreward.testing.rollout import Rollout

__all__ = ["smallest"]

_PIECES = regex.compile(r"</?+\w++>|\w++|\s|.", regex.DOTALL)
_SHORT, _PARTS = 200, 20  # a text of more pieces than the first loses runs that are a twentieth of it or more
_MOST = 100  # rounds: a counterexample that is still big after them is good enough


class HasRows(Protocol):
    """What a counterexample is while it shrinks: rows, the one it is about first."""

    @property
    def rows(self) -> tuple[Rollout, ...]:
        """The rows."""


C = TypeVar("C", bound=HasRows)


def smallest(found: C, again: Callable[[Sequence[Rollout]], C | None]) -> C:
    """The counterexample with nothing left that can be left out.

    Args:
        found: a counterexample.
        again: the smallest counterexample that one of several rollouts gives in place of the first row, or None.

    Returns:
        A counterexample whose first completion is at most as long, and from which no run of pieces can be taken.
    """
    for _ in range(_MOST):
        row = found.rows[0]
        tries = [row.saying(text) for text in dict.fromkeys(_plainer(row.completion)) if text != row.completion]
        better = again(tries) if tries else None
        if better is None or _size(better) >= _size(found):
            break
        found = better
    return found


def _size(found: HasRows) -> tuple[int, str]:
    text = found.rows[0].completion
    return len(text), text


def _plainer(text: str) -> Iterator[str]:
    """The text without a run of pieces, long runs first; and where it is short, with a plainer piece."""
    pieces = _PIECES.findall(text)
    size = len(pieces)
    least = 1 if len(pieces) <= _SHORT else len(pieces) // _PARTS
    while size >= least:  # fewer than 2 n texts of each round
        for at in range(0, len(pieces), size):
            yield "".join([*pieces[:at], *pieces[at + size :]])
        size //= 2
    if least > 1:
        return
    for at, piece in enumerate(pieces):
        rest = pieces[:at], pieces[at + 1 :]
        if len(piece) > 1 and not piece.startswith("<"):
            yield "".join([*rest[0], piece[: len(piece) // 2], *rest[1]])
            yield "".join([*rest[0], piece[1:], *rest[1]])
