"""Laws about names: what labels are called, and how golds are written."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from medreward.testing.law import Case, Counterexample, Law, per_row
from medreward.testing.laws.common import STATED, stated, uses_gold
from medreward.testing.rollout import Rollout
from medreward.testing.subject import SpecSubject, Subject
from medreward.testing.wording import fill
from medreward.text.options import OptionSet

__all__ = ["GOLD_SPELLING", "RELABELLING"]


def _find_label_preferred(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    cases = [case for options in subject.offered for case in _relabelled(subject, options)]
    values = iter(subject.numbers([row for case in cases for row in case.rows]))
    for case in cases:
        one, two = next(values), next(values)
        if one != two and not (math.isnan(one) and math.isnan(two)):
            return Counterexample(case.rows, tuple(subject.score(case.rows)), case.said)
    return None


def _relabelled(subject: Subject, options: OptionSet) -> Iterator[Case]:
    """Completions that state a label, and the same with all labels renamed: in the options, the gold and the body."""
    turned = options.labels[1:] + options.labels[:1]
    swapped = options.labels[1::-1] + options.labels[2:]
    outer = subject.tags.literal("answer", "open") + "{answer}" + subject.tags.literal("answer", "close")
    for renamed in (turned, swapped):
        new = dict(zip(options.labels, renamed, strict=True))
        others = OptionSet(options.labels, tuple(options.texts[renamed.index(label)] for label in options.labels))
        for body in (body for body in STATED if body != "{text}"):
            for template in (subject.templates[0], outer):
                for label in options.labels:
                    for gold in options.labels:
                        yield Case(
                            (
                                Rollout(fill(template, stated(body, options, label), "so"), gold, options),
                                Rollout(fill(template, stated(body, others, new[label]), "so"), new[gold], others),
                            ),
                            "the same with every label renamed, in the options, the gold and the answer",
                        )


RELABELLING = Law(
    "relabelling",
    "Renaming labels in the options, the gold and the answer together changes nothing.",
    _find_label_preferred,
    uses_gold,
    whole=True,
)


def _reads_labels(subject: Subject) -> str:
    if not isinstance(subject, SpecSubject):
        return "only our own rewards read golds in several spellings"
    forms = subject.scorer.gold_forms
    return (
        "" if forms == {"label"} else "the reward takes the gold cell as it is given" if forms else uses_gold(subject)
    )


def _spelt(subject: Subject, rollouts: Sequence[Rollout]) -> Iterator[Case]:
    for row in rollouts:
        cells = [f" {row.gold.lower()} ", f"<answer> {row.gold} </answer>"]
        text = row.options.texts[row.options.labels.index(row.gold)]
        for cell in [*cells, *([text] if text else [])]:
            yield Case((row, Rollout(row.completion, row.gold, row.options, cell)), f"with the gold written {cell!r}")


GOLD_SPELLING = Law(
    "gold_spelling",
    "A gold written as a label, inside an answer tag or as its option's text is the same gold.",
    per_row(_spelt, lambda _, case, values: values[0] != values[1] and not all(map(math.isnan, values))),
    _reads_labels,
)
