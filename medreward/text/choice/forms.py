"""What a reading of a body comes to: the labels, the form in which they are stated, the reason where there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FORMS", "MAX_BODY", "REASONS", "Choice", "Select"]

FORMS: tuple[str, ...] = ("clean", "wrapped", "with_text", "stated", "text_only", "ambiguous", "none", "missing")
"""How a choice is stated; the place is the code. The first five have a label, strongest first."""
REASONS: tuple[str, ...] = (
    *("", "empty", "refused", "denied", "out_of_range", "none_of_above", "no_label"),
    *("several_labels", "contradiction", "several_texts", "several_blocks", "too_long", "withdrawn"),
)
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
