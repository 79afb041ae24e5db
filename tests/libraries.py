"""Libraries that rules call, which an environment may lack: the extra ``judge``."""

from __future__ import annotations

import pytest

from medreward import PRESETS, Scorer, load_document
from medreward.rewards.document import DocumentSource
from medreward.rewards.group_rule import group_rules

__all__ = ["PLAIN_PRESETS", "skip_without"]

PLAIN_PRESETS = [
    name
    for name, preset in PRESETS.items()
    if None not in preset.document.libraries().values() and not Scorer(name).columns and not group_rules(preset.reward)
]
"""Presets that need nothing but completions and golds: no column, no group, no library that is missing."""


def skip_without(reward: DocumentSource) -> None:
    """Skip a test whose reward calls a library that is not installed."""
    missing = [package for package, version in load_document(reward).libraries().items() if version is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install 'medreward[judge]'")
