"""Extracted text: what a published rule makes of a body before it compares it with the gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from medreward.spec import Flag
from medreward.text.buffer import Ints, Mask, first_of_each
from medreward.text.extraction import STEPS, Step, labelled
from medreward.text.facts.base import FACTS, Alphabet, Fact, Predicate
from medreward.text.facts.bodies import AnyBody, Body
from medreward.text.reading import Reading

__all__ = ["AnyExtracted", "Extracted", "Labelled", "Texts"]


@dataclass(frozen=True)
class Texts:
    """One text for each row, or none.

    Args:
        codes: ``int64``, shape ``(n,)``, which of ``texts`` each row has; -1 for none.
        texts: distinct texts.
    """

    codes: Ints
    texts: list[str]


class Extracted(Fact):
    """The first body of each completion, changed step by step. A step may find nothing; then there is no text.

    Each distinct body is read once.

    Args:
        body: which text is read.
        by: the steps, first to last, by name: see ``medreward.text.extraction``.
    """

    kind: Literal["extracted.v1"] = "extracted.v1"
    body: AnyBody = Body(pick="first_span")
    by: tuple[Step, ...] = ("strip",)

    def read(self, reading: Reading) -> Texts:
        """The text of every row: the last step, made of what the steps before it gave."""
        if not self.by or self.by == ("strip",):
            return self._first(reading)
        before = reading[self.model_copy(update={"by": self.by[:-1]})]
        step = STEPS[self.by[-1]]
        return _numbered(before.codes, [step(text) for text in before.texts])

    def _first(self, reading: Reading) -> Texts:
        """The first body of every row, stripped or as it is."""
        bodies = reading[self.body]
        first = first_of_each(bodies.row)
        row = bodies.row[first]
        if self.body.pick == "whole":  # whole texts are rarely equal: to look for equal bytes first would cost more
            codes, raw = np.arange(len(row)), (bodies.spans.strip() if self.by else bodies.spans).to_bytes()
        else:
            codes, raw = bodies.distinct(stripped=bool(self.by))
        found = np.full(len(reading), -1, np.int64)
        found[row] = codes[first]
        return _numbered(found, [text.decode("utf-8", "replace") for text in raw])


def _numbered(codes: Ints, texts: list[str | None] | list[str]) -> Texts:
    """Texts by code, equal ones made one, and those that are None made none."""
    numbers: dict[str, int] = {}
    table = [-1 if text is None else numbers.setdefault(text, len(numbers)) for text in texts]
    return Texts(np.array([*table, -1], np.int64)[codes], list(numbers))


if TYPE_CHECKING:
    AnyExtracted = Extracted
else:
    AnyExtracted = FACTS.field(Extracted)


class Labelled(Predicate):
    """A text begins with a label and a colon, such as ``B: Lungs``.

    Args:
        text: which text.
        alphabet: the labels, one character each, in their own case.
        with_text: whether something other than whitespace must follow the colon.
    """

    kind: Literal["labelled.v1"] = "labelled.v1"
    text: AnyExtracted = Extracted(body=Body(pick="whole"))
    alphabet: Alphabet = "ABCD"
    with_text: Flag = False

    def read(self, reading: Reading) -> Mask:
        """Whether each row's text does; a row without one does not."""
        found = reading[self.text]
        parts = [labelled(text, self.alphabet) for text in found.texts]
        holds = [part is not None and bool(part[1] or not self.with_text) for part in parts]
        return np.asarray(np.array([*holds, False], np.bool_)[found.codes])
