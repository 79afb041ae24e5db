"""What stands in completions, before any reward is chosen: tags of any name, openings that are missing, end tokens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Census"]

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9_-]{0,30})>")
_END_TOKEN = re.compile(r"(<[|｜][^<>|｜\s]{1,40}[|｜]>|</s>|<eos>|<end_of_turn>)\s*\Z")
_TAIL = 200  # characters at the end in which an end token is looked for


@dataclass
class Census:
    """What was found in completions; each thing counts once a completion.

    Attributes:
        texts: completions looked at.
        tags: completions that hold each tag, as written: ``<think>``, ``</Answer>``.
        unopened: by tag name in lower case, completions whose first such tag is a closer.
        end_tokens: completions that end with each end token.
    """

    texts: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    unopened: Counter[str] = field(default_factory=Counter)
    end_tokens: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Census:
        """Look at completions."""
        census = cls()
        for text in texts:
            census.add(text)
        return census

    def add(self, text: str) -> None:
        """Look at one more completion."""
        self.texts += 1
        found = [(match[0], match[1], match[2].lower()) for match in _TAG.finditer(text)]
        self.tags.update({literal for literal, _, _ in found})
        first: dict[str, str] = {}
        for _, slash, name in found:
            first.setdefault(name, slash)
        self.unopened.update(name for name, slash in first.items() if slash)
        ending = _END_TOKEN.search(text[-_TAIL:])
        if ending:
            self.end_tokens[ending[1]] += 1
