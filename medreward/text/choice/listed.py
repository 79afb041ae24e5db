"""Several labels and nothing but separators, where several are asked for: ``A, C``, ``A and C``, ``AC``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from medreward.text.choice.forms import Choice
from medreward.text.choice.lexicon import Lexicon, squeezed

__all__ = ["in_order", "labels_listed"]

_SEPARATOR = re.compile(r"(?:\s*+(?:[,;/+&、，\n]|\b(?:and|und|et)\b)\s*+)++|\s++", re.IGNORECASE)


def labels_listed(body: str, lexicon: Lexicon) -> Choice | None:
    """The labels of a body that is only a list of them, whatever their order; None for any other body."""
    core = body.strip()
    if not core or len(core) > (8 + lexicon.names.longest) * (len(lexicon.names.labels) + 1):
        return None
    if core.casefold() in (squeezed(text.casefold()) for text in lexicon.texts.values()):
        return None
    items = [item for item in _SEPARATOR.split(core) if item]
    found = [lexicon.names.find(item) for item in items]
    if None in found and len(items) == 1:
        found = [lexicon.names.find(char) for char in core]
        found = [None] if len({*found}) < len(found) else found
    named = tuple(label for label in dict.fromkeys(found) if label is not None)
    if None in found or not named:
        return None
    form = "clean" if len(named) > 1 else "stated"
    return Choice(in_order(named, lexicon), form, "", (body.find(core), body.find(core) + len(core)), named)


def in_order(labels: Iterable[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Some labels, each once, in the order of the options."""
    wanted = set(labels)
    return tuple(label for label in lexicon.names.labels if label in wanted)
