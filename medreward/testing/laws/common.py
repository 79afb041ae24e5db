"""What several laws need."""

from __future__ import annotations

from medreward.testing.grammar import BODIES
from medreward.testing.rollout import Rollout
from medreward.testing.subject import Subject
from medreward.testing.wording import fill
from medreward.text.options import OptionSet

__all__ = ["LEAST", "STATED", "honest_rows", "stated", "uses_gold"]

LEAST = 1e-9  # sums of a few float64 differ by less; the steps of rewards are greater
STATED = tuple(body for body in BODIES if "not" not in body.lower() and "?" not in body)
"""Bodies that state a label, or give its text."""


def stated(body: str, options: OptionSet, label: str) -> str:
    """A body about one label."""
    text = options.texts[options.labels.index(label)] or label
    return body.format(label=label, lower=label.lower(), text=text, wide=chr(ord(label) + 0xFEE0))


def uses_gold(subject: Subject) -> str:
    """Why laws about golds say nothing; empty where they do."""
    return "" if subject.uses_gold else "the reward does not look at the gold"


def honest_rows(subject: Subject, reasoning: str = "so") -> list[Rollout]:
    """Honest completions of every question, with each label right."""
    return [
        Rollout(fill(template, answer, reasoning), label, options)
        for options in subject.offered
        for template in subject.templates
        for label in options.labels
        for answer in subject.wording.said(options, label)
    ]
