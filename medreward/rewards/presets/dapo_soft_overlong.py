"""DAPO's soft overlong punishment, with the paper's lengths."""

from __future__ import annotations

from medreward.rewards.base import Case
from medreward.rewards.presets.base import Preset, earned
from medreward.rewards.soft_overlong import SoftOverlong

__all__ = ["PRESET"]


def _case(tokens: float, value: float) -> Case:
    return Case("tokens", "x", value, columns={"completion_tokens": tokens})


PRESET = Preset(
    name="dapo-soft-overlong",
    title="DAPO: 0 up to 16,384 tokens, falling to -1 at 20,480; to be added to other rewards",
    source="arXiv 2503.14476, equation 13; hiyouga/EasyR1 at commit 46c6c21, examples/reward_function/dapo.py",
    paper=(
        "0 while a completion has at most L_max - L_cache tokens, then (L_max - L_cache - tokens) / L_cache, and -1"
        " beyond L_max. The paper trains with L_max 20,480 and L_cache 4,096."
    ),
    code=(
        "The same in EasyR1 and in TRL's get_soft_overlong_punishment, with the two lengths as arguments. Tokens come"
        " from the column completion_tokens: only the run knows its tokenizer. Use SoftOverlong(limit=, margin=) for a"
        " run's own lengths."
    ),
    reward=SoftOverlong(name="overlong", limit=20_480, margin=4_096),
    values=(),
    components=("overlong",),
    golden=earned({}, otherwise=(0,)),
    cases=(
        _case(0, 0),
        _case(16_384, 0),
        _case(16_385, -1 / 4096),
        _case(17_408, -0.25),
        _case(18_432, -0.5),
        _case(20_479, -4095 / 4096),
        _case(20_480, -1),
        _case(20_481, -1),
        Case("null", "x", None, columns={"completion_tokens": None}),
    ),
    columns={"completion_tokens": 100},
)
