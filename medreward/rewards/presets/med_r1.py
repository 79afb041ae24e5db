"""Med-R1's reward for questions with options: R1-V's functions."""

from __future__ import annotations

from dataclasses import replace

from medreward.rewards.presets import r1_v

__all__ = ["PRESET"]

PRESET = replace(
    r1_v.PRESET,
    name="med-r1",
    title="Med-R1: R1-V's functions with MedVLM-R1's prompt",
    source=(
        "Yuxiang-Lai117/Med-R1, src/r1-v/src/open_r1/grpo_vqa.py, read in the copy solrac031504/Med-Seq at commit"
        " 930f8bf; arXiv 2503.13939"
    ),
    paper="Format and accuracy rewards as in R1-V, summed.",
    code=f"The same two functions as r1-v, and so the same document and digest. {r1_v.PRESET.code}",
)
