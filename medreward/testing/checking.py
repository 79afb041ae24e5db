"""Checking a reward: every law, the exploit search, the static analysis, and one report."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import ceil, isfinite
from typing import Any

from medreward.errors import MedrewardError, UsageError
from medreward.rewards.analysis import Analysis, analyse
from medreward.rewards.document import DocumentSource
from medreward.scoring.callables import CallableReward, Failure, Form, Outcome
from medreward.testing.exploits import Exploit, find_exploits
from medreward.testing.law import Counterexample, Law, Verdict, check_seconds
from medreward.testing.laws import LAWS
from medreward.testing.rollout import Rollout
from medreward.testing.subject import SpecSubject, Subject, subject_of

__all__ = ["LawBrokenError", "Report", "check", "check_all_laws"]

_SHOWN = 300  # code points of a completion that a line shows


class LawBrokenError(AssertionError):
    """A reward breaks a law; the message holds the smallest counterexample and the scores.

    Args:
        report: all that was found.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("\n".join(report.lines(failed_only=True)))


@dataclass(frozen=True)
class Report:
    """What came of checking a reward.

    Args:
        name: what the reward is called.
        verdicts: what came of each law.
        exploits: completions that are paid for less than was asked.
        analysis: bounds, values and warnings, found without scoring rollouts; None for a function, and where a rule
            fails on what is tried for it.
    """

    name: str
    verdicts: tuple[Verdict, ...]
    exploits: tuple[Exploit, ...] = ()
    analysis: Analysis | None = None

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The laws that do not hold."""
        return tuple(verdict for verdict in self.verdicts if not verdict.holds)

    def failed(self, *, strict: bool = False) -> bool:
        """Whether a law is broken or an exploit earns more than honesty; with ``strict`` also whether one is free."""
        return bool(self.broken) or any(strict or exploit.overpaid for exploit in self.exploits)

    def lines(self, *, failed_only: bool = False) -> list[str]:
        """The report for people."""
        lines = [f"{'reward':<12} {self.name}"]
        for verdict in self.verdicts:
            if not failed_only or not verdict.holds:
                lines += _verdict_lines(verdict)
        for exploit in self.exploits:
            lines += exploit.lines()
        if self.analysis is not None and not failed_only:
            lines += [f"{'analysis' if place == 0 else '':<12} {line}" for place, line in enumerate(self._analysed())]
        return lines if failed_only else [*lines, f"{'in short':<12} {self.in_short}"]

    @property
    def in_short(self) -> str:
        """How many laws hold, are broken and say nothing, and what the search found."""
        words = Counter(verdict.word for verdict in self.verdicts)
        overpaid = sum(exploit.overpaid for exploit in self.exploits)
        laws = ", ".join(f"{words[word]} {word}" for word in ("holds", "broken", "skipped") if words[word])
        return f"laws: {laws}; overpaid: {overpaid}; free rides: {len(self.exploits) - overpaid}"

    def _analysed(self) -> list[str]:
        return str(self.analysis).splitlines()

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        laws = {
            verdict.law.name: {
                "verdict": verdict.word,
                "statement": verdict.law.statement,
                "tried": verdict.tried,
                **({"why": verdict.skipped} if verdict.skipped else {}),
                **({"counterexample": verdict.counterexample.to_dict()} if verdict.counterexample else {}),
            }
            for verdict in self.verdicts
        }
        return {
            "reward": self.name,
            "laws": laws,
            "exploits": [exploit.to_dict() for exploit in self.exploits],
            "analysis": _plain(dataclasses.asdict(self.analysis)) if self.analysis is not None else None,
        }


def _plain(data: Any) -> Any:
    """The same without infinities, which JSON has none of: null is no bound."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return None if isinstance(data, float) and not isfinite(data) else data


def _verdict_lines(verdict: Verdict) -> list[str]:
    tried = f"{verdict.tried} rollouts" if verdict.tried else verdict.skipped
    lines = [f"{verdict.word:<12} {verdict.law.name}: {verdict.law.statement} ({tried})"]
    return lines if verdict.counterexample is None else [*lines, *_counterexample_lines(verdict.counterexample)]


def _counterexample_lines(found: Counterexample) -> list[str]:
    lines = [
        f"{'':<12} {_score(score):>8}  gold {row.gold} of {','.join(row.options.labels)}: {_text(row.completion)}"
        for row, score in zip(found.rows, found.scores, strict=True)
    ]
    return [*lines, f"{'':<12} ({found.said})"]


def _score(score: Outcome) -> str:
    return "null" if score is None else "error" if isinstance(score, Failure) else f"{score:g}"


def _text(text: str) -> str:
    """A completion on one line, in quotes."""
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"
    return repr(shown)


def check(  # noqa: PLR0913 - one parameter for each thing that can be said
    reward: DocumentSource | Subject | CallableReward | Callable[..., Any],
    *,
    laws: Sequence[Law] = LAWS,
    examples: int = 300,
    seconds: float = 8.0,
    seed: int = 0,
    form: Form | None = None,
    text: bool = False,
    gold_column: str | None = None,
    gold: str = "{label}",
    templates: Sequence[str] = (),
) -> Report:
    """Check a reward.

    Args:
        reward: a preset's name, a document, a reward; or a Python function with ``form='trl'`` or ``form='verl'``.
        laws: the laws to try.
        examples: how many rollouts each law is tried on.
        seconds: half of them for all laws, half for the exploit search, in as many rounds as there are seconds: nothing
            new is begun after that. 0 leaves the search out.
        seed: what rollouts and attacks are made from.
        form: ``trl`` or ``verl``, for a function.
        text: for a function in TRL's form: whether completions are plain text, not messages.
        gold_column: for a function in TRL's form: the column that holds golds, ``solution`` where None.
        gold: how gold cells are written: a text with ``{label}`` or ``{text}``.
        templates: how an honest completion is laid out, as for :func:`subject_of`.

    Raises:
        DocumentError: the reward is wrong or unknown.
        UsageError: what is said of the reward is wrong; ``bad_examples``, ``bad_seconds``; ``reward_fails``: it raises
            on whatever it is given.
        MissingExtraError: hypothesis is not installed, which the exploit search needs.
    """
    check_seconds(seconds)
    subject = subject_of(reward, form=form, text=text, gold_column=gold_column, gold=gold, templates=templates)
    if seconds > 0:
        import_module("medreward.testing.strategies")  # says now, not after the laws, that hypothesis is missing
    rollouts = subject.rollouts(examples, seed=seed)
    _check_runs(subject, rollouts)
    until = time.monotonic() + (seconds / 2 if seconds > 0 else 60.0)
    verdicts = []
    for number, law in enumerate(laws):  # what one law leaves of its time is for those after it
        left = max(0.0, until - time.monotonic())
        verdicts.append(law.judge(subject, rollouts, seconds=left / min(4, len(laws) - number)))
    exploits = find_exploits(subject, seconds=seconds / 2, seed=seed, rounds=ceil(seconds)) if seconds > 0 else ()
    return Report(subject.name, tuple(verdicts), tuple(exploits), _analysis(subject))


def _analysis(subject: Subject) -> Analysis | None:
    """What the document says; None for a function, and where a rule fails: a law is broken then, and shows on what."""
    if not isinstance(subject, SpecSubject):
        return None
    try:
        return analyse(subject.document)
    except MedrewardError:
        return None


def _check_runs(subject: Subject, rollouts: Sequence[Rollout]) -> None:
    """Laws say nothing about a reward that raises on everything."""
    outcomes = subject.score(rollouts[:20])
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    if failures and len(failures) == len(outcomes):
        raise UsageError(
            "reward_fails",
            f"The reward {subject.name} gives no completion a number",
            got=failures[0].error,
            do="check how golds are written (--gold), or mend the reward"
            if isinstance(subject, SpecSubject)
            else "mend the function, or check how it is called: its form (--form), whether it takes messages or"
            " plain text (--text), and which column holds golds (--gold-column)",
        )


def check_all_laws(  # noqa: PLR0913 - one parameter for each thing that can be said
    reward: DocumentSource | Subject | CallableReward | Callable[..., Any],
    *,
    examples: int = 300,
    seed: int = 0,
    form: Form | None = None,
    text: bool = False,
    gold_column: str | None = None,
    gold: str = "{label}",
    templates: Sequence[str] = (),
) -> None:
    """Check that a reward keeps every law: one line in a test.

    Args:
        reward: as for :func:`check`.
        examples: how many rollouts each law is tried on.
        seed: what they are made from.
        form: as for :func:`check`; so are ``text``, ``gold_column``, ``gold`` and ``templates``.
        text: the same.
        gold_column: the same.
        gold: the same.
        templates: the same.

    Raises:
        DocumentError: the reward is wrong or unknown.
        UsageError: as for :func:`check`.
        LawBrokenError: an ``AssertionError`` with the smallest counterexample and the scores of each broken law.

    Example:
        >>> from medreward.testing import check_all_laws
        >>> check_all_laws("mcq", examples=50)
    """
    report = check(
        reward,
        examples=examples,
        seconds=0,
        seed=seed,
        form=form,
        text=text,
        gold_column=gold_column,
        gold=gold,
        templates=templates,
    )
    if report.broken:
        raise LawBrokenError(report)
