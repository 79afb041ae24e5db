"""The rule in the evaluation script of the MedVLM-R1 authors."""

from __future__ import annotations

from medreward.rewards.presets.base import Preset
from medreward.rewards.scanned_letter import ScannedLetter
from medreward.text.facts import Body, LabelScan

__all__ = ["PRESET"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PRESET = Preset(
    name="medvlm-r1-eval",
    title="the authors' evaluator: the first answer tag that holds one capital letter",
    source="JZPeterPan/MedVLM-R1 at commit 2eee421, src/eval/test_qwen2vl_med.py",
    paper="The paper reports accuracy on MRI, CT and X-ray questions.",
    code=(
        "The first place where <answer> and </answer> (exact case) hold one capital letter A to Z and whitespace;"
        " correct if that letter equals the gold. A malformed earlier answer is skipped, so this can read a later"
        " answer than the reward."
    ),
    reward=ScannedLetter(
        name="accuracy",
        scan=LabelScan(body=Body(pick="first_fitting", alphabet=_LETTERS), alphabet=_LETTERS, fold="none"),
        alone=1.0,
        accompanied=0.0,
        gold="as_given",
    ),
    values=(0.0, 1.0),
    components=("accuracy",),
    golden={
        "letter": (1,),
        "lower case": (0,),
        "whitespace in the answer": (1,),
        "full stop": (0,),
        "half bracket": (0,),
        "bold": (0,),
        "brackets": (0,),
        "boxed": (0,),
        "letter, stop, text": (0,),
        "letter, bracket, text": (0,),
        "text alone": (0,),
        "Figure 1": (0,),
        "empty reasoning": (1,),
        "leading space": (1,),
        "trailing newline": (1,),
        "trailing text": (1,),
        "text between": (1,),
        "reasoning on several lines": (1,),
        "no tags": (0,),
        "answer block alone": (1,),
        "upper-case tags": (0,),
        "right then wrong block": (1,),
        "wrong then right block": (0,),
        "right quoted, wrong answered": (1,),
        "text between two think blocks": (1,),
        "closer twice": (1,),
        "unclosed answer": (0,),
    },
)
