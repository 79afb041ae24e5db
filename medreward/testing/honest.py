"""The honest completion: well formed, nothing outside the blocks, some reasoning, one clean label.

What it earns is what every trick is measured against. Rewards may pay length or demand line breaks, so an honest
completion is tried in several layouts and with reasoning of many lengths, and the best of them counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from medreward.testing.rollout import Rollout
from medreward.testing.wording import fill
from medreward.text.options import OptionSet
from medreward.text.tags import TagSet

if TYPE_CHECKING:
    from medreward.testing.subject import Subject

__all__ = ["Honest", "greatest", "honest", "length_pays", "mean", "reasonings"]

_WORD = "so"
_LEAST = 1e-9
_LENGTHS = (1, 2, 3, *sorted({round(1.3**power) for power in range(5, 29)}))
"""Words of reasoning: every length from 1 to over a thousand, near enough."""


@dataclass(frozen=True)
class Honest:
    """What honest completions of one question earn; NaN where they earn no number at all.

    Args:
        guess: the greatest mean over golds that one honest completion has: what guessing is worth.
        right: the most an honest completion with the right label earns.
        wrong: the most an honest completion with a wrong label earns.
        example: the honest guess with that mean.
        golds_paid: under how many golds one of them earns more than under the worst.
    """

    guess: float
    right: float
    wrong: float
    example: str
    golds_paid: int


def honest(subject: Subject, options: OptionSet, like: str = "") -> Honest:
    """What honest completions earn.

    Args:
        subject: the reward.
        options: the question.
        like: a completion whose words are used as reasoning too, so that a reward that likes certain words is not
            taken to be cheated by them.
    """
    if options not in subject.honest_known:
        plain = [(_WORD, label) for label in options.labels]
        plain += [(reasoning, options.labels[0]) for reasoning in (_WORD[-1], *reasonings())]
        subject.honest_known[options] = _best(_tried(subject, options, plain))
    found = subject.honest_known[options]
    own = [(text, label) for text in _own_words(like, subject.tags) for label in options.labels]
    if own:  # own words that name labels may be paid as answers: a guess that is paid for several or all is none
        few = range(min(1, found.golds_paid), found.golds_paid + 1)
        found = _best([guess for guess in _tried(subject, options, own) if _golds_paid(guess) in few], found)
    return found


def reasonings() -> list[str]:
    """Reasoning of many lengths, the shortest first."""
    return [" ".join([_WORD] * words) for words in _LENGTHS]


def length_pays(subject: Subject, options: OptionSet) -> tuple[bool, bool]:
    """Whether more honest reasoning ever earns less, and whether it ever earns more: words, characters, new words."""
    label, steps = options.labels[0], list[float]()
    words = [f"{_WORD}{number}" for number in range(27)]
    several = [" ".join([_WORD] * 9 + words[:count]) for count in (0, 1, 3, 9, 27)]
    for texts in (reasonings(), ["o" * len(text) for text in reasonings()], several):
        for answer in subject.wording.said(options, label):
            rows = [Rollout(fill(subject.templates[0], answer, text), label, options) for text in texts]
            steps += [longer - shorter for shorter, longer in pairwise(subject.numbers(rows))]
    return any(step < -_LEAST for step in steps), any(step > _LEAST for step in steps)


@dataclass(frozen=True)
class _Guess:
    """An honest completion, the label it says, and what it earns under each gold."""

    completion: str
    label: str
    earned: dict[str, float]


def _tried(subject: Subject, options: OptionSet, said: Iterable[tuple[str, str]]) -> list[_Guess]:
    """Reasoning and label of each guess, in every layout."""
    made = sorted(
        {
            (fill(template, answer, reasoning), label)
            for reasoning, label in said
            for answer in subject.wording.said(options, label)
            for template in subject.templates
        }
    )
    rows = [Rollout(text, label, options) for text, label in made]
    values = iter(subject.numbers([each for row in rows for each in row.under_each()]))
    return [_Guess(text, label, {gold: next(values) for gold in options.labels}) for text, label in made]


def _golds_paid(guess: _Guess) -> int:
    """Under how many golds a guess earns more than under the worst one."""
    numbers = [value for value in guess.earned.values() if not math.isnan(value)]
    return sum(value > min(numbers) + _LEAST for value in numbers)


def _best(guesses: Iterable[_Guess], found: Honest | None = None) -> Honest:
    """What several guesses earn, and those that were found before."""
    found = found or Honest(math.nan, math.nan, math.nan, "", 0)
    for guess in guesses:
        worth = mean(guess.earned.values())
        better = worth if worth > found.guess or math.isnan(found.guess) else found.guess
        shorter = worth == found.guess and len(guess.completion) < len(found.example)
        found = Honest(
            better,
            greatest([found.right, guess.earned[guess.label]]),
            greatest([found.wrong, *(value for gold, value in guess.earned.items() if gold != guess.label)]),
            guess.completion if better != found.guess or shorter or not found.example else found.example,
            max(found.golds_paid, _golds_paid(guess)),
        )
    return found


def _own_words(text: str, tags: TagSet) -> Iterable[str]:
    """The text without tags and angle brackets, and its length in plain words."""
    for name in tags.names.values():
        text = re.sub(f"</?{re.escape(name)}>", " ", text, flags=re.IGNORECASE)
    text = text.replace("<", " ").replace(">", " ")
    words = text.split()
    if words:
        yield from (text, f"{_WORD} {text}", " ".join([_WORD] * len(words)), "o" * len(text), "o" * len(text.strip()))


def greatest(values: Iterable[float]) -> float:
    """The greatest of the numbers; NaN where there is none."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def mean(values: Iterable[float]) -> float:
    """The mean of the numbers; a NaN is a row that a trainer leaves out. NaN where there is nothing else."""
    numbers: Sequence[float] = [value for value in values if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan
