"""Published rewards, one file each. A new one is its file and one line here."""

from __future__ import annotations

from medreward.rewards.presets import (
    composite_medqa,
    dapo_soft_overlong,
    easyr1_r1v,
    mcq,
    med_r1,
    med_r1_cxr,
    med_r1_nothink,
    medreasoning_easyr1_direct,
    medreasoning_easyr1_think,
    medvlm_r1,
    medvlm_r1_code,
    medvlm_r1_eval,
    medvlthinker,
    ms_swift_format,
    nemo_rl_exact_alnum,
    nemo_rl_format,
    open_r1_cosine,
    open_r1_format,
    open_r1_length,
    open_r1_multimodal,
    open_r1_repetition,
    open_r1_tag_count,
    r1_v,
    trl_think_format,
    vlm_r1_mcq,
)
from medreward.rewards.presets.base import Preset

__all__ = ["DEFAULT", "PRESETS", "Preset"]

_MODULES = (
    *(medvlm_r1, medvlm_r1_code, medvlm_r1_eval, mcq),
    *(open_r1_multimodal, r1_v, med_r1, med_r1_nothink, med_r1_cxr, medvlthinker, easyr1_r1v, vlm_r1_mcq),
    *(medreasoning_easyr1_think, medreasoning_easyr1_direct, composite_medqa),
    *(trl_think_format, open_r1_format, open_r1_tag_count, ms_swift_format, nemo_rl_format, nemo_rl_exact_alnum),
    *(open_r1_cosine, open_r1_length, open_r1_repetition, dapo_soft_overlong),
)
PRESETS: dict[str, Preset] = {module.PRESET.name: module.PRESET for module in _MODULES}
"""The published rewards by name."""

DEFAULT = "medvlm-r1"
"""The preset used where none is named."""
