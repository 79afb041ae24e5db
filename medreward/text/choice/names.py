"""The labels of one question, and how they may be written."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

__all__ = ["Names", "names_of"]


class Names:
    """How the labels of one question may be written: as they are, or in another case where that tells them apart."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        folded = [label.casefold() for label in labels]
        counts = Counter(folded)
        self.labels = labels
        self.exact = {label: label for label in labels}
        self.folded = {key: label for key, label in zip(folded, labels, strict=True) if counts[key] == 1}
        self.blind = len(self.folded) == len(labels)
        self.longest = max(map(len, labels), default=0)
        self.is_short = self.longest < 4

    def find(self, text: str) -> str | None:
        """The label that this text is, if it is one."""
        if len(text) > 2 * self.longest:
            return None
        return self.exact.get(text) or self.folded.get(text.casefold())


@lru_cache(maxsize=512)
def names_of(labels: tuple[str, ...]) -> Names:
    """The names of these labels."""
    return Names(labels)
