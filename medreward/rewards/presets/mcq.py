"""The paper's reward made robust: recommended for new runs."""

from __future__ import annotations

from medreward.rewards.combine import Gate, Product, WeightedSum
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.non_empty_reasoning import NonEmptyReasoning
from medreward.rewards.partial_credit import PartialCredit
from medreward.rewards.presets.base import Preset
from medreward.rewards.tag_presence import TagPresence

__all__ = ["PRESET"]

PRESET = Preset(
    name="mcq",
    title="recommended: as medvlm-r1, but accuracy needs well-formed tags and some reasoning",
    source="medreward",
    paper="Not from a paper. It is medvlm-r1 without the ways of being paid for less than was asked.",
    code=(
        "Format is 1 when the text is well formed, nothing stands outside the tags and the reasoning is not empty."
        " Accuracy counts only when the text is well formed and the reasoning is not empty; text outside the tags costs"
        " format alone."
    ),
    reward=WeightedSum.of(
        format=Product.of(TagPresence(), ExtraneousText(), NonEmptyReasoning()),
        accuracy=Gate(condition=Product.of(TagPresence(), NonEmptyReasoning()), then=PartialCredit()),
    ),
    values=(0.0, 0.5, 1.0, 1.5, 2.0),
    components=("format", "accuracy"),
    golden={
        "letter": (1, 1),
        "lower case": (1, 1),
        "whitespace in the answer": (1, 1),
        "full stop": (1, 0.5),
        "half bracket": (1, 0.5),
        "bold": (1, 0.5),
        "brackets": (1, 0.5),
        "boxed": (1, 0.5),
        "letter, stop, text": (1, 0.5),
        "letter, bracket, text": (1, 0.5),
        "text alone": (1, 0),
        "Figure 1": (1, 0.5),
        "empty reasoning": (0, 0),
        "leading space": (1, 1),
        "trailing newline": (1, 1),
        "trailing text": (0, 1),
        "text between": (0, 1),
        "reasoning on several lines": (1, 1),
        "no tags": (0, 0),
        "answer block alone": (0, 0),
        "upper-case tags": (0, 0),
        "right then wrong block": (0, 0),
        "wrong then right block": (0, 0),
        "right quoted, wrong answered": (0, 0),
        "text between two think blocks": (0, 0),
        "closer twice": (0, 0),
        "unclosed answer": (0, 0),
    },
)
