"""Letters found by looking at characters, as published rules do: no grammar, no options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from medreward.text.buffer import Ints, Mask, first_of_each
from medreward.text.facts.base import FACTS, Alphabet, Fact, Predicate
from medreward.text.facts.bodies import AnyBody, Body
from medreward.text.reading import Reading

__all__ = ["AnyLabelScan", "HasLetter", "LabelScan", "ScannedLabels", "fold_text"]

Fold = Literal["none", "ascii", "upper"]
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_FOLDS: dict[Fold, Callable[[str], str]] = {
    "none": lambda text: text,
    "ascii": lambda text: text.translate(_UPPER),
    "upper": str.upper,
}


def fold_text(text: str, fold: Fold) -> str:
    """The text as the rule compares it: as it is, with a to z in upper case, or as ``str.upper`` makes it."""
    return _FOLDS[fold](text)


@dataclass(frozen=True)
class ScannedLabels:
    """What a scan for letters found.

    Args:
        hits: ``int64``, shape ``(n,)``, characters of the alphabet in the body, repeats counted.
        letter: ``int64``, shape ``(n,)``, the place in the alphabet of the hit that is taken, -1 for none.
        alone: bool, shape ``(n,)``: nothing but whitespace stands beside the only hit.
    """

    hits: Ints
    letter: Ints
    alone: Mask


class LabelScan(Fact):
    """Every character of an alphabet in a body, inside words too unless told otherwise.

    Args:
        body: which text is looked at.
        alphabet: the characters that count, each once.
        fold: ``upper`` makes the body upper case first, as ``str.upper`` does; ``ascii`` only a to z; ``none`` leaves
            it.
        boundary: ``anywhere``; or ``word``: only where neither neighbour is a letter, a digit or an underscore.
        take: the ``only`` one, none where there are several; or the ``first``.
    """

    kind: Literal["label_scan.v1"] = "label_scan.v1"
    body: AnyBody = Body(pick="first_span", case="folded")
    alphabet: Alphabet = "ABCDEFGHIJ"
    fold: Fold = "upper"
    boundary: Literal["anywhere", "word"] = "anywhere"
    take: Literal["only", "first"] = "only"

    @model_validator(mode="after")
    def _can_match(self) -> LabelScan:
        if any(fold_text(letter, self.fold) != letter for letter in self.alphabet):
            raise PydanticCustomError("alphabet_fold", "'alphabet' must be in upper case unless 'fold' is 'none'")
        return self

    def read(self, reading: Reading) -> ScannedLabels:
        """Scan each distinct body once; of several bodies in a row the first counts."""
        bodies = reading[self.body]
        codes, texts = bodies.distinct()
        found = np.array([*(self._scan(text.decode("utf-8", "replace")) for text in texts), (0, -1, 0)], np.int64)
        first = first_of_each(bodies.row)
        which = np.full(len(reading), len(texts), np.int64)  # a row without a body has what stands last
        which[bodies.row[first]] = codes[first]
        return ScannedLabels(found[which, 0], found[which, 1], found[which, 2] > 0)

    def _scan(self, text: str) -> tuple[int, int, int]:
        folded = fold_text(text.strip(), self.fold)
        if self.boundary == "anywhere" and self.take == "only":
            counts = [folded.count(letter) for letter in self.alphabet]
            hits = [counts.index(1)] if sum(counts) == 1 else [-1] * sum(counts)
        else:
            hits = self._hits(folded)
        if not hits or (self.take == "only" and len(hits) > 1):
            return (len(hits), -1, 0)
        return (len(hits), hits[0], len(hits) == 1 and not folded.replace(self.alphabet[hits[0]], "").strip())

    def _hits(self, text: str) -> list[int]:
        """The places in the alphabet of the characters that count, in order."""
        places = {letter: place for place, letter in enumerate(self.alphabet)}
        found = [at for at, char in enumerate(text) if char in places]
        if self.boundary == "word":
            found = [at for at in found if not (_is_word(text[max(0, at - 1) : at]) or _is_word(text[at + 1 : at + 2]))]
        return [places[text[at]] for at in found]


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


if TYPE_CHECKING:
    AnyLabelScan = LabelScan
else:
    AnyLabelScan = FACTS.field(LabelScan)


class HasLetter(Predicate):
    """A scan for letters takes one.

    Args:
        scan: which characters are looked for, and where.
    """

    kind: Literal["has_letter.v1"] = "has_letter.v1"
    scan: AnyLabelScan = LabelScan()

    def read(self, reading: Reading) -> Mask:
        """Whether a letter is taken in each row."""
        return np.asarray(reading[self.scan].letter >= 0)
