"""Answer labels: questions with several right answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from pydantic import Field

from medreward.rewards.answer_letter import LabelForm
from medreward.rewards.base import Case, Floats, Gold, GoldForm, Reward, Values
from medreward.spec import Number
from medreward.text.buffer import Ints
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import ChoiceOf
from medreward.text.facts.choices import AnyChoice
from medreward.text.options import MAX_OPTIONS
from medreward.text.reading import Reading

__all__ = ["CASES", "AnswerLabels", "LabelCredit"]

LabelCredit = Literal["exact", "jaccard", "f1", "per_right_label", "per_option"]


def _size(masks: Ints) -> Floats:
    return np.bitwise_count(masks).astype(np.float64)


def _exact(picked: Ints, gold: Ints, offered: Floats) -> Floats:
    return np.asarray(picked == gold, np.float64)


def _jaccard(picked: Ints, gold: Ints, offered: Floats) -> Floats:
    return _size(picked & gold) / np.maximum(_size(picked | gold), 1.0)


def _f1(picked: Ints, gold: Ints, offered: Floats) -> Floats:
    return 2.0 * _size(picked & gold) / np.maximum(_size(picked) + _size(gold), 1.0)


def _per_right_label(picked: Ints, gold: Ints, offered: Floats) -> Floats:
    return _size(picked & gold) / np.maximum(_size(gold), 1.0)


def _per_option(picked: Ints, gold: Ints, offered: Floats) -> Floats:
    return (offered - _size(picked ^ gold)) / offered


_CREDITS: dict[LabelCredit, Callable[[Ints, Ints, Floats], Floats]] = {
    "exact": _exact,
    "jaccard": _jaccard,
    "f1": _f1,
    "per_right_label": _per_right_label,
    "per_option": _per_option,
}


class AnswerLabels(Reward):
    """How well the labels the answer picks agree with the set of right ones. Null where there is no gold.

    With P the labels picked, G the right ones and O all that are offered, the credit is

    - ``exact``: 1 if P = G, else 0
    - ``jaccard``: ``|P and G| / |P or G|``
    - ``f1``: ``2 |P and G| / (|P| + |G|)``
    - ``per_right_label``: ``|P and G| / |G|``: each right label earns its share, and wrong ones cost only ``penalty``
    - ``per_option``: the share of O on which P and G agree, picked or left out

    less ``penalty`` for every label picked that is not right, and never less than ``floor``. An answer that picks
    nothing, or states its labels in a form that does not count, earns 0.

    Args:
        credit: which of these.
        penalty: what each wrong pick takes, at least 0.
        floor: the least it can be worth, at most 0.
        forms: the forms that count.
        choice: how the answer is read.

    Example:
        >>> import medreward
        >>> from medreward import AnswerLabels
        >>> reward = AnswerLabels(credit="jaccard")
        >>> medreward.score_one("<answer>A, B</answer>", gold=["B", "C"], reward=reward)
        0.3333333333333333
    """

    kind: Literal["answer_labels.v1"] = "answer_labels.v1"
    credit: LabelCredit = "exact"
    penalty: Number = Field(default=0.0, ge=0.0)
    floor: Number = Field(default=0.0, le=0.0)
    forms: tuple[LabelForm, ...] = ("clean", "wrapped", "with_text", "stated")
    choice: AnyChoice = ChoiceOf(select="many")

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold as a set of labels."""
        return frozenset({"labels"})

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare two bit masks in each row."""
        right, options, read = gold.label_sets, reading.rows.options, reading[self.choice]
        offered = np.array([len(labels) for labels in options.label_sets], np.float64)[options.label_codes]
        earned = _CREDITS[self.credit](read.labels, right, offered) - self.penalty * _size(read.labels & ~right)
        counts = (read.labels > 0) & np.isin(read.form, [FORMS.index(form) for form in self.forms])
        return Values.of(np.where(counts, np.maximum(earned, self.floor), 0.0), reading.rows.valid & (right > 0))

    def bounds(self) -> tuple[float, float]:
        """From what nothing but wrong picks earn to 1."""
        worst = -self.penalty * (MAX_OPTIONS - 1)
        return (max(self.floor, worst) + 0.0, 1.0) if self.forms else (0.0, 0.0)

    def values(self) -> frozenset[float] | None:
        """0 and 1 where only the whole set is paid and wrong picks cost nothing."""
        return frozenset(self.bounds()) if self.credit == "exact" and not self.bounds()[0] else super().values()

    def without_partial_credit(self) -> AnswerLabels:
        """Only the whole set is paid."""
        return self.model_copy(update={"credit": "exact"}) if self.credit != "exact" else self

    def why(self, reading: Reading, gold: Gold) -> str:
        """What is picked, and what is right."""
        read, options = reading[self.choice], reading.rows.options
        labels = options.label_sets[int(options.label_codes[0])]
        form, reason = FORMS[int(read.form[0])], REASONS[int(read.reason[0])]
        if form == "missing":
            return "there is no answer block"
        picked = ", ".join(_names(int(read.labels[0]), labels))
        said = f"the answer picks {picked or 'nothing'} ({form}{f', {reason}' if reason else ''})"
        wanted = int(gold.label_sets[0]) if gold.sets is not None else 0
        if not wanted:
            return f"{said}, and there is no gold to compare it with"
        return f"{said}; right is {', '.join(_names(wanted, labels))}"


def _names(mask: int, labels: tuple[str, ...]) -> list[str]:
    return [label for place, label in enumerate(labels) if mask >> place & 1]


_JACCARD, _F1 = AnswerLabels(credit="jaccard"), AnswerLabels(credit="f1")
_EACH, _OPTION = AnswerLabels(credit="per_right_label"), AnswerLabels(credit="per_option")
_STRICT = AnswerLabels(credit="per_right_label", penalty=0.5, floor=-1)
_TWO = ("A", "B")
CASES = (
    Case("maximum", "<answer>A, B</answer>", 1, gold=_TWO),
    Case("maximum", "<answer>A and B</answer>", 1, gold="A,B"),
    Case("maximum", "<answer>B</answer>", 1),
    Case("zero", "<answer>A</answer>", 0, gold=_TWO),
    Case("zero", "<answer>A, B, C</answer>", 0, gold=_TWO),
    Case("zero", "<answer>A or B</answer>", 0, gold=_TWO),
    Case("jaccard", "<answer>A, C</answer>", 1 / 3, _JACCARD, gold=_TWO),
    Case("jaccard", "<answer>C, D</answer>", 0, _JACCARD, gold=_TWO),
    Case("f1", "<answer>A</answer>", 2 / 3, _F1, gold=_TWO),
    Case("f1", "<answer>A, B, C, D</answer>", 2 / 3, _F1, gold=_TWO),
    Case("each", "<answer>A, C</answer>", 0.5, _EACH, gold=_TWO),
    Case("each", "<answer>A, B, C, D</answer>", 1, _EACH, gold=_TWO),
    Case("option", "<answer>A, C</answer>", 0.5, _OPTION, gold=_TWO),
    Case("option", "<answer>A</answer>", 0.75, _OPTION, gold=_TWO),
    Case("option", "", 0, _OPTION, gold=_TWO),
    Case("penalty", "<answer>A, C</answer>", 0, _STRICT, gold=_TWO),
    Case("penalty", "<answer>A, B, C</answer>", 0.5, _STRICT, gold=_TWO),
    Case("penalty", "<answer>C</answer>", -0.5, _STRICT, gold=_TWO),
    Case("floor", "<answer>C, D</answer>", -1, _STRICT, gold=_TWO),
    Case("malformed", "<answer>A, B", 0, gold=_TWO),
    Case("malformed", "<answer>A, B</answer><answer>A</answer>", 0, gold=_TWO),
    Case("forms", "<answer>(A, C)</answer>", 0, AnswerLabels(forms=("clean",)), gold=("A", "C")),
    Case("empty", "", 0, gold=_TWO),
    Case("empty", "<answer></answer>", 0, _STRICT, gold=_TWO),
    Case("non_ascii", "<answer>Ａ、Ｂ</answer>", 1, gold="Heart and Lungs"),
    Case("null", None, None, gold=_TWO),
    Case("null", "<answer>A, B</answer>", None, gold=None),
)
