"""Normalisation: what a reader sees of a body, each character in the place where it stood.

What is not seen (comments, tags, escapes, struck-out words) becomes spaces, so that places stay what they are. Letters
in another dress become plain ones: full width, circled, parenthesised, mathematical, digits of any script. Letters of
other alphabets that merely look alike do not: the Cyrillic letter that looks like B is the third of its own alphabet,
so that nobody can tell which option is meant.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import cache

__all__ = ["INVISIBLE", "SIGNS", "plain", "undressed", "without_invisible", "without_markup"]

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u0332\u0333\u20dd\u20de\u20df\u20e2-\u20e4]++"
)
"""Unicode's default-ignorable code points, and the marks that underline or frame a letter."""

SIGNS = re.compile(r"[<&~!\[\x00-\x08\x0e-\x1b\x7f\ufffd]")
"""A text without these has no markup."""
_HIDDEN = (
    r"<!--(?:[^-]|-(?!->))*+(?:-->)?+"
    r"|\x1b\[9m[^\x1b\n]{0,80}+(?:\x1b\[[0-9;]{0,16}+m)?+"
    r"|\x1b\[[0-9;?]{0,16}+[A-Za-z]"
    r"|~~(?!~)[^~\n]{0,200}+~~(?!~)"
    r"|<(?P<struck>del|s|strike)>[^<]{0,200}+</(?P=struck)>"
    r"|</?[A-Za-z][A-Za-z0-9_-]{1,30}+(?:\s[^<>]{0,200}+)?/?>"
    r"|<\|[a-z_]{1,30}+\|>"
    r"|\[/?INST\]"
    r"|~~~+"
    r"|[\x00-\x08\x0e-\x1b\x7f\ufffd]"
)
_UNPAIRED = re.compile(_HIDDEN)
_PAIRED = re.compile(_HIDDEN + r"|</?[a-z]>|<[a-z]\s[^<>]{0,200}+>")
"""``<b>`` is a tag where some tag is closed, and a label in brackets where none is."""
_ENTITY = re.compile("&(?:quot|nbsp|lt|gt|amp|apos|#39|#34);")
_ENTITIES = {
    "&quot;": '"',
    "&nbsp;": " ",
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&apos;": "'",
    "&#39;": "'",
    "&#34;": '"',
}
_BOX = re.compile(r"\[([xX✓✔]| ?)\]")
_NEGATED = re.compile(r"(?<![^\s(\[\"'])!(?=[^\W_])")


def without_markup(text: str) -> str:
    """The text with spaces for what is not shown, entities as what they stand for, boxes as ticks; just as long."""
    if SIGNS.search(text) is None:
        return text
    text = _ENTITY.sub(lambda found: _ENTITIES[found[0]].ljust(len(found[0])), text)
    text = (_PAIRED if "</" in text else _UNPAIRED).sub(_blank, text)
    text = _BOX.sub(lambda found: ("☑" if found[1].strip() else "☐").ljust(len(found[0])), text)
    return _NEGATED.sub("¬", text)


def _blank(found: re.Match[str]) -> str:
    """As many spaces, a line feed first where the tag ends a line."""
    breaks = found[0][:3].lower() in ("<br", "</p", "<p>", "</d", "<li") or "\n" in found[0]
    return ("\n" if breaks else " ").ljust(len(found[0]))


def without_invisible(text: str) -> tuple[str, list[int] | None]:
    """The text without invisible characters, and where each character left stood; None where all were left."""
    if text.isascii() or INVISIBLE.search(text) is None:
        return text, None
    kept = [place for place, char in enumerate(text) if INVISIBLE.match(char) is None]
    return INVISIBLE.sub("", text), kept


def undressed(text: str) -> str:
    """The text with plain letters, digits and signs for dressed ones; as long as before."""
    return text if text.isascii() else text.translate(_plain_letters())


_DRESSED = (
    *((0x2100, 0x2150), (0x24B6, 0x24EA), (0xFF01, 0xFF5F), (0x1D400, 0x1D800), (0x1F130, 0x1F14A)),
    *((0x0660, 0x066A), (0x06F0, 0x06FA), (0x0966, 0x0970), (0x09E6, 0x09F0), (0x0E50, 0x0E5A), (0x2460, 0x2469)),
)
_ROWS = ((0x249C, "a"), (0x1F110, "A"), (0x1F150, "A"), (0x1F170, "A"), (0x1F1E6, "A"))
_DIGIT_ROWS = (0x2474, 0x2488, 0x2776, 0x2780, 0x278A, 0x24F5)


@cache
def _plain_letters() -> dict[int, str]:
    table = {code: char for code, char in _decomposed() if len(char) == 1 and char.isascii()}
    for start, letter in _ROWS:
        alphabet = string.ascii_lowercase if letter == "a" else string.ascii_uppercase
        table |= {start + place: char for place, char in enumerate(alphabet)}
    table |= {start + place: str(place + 1) for start in _DIGIT_ROWS for place in range(9)}
    return table | {0x2019: "'", 0x02BC: "'"}


def _decomposed() -> Iterator[tuple[int, str]]:
    for start, end in _DRESSED:
        for code in range(start, end):
            char = chr(code)
            if not unicodedata.decomposition(char).startswith(_SMALL):
                digit = unicodedata.digit(char, None)
                yield code, unicodedata.normalize("NFKC", char) if digit is None else str(digit)


_SMALL = ("<super>", "<sub>")


def plain(text: str) -> str:
    """A short text with every dressed letter as a plain one, whatever that does to its length; superscripts stay."""
    if text.isascii() or any(unicodedata.decomposition(char).startswith(_SMALL) for char in text):
        return text
    return unicodedata.normalize("NFKC", undressed(text))
