"""Laws about running a reward: on any text, in any batch, from any place."""

from __future__ import annotations

import math
from collections.abc import Sequence

from medreward.rewards import load_document
from medreward.rewards.plain_yaml import read_yaml
from medreward.scoring.callables import Failure, Outcome
from medreward.testing.honest import reasonings
from medreward.testing.law import Counterexample, Law
from medreward.testing.laws.common import LEAST, honest_rows
from medreward.testing.offline import offline_outcomes
from medreward.testing.rollout import Rollout
from medreward.testing.shrink import smallest
from medreward.testing.subject import SpecSubject, Subject

__all__ = ["BATCH_BLIND", "DEPENDS_ON_COMPLETION", "OFFLINE_IS_ONLINE", "REPEATABLE", "ROUND_TRIP", "TOTAL"]


def _find_not_total(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    def first(rows: Sequence[Rollout]) -> Counterexample | None:
        bad = [
            Counterexample((row,), (outcome,), said)
            for row, outcome in zip(rows, subject.score(rows), strict=True)
            if (said := _not_total(subject, outcome))
        ]
        return min(bad, key=lambda found: len(found.rows[0].completion), default=None)

    found = first(rollouts)
    return None if found is None else smallest(found, first)


def _not_total(subject: Subject, outcome: Outcome) -> str:
    """What is wrong with an outcome, in words; empty where nothing is."""
    if isinstance(outcome, Failure):
        return outcome.error
    if outcome is None:
        return "" if subject.may_be_null else "the reward is null though completion and gold are there"
    if not math.isfinite(outcome):
        return "the reward is not finite"
    low, high = subject.bounds or (-math.inf, math.inf)
    return "" if low - LEAST <= outcome <= high + LEAST else f"the reward's own bounds are {low:g} to {high:g}"


TOTAL = Law("total", "Any text earns a finite number within the reward's bounds.", _find_not_total, groups=True)


def _same(a: Outcome, b: Outcome) -> bool:
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))


def _differs(
    rows: Sequence[Rollout], one: Sequence[Outcome], two: Sequence[Outcome], how: str
) -> Counterexample | None:
    """The shortest row that two outcomes are told of."""
    apart = [triple for triple in zip(rows, one, two, strict=False) if not _same(triple[1], triple[2])]
    if not apart:
        return None
    row, a, b = min(apart, key=lambda triple: len(triple[0].completion))
    return Counterexample((row, row), (a, b), how)


def _find_unrepeatable(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    """What was scored before counts too: state may have settled by now."""
    rows = rollouts[:100]
    once, again = subject.fresh(rows), subject.fresh(rows)
    return _differs(rows, once, again, "the same rows, scored twice") or _differs(
        rows, subject.score(rows), again, "the same rows, scored at first and later"
    )


REPEATABLE = Law("repeatable", "The same rows scored twice earn the same.", _find_unrepeatable, whole=True, groups=True)


def _find_batch_dependent(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    rows = rollouts[:200]
    whole = subject.fresh(rows)
    for how, found in subject.arrangements(rows):
        apart = _differs(rows, whole, found, f"in one batch of {len(rows)}, and {how}")
        if apart is not None:
            return apart
    return None


BATCH_BLIND = Law(
    "batch_blind",
    "Order, batches, slices, chunks and Arrow types of the input change no row's reward.",
    _find_batch_dependent,
    whole=True,
)


def _ours(subject: Subject) -> str:
    return "" if isinstance(subject, SpecSubject) else "a function has no document and no file scorer"


def _find_offline_difference(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    if not isinstance(subject, SpecSubject):
        return None
    rows = rollouts[:120]
    whole = subject.score(rows)
    for how, found in offline_outcomes(subject, rows):
        apart = _differs(rows, whole, found, f"in memory, and {how}")
        if apart is not None:
            return apart
    return None


OFFLINE_IS_ONLINE = Law(
    "offline_is_online",
    "A file, a table in memory and a single completion earn the same.",
    _find_offline_difference,
    _ours,
    whole=True,
)


def _find_round_trip(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    if not isinstance(subject, SpecSubject):
        return None
    document, rows = subject.document, rollouts[:50]
    for how, again in (
        ("JSON", load_document(document.to_json())),
        ("indented JSON", load_document(document.to_json(indent=2))),
        ("YAML", load_document(read_yaml(document.to_yaml()))),
    ):
        if again != document or again.digest != document.digest:
            return Counterexample((), (), f"written as {how} and read back it is another document: {again.to_json()}")
        apart = _differs(rows, subject.score(rows), SpecSubject(again, subject.gold).score(rows), f"read from {how}")
        if apart is not None:
            return apart
    return None


ROUND_TRIP = Law(
    "round_trip",
    "The document, written and read back, is equal, has the same digest and scores the same.",
    _find_round_trip,
    _ours,
    whole=True,
    groups=True,
)


_VERY_LONG = 100_000


def _find_constant(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    long = [row for reasoning in reasonings()[::6] for row in honest_rows(subject, reasoning)[:1]]
    rows = [*rollouts, *long, *honest_rows(subject)]
    if isinstance(subject, SpecSubject):  # a limit on length may lie far away; foreign code may not be linear
        rows.insert(0, rows[-1].saying("so " * _VERY_LONG))
    outcomes = subject.score(rows)
    values = {outcome for outcome in outcomes if not isinstance(outcome, Failure)}
    if len(values) > 1 or not values:
        return None
    row = rows[-1]
    return Counterexample((row,), (outcomes[-1],), f"each of {len(rows)} completions earns this")


DEPENDS_ON_COMPLETION = Law("depends_on_completion", "Not every completion earns the same.", _find_constant, whole=True)
