"""Extracted text: what a published rule makes of a body before it compares it with the gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from medreward.spec import Flag
from medreward.text.buffer import Ints, Mask
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
        """The text of every row."""
        bodies = reading[self.body]
        row, first = np.unique(bodies.row, return_index=True)
        codes, raw = bodies.distinct(stripped=self.by[:1] == ("strip",))
        numbers: dict[str, int] = {}
        made = [self._extract(text.decode("utf-8", "replace")) for text in raw]
        table = np.array([-1 if text is None else numbers.setdefault(text, len(numbers)) for text in made], np.int64)
        found = np.full(len(reading), -1, np.int64)
        found[row] = table[codes[first]]
        return Texts(found, list(numbers))

    def _extract(self, text: str) -> str | None:
        found: str | None = text
        for step in self.by:
            if found is None:
                return None
            found = STEPS[step](found)
        return found


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
