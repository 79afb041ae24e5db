"""Open R1's cosine reward: right answers pay more when short."""

from __future__ import annotations

import math

from medreward.rewards.base import Case
from medreward.rewards.combine import Constant, Gate
from medreward.rewards.length_cosine import LengthCosine
from medreward.rewards.math_gold import MathGold
from medreward.rewards.math_verified import MathVerified
from medreward.rewards.presets.base import Preset, earned

__all__ = ["PRESET"]


def _right(chars: int) -> float:
    return 0.5 + 0.5 * 0.5 * (1.0 + math.cos(chars / 1000 * math.pi))


def _wrong(chars: int) -> float:
    return -0.5 + 0.5 * 0.5 * (1.0 + math.cos(chars / 1000 * math.pi))


PRESET = Preset(
    name="open-r1-cosine",
    title="Open R1: 1 to 0.5 for right and 0 to -0.5 for wrong, along a cosine of the length in characters",
    source="huggingface/open-r1 at commit 1416fa0, src/open_r1/rewards.py, get_cosine_scaled_reward; arXiv 2502.03373",
    paper=(
        "Right answers earn more when they are short, wrong ones lose less when they are long, along a cosine up"
        " to a greatest length, with a penalty beyond it."
    ),
    code=(
        "Math-Verify, reading LaTeX alone, compares the completion with the gold; it is given the completion in"
        " the gold's place. Right: 0.5 + 0.25 (1 + cos(pi chars / 1000)); wrong: -0.5 + 0.25 (1 + cos(pi chars /"
        " 1000)), with the lengths and values the training script has by default, where a long wrong answer loses"
        " more than a short one. Beyond 1,000 characters the cosine goes on and rises again; at 2,000 it pays as if"
        " the text were empty. A gold in which nothing is found earns 1 whatever the completion says: a bare letter"
        " is such a gold. Where the library fails or takes longer than 5 seconds, nothing is found or it is wrong."
    ),
    reward=Gate(
        name="cosine",
        condition=MathGold(reads="open_r1", on_error="no"),
        then=Gate(
            condition=MathVerified(reads="open_r1", gold_first=False, on_error="no"),
            then=LengthCosine(limit=1000, short=1.0, long=0.5, beyond="periodic"),
            otherwise=LengthCosine(limit=1000, short=0.0, long=-0.5, beyond="periodic"),
        ),
        otherwise=Constant(value=1.0),
    ),
    values=(),
    components=("cosine",),
    golden=earned({}, otherwise=(1,)),
    cases=(
        Case("right", "\\boxed{3}", _right(9), gold="$3$"),
        Case("right", "\\boxed{3}" + " " * 491, _right(500), gold="$3$"),
        Case("right", "\\boxed{3}" + " " * 991, 0.5, gold="$3$"),
        Case("right", "\\boxed{3}" + " " * 1991, 1.0, gold="$3$"),
        Case("wrong", "\\boxed{4}", _wrong(9), gold="$3$"),
        Case("LaTeX without an anchor", "$3$", _wrong(3), gold="$3$"),
        Case("wrong", "", 0.0, gold="$3$"),
        Case("wrong", "x" * 1000, -0.5, gold="$3$"),
        Case("a number without LaTeX", "3", _wrong(1), gold="$3$"),
        Case("a gold without LaTeX", "4", 1, gold="3"),
    ),
)
