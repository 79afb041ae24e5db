"""Witnesses: completions of known shape, scored to show what a reward does pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from medreward.rewards.base import Gold, evaluate
from medreward.rewards.document import Document
from medreward.rewards.group_rule import group_rules
from medreward.text.facts import Column, InputColumn
from medreward.text.options import OptionSet
from medreward.text.reading import Reading
from medreward.text.rows import Rows
from medreward.text.tags import TagSet
from medreward.text.unwrap import string_array

__all__ = ["Scored", "Witness", "score_witnesses", "witnesses"]

_OPTIONS = OptionSet.listed(["Heart", "Lungs", "Liver", "Spleen"])


@dataclass(frozen=True)
class Witness:
    """A completion to a question with the options Heart, Lungs, Liver and Spleen.

    Args:
        text: the completion.
        frame: which layout of tags it has.
        asked: whether that is the layout that prompts ask for: reasoning, then the answer, nothing else.
        right: whether the answer is right; None where it gives none, or several.
        form: how it is stated: a form of the choice grammar, ``some`` for some of several right labels, or "".
    """

    text: str
    frame: str
    asked: bool
    right: bool | None
    form: str


@dataclass(frozen=True)
class Scored(Witness):
    """A witness and what it earns.

    Args:
        values: the value of the total, as ``reward``, and of each component; None for null.
        beside: which numbers stood beside it, for messages.
    """

    values: Mapping[str, float | None]
    beside: str

    @property
    def total(self) -> float | None:
        """The total."""
        return self.values["reward"]


def _frames(tags: TagSet) -> dict[str, tuple[bool, str]]:
    """Layouts by name: whether they are what is asked for, and the text with ``{}`` for the answer."""
    think = ("", "") if tags.think is None else (tags.literal("think", "open"), tags.literal("think", "close"))
    answer = (tags.literal("answer", "open"), tags.literal("answer", "close"))
    whole = f"{think[0]}t{think[1]}{answer[0]}{{}}{answer[1]}"
    return {
        "asked": (True, whole),
        "on lines": (True, f"{think[0]}\nt\n{think[1]}\n{answer[0]}\n{{}}\n{answer[1]}"),
        "answer alone": (tags.think is None, f"{answer[0]}{{}}{answer[1]}"),
        "no tags": (False, "{}"),
        "text after": (False, f"{whole} ok"),
        "text before": (False, f"Sure. {whole}"),
        "empty reasoning": (False, f"{think[0]}{think[1]}{answer[0]}{{}}{answer[1]}"),
        "unclosed": (False, f"{think[0]}t{think[1]}{answer[0]}{{}}"),
        "twice": (False, f"{whole}{answer[0]}{{}}{answer[1]}"),
    }


_ONE = {
    "clean": ("B", "C"),
    "wrapped": ("(B)", "(C)"),
    "with_text": ("B) Lungs", "C) Liver"),
    "stated": ("The answer is B", "The answer is C"),
    "text_only": ("Lungs", "Liver"),
}
_SEVERAL = {"clean": ("A, B", "C, D"), "with_text": ("A) Heart, B) Lungs", "C) Liver, D) Spleen"), "some": ("A", "C")}


def witnesses(tags: TagSet, *, several: bool = False) -> Iterator[Witness]:
    """Every layout with every answer, right and wrong; hedges; and nothing at all.

    Args:
        tags: what the tags are called.
        several: whether A and B are right, instead of B.
    """
    for frame, (asked, text) in _frames(tags).items():
        for form, (right, wrong) in (_SEVERAL if several else _ONE).items():
            for answer, is_right in ((right, True), (wrong, False)):
                yield Witness(text.replace("{}", answer), frame, asked, is_right, form)
        for hedge in ("", "A or B", "A, B, C, D", "I cannot tell"):
            yield Witness(text.replace("{}", hedge), frame, asked, None, "")
    yield Witness(text="", frame="nothing", asked=False, right=None, form="")


def score_witnesses(document: Document) -> tuple[list[Scored], str]:
    """What the witnesses earn; or none, and why.

    Columns that the reward reads hold 0 beside every witness, and 1 in a second round.
    """
    if group_rules(document.reward):
        return [], "the reward compares whole groups"
    missing = [package for package, version in document.libraries().items() if version is None]
    if missing:
        return [], f"the reward calls {', '.join(missing)}, which is not installed"
    columns = [spec for spec in document.specs() if isinstance(spec, InputColumn)]
    return [one for number in ((0, 1) if columns else (0,)) for one in _round(document, columns, number)], ""


def _round(document: Document, columns: list[InputColumn], number: int) -> list[Scored]:
    several = any("labels" in part.gold_forms() for part in document.reward.walk())
    made = list(witnesses(document.tags, several=several))
    n = len(made)
    beside = {spec.name: _column(spec, number, n) for spec in columns}
    options = pa.array([list(_OPTIONS.texts)] * n)
    reading = Reading(Rows.of(string_array([one.text for one in made]), options, beside), document.tags)
    zeros = np.zeros(n, np.int64)
    gold = Gold(zeros + 1, (zeros, ["A, B" if several else "B"]), zeros + (3 if several else 2))
    parts = {"reward": document.reward, **document.components()}
    values = {name: evaluate(part, reading, gold) for name, part in parts.items()}
    shown = f" (with {', '.join(f'{name} = {number}' for name in beside)})" if beside else ""
    return [
        Scored(
            **vars(one),
            values={name: float(found.data[row]) if found.valid[row] else None for name, found in values.items()},
            beside=shown,
        )
        for row, one in enumerate(made)
    ]


def _column(spec: InputColumn, number: int, n: int) -> pa.Array:
    if isinstance(spec, Column):
        return pa.array([number] * n, pa.int64())
    return pa.array([[0] * number] * n, pa.list_(pa.int64()))
