"""What a row offers to choose from: labels, and the texts behind them."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medreward.errors import InputError

__all__ = ["DEFAULT_LABELS", "MAX_LISTED", "MAX_OPTIONS", "OptionSet", "Options", "check_count", "too_many_options"]

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

    @classmethod
    def of(cls, options: Options) -> OptionSet:
        """Options as users give them: a list of texts, a map from label to text, or nothing.

        Raises:
            InputError: ``too_many_options``, ``bad_labels``, ``options_type``.

        Example:
            >>> OptionSet.of({"1": "Heart", "2": None})
            OptionSet(labels=('1', '2'), texts=('Heart', None))
        """
        if options is None or isinstance(options, OptionSet):
            return options or cls()
        unordered = not isinstance(options, Sequence | Mapping | np.ndarray)
        if (
            unordered
            or isinstance(options, str | bytes)
            or not all(
                text is None or isinstance(text, str)
                for text in ([*options, *options.values()] if isinstance(options, Mapping) else options)
            )
        ):
            raise InputError(
                "options_type",
                "Options are a list of texts or a map from label to text",
                got=repr(options)[:80],
                do="give texts, in their order, or a label for each",
            )
        if isinstance(options, Mapping):
            labels, texts = tuple(label.strip() for label in options), tuple(options.values())
            if not all(labels) or len({*labels}) < len(labels):
                raise InputError("bad_labels", "Option labels must be distinct and not empty", got=repr(list(options)))
            check_count(len(labels))
            return cls(labels, texts) if labels else cls()
        return cls.listed(list(options))


Options = Sequence[str | None] | Mapping[str, str | None] | OptionSet | None
"""Options as users give them."""


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
