"""What a reading of a body comes to: the labels, the form in which they are stated, the reason where there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FORMS", "MAX_BODY", "REASONS", "WHY", "Choice", "Select"]

FORMS: tuple[str, ...] = ("clean", "wrapped", "with_text", "stated", "text_only", "ambiguous", "none", "missing")
"""How a choice is stated; the place is the code. The first five have a label, strongest first."""
WHY: dict[str, str] = {
    "empty": "nothing is written there",
    "refused": "it says that it does not know, or will not choose",
    "denied": "it only says what is wrong: `not B`",
    "out_of_range": "the label is none of those offered",
    "none_of_above": "it says that none, or all, are right, where that is no option",
    "no_label": "it names no option: `A fracture is seen`",
    "several_labels": "it commits to several: `A or B`",
    "contradiction": "a label beside another option's text",
    "several_texts": "it names several options' texts, or one that two options have",
    "several_blocks": "several answer blocks differ",
    "too_long": "it is longer than a million characters",
    "withdrawn": "it takes back what it had said, and says nothing else",
}
"""What each reason for having no label says."""
REASONS: tuple[str, ...] = ("", *WHY)
"""Why there is no label; the place is the code, the empty reason stands where there is one."""

MAX_BODY = 1_000_000
"""A longer body, outer whitespace aside, is not read: its form is ``none`` and its reason ``too_long``."""

Select = Literal["one", "many"]
"""Does the question ask for one label, or for all that are right?"""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one answer body commits to.

    Args:
        labels: what is committed to, as the options spell it and in their order; with ``select="one"`` none or one.
        form: one of ``FORMS``.
        reason: one of ``REASONS``; empty where there is a label.
        span: start and end of the words that decided, in code points of the body; None where nothing did.
        candidates: the labels that were mentioned, in order, without repeats.
    """

    labels: tuple[str, ...]
    form: str
    reason: str = ""
    span: tuple[int, int] | None = None
    candidates: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """The only label; None where there is none or several."""
        return self.labels[0] if len(self.labels) == 1 else None
