"""What a law is: a name, one sentence, and a way to find rollouts that break it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from medreward.errors import UsageError
from medreward.rewards.document import DocumentSource
from medreward.scoring.callables import CallableReward, Failure, Form, Outcome
from medreward.testing.rollout import Rollout
from medreward.testing.shrink import smallest
from medreward.testing.subject import Subject, subject_of

__all__ = [
    "Case",
    "Cases",
    "Counterexample",
    "Finder",
    "Law",
    "Verdict",
    "always",
    "check_seconds",
    "nothing_more",
    "per_row",
]


@dataclass(frozen=True)
class Case:
    """Rows that a law compares.

    Args:
        rows: the rows, the one it is about first.
        said: what the others are, in words.
    """

    rows: tuple[Rollout, ...]
    said: str = ""


@dataclass(frozen=True)
class Counterexample:
    """Rollouts that break a law, and what they earned.

    Args:
        rows: the rollouts.
        scores: what each earned.
        said: what is wrong, in words.
    """

    rows: tuple[Rollout, ...]
    scores: tuple[Outcome, ...]
    said: str

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        rows = [{"completion": row.completion, "gold": row.gold, "options": _options(row)} for row in self.rows]
        scores = [score.error if isinstance(score, Failure) else score for score in self.scores]
        return {"said": self.said, "rows": rows, "scores": [_finite(score) for score in scores]}


def _options(row: Rollout) -> dict[str, str | None]:
    return dict(zip(row.options.labels, row.options.texts, strict=True))


def _finite(score: float | str | None) -> float | str | None:
    """A score as JSON can hold it."""
    return score if not isinstance(score, float) or score - score == 0 else str(score)


@dataclass(frozen=True)
class Verdict:
    """What came of checking one law.

    Args:
        law: the law.
        counterexample: what breaks it; None where nothing was found that does.
        skipped: why it says nothing about this reward; empty where it does.
        tried: how many rollouts it was tried on.
        seconds: how long that took.
    """

    law: Law
    counterexample: Counterexample | None = None
    skipped: str = ""
    tried: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return self.counterexample is None

    @property
    def word(self) -> str:
        """``holds``, ``broken`` or ``skipped``."""
        return "skipped" if self.skipped else "holds" if self.holds else "broken"


Finder = Callable[[Subject, Sequence[Rollout]], Counterexample | None]
"""Finds rollouts among those given, or made from them, that break a law."""
_SLICE = 50
_ABOUT_GROUPS = "the reward compares the completions of a group, and the law is about one completion"


def always(subject: Subject) -> str:  # noqa: ARG001 - the signature of laws' conditions
    """A law that says something about every reward."""
    return ""


def nothing_more(subject: Subject) -> Sequence[Rollout]:  # noqa: ARG001 - the same
    """A law that is tried on the rollouts it is given."""
    return ()


def check_seconds(seconds: float) -> None:
    """A time is a number that can be waited for.

    Raises:
        UsageError: ``bad_seconds``.
    """
    if not 0 <= seconds < math.inf:
        raise UsageError("bad_seconds", "This is no number of seconds", expected="0 or more, finite", got=str(seconds))


@dataclass(frozen=True)
class Law:
    """A property that every sound reward has.

    Args:
        name: what it is called.
        statement: what it says, in one sentence.
        find: finds what breaks it.
        skip: why it says nothing about a reward; empty where it does.
        whole: whether ``find`` needs all rollouts at once.
        groups: whether it says something about rewards that compare the completions of a group.
        also: rollouts it is tried on before those that are given.
    """

    name: str
    statement: str
    find: Finder
    skip: Callable[[Subject], str] = always
    whole: bool = False
    groups: bool = False
    also: Callable[[Subject], Sequence[Rollout]] = nothing_more

    def check(  # noqa: PLR0913 - one parameter for each thing that can be said
        self,
        reward: DocumentSource | Subject | CallableReward | Callable[..., Any],
        *,
        examples: int = 300,
        seed: int = 0,
        seconds: float = 60.0,
        form: Form | None = None,
        text: bool = False,
        gold_column: str | None = None,
        gold: str = "{label}",
        templates: Sequence[str] = (),
    ) -> Verdict:
        """Try the law on rollouts made from a seed.

        Args:
            reward: whatever names a reward, or a Python function with ``form='trl'`` or ``form='verl'``.
            examples: how many rollouts.
            seed: what they are made from.
            seconds: when to stop: no new rollouts are begun after that.
            form: as for ``subject_of``; so are ``text``, ``gold_column``, ``gold`` and ``templates``.
            text: the same.
            gold_column: the same.
            gold: the same.
            templates: the same.

        Raises:
            DocumentError: the reward is wrong or unknown.
            UsageError: what is said of the reward is wrong; ``bad_examples``, ``bad_seconds``.
        """
        check_seconds(seconds)
        subject = subject_of(reward, form=form, text=text, gold_column=gold_column, gold=gold, templates=templates)
        return self.judge(subject, subject.rollouts(examples, seed=seed), seconds=seconds)

    def judge(self, subject: Subject, rollouts: Sequence[Rollout], *, seconds: float = 60.0) -> Verdict:
        """Try the law on rollouts."""
        began = time.monotonic()
        why = _ABOUT_GROUPS if subject.by_group and not self.groups else self.skip(subject)
        if why:
            return Verdict(self, skipped=why)
        rollouts = [*self.also(subject), *rollouts]
        size = max(1, len(rollouts)) if self.whole else _SLICE
        tried = 0
        for at in range(0, max(1, len(rollouts)), size):
            part = rollouts[at : at + size]
            found = self.find(subject, part)
            tried += len(part)
            spent = time.monotonic() - began
            if found is not None or spent > seconds:
                return Verdict(self, found, "", tried, spent)
        return Verdict(self, None, "", tried, time.monotonic() - began)


Cases = Callable[[Subject, Sequence[Rollout]], Iterable[Case]]
"""The cases of rollouts that a law compares."""


def per_row(
    cases: Cases,
    broken: Callable[[Subject, Case, Sequence[float]], bool],
    confirm: Callable[[Subject, Case, Sequence[float]], bool] | None = None,
) -> Finder:
    """A finder for laws about one completion: its cases are scored in one call, and the smallest broken one is kept.

    Args:
        cases: what is compared for each rollout.
        broken: whether the numbers of a case break the law (NaN: no number).
        confirm: a closer look at a broken case, where that costs more.
    """

    def first_broken(subject: Subject, rollouts: Sequence[Rollout]) -> Case | None:
        made = list(cases(subject, rollouts))
        values = iter(subject.numbers([row for case in made for row in case.rows]))
        scored = [(case, [next(values) for _ in case.rows]) for case in made]
        bad = [(case, given) for case, given in scored if broken(subject, case, given)]
        bad.sort(key=lambda pair: sum(len(row.completion) for row in pair[0].rows))
        for case, given in bad:
            if confirm is None or confirm(subject, case, given):
                return case
        return None

    def find(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
        case = first_broken(subject, rollouts)
        if case is None:
            return None
        case = smallest(case, lambda rollouts: first_broken(subject, rollouts))
        return Counterexample(case.rows, tuple(subject.score(case.rows)), case.said)

    return find
