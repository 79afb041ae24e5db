"""What rules that compare the answer's choice with the gold have in common."""

from __future__ import annotations

from medreward.rewards.base import Gold, GoldForm, Reward
from medreward.text.buffer import Mask
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import ChoiceOf
from medreward.text.facts.choices import AnyChoice
from medreward.text.reading import Reading

__all__ = ["ChoiceRule"]


class ChoiceRule(Reward):
    """A rule about the label that the answer commits to. Null where there is no gold.

    Args:
        choice: how the answer is read.
    """

    choice: AnyChoice = ChoiceOf()

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold as a label."""
        return frozenset({"label"})

    def known(self, reading: Reading, gold: Gold) -> Mask:
        """Rows that have a completion and a gold, bool, shape ``(n,)``."""
        return reading.rows.valid & (gold.label >= 0)

    def right(self, reading: Reading, gold: Gold) -> Mask:
        """Rows whose answer commits to the gold, in whatever form, bool, shape ``(n,)``."""
        right: Mask = (gold.label >= 0) & (reading[self.choice].label == gold.label)
        return right

    def why(self, reading: Reading, gold: Gold) -> str:
        """What the only row's answer commits to, and whether that is right."""
        read, options = reading[self.choice], reading.rows.options
        labels = options.label_sets[int(options.label_codes[0])]
        form, reason = FORMS[int(read.form[0])], REASONS[int(read.reason[0])]
        if form == "missing":
            return "there is no answer block"
        if read.label[0] < 0:
            return f"the answer commits to no label: {form}{f' ({reason})' if reason else ''}"
        said = f"the answer commits to {labels[int(read.label[0])]} ({form})"
        if gold.labels is None or gold.label[0] < 0:
            return f"{said}, and there is no gold to compare it with"
        right = read.label[0] == gold.label[0]
        return f"{said}, which is {'right' if right else f'wrong: the gold is {labels[int(gold.label[0])]}'}"
