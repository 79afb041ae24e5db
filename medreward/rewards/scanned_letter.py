"""Scanned letter: the only letter found by looking at characters, compared with the gold cell."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.spec import Number
from medreward.text.facts import LabelScan
from medreward.text.facts.label_scan import AnyLabelScan, fold_text
from medreward.text.reading import Reading
from medreward.text.unwrap import inside_answer

__all__ = ["CASES", "ScannedLetter"]


class ScannedLetter(Reward):
    """``alone`` or ``accompanied`` if exactly one character of an alphabet occurs and it is the gold; else 0.

    This is how published code reads a letter. It knows no options and looks inside words. A gold that is no single
    letter of the alphabet can never be earned; it is a 0 here, as there. Null where there is no gold.

    Args:
        scan: which characters are looked for, and where.
        alone: what it earns with nothing but whitespace beside the letter.
        accompanied: what it earns with anything else beside it.
        gold: how the gold cell is compared. ``as_given``; ``folded`` like the text; or ``squeezed``: taken out of its
            answer tag if it has one, folded like the text, all whitespace dropped.
    """

    kind: Literal["scanned_letter.v1"] = "scanned_letter.v1"
    scan: AnyLabelScan = LabelScan()
    alone: Number = 1.0
    accompanied: Number = 0.5
    gold: Literal["as_given", "folded", "squeezed"] = "squeezed"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Compare the letter found with the gold cell."""
        scanned = reading[self.scan]
        wanted, known = self._wanted(reading, gold)
        earned = np.where(scanned.alone, self.alone, self.accompanied)
        right = (scanned.letter >= 0) & (scanned.letter == wanted)
        return Values.of(np.where(right, earned, 0.0), reading.rows.valid & known)

    def _wanted(self, reading: Reading, gold: Gold) -> tuple[np.ndarray, np.ndarray]:
        """The place of each gold in the alphabet (-1 for none), and whether there is a gold at all."""
        codes, cells = gold.cells
        texts = [cell if cell is not None else "" for cell in cells]
        if self.gold == "folded":
            texts = [fold_text(text, self.scan.fold) for text in texts]
        if self.gold == "squeezed":
            texts = ["".join(fold_text(text, self.scan.fold).split()) for text in inside_answer(texts, reading.tags)]
        wanted = np.array([self.scan.alphabet.find(text) if len(text) == 1 else -1 for text in texts], np.int64)
        present = np.array([cell is not None for cell in cells], np.bool_)
        return wanted[codes], present[codes]

    def without_partial_credit(self) -> ScannedLetter:
        """A letter with something beside it earns nothing, unless it earns as much as one alone."""
        return self.model_copy(update={"accompanied": 0.0}) if self.accompanied not in (0.0, self.alone) else self

    def bounds(self) -> tuple[float, float]:
        """From the least to the greatest of 0 and the two credits."""
        return (min(0.0, self.alone, self.accompanied), max(0.0, self.alone, self.accompanied))

    def values(self) -> frozenset[float]:
        """0 and the two credits."""
        return frozenset({0.0, self.alone, self.accompanied})

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given."""
        return frozenset({"raw"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """What the scan found."""
        scanned = reading[self.scan]
        wanted, known = self._wanted(reading, gold)
        alphabet = f"{self.scan.alphabet[0]}-{self.scan.alphabet[-1]}"
        if not len(reading[self.scan.body].row):
            return "no answer has the shape that is looked for"
        if scanned.letter[0] < 0:
            count = int(scanned.hits[0])
            return f"{count} characters of {alphabet} in the answer, counted inside words too; wanted exactly 1"
        found = f"{self.scan.alphabet[int(scanned.letter[0])]} is the only character of {alphabet} in the answer"
        if not known[0]:
            return f"{found}, and there is no gold to compare it with"
        if wanted[0] < 0:
            return f"{found}; the gold is no letter of {alphabet}, so nothing can earn this"
        beside = "nothing beside it" if scanned.alone[0] else "something beside it"
        return (
            f"{found}, {beside}, {'and it is the gold' if wanted[0] == scanned.letter[0] else 'and it is not the gold'}"
        )


_FIRST = ScannedLetter(scan=LabelScan(alphabet="ABCD", fold="ascii", boundary="word", take="first"))
CASES = (
    Case("maximum", "<answer>b\n</answer>", 1),
    Case("maximum", "<answer>a</answer>", 1, gold="A"),
    Case("half", "<answer>A)</answer>", 0.5, gold="A"),
    Case("half", "<answer>B.</answer>", 0.5),
    Case("half", "<answer>not B</answer>", 0.5),
    Case("zero", "<answer>B or C</answer>", 0),
    Case("zero", "<answer>Option B, the lung</answer>", 0),
    Case("zero", "<answer>A</answer>", 0),
    Case("malformed", "<answer>B", 0),
    Case("malformed", "<ANSWER>B</an\u017fwer>", 1),
    Case("malformed", "<think><answer>B</answer></think><answer>C</answer>", 1),
    Case("empty", "", 0),
    Case("empty", "<answer></answer>", 0),
    Case("non_ascii", "<answer>Ｂ</answer>", 0),
    Case("non_ascii", "<answer>ﬀB</answer>", 0),
    Case("gold", "<answer>B</answer>", 1, gold="<Answer>\n b </ANSWER>"),
    Case("gold", "<answer>B</answer>", 0, gold="yes"),
    Case("gold", "<answer>C</answer>", 0, gold="yes"),
    Case("gold", "<answer>C</answer>", 0, gold="Z"),
    Case("gold", "<answer>B</answer>", 0, gold="BC"),
    Case("gold", "<answer>B</answer>", 0, gold="<answer>B C</answer>"),
    Case("gold", "<answer>B</answer>", 1, ScannedLetter(gold="folded"), gold="b"),
    Case("gold", "<answer>B</answer>", 0, ScannedLetter(gold="folded"), gold=" b"),
    Case("first", "<answer>not (B), C</answer>", 0.5, _FIRST),
    Case("first", "<answer>Black or C_B or c</answer>", 0, _FIRST),
    Case("first", "<answer>b</answer>", 1, _FIRST),
    Case("gold", "<answer>B</answer>", 0, ScannedLetter(gold="as_given"), gold="b"),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
