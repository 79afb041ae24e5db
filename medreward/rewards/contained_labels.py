"""Contained labels: how many of the gold's labels occur in the answer, and whether any other does."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, StringConstraints

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.spec import Number
from medreward.text.facts import Body, Extracted
from medreward.text.facts.extracted import AnyExtracted
from medreward.text.reading import Reading

__all__ = ["CASES", "ContainedLabels"]

Label = Annotated[str, StringConstraints(min_length=1)]


class ContainedLabels(Reward):
    """``each`` for every label of the gold that occurs in the answer; 0 if any other label of the vocabulary does.

    Labels are looked for as strings, inside words too. Two things follow: a label that is part of another one is found
    in it, and a gold that lists a label twice is paid twice. Null where there is no gold.

    Args:
        vocabulary: the labels that cost everything where they occur in the answer and not in the gold cell.
        separator: what stands between the gold's labels.
        each: what a label found is worth.
        alone: a label that belongs to no other, such as ``No Finding``. A gold's label that contains it is worth
            ``alone_each`` where found; where not, the labels before it count no more and those after it are not
            looked at.
        alone_each: see ``alone``.
        answer: which text of the completion is searched.
        gold: which text of the gold cell is taken apart.
    """

    kind: Literal["contained_labels.v1"] = "contained_labels.v1"
    vocabulary: Annotated[tuple[Label, ...], Field(max_length=1000)] = ()
    separator: Label = "|"
    each: Number = 1.0
    alone: Label | None = None
    alone_each: Number = 1.0
    answer: AnyExtracted = Extracted()
    gold: AnyExtracted = Extracted(body=Body(pick="first_span", if_missing="whole_text"))

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Search each distinct answer for each distinct gold's labels."""
        given = reading[self.answer]
        cells, golds, known = gold.ask(self.gold, reading.tags)
        wanted, valid = golds.codes[cells], reading.rows.valid & known
        value = np.zeros(len(reading))
        rows = np.flatnonzero(valid & (given.codes >= 0) & (wanted >= 0))
        count = len(golds.texts)
        pairs, inverse = np.unique(given.codes[rows] * count + wanted[rows], return_inverse=True)
        found = [self._credit(given.texts[pair // count], golds.texts[pair % count]) for pair in pairs.tolist()]
        value[rows] = np.array(found, np.float64)[inverse]
        return Values(value, valid)

    def _credit(self, answer: str, gold: str) -> float:
        if any(label in answer and label not in gold for label in self.vocabulary):
            return 0.0
        total = 0.0
        for label in gold.split(self.separator):
            if self.alone is not None and self.alone in label:
                if label not in answer:
                    return 0.0
                total += self.alone_each
            elif label in answer:
                total += self.each
        return total

    def bounds(self) -> tuple[float, float]:
        """From 0 without an upper end: a gold may list any number of labels (below 0 for negative credits)."""
        least, most = min(self.each, self.alone_each), max(self.each, self.alone_each)
        return (-np.inf if least < 0 else 0.0, np.inf if most > 0 else 0.0)

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given."""
        return frozenset({"raw"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which labels occur."""
        cells, golds, known = gold.ask(self.gold, reading.tags)
        if not known[0]:
            return "there is no gold to compare with"
        given, wanted = reading[self.answer], int(golds.codes[cells[0]])
        if given.codes[0] < 0 or wanted < 0:
            return "the completion or the gold has no text of the kind that is compared"
        answer, right = given.texts[int(given.codes[0])], golds.texts[wanted]
        found = [label for label in right.split(self.separator) if label in answer]
        other = [label for label in self.vocabulary if label in answer and label not in right]
        return f"of the gold's labels the answer has {found or 'none'}; others it has: {other or 'none'}"


_RULE = ContainedLabels(vocabulary=("Mass", "Nodule", "No Finding"), alone="No Finding", alone_each=0.25)
CASES = (
    Case("maximum", "<answer>Mass, Nodule</answer>", 2, _RULE, gold="Mass|Nodule"),
    Case("part", "<answer>a Mass</answer>", 1, _RULE, gold="Mass|Nodule"),
    Case("zero", "<answer>mass</answer>", 0, _RULE, gold="Mass"),
    Case("zero", "<answer>Mass, Nodule</answer>", 0, _RULE, gold="Mass"),
    Case("alone", "<answer>No Finding</answer>", 0.25, _RULE, gold="<answer> No Finding </answer>"),
    Case("alone", "<answer>Mass</answer>", 0, _RULE, gold="Mass|No Finding|Nodule"),
    Case("alone", "<answer>Mass No Finding</answer>", 1.25, _RULE, gold="Mass|No Finding"),
    Case("inside words", "<answer>Masses</answer>", 1, _RULE, gold="Mass"),
    Case("twice", "<answer>Mass</answer>", 2, _RULE, gold="Mass|Mass"),
    Case("an empty label", "<answer>x</answer>", 1, _RULE, gold="Mass|"),
    Case("malformed", "<answer>Mass", 0, _RULE, gold="Mass"),
    Case("empty", "", 0, _RULE, gold="Mass"),
    Case("empty", "<answer></answer>", 0, gold="Mass"),
    Case("non_ascii", "<answer>肺</answer>", 1, gold="肺|心"),
    Case("null", None, None, _RULE),
    Case("null", "<answer>Mass</answer>", None, _RULE, gold=None),
)
