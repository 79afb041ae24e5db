"""Steps by which published rules read a short text. Each is total, takes linear time, and may find nothing.

A step is a function from a text to a text or None. A document names it by its key in ``STEPS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import regex

__all__ = ["STEPS", "Step", "labelled", "vlm_r1_choice"]

Step = Literal[
    "strip",
    "strip_spaces_and_newlines",
    "some",
    "lower",
    "letters_and_digits",
    "drop_end_mark",
    "close_up_tags",
    "label_and_line_a_to_d",
    "label_and_line_a_to_f",
    "vlm_r1_choice",
]
_END_MARKS = ".,:;?!"
_BEFORE_A_MARK = regex.compile(r"(?<![A-Z])[A-Z](?=[.,?!:;]|\Z)")
_KEYWORDS = (
    *("答案", "选择", "正确", "是", "对", "认为", "应该", "觉得"),
    *("ANSWER", "CORRECT", "CHOOSE", "SELECT", "RIGHT", "THINK", "BELIEVE", "SHOULD"),
)
_NEAR = 20  # characters on either side of a letter in which keywords count
_LATE = 0.7  # the share of the text after which a letter counts as near the end


def drop_end_mark(text: str) -> str:
    """Without its last character where that is one of ``.,:;?!``; a newline after it stays."""
    rest, newline = (text[:-1], "\n") if text.endswith("\n") else (text, "")
    return rest[:-1] + newline if rest[-1:] and rest[-1:] in _END_MARKS else text


def close_up_tags(text: str) -> str:
    """Without the whitespace on either side of every ``<``, ``>`` and ``/``."""
    for mark in "<>/":
        pieces = text.split(mark)
        last = len(pieces) - 1
        pieces = [piece.lstrip() if i else piece for i, piece in enumerate(pieces)]
        text = mark.join(piece.rstrip() if i < last else piece for i, piece in enumerate(pieces))
    return text


def labelled(text: str, alphabet: str) -> tuple[str, str] | None:
    """The label and what follows, where the text begins with a label of the alphabet and a colon."""
    if text[1:2] == ":" and text[0] in alphabet:
        return text[0], text[2:].lstrip()
    return None


def _label_and_line(alphabet: str) -> Callable[[str], str]:
    """``X: text`` with the first line of the text alone, stripped, without one end mark; other texts as they are."""

    def step(text: str) -> str:
        found = labelled(text, alphabet)
        if found is None:
            return text
        line = found[1].split("\n", 1)[0].strip()
        return f"{found[0]}: {drop_end_mark(line)}"

    return step


def vlm_r1_choice(text: str) -> str | None:
    """The letter that VLM-R1 takes for the choice, in upper case.

    Candidates are letters A to Z of the upper-cased text that no such letter precedes and that one of ``.,?!:;`` or the
    end of the text follows. Of several, each scores, for every time it is a candidate: 1 for each keyword within 20
    characters of its first occurrence anywhere, 2 if that lies in the last 30 % of the text, 1 if a stop, an
    exclamation mark or a comma (Latin or Chinese) follows there. The greatest score wins, the
    earliest candidate among equals.
    """
    upper = _one_space(text.upper())
    letters: list[str] = _BEFORE_A_MARK.findall(upper)
    if len(letters) < 2:
        return letters[0] if letters else None
    scores = {letter: letters.count(letter) * _vlm_r1_score(upper, letter) for letter in dict.fromkeys(letters)}
    return max(scores, key=lambda letter: scores[letter])


def _vlm_r1_score(text: str, letter: str) -> int:
    at = text.find(letter)
    near = text[max(0, at - _NEAR) : at + _NEAR]
    marked = at < len(text) - 1 and text[at + 1] in "。.!！,，"
    return sum(word in near for word in _KEYWORDS) + 2 * (at > len(text) * _LATE) + marked


def _one_space(text: str) -> str:
    """Every run of whitespace as one space."""
    inner = " ".join(text.split())
    if not inner:
        return " " if text else ""
    return " " * text[0].isspace() + inner + " " * text[-1].isspace()


STEPS: dict[Step, Callable[[str], str | None]] = {
    "strip": str.strip,
    "strip_spaces_and_newlines": lambda text: text.strip(" \n"),
    "some": lambda text: text or None,
    "lower": str.lower,
    "letters_and_digits": lambda text: "".join(filter(str.isalnum, text)),
    "drop_end_mark": drop_end_mark,
    "close_up_tags": close_up_tags,
    "label_and_line_a_to_d": _label_and_line("ABCD"),
    "label_and_line_a_to_f": _label_and_line("ABCDEF"),
    "vlm_r1_choice": vlm_r1_choice,
}
"""What each step does, by name: ``strip`` outer whitespace · ``strip_spaces_and_newlines`` only these two at the ends ·
``some`` nothing where the text is empty · ``lower`` case · ``letters_and_digits`` drops all other characters ·
``drop_end_mark`` one of ``.,:;?!`` at the end · ``close_up_tags`` whitespace beside ``<``, ``>`` and ``/`` ·
``label_and_line_a_to_d``, ``label_and_line_a_to_f`` ``X: text`` in one form, its first line without an end mark ·
``vlm_r1_choice`` that library's heuristic."""

if set(STEPS) != {*get_args(Step)}:
    raise TypeError("every step has a name and every name a step")
