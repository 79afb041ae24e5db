"""Published rewards, one file each. A new one is its file and its name here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

from medreward.rewards.presets.base import Preset

__all__ = ["DEFAULT", "PRESETS", "Preset"]

_NAMES = (
    *("medvlm-r1", "medvlm-r1-code", "medvlm-r1-eval", "mcq"),
    *("open-r1-multimodal", "r1-v", "med-r1", "med-r1-nothink", "med-r1-cxr"),
    *("medvlthinker", "easyr1-r1v", "vlm-r1-mcq"),
    *("medreasoning-easyr1-think", "medreasoning-easyr1-direct", "composite-medqa"),
    *("trl-think-format", "open-r1-format", "open-r1-tag-count", "ms-swift-format", "nemo-rl-format"),
    *("nemo-rl-exact-alnum", "open-r1-cosine", "open-r1-length", "open-r1-repetition", "dapo-soft-overlong"),
)


class _Presets(Mapping[str, Preset]):
    """Imports a preset's file when the preset is asked for: a run needs one."""

    def __getitem__(self, name: str) -> Preset:
        if name not in _NAMES:
            raise KeyError(name)
        preset: Preset = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").PRESET
        return preset

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


PRESETS: Mapping[str, Preset] = _Presets()
"""The published rewards by name."""

DEFAULT = "medvlm-r1"
"""The preset used where none is named."""
