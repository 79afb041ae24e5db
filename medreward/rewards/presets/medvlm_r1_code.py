"""The reward in the code the MedVLM-R1 authors released, which is another function than the paper's."""

from __future__ import annotations

from medreward.rewards.combine import WeightedSum
from medreward.rewards.holds import Holds
from medreward.rewards.presets.base import THINK_THEN_ANSWER, Preset
from medreward.rewards.scanned_letter import ScannedLetter
from medreward.text.facts import Body, LabelScan

__all__ = ["PRESET"]

PRESET = Preset(
    name="medvlm-r1-code",
    title="the authors' code: a bare letter or a letter with punctuation",
    source="JZPeterPan/MedVLM-R1 at commit 2eee421, src/open-r1-multimodal/src/open_r1/grpo.py",
    paper="See medvlm-r1. The code scores the figure's own half-credit answer 0.",
    code=(
        "Format: the text starts with <think>, ends with </answer>, and somewhere </think> and <answer> have only"
        " whitespace between them; nothing is counted. Accuracy: in the first answer span (any case), every letter A to"
        " J counts, inside words too; exactly one, and it the gold, earns 1 alone and 0.5 with anything else beside it."
    ),
    reward=WeightedSum.of(
        format=Holds(facts=(THINK_THEN_ANSWER,)),
        accuracy=ScannedLetter(
            scan=LabelScan(body=Body(pick="first_span", case="folded"), alphabet="ABCDEFGHIJ", fold="upper"),
            alone=1.0,
            accompanied=0.5,
            gold="squeezed",
        ),
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
        "boxed": (1, 0),
        "letter, stop, text": (1, 0),
        "letter, bracket, text": (1, 0),
        "text alone": (1, 0),
        "Figure 1": (1, 0),
        "empty reasoning": (1, 1),
        "leading space": (0, 1),
        "trailing newline": (0, 1),
        "trailing text": (0, 1),
        "text between": (0, 1),
        "reasoning on several lines": (1, 1),
        "no tags": (0, 0),
        "answer block alone": (0, 1),
        "upper-case tags": (0, 1),
        "right then wrong block": (1, 1),
        "wrong then right block": (1, 0),
        "right quoted, wrong answered": (1, 1),
        "text between two think blocks": (1, 1),
        "closer twice": (1, 1),
        "unclosed answer": (0, 0),
    },
)
