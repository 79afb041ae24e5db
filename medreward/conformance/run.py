"""Running an extractor on the cases: right, false hit, missed, wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from medreward.conformance.cases import CATEGORIES, EDITION, Case
from medreward.errors import UsageError
from medreward.loading import describe_error
from medreward.text.choice import Choice, Select, choose
from medreward.text.options import OptionSet

__all__ = ["VERDICTS", "Extractor", "Outcome", "Report", "Tally", "read_choice", "run"]

Extractor = Callable[[str, Mapping[str, str | None], Select], str | Iterable[str] | None]
"""Takes a body, its options and ``one`` or ``many``; gives a label, several, or None."""

VERDICTS: tuple[str, ...] = ("right", "false_hit", "missed", "wrong")
"""``false_hit``: labels where there are none; ``missed``: none where there are; ``wrong``: other labels."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an extractor made of one case.

    Args:
        case: the case.
        labels: what the extractor found.
        form: the form it gave, empty where it gives none.
        verdict: one of ``VERDICTS``.
    """

    case: Case
    labels: tuple[str, ...]
    form: str
    verdict: str

    @property
    def form_agrees(self) -> bool:
        """Whether the labels and the form are those of one accepted reading."""
        return any((one.labels, one.form) == (self.labels, self.form) for one in self.case.answers)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a category ended how."""

    category: str
    cases: int
    right: int
    false_hit: int
    missed: int
    wrong: int
    forms_agree: int

    @property
    def accuracy(self) -> float:
        """The share of right ones; 0 where there are none."""
        return self.right / self.cases if self.cases else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The tally as plain data."""
        counts = {name: getattr(self, name) for name in ("cases", *VERDICTS, "forms_agree")}
        return {"category": self.category, **counts, "accuracy": round(self.accuracy, 4)}


@dataclass(frozen=True, slots=True)
class Report:
    """An extractor on the whole suite."""

    outcomes: tuple[Outcome, ...]

    def tallies(self) -> tuple[Tally, ...]:
        """One tally for each category, in order, and ``all`` at the end."""
        groups = [(name, [one for one in self.outcomes if one.case.category == name]) for name in CATEGORIES]
        return tuple(_tally(name, found) for name, found in [*groups, ("all", list(self.outcomes))] if found)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, with every case that is not right."""
        failed = [one for one in self.outcomes if one.verdict != "right"]
        return {
            "edition": EDITION,
            "categories": [tally.to_dict() for tally in self.tallies()],
            "failed": [{"id": one.case.id, "verdict": one.verdict, "labels": list(one.labels)} for one in failed],
        }

    def __str__(self) -> str:
        heads = ("category", "cases", "right", "false hit", "missed", "wrong", "accuracy")
        lines = [f"{heads[0]:<26}" + "".join(f"{head:>11}" for head in heads[1:])]
        for tally in self.tallies():
            counts = (tally.cases, tally.right, tally.false_hit, tally.missed, tally.wrong)
            lines.append(f"{tally.category:<26}" + "".join(f"{n:>11}" for n in counts) + f"{tally.accuracy:>11.1%}")
        return "\n".join(lines)


def _tally(name: str, found: Sequence[Outcome]) -> Tally:
    count = Counter(one.verdict for one in found)
    forms = sum(one.form_agrees for one in found)
    right, false_hit, missed, wrong = (count[verdict] for verdict in VERDICTS)
    return Tally(name, len(found), right, false_hit, missed, wrong, forms)


def read_choice(body: str, options: Mapping[str, str | None], select: Select) -> Choice:
    """The choice grammar of this library, as an extractor."""
    return choose(body, OptionSet(tuple(options), tuple(options.values())), select)


def run(cases: Sequence[Case], extractor: Extractor | None = None) -> Report:
    """Give every case to an extractor.

    Args:
        cases: the cases.
        extractor: who reads them; None for the grammar of this library, whose forms are compared too.
    """
    return Report(tuple(_outcome(case, extractor) for case in cases))


def _outcome(case: Case, extractor: Extractor | None) -> Outcome:
    if extractor is None:
        choice = read_choice(case.body, case.options, case.select)
        labels, form = choice.labels, choice.form
    else:
        labels, form = _read_by(extractor, case), ""
    accepted = {one.labels for one in case.answers}
    if labels in accepted:
        verdict = "right"
    elif not labels:
        verdict = "missed"
    else:
        verdict = "wrong" if any(accepted) else "false_hit"
    return Outcome(case, labels, form, verdict)


def _labels_of(given: Iterable[str], case: Case) -> tuple[str, ...]:
    """What an extractor gave, as labels in the options' order; what is no label of the case stays as it is, behind."""
    wanted = {text.strip() for text in given if text.strip()}
    labels = tuple(label for label in case.options if label in wanted)
    return labels + tuple(sorted(wanted - {*labels}))


def _read_by(extractor: Extractor, case: Case) -> tuple[str, ...]:
    """What an extractor finds in a case.

    Raises:
        UsageError: ``extractor_failed``: it raised, or gave something else than labels.
    """
    expected = "a label, labels or None, from a function of a body, its options and 'one' or 'many'"
    failed = partial(UsageError, "extractor_failed", "The extractor failed", where=case.id, expected=expected)
    try:
        found: Any = extractor(case.body, case.options, case.select)
        several = isinstance(found, Iterable) and not isinstance(found, str)
        given = [*found] if several else [] if found is None else [found]  # a generator runs here
    except (Exception, SystemExit) as error:
        raise failed(got=describe_error(error)) from error
    if not all(isinstance(one, str) for one in given):
        raise failed(got=repr(found)[:200])
    return _labels_of(given, case)
