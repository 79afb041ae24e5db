"""Letters found by looking at characters, as published rules do: no grammar, no options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from medreward.text.buffer import Ints, Mask
from medreward.text.facts.base import FACTS, Alphabet, Fact
from medreward.text.facts.bodies import AnyBody, Body
from medreward.text.reading import Reading

__all__ = ["AnyLabelScan", "LabelScan", "ScannedLabels", "fold_text"]

Fold = Literal["none", "upper"]


def fold_text(text: str, fold: Fold) -> str:
    """The text as the rule compares it: as it is, or in upper case as ``str.upper`` makes it."""
    return text.upper() if fold == "upper" else text


@dataclass(frozen=True)
class ScannedLabels:
    """What a scan for letters found.

    Args:
        hits: ``int64``, shape ``(n,)``, characters of the alphabet in the body, repeats counted.
        letter: ``int64``, shape ``(n,)``, the place in the alphabet of the only hit, -1 unless there is exactly one.
        alone: bool, shape ``(n,)``: nothing but whitespace stands beside the only hit.
    """

    hits: Ints
    letter: Ints
    alone: Mask


class LabelScan(Fact):
    """Every character of an alphabet in a body, inside words too.

    Args:
        body: which text is looked at.
        alphabet: the characters that count, each once.
        fold: ``upper`` makes the body upper case first, ``none`` leaves it.
    """

    kind: Literal["label_scan.v1"] = "label_scan.v1"
    body: AnyBody = Body(pick="first_span", case="folded")
    alphabet: Alphabet = "ABCDEFGHIJ"
    fold: Fold = "upper"

    @model_validator(mode="after")
    def _can_match(self) -> LabelScan:
        if any(fold_text(letter, self.fold) != letter for letter in self.alphabet):
            raise PydanticCustomError("alphabet_fold", "'alphabet' must be in upper case where 'fold' is 'upper'")
        return self

    def read(self, reading: Reading) -> ScannedLabels:
        """Scan each distinct body once; of several bodies in a row the first counts."""
        bodies = reading[self.body]
        codes, texts = bodies.distinct()
        found = np.array([self._scan(text.decode("utf-8", "replace")) for text in texts], np.int64).reshape(-1, 3)
        table = np.tile(np.array([0, -1, 0], np.int64), (len(reading), 1))
        row, first = np.unique(bodies.row, return_index=True)
        table[row] = found[codes[first]]
        return ScannedLabels(table[:, 0], table[:, 1], table[:, 2] > 0)

    def _scan(self, text: str) -> tuple[int, int, int]:
        folded = fold_text(text.strip(), self.fold)
        counts = [folded.count(letter) for letter in self.alphabet]
        if sum(counts) != 1:
            return (sum(counts), -1, 0)
        place = counts.index(1)
        return (1, place, not folded.replace(self.alphabet[place], "").strip())


AnyLabelScan = FACTS.field(LabelScan)
