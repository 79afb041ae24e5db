"""Written option: the answer is the gold's option written out, compared as a whole string."""

from __future__ import annotations

from typing import Literal

from medreward.rewards.base import Case, Gold, GoldForm, Reward, Values
from medreward.text.facts import OptionMatch
from medreward.text.facts.option_match import AnyOptionMatch
from medreward.text.reading import Reading

__all__ = ["CASES", "WrittenOption"]


class WrittenOption(Reward):
    """1 if the answer is the gold's option in one of the shapes that count, else 0. Null where there is no gold.

    Two options that read alike are both written; such an answer earns this under either gold.

    Args:
        written: which text is compared, with which shapes of an option.
    """

    pays = (0.0, 1.0)

    kind: Literal["written_option.v1"] = "written_option.v1"
    written: AnyOptionMatch = OptionMatch()

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        """Whether the gold's option is among those written."""
        return Values.of(reading[self.written].is_option(gold.label), reading.rows.valid & (gold.label >= 0))

    def bounds(self) -> tuple[float, float]:
        """0 to 1."""
        return (0.0, 1.0)

    def gold_forms(self) -> frozenset[GoldForm]:
        """The gold as a label."""
        return frozenset({"label"})

    def why(self, reading: Reading, gold: Gold) -> str:
        """Which options are written."""
        found, options = reading[self.written], reading.rows.options
        labels = options.label_sets[int(options.label_codes[0])]
        said = [label for label, written in zip(labels, found.table[found.codes[0]], strict=False) if written]
        wanted = labels[int(gold.label[0])] if gold.label[0] >= 0 else None
        return f"the answer is {' and '.join(said) or 'no option'} as written; the gold is {wanted}"


_LABELS = WrittenOption(written=OptionMatch(shapes=("label",), fold="none"))
CASES = (
    Case("maximum", "<answer>b</answer>", 1),
    Case("maximum", "<answer> LUNGS\n</answer>", 1),
    Case("maximum", "<answer>b. lungs</answer>", 1),
    Case("maximum", "<answer>a</answer>", 1, gold="A"),
    Case("maximum", "<answer>Heart</answer>", 1, gold="A"),
    Case("zero", "<answer>B) Lungs</answer>", 0),
    Case("zero", "<answer>B.</answer>", 0),
    Case("zero", "<answer>A</answer>", 0),
    Case("labels", "<answer>B</answer>", 1, _LABELS),
    Case("labels", "<answer>b</answer>", 0, _LABELS),
    Case("labels", "<answer>Lungs</answer>", 0, _LABELS),
    Case("malformed", "<answer>B", 0),
    Case("malformed", "<answer>B</answer><answer>C</answer>", 1),
    Case("empty", "", 0),
    Case("non_ascii", "<answer>\u3000Ｂ</answer>", 0),
    Case("null", None, None),
    Case("null", "<answer>B</answer>", None, gold=None),
)
