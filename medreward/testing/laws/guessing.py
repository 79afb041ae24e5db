"""Laws about golds: what a completion that does not know the right answer can earn, and one that does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from medreward.scoring.callables import Outcome
from medreward.testing.honest import honest, mean, reasonings
from medreward.testing.law import Case, Counterexample, Law, per_row
from medreward.testing.laws.common import LEAST, STATED, honest_rows, stated, uses_gold
from medreward.testing.rollout import ASKED, Rollout
from medreward.testing.subject import SpecSubject, Subject
from medreward.testing.wording import fill
from medreward.text.options import OptionSet

__all__ = ["EXCLUSIVE", "HONEST_IS_BEST", "NO_BETTER_THAN_GUESSING", "RIGHT_PAYS", "WRONG_NEVER_BEATS_RIGHT"]


def _each_gold(subject: Subject, rollouts: Sequence[Rollout]) -> Iterator[Case]:
    for row in dict.fromkeys(rollout.under(rollout.options.labels[0]) for rollout in rollouts):
        yield Case(row.under_each(), "the same completion under each gold")


def _honest_are_exclusive(subject: Subject) -> str:
    """A reward that pays honest answers under several golds means to: it grades nearness on a scale."""
    why = uses_gold(subject) or _single_choice(subject)
    if why:
        return why
    rows = [row for row in honest_rows(subject) if len(row.options.labels) > 2]
    values = iter(subject.numbers([each for row in rows for each in row.under_each()]))
    shared = [_paid_often([next(values) for _ in row.options.labels]) for row in rows]
    return "an honest answer earns under several golds: near misses are paid on purpose" if any(shared) else ""


def _single_choice(subject: Subject) -> str:
    several = isinstance(subject, SpecSubject) and "labels" in subject.scorer.gold_forms
    return "the reward is about sets of labels, and may pay a part of one" if several else ""


def _attacks(subject: Subject) -> list[Rollout]:
    return subject.attacks()


def _paid_often(values: Sequence[float]) -> bool:
    numbers = [value for value in values if not math.isnan(value)]
    return sum(value > min(numbers) + LEAST for value in numbers) > 1


EXCLUSIVE = Law(
    "exclusive",
    "One completion earns more than the least under at most one gold, so naming several labels does not pay.",
    per_row(_each_gold, lambda _, case, values: _paid_often(values)),
    _honest_are_exclusive,
    also=_attacks,
)


def _guess_is_valued(subject: Subject) -> str:
    if all(math.isnan(honest(subject, options).guess) for options in subject.offered):
        return "honest completions earn no number"
    return ""


def _beats_guess(subject: Subject, case: Case, values: Sequence[float]) -> bool:
    return mean(values) > honest(subject, case.rows[0].options).guess + LEAST


def _still_beats_guess(subject: Subject, case: Case, values: Sequence[float]) -> bool:
    row = case.rows[0]
    return mean(values) > honest(subject, row.options, row.completion).guess + LEAST


NO_BETTER_THAN_GUESSING = Law(
    "no_better_than_guessing",
    "A completion that does not know the gold earns on average at most what an honest guess earns.",
    per_row(_each_gold, _beats_guess, _still_beats_guess),
    _guess_is_valued,
    also=_attacks,
)


def _as_it_is(subject: Subject, rollouts: Sequence[Rollout]) -> Iterator[Case]:
    return (Case((row,), "an honest completion with the right label earns less") for row in rollouts)


HONEST_IS_BEST = Law(
    "honest_is_best",
    "An honest completion with the right label, clean, earns at least as much as any other.",
    per_row(
        _as_it_is,
        lambda subject, case, values: values[0] > honest(subject, case.rows[0].options).right + LEAST,
        lambda subject, case, values: (
            values[0] > honest(subject, case.rows[0].options, case.rows[0].completion).right + LEAST
        ),
    ),
    _guess_is_valued,
)


def _find_right_unpaid(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    """Each label of a question of five is tried: a reward may know too few."""
    return next((found for found in (_find_unpaid(subject, options) for options in ASKED) if found), None)


def _find_unpaid(subject: Subject, options: OptionSet) -> Counterexample | None:
    """Reasoning of many lengths is tried, the shortest first: a reward may ask for some."""
    paid: set[str] = set()
    unpaid: list[tuple[Rollout, Rollout]] = []
    for reasoning in reasonings():
        rows = [row for row in honest_rows(subject, reasoning) if row.options is options]
        pairs = [(row, row.under(next(label for label in row.options.labels if label != row.gold))) for row in rows]
        unpaid = unpaid or pairs
        scores = iter(subject.score([row for pair in pairs for row in pair]))
        paid |= {right.gold for right, _ in pairs if _is_more(next(scores), next(scores))}
        if paid.issuperset(options.labels):
            return None
    pair = next(pair for pair in unpaid if pair[0].gold not in paid)
    said = "the same completion, first when it is right, then when wrong; no other length of reasoning is paid either"
    return Counterexample(pair, tuple(subject.score(pair)), said)


def _is_more(a: Outcome, b: Outcome) -> bool:
    return isinstance(a, float) and (not isinstance(b, float) or a > b + LEAST)


RIGHT_PAYS = Law(
    "right_pays",
    "A reward that looks at the gold pays an honest completion more when its label is right.",
    _find_right_unpaid,
    uses_gold,
    whole=True,
)


def _right_and_wrong(subject: Subject, rollouts: Sequence[Rollout]) -> Iterator[Case]:
    """Each way of stating a label, with the right label and with a wrong one."""
    for options in subject.offered:
        for label, wrong in zip(options.labels, options.labels[1:] + options.labels[:1], strict=True):
            for body in STATED:
                bodies = [stated(body, options, name) for name in (wrong, label)]
                if len(bodies[0]) != len(bodies[1]) or bodies[0].count(" ") != bodies[1].count(" "):
                    continue  # a length may be paid
                for template in subject.templates[:2]:
                    rows = [Rollout(fill(template, said, "so"), label, options) for said in bodies]
                    yield Case(tuple(rows), "a wrong label, and the right one stated in the same way")


def _find_wrong_paid(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    cases = list(_right_and_wrong(subject, rollouts))
    values = iter(subject.numbers([row for case in cases for row in case.rows]))
    for case in cases:
        wrong, right = next(values), next(values)
        if wrong > right + LEAST:
            return Counterexample(case.rows, tuple(subject.score(case.rows)), case.said)
    return None


WRONG_NEVER_BEATS_RIGHT = Law(
    "wrong_never_beats_right",
    "With everything else equal, the right label never earns less than a wrong one.",
    _find_wrong_paid,
    whole=True,
)
