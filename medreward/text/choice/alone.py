"""The bodies that need no reading: one label, bare or wrapped, or nothing at all."""

from __future__ import annotations

import re

from medreward.text.choice.forms import MAX_BODY, Choice
from medreward.text.choice.names import names_of
from medreward.text.choice.visible import INVISIBLE, plain, without_markup

__all__ = ["label_alone"]

_EMPTY = Choice((), "none", "empty")
_TOO_LONG = Choice((), "none", "too_long")
_EDGE = "()[]{}<>（）［］｛｝【】〔〕〈〉《》「」『』\"'“”‘’„‚«»‹›‟〝〞❝❞⟨⟩*_`$.,:;|。．，、：；#•·\x00\ufffd"
_BEFORE = re.compile(
    r"(?:[\s\-–—>=→⇒"
    + re.escape(_EDGE)
    + r"]|\\(?:boxed|fbox|text|textbf|textrm|textsf|texttt|textit|mathrm|mathbf|mathsf|mathit|mathbb|mathcal"
    r"|operatorname|emph|bf|rm)\b|\\[(\[]|`{3}[a-z]{1,12}+\n)*+"
)
_AFTER = _EDGE + "!！…।/\\\u20e3-\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u3000"
_TWO_WORDS = re.compile("[A-Za-z]{2},? [A-Za-z]{2}")
"""Two words one after the other: no wrapper looks so."""
_GRADE = re.compile(r"[^\W_][+-]")
_SHORT = 400
"""A longer body is not looked at for wrappers that take more than stripping."""


def label_alone(body: str, labels: tuple[str, ...]) -> Choice | None:
    """Decide what needs no option texts: one label, bare or wrapped, or nothing at all.

    Args:
        body: the text inside the answer tags.
        labels: the labels offered.

    Returns:
        A choice of form ``clean`` or ``wrapped``, or ``none`` for reason ``empty`` or ``too_long``; None where more
        must be read.

    Example:
        >>> label_alone("(b)", ("A", "B")).label
        'B'
    """
    names = names_of(labels)
    core = body.strip()
    if not core:
        return _EMPTY
    label = names.find(core)
    if label is not None:
        return _found(label, "clean", body, core)
    if len(core) > MAX_BODY:
        return _TOO_LONG
    if (core.isalnum() and core.isascii()) or (
        names.is_short and "<" not in core and _TWO_WORDS.search(core) is not None
    ):
        return None
    if len(core) > _SHORT + names.longest:
        return None if core.isascii() or INVISIBLE.sub("", core).strip() else _EMPTY
    shown = without_markup(core)
    visible = (shown if shown.isascii() else INVISIBLE.sub("", shown)).strip()
    if not visible:
        return _EMPTY
    inner = visible[_match_end(_BEFORE, visible) :].rstrip(_AFTER)
    if _GRADE.match(visible):
        return None
    label = names.find(visible) or names.find(inner)
    if label is None and not inner.isascii() and len(inner) <= names.longest + 4:
        label = names.find(plain(inner).strip(_EDGE))
    return None if label is None else _found(label, "wrapped", body, inner or visible)


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _found(label: str, form: str, body: str, core: str) -> Choice:
    """A choice whose words are the core, or all visible text where invisible characters cut the core in two."""
    start = without_markup(body).find(core) if form == "wrapped" else body.find(core)
    if start < 0:
        start, core = body.find(body.strip()), body.strip()
    return Choice((label,), form, "", (start, start + len(core)), (label,))
