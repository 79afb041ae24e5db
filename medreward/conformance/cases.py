"""The cases: one JSON object a line, one file a category."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medreward.text.choice import Select
from medreward.text.options import OptionSet

__all__ = ["CATEGORIES", "EDITION", "Answer", "Case", "load_cases"]

EDITION = 4
"""The edition of the suite; it rises whenever a case is added, taken away or relabelled."""

CATEGORIES: tuple[str, ...] = (
    *("brackets_and_punctuation", "markdown_and_latex", "data_wrappers", "quotes_and_scripts", "invisible_characters"),
    *("kinds_of_labels", "english_statements", "language_chinese", "language_spanish", "language_french"),
    *("language_german", "language_portuguese", "language_japanese", "language_korean", "language_arabic"),
    *("language_hindi", "language_russian", "language_other", "label_with_text", "text_only", "words_like_labels"),
    *("negation", "hedges_and_rankings", "shotguns", "self_correction", "none_and_all", "beyond_and_repeated"),
    *("several_answers", "untagged", "verdict_behind", "others_and_past", "conditions_and_questions"),
    *("doubt_and_refusal", "findings_absent", "plain_commitments", "talk_of_letters", "several_lines", "unseen"),
    "findings_and_treatments",
)
"""Every category, in the order of the report; each is a file of that name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a body is read as.

    Args:
        labels: what it commits to; empty for nothing, or for several where one is asked.
        form: how it is stated.
    """

    labels: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Case:
    """One body, what was offered, and what a careful reader says it commits to.

    Args:
        id: the category and a number.
        category: one of ``CATEGORIES``.
        body: the text inside the answer tags.
        options: the text behind each label; None where the question does not tell.
        select: whether one label is asked for, or all that are right.
        answer: what the body commits to.
        accept: other readings that careful readers defend; empty where there is one.
        note: what the case is about.
    """

    id: str
    category: str
    body: str
    options: Mapping[str, str | None]
    select: Select
    answer: Answer
    accept: tuple[Answer, ...] = ()
    note: str = ""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answer, and the others that are accepted."""
        return (self.answer, *self.accept)

    @property
    def option_set(self) -> OptionSet:
        """The options, as the grammar takes them."""
        return OptionSet(tuple(self.options), tuple(self.options.values()))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Case:
        """A case from one line of a file."""
        given = {name: data[name] for name in ("id", "category", "body", "options", "select")}
        accept = tuple(_answer(other) for other in data.get("accept", ()))
        return cls(**given, answer=_answer(data), accept=accept, note=data.get("note", ""))


def _answer(data: dict[str, Any]) -> Answer:
    return Answer(tuple(data["labels"]), data["form"])


@cache
def _category(name: str) -> tuple[Case, ...]:
    text = (files("medreward.conformance") / "data" / f"{name}.jsonl").read_text(encoding="utf-8")
    return tuple(Case.from_dict(json.loads(line)) for line in text.split("\n") if line)


def load_cases(categories: Sequence[str] = CATEGORIES) -> tuple[Case, ...]:
    """The cases of some categories, all by default, in order.

    Example:
        >>> from medreward.conformance import load_cases
        >>> load_cases(["negation"])[0].body
        'not B'
    """
    return tuple(case for name in categories for case in _category(name))
