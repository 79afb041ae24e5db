"""Equal text: the answer and the gold, each read in a way that is said, are the same string."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.text.buffer import Ints, Mask
from medreward.text.facts import Body, Extracted
from medreward.text.facts.extracted import AnyExtracted
from medreward.text.reading import Reading

__all__ = ["CASES", "EqualText"]


class EqualText(Reward):
    """1 if the text of the answer and the text of the gold cell are equal, else 0. Null where there is no gold.

    This is how most published code compares: it knows no options. Where either has no text, it is a 0.

    Args:
        answer: which text of the completion is compared.
        gold: which text of the gold cell, read as if it were a completion.
    """

    pays = (0.0, 1.0)

    kind: Literal["equal_text.v1"] = "equal_text.v1"
    answer: AnyExtracted = Extracted()
    gold: AnyExtracted = Extracted(body=Body(pick="first_span", if_missing="whole_text"))

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Number the texts of both, and compare numbers."""
        given = reading[self.answer]
        wanted, known = self._wanted(reading, gold, given.texts)
        return Values.of((given.codes >= 0) & (given.codes == wanted), reading.rows.valid & known)

    def _wanted(self, reading: Reading, gold: Gold, texts: list[str]) -> tuple[Ints, Mask]:
        """The place of each row's gold among ``texts``, -2 for none, and whether there is a gold."""
        cells, golds, known = gold.ask(self.gold, reading.tags)
        places = {text: place for place, text in enumerate(texts)}
        numbers = np.array([*(places.get(text, -2) for text in golds.texts), -2], np.int64)
        return numbers[golds.codes][cells], known

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold cell as given."""
        return frozenset({"raw"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """The two texts."""
        given = reading[self.answer]
        if given.codes[0] < 0:
            return "the completion has no text of the kind that is compared"
        said = f"the answer reads {given.texts[int(given.codes[0])][:80]!r}"
        cells, golds, known = gold.ask(self.gold, reading.tags)
        if not known[0]:
            return f"{said}, and there is no gold to compare it with"
        code = int(golds.codes[cells[0]])
        return f"{said}, the gold {repr(golds.texts[code][:80]) if code >= 0 else 'nothing'}"


_ONE_LINE = Extracted(body=Body(pick="first_span", newlines=False, if_missing="whole_text"))
_R1_V = EqualText(answer=_ONE_LINE, gold=_ONE_LINE)
_LOOSE = Extracted(body=Body(pick="widest_span"), by=("letters_and_digits", "lower"))
_LETTERS = EqualText(answer=_LOOSE, gold=Extracted(body=Body(pick="whole"), by=("letters_and_digits", "lower")))
CASES = (
    Case("maximum", "<answer> B\n</answer>", 1),
    Case("zero", "<answer>b</answer>", 0),
    Case("zero", "<answer>B.</answer>", 0),
    Case("zero", "B", 0),
    Case("whole text", "B\n", 1, _R1_V),
    Case("one line", "<answer>B\n</answer>", 0, _R1_V),
    Case("one line", "<answer>\n</answer><answer>B</answer>", 1, _R1_V),
    Case("widest", "<answer>(b</answer> </answer>)", 1, _LETTERS, gold="B</answer>"),
    Case("malformed", "<answer>B", 0),
    Case("malformed", "<think><answer>B</answer></think><answer>C</answer>", 1),
    Case("empty", "", 0),
    Case("empty", "<answer></answer>", 1, gold=" "),
    Case("non_ascii", "<answer>肺</answer>", 1, gold="<answer> 肺 </answer>"),
    Case("non_ascii", "<answer>（Ｂ）</answer>", 0, _LETTERS),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
