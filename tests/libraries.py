"""Libraries that rules call, which an environment may lack: the extra ``judge``."""

from __future__ import annotations

import pytest

from medreward import load_document
from medreward.rewards.document import DocumentSource

__all__ = ["skip_without"]


def skip_without(reward: DocumentSource) -> None:
    """Skip a test whose reward calls a library that is not installed."""
    missing = [package for package, version in load_document(reward).libraries().items() if version is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: pip install 'medreward[judge]'")
