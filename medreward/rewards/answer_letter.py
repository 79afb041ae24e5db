"""Answer letter: is the right label given, in one of the forms that count?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, Values
from medreward.rewards.choice_rule import ChoiceRule
from medreward.text.choice import FORMS
from medreward.text.reading import Reading

__all__ = ["CASES", "AnswerLetter", "LabelForm"]

LabelForm = Literal["clean", "wrapped", "with_text", "stated", "text_only"]


class AnswerLetter(ChoiceRule):
    """1 if the answer commits to the gold label in one of the given forms, else 0. Null where there is no gold.

    Args:
        forms: the forms that count. The first four name the label itself; ``text_only`` gives the option's text.
        choice: how the answer is read.
    """

    kind: Literal["answer_letter.v1"] = "answer_letter.v1"
    forms: tuple[LabelForm, ...] = ("clean", "wrapped", "with_text", "stated")

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare the label's number with the gold's."""
        counts = np.isin(reading[self.choice].form, [FORMS.index(form) for form in self.forms])
        return Values.of(counts & self.right(reading, gold), self.known(reading, gold))

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0 if self.forms else 0.0)

    def values(self) -> frozenset[float]:
        """0 or 1."""
        return frozenset(self.bounds())


CASES = (
    Case("maximum", "<think>t</think><answer>B</answer>", 1),
    Case("maximum", "<think>t</think><answer>b) Lungs</answer>", 1),
    Case("first", "<think>t</think><answer>A</answer>", 1, gold="A"),
    Case("first", "<think>t</think><answer>B</answer>", 0, gold="A"),
    Case("zero", "<think>t</think><answer>C</answer>", 0),
    Case("zero", "<think>t</think><answer>A or B</answer>", 0),
    Case("zero", "<think>t</think><answer>Lungs</answer>", 0),
    Case("forms", "<think>t</think><answer>Lungs</answer>", 1, AnswerLetter(forms=("clean", "text_only"))),
    Case("forms", "<think>t</think><answer>(B)</answer>", 0, AnswerLetter(forms=("clean",))),
    Case("malformed", "<answer>B", 0),
    Case("malformed", "<think><answer>B</answer></think>", 0),
    Case("malformed", "<answer>B</answer><answer>B.</answer>", 1),
    Case("malformed", "<answer>B</answer><answer>C</answer>", 0),
    Case("empty", "", 0),
    Case("empty", "<think></think><answer></answer>", 0),
    Case("non_ascii", "<think>肺</think><answer>\u3000Ｂ\u200b</answer>", 1),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
