"""Open R1's repetition penalty: the share of word triples that are said again."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.repetition import Repetition

__all__ = ["PRESET"]

PRESET = Preset(
    name="open-r1-repetition",
    title="Open R1: minus the share of three-word runs that repeat earlier ones",
    source=(
        "huggingface/open-r1 at commit 1416fa0, src/open_r1/rewards.py, get_repetition_penalty_reward;"
        " arXiv 2502.03373, appendix C.2"
    ),
    paper="A penalty for repeated n-grams, against length rewards being earned by repetition.",
    code=(
        "The whole completion, tags and all, in lower case and split at whitespace; -(1 - different / all) of its"
        " runs of three words, 0 where it has fewer than three. Runs and the greatest penalty are the training"
        " script's defaults."
    ),
    reward=Repetition(name="repetition"),
    values=(),
    components=("repetition",),
    golden=earned({}, otherwise=(0,)),
    cases=(
        Case("repeats", "the lung is the lung is", -0.25),
        Case("upper case", "The lung is\nTHE LUNG IS", -0.25),
        Case("nothing else", "so so so so so", -(1 - 1 / 3)),
        Case("two words", "so so", 0),
        Case("tags are words", "<think> a a </think> <think> a a </think>", -(1 - 4 / 6)),
    ),
)
