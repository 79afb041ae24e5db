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
    """Failures are the same whatever they say: that there are any breaks another law."""
    if isinstance(a, Failure) or isinstance(b, Failure):
        return isinstance(a, Failure) and isinstance(b, Failure)
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))


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
    if not isinstance(subject, SpecSubject):
        return "a function has no document and no file scorer"
    return "" if subject.document.is_serializable else "a reward with a Python function in it has no document"


def _find_offline_difference(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    if not isinstance(subject, SpecSubject):
        return None
    tried = rollouts[:120]  # a file with a row that fails cannot be scored: another law says so
    rows = [row for row, outcome in zip(tried, subject.score(tried), strict=True) if not isinstance(outcome, Failure)]
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
        scores = SpecSubject(again, subject.wording.gold).score(rows)
        apart = _differs(rows, subject.score(rows), scores, f"read from {how}")
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


_LONG, _VERY_LONG = 3_000, 100_000  # words


def _find_constant(subject: Subject, rollouts: Sequence[Rollout]) -> Counterexample | None:
    words = _VERY_LONG if isinstance(subject, SpecSubject) else _LONG  # foreign code may not be linear
    several = [*reasonings()[::6], " ".join(["so"] * words)]  # a limit on length may lie far away
    long = [row for reasoning in several for row in honest_rows(subject, reasoning)[:1]]
    rows = [*rollouts, *long, *honest_rows(subject)]
    scored = zip(rows, subject.score(rows), strict=True)
    earned = [(row, outcome) for row, outcome in scored if not isinstance(outcome, Failure)]
    if len({outcome for _, outcome in earned}) != 1:
        return None
    row, outcome = earned[-1]
    failed = len(rows) - len(earned)
    said = f"each of {len(earned)} completions earns this" + (f", and {failed} fail" if failed else "")
    return Counterexample((row,), (outcome,), said)


DEPENDS_ON_COMPLETION = Law("depends_on_completion", "Not every completion earns the same.", _find_constant, whole=True)
