"""Published rewards, one file each. A new one is its file and one line here."""

from __future__ import annotations

from medreward.rewards.presets import mcq, medvlm_r1, medvlm_r1_code, medvlm_r1_eval
from medreward.rewards.presets.base import Preset

__all__ = ["DEFAULT", "PRESETS", "Preset"]

PRESETS: dict[str, Preset] = {
    module.PRESET.name: module.PRESET for module in (medvlm_r1, medvlm_r1_code, medvlm_r1_eval, mcq)
}
"""The published rewards by name."""

DEFAULT = "medvlm-r1"
"""The preset used where none is named."""
