"""Rewards for completions without an answer block: the same rules, with the whole text as the answer where none is."""

from __future__ import annotations

from typing import Any

from medreward.rewards.document import Document
from medreward.text.facts import Body

__all__ = ["reading_whole_text"]


def reading_whole_text(document: Document) -> Document:
    """The reward in which every answer body is the whole completion where there is no answer block.

    A reward that asks for tags never reads so by itself; what it is called is another document with another digest.

    Args:
        document: the reward.

    Example:
        >>> from medreward.rewards import load_document
        >>> from medreward.rewards.whole_text import reading_whole_text
        >>> untagged = reading_whole_text(load_document("medvlm-r1"))
        >>> untagged.digest == load_document("medvlm-r1").digest
        False
    """
    return Document.model_validate(_with_whole_text(document.model_dump(mode="json")))


def _with_whole_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_whole_text(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _with_whole_text(item) for name, item in value.items()}
    if changed.get("kind") == Body.model_fields["kind"].default and changed.get("tag") == "answer":
        changed["if_missing"] = "whole_text"
    return changed
