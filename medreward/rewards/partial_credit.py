"""Partial credit: the right label, paid by how it is stated."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.spec import Model, Number
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import ChoiceOf
from medreward.text.facts.choices import AnyChoice
from medreward.text.reading import Reading

__all__ = ["CASES", "Ladder", "PartialCredit", "why_choice"]


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


class PartialCredit(Reward):
    """The credit of the form in which the gold label is stated; 0 for any other label or none. Null without a gold.

    Args:
        ladder: form to credit.
        choice: how the answer is read.
    """

    kind: Literal["partial_credit.v1"] = "partial_credit.v1"
    ladder: Ladder = Ladder()
    choice: AnyChoice = ChoiceOf()

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare the label's number with the gold's, then look the form up."""
        choice = reading[self.choice]
        earns = dict(self.ladder)
        credit = np.array([earns.get(form, 0.0) for form in FORMS])[choice.form]
        known = gold.label >= 0
        return Values.of(np.where(known & (choice.label == gold.label), credit, 0.0), reading.rows.valid & known)

    def bounds(self) -> tuple[float, float]:
        """From the least to the greatest of the credits and 0."""
        earned = [0.0, *dict(self.ladder).values()]
        return (min(earned), max(earned))

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold as a label."""
        return frozenset({"label"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """What the answer commits to, and whether that is right."""
        return why_choice(reading, gold, self.choice)


def why_choice(reading: Reading, gold: Gold, choice: ChoiceOf) -> str:
    """What the only row's answer commits to, in words."""
    read, options = reading[choice], reading.rows.options
    labels = options.label_sets[int(options.label_codes[0])]
    form, reason = FORMS[int(read.form[0])], REASONS[int(read.reason[0])]
    if form == "missing":
        return "there is no answer block"
    if read.label[0] < 0:
        return f"the answer commits to no label: {form}{f' ({reason})' if reason else ''}"
    said = f"the answer commits to {labels[int(read.label[0])]} ({form})"
    if gold.label[0] < 0:
        return f"{said}, and there is no gold to compare it with"
    right = read.label[0] == gold.label[0]
    return f"{said}, which is {'right' if right else f'wrong: the gold is {labels[int(gold.label[0])]}'}"


_TEXT = PartialCredit(ladder=Ladder(text_only=0.25))
CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1),
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
