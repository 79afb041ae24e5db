"""What a row offers to choose from: labels, and the texts behind them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from medreward.errors import InputError

__all__ = ["DEFAULT_LABELS", "MAX_LISTED", "MAX_OPTIONS", "OptionSet", "check_count", "too_many_options"]

MAX_LISTED = 26
"""Options given as a list are labelled A to Z; more need a map from label to text."""

MAX_OPTIONS = 62
"""A row can offer at most this many: the labels an answer commits to are the bits of one number."""

DEFAULT_LABELS = tuple(string.ascii_uppercase[:10])
"""Labels A to J: what a row offers when it names no options."""


@dataclass(frozen=True, slots=True)
class OptionSet:
    """The options of one question.

    Args:
        labels: distinct, non-empty labels in the order offered, such as ``("A", "B")``.
        texts: the option text behind each label, same length; None where it is not known.

    Example:
        >>> OptionSet.listed(["Heart", "Lungs"])
        OptionSet(labels=('A', 'B'), texts=('Heart', 'Lungs'))
    """

    labels: tuple[str, ...] = DEFAULT_LABELS
    texts: tuple[str | None, ...] = (None,) * len(DEFAULT_LABELS)

    @classmethod
    def listed(cls, texts: list[str | None] | tuple[str | None, ...]) -> OptionSet:
        """Options given as a list of texts, labelled A to Z; an empty list means nothing was given.

        Nulls at its end are no options, as in lists of one size; a list of nothing else says how many there are.

        Raises:
            InputError: ``too_many_options``.
        """
        if not texts:
            return cls()
        texts = texts[: last_known(texts)]
        if len(texts) > MAX_LISTED:
            raise too_many_options(len(texts))
        return cls(tuple(string.ascii_uppercase[: len(texts)]), tuple(texts))


def last_known(texts: Sequence[str | None]) -> int:
    """How many options a list offers: up to its last text, or all where it has none."""
    known = [place for place, text in enumerate(texts, 1) if text is not None]
    return known[-1] if known else len(texts)


def too_many_options(count: int, where: str | None = None) -> InputError:
    """The error for a list that cannot be labelled."""
    return InputError(
        "too_many_options",
        f"A list of options is labelled A to Z and can hold at most {MAX_LISTED}",
        where=where,
        got=f"{count} options",
        do="give a map from label to text instead of a list",
    )


def check_count(count: int, where: str | None = None) -> None:
    """Refuse more options than a row can offer.

    Raises:
        InputError: ``too_many_options``.
    """
    if count > MAX_OPTIONS:
        raise InputError(
            "too_many_options",
            f"A question can offer at most {MAX_OPTIONS} options",
            where=where,
            got=f"{count} options",
            do="split the question, or drop options that are never chosen",
        )
