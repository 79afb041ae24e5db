"""Bodies that are JSON objects: the answer is the field that is called so, the others are how one came there."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Field", "answer_field"]

_KEY = re.compile(
    r"[\"'](?:final|correct|my)?+[_ ]?(?:answer|choice|option|selection)(?:[_ ](?:choice|letter|option|label))?+[\"']"
    r"\s*+:\s*+",
    re.IGNORECASE,
)
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"?|'((?:[^'\\]|\\.)*+)'?", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}


class Field(NamedTuple):
    """The value of a field.

    Args:
        text: what it says, without escapes.
        start: the first code point of the value in the body.
        end: one past its last.
    """

    text: str
    start: int
    end: int


def answer_field(body: str) -> Field | None:
    """The text of the only field called answer, of a body that is one JSON object, whole or cut off; else None."""
    opening = body.lstrip()[:1]
    if opening != "{":
        return None
    keys = [match.end() for match in _KEY.finditer(body)]
    if len(keys) != 1:
        return None
    value = _STRING.match(body, keys[0])
    if value is None:
        return None
    group = 1 if value.group(1) is not None else 2
    return Field(_ESCAPED.sub(_unescaped, value.group(group)), value.start(group), value.end(group))


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    return _CONTROLS.get(found[2], found[2])
