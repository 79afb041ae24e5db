"""Partial credit: the right label, paid by how it is stated."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, Values
from medreward.rewards.choice_rule import ChoiceRule
from medreward.spec import Model, Number
from medreward.text.choice import FORMS
from medreward.text.reading import Reading

__all__ = ["CASES", "Ladder", "PartialCredit"]


class Ladder(Model):
    """What the right label earns in each form.

    Args:
        clean: the body is the label and nothing else: ``B``.
        wrapped: the label in brackets or markup: ``(B)``.
        with_text: the label and more text: ``B) Lungs``.
        stated: a sentence says which label: ``The answer is B``.
        text_only: the option's text without its label: ``Lungs``.
    """

    clean: Number = 1.0
    wrapped: Number = 0.5
    with_text: Number = 0.5
    stated: Number = 0.5
    text_only: Number = 0.0


class PartialCredit(ChoiceRule):
    """The credit of the form in which the gold label is stated; 0 for any other label or none. Null without a gold.

    Args:
        ladder: form to credit.
        choice: how the answer is read.
    """

    kind: Literal["partial_credit.v1"] = "partial_credit.v1"
    ladder: Ladder = Ladder()

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Look up the form where the label is the gold's."""
        earns = dict(self.ladder)
        credit = np.array([earns.get(form, 0.0) for form in FORMS])[reading[self.choice].form]
        return Values.of(np.where(self.right(reading, gold), credit, 0.0), self.known(reading, gold))

    def without_partial_credit(self) -> PartialCredit:
        """Only the greatest credit is paid."""
        most = max(dict(self.ladder).values())
        whole = {form: credit if credit == most else 0.0 for form, credit in self.ladder}
        return self.model_copy(update={"ladder": Ladder(**whole)}) if whole != dict(self.ladder) else self

    def bounds(self) -> tuple[float, float]:
        """From the least to the greatest of the credits and 0."""
        earned = [0.0, *dict(self.ladder).values()]
        return (min(earned), max(earned))

    def values(self) -> frozenset[float]:
        """0 and the credits."""
        return frozenset({0.0, *dict(self.ladder).values()})


_TEXT = PartialCredit(ladder=Ladder(text_only=0.25))
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1),
    Case("first", "<think>t</think><answer>(A)</answer>", 0.5, gold="A"),
    Case("maximum", "<answer> b\n</answer>", 1),
    Case("half", "<think>t</think><answer>(B)</answer>", 0.5),
    Case("half", "<think>t</think><answer>B) Lungs</answer>", 0.5),
    Case("half", "<think>t</think><answer>B, there is no clear indication of a mass.</answer>", 0.5),
    Case("half", "<think>t</think><answer>The answer is B.</answer>", 0.5),
    Case("zero", "<think>t</think><answer>C</answer>", 0),
    Case("zero", "<think>t</think><answer>B) Heart</answer>", 0),
    Case("zero", "<think>t</think><answer>Lungs</answer>", 0),
    Case("text", "<think>t</think><answer>Lungs</answer>", 0.25, _TEXT),
    Case("malformed", "<answer>B", 0),
    Case("malformed", "<answer>B</answer><answer>The answer is B</answer>", 0.5),
    Case("empty", "", 0),
    Case("empty", "<answer> </answer>", 0),
    Case("non_ascii", "<answer>Ｂ</answer>", 0.5),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
