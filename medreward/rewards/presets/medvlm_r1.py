"""The reward of the MedVLM-R1 paper, as its Figure 1 shows it."""

from __future__ import annotations

from medreward.rewards.combine import Product, WeightedSum
from medreward.rewards.extraneous_text import ExtraneousText
from medreward.rewards.partial_credit import PartialCredit
from medreward.rewards.presets.base import Preset
from medreward.rewards.tag_presence import TagPresence

__all__ = ["PRESET"]

PRESET = Preset(
    name="medvlm-r1",
    title="the paper: format 1 or 0, accuracy 1, 0.5 or 0",
    source="arXiv 2502.19634, Figure 1",
    paper=(
        "Format is 1 when all four tags are present and nothing stands outside them. Accuracy is 1 for the right"
        " letter, 0.5 for the right letter followed by an explanation, else 0. The reward is their sum."
    ),
    code=(
        "The figure leaves open what this library settles: each tag exactly once and in order; whitespace outside is no"
        " text; wrapped, explained and stated letters earn 0.5; the option's text without its letter earns 0."
        " Empty reasoning is paid, as the paper says nothing against it."
    ),
    reward=WeightedSum.of(format=Product.of(TagPresence(), ExtraneousText()), accuracy=PartialCredit()),
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
        "empty reasoning": (1, 1),
        "leading space": (1, 1),
        "trailing newline": (1, 1),
        "trailing text": (0, 1),
        "text between": (0, 1),
        "reasoning on several lines": (1, 1),
        "no tags": (0, 0),
        "answer block alone": (0, 1),
        "upper-case tags": (0, 0),
        "right then wrong block": (0, 0),
        "wrong then right block": (0, 0),
        "right quoted, wrong answered": (0, 0),
        "text between two think blocks": (0, 1),
        "closer twice": (0, 1),
        "unclosed answer": (0, 0),
    },
)
