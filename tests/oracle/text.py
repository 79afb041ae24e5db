"""What one completion says, read the slow and obvious way.

Everything here is written from the definitions alone: no regular expressions, no arrays, no sharing with the library.
Offsets are code points. Quadratic time is fine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

Case = Literal["exact", "any"]
Fold = Literal["exact", "ascii", "unicode"]
Names = Mapping[str, str]

NAMES: Names = {"think": "think", "answer": "answer"}
"""Role to literal name, in the order a well-formed completion has them."""

ASCII_LOWER = {chr(upper): chr(upper + 32) for upper in range(ord("A"), ord("Z") + 1)}
UNICODE_TO_ASCII = {"\u017f": "s", "\u212a": "k", "\u0130": "i", "\u0131": "i"}
"""The only non-ASCII characters that `re.IGNORECASE` takes for an ASCII letter."""

DEFAULT_IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


class Tag(NamedTuple):
    """One tag that counts."""

    role: str
    side: str
    start: int
    end: int
    exact: bool


class Block(NamedTuple):
    """An opener and the closer that is the next tag of its role."""

    role: str
    open_start: int
    open_end: int
    close_start: int
    close_end: int


def ascii_lower(text: str) -> str:
    """A to Z in lower case, every other character as it is."""
    return "".join(ASCII_LOWER.get(char, char) for char in text)


def literals(names: Names = NAMES) -> list[tuple[str, str, str]]:
    """(role, side, literal) of every tag, in the order a well-formed completion has them."""
    return [
        (role, side, literal)
        for role, name in names.items()
        for side, literal in (("open", f"<{name}>"), ("close", f"</{name}>"))
    ]


def tags(text: str, names: Names = NAMES, case: Case = "exact") -> list[Tag]:
    """The tags that count, by position."""
    found = []
    wanted = literals(names)
    start = text.find("<")
    while start >= 0:
        for role, side, literal in wanted:
            written = text[start : start + len(literal)]
            exact = written == literal
            if exact or (case == "any" and ascii_lower(written) == ascii_lower(literal)):
                found.append(Tag(role, side, start, start + len(literal), exact))
        start = text.find("<", start + 1)
    return found


def blocks(text: str, names: Names = NAMES, case: Case = "exact") -> list[Block]:
    """Every opener whose next tag of the same role is a closer, with that closer; by position of the opener."""
    found = []
    for role in names:
        of_role = [tag for tag in tags(text, names, case) if tag.role == role]
        for tag, following in pairwise(of_role):
            if (tag.side, following.side) == ("open", "close"):
                found.append(Block(role, tag.start, tag.end, following.start, following.end))
    return sorted(found, key=lambda block: block.open_start)


def loose_tags(text: str, names: Names = NAMES, case: Case = "exact") -> list[Tag]:
    """The tags that belong to no block."""
    paired = set()
    for block in blocks(text, names, case):
        paired |= {block.open_start, block.close_start}
    return [tag for tag in tags(text, names, case) if tag.start not in paired]


def is_well_formed(text: str, names: Names = NAMES, case: Case = "exact") -> bool:
    """Each literal exactly once, in order."""
    return [(tag.role, tag.side) for tag in tags(text, names, case)] == [
        (role, side) for role, side, _ in literals(names)
    ]


def stray(text: str, names: Names = NAMES, case: Case = "exact") -> set[str]:
    """Where there is a non-whitespace character outside every block that is no part of a loose tag."""
    whole = blocks(text, names, case)
    covered = [(block.open_start, block.close_end) for block in whole]
    covered += [(tag.start, tag.end) for tag in loose_tags(text, names, case)]
    first = min((block.open_start for block in whole), default=len(text))
    last = max((block.close_end for block in whole), default=len(text))
    places = set()
    for at, char in enumerate(text):
        if char.isspace() or any(start <= at < end for start, end in covered):
            continue
        places.add("before" if at < first else "after" if at >= last else "between")
    return places


def quoted_blocks(text: str, names: Names = NAMES, case: Case = "exact") -> list[Block]:
    """Answer blocks whose opener starts inside a think block."""
    whole = blocks(text, names, case)
    thoughts = [block for block in whole if block.role == "think"]
    return [
        block
        for block in whole
        if block.role == "answer"
        and any(thought.open_end <= block.open_start < thought.close_start for thought in thoughts)
    ]


def without_markup(text: str, block: Block, names: Names = NAMES, case: Case = "exact") -> str:
    """The inside of a block; blocks wholly inside it, united where they overlap, and other tags are one space each."""
    return between_without_markup(text, block.open_end, block.close_start, names, case)


def text_without_markup(text: str, names: Names = NAMES, case: Case = "exact") -> str:
    """The whole text, its blocks, united where they overlap, and other tags one space each."""
    return between_without_markup(text, 0, len(text), names, case)


def between_without_markup(text: str, low: int, high: int, names: Names, case: Case) -> str:
    """A stretch of the text; blocks wholly inside it, united where they overlap, and other tags are one space each."""
    cuts = [(inner.open_start, inner.close_end) for inner in blocks(text, names, case)]
    cuts += [(tag.start, tag.end) for tag in tags(text, names, case)]
    cuts = united([cut for cut in cuts if low <= cut[0] and cut[1] <= high])
    body = ""
    for at in range(low, high):
        if any(start == at for start, _ in cuts):
            body += " "
        elif not any(start < at < end for start, end in cuts):
            body += text[at]
    return body


def united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that share a character made one; spans that only touch stay apart."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart


def answer_bodies(text: str, names: Names = NAMES, case: Case = "exact") -> list[str]:
    """The body of every answer block that is not quoted, by position."""
    quoted = quoted_blocks(text, names, case)
    return [
        without_markup(text, block, names, case)
        for block in blocks(text, names, case)
        if block.role == "answer" and block not in quoted
    ]


def reasoning_bodies(text: str, names: Names = NAMES, case: Case = "exact") -> list[str]:
    """The body of every think block, by position."""
    return [without_markup(text, block, names, case) for block in blocks(text, names, case) if block.role == "think"]


def is_empty(body: str) -> bool:
    """Nothing but whitespace and default-ignorable characters."""
    return all(char.isspace() or any(low <= ord(char) <= high for low, high in DEFAULT_IGNORABLE) for char in body)


def is_missing(text: str, names: Names, side: str) -> bool:
    """Some literal of that side does not occur exactly."""
    return any(text.find(literal) < 0 for _, of, literal in literals(names) if of == side)


def is_nested(text: str, names: Names) -> bool:
    """Some opener follows an opener of its own role, with no other tag of that role between them."""
    for role in names:
        sides = [tag.side for tag in tags(text, names) if tag.role == role]
        if any(pair == ("open", "open") for pair in pairwise(sides)):
            return True
    return False


def is_wrong_order(text: str, names: Names) -> bool:
    """All literals occur, and their first occurrences are not in order."""
    firsts = [text.find(literal) for _, _, literal in literals(names)]
    return min(firsts) >= 0 and firsts != sorted(firsts)


def is_wrong_case(text: str, names: Names) -> bool:
    """Some literal does not occur exactly but occurs in another ASCII case."""
    lowered = ascii_lower(text)
    return any(text.find(literal) < 0 <= lowered.find(ascii_lower(literal)) for _, _, literal in literals(names))


def is_all_empty(bodies: list[str]) -> bool:
    """There is a body, and every one is empty."""
    return bool(bodies) and all(is_empty(body) for body in bodies)


FLAWS: dict[str, Callable[[str, Names], bool]] = {
    "missing_open": lambda text, names: is_missing(text, names, "open"),
    "missing_close": lambda text, names: is_missing(text, names, "close"),
    "repeated": lambda text, names: any(text.count(literal) >= 2 for _, _, literal in literals(names)),
    "unclosed": lambda text, names: any(tag.side == "open" for tag in loose_tags(text, names)),
    "unopened": lambda text, names: any(tag.side == "close" for tag in loose_tags(text, names)),
    "nested": is_nested,
    "quoted": lambda text, names: bool(quoted_blocks(text, names)),
    "wrong_order": is_wrong_order,
    "wrong_case": is_wrong_case,
    "empty_reasoning": lambda text, names: is_all_empty(reasoning_bodies(text, names)),
    "empty_answer": lambda text, names: is_all_empty(answer_bodies(text, names)),
    "stray_before": lambda text, names: "before" in stray(text, names),
    "stray_between": lambda text, names: "between" in stray(text, names),
    "stray_after": lambda text, names: "after" in stray(text, names),
}


def flaws(text: str, names: Names = NAMES) -> set[str]:
    """The flaws of the tag structure, exact case; misspelt tags and invalid bytes are not decided here."""
    return {code for code, holds in FLAWS.items() if holds(text, names)}


def folded(text: str, fold: Fold) -> str:
    """The text with the characters a fold takes for the same made the same; one character each."""
    if fold == "exact":
        return text
    if fold == "ascii":
        return ascii_lower(text)
    return ascii_lower("".join(UNICODE_TO_ASCII.get(char, char) for char in text))


def first_span(text: str, name: str, fold: Fold = "exact") -> str | None:
    """The inside of the leftmost opener that has a closer after it, up to its first closer."""
    seen = folded(text, fold)
    opener, closer = folded(f"<{name}>", fold), folded(f"</{name}>", fold)
    for start in range(len(seen)):
        if seen.startswith(opener, start):
            end = seen.find(closer, start + len(opener))
            if end >= 0:
                return text[start + len(opener) : end]
    return None


def full_match_format(text: str) -> bool:
    """Starts with <think>, ends with </answer>, and has </think>, whitespace or nothing, <answer> in between."""
    if not (text.startswith("<think>") and text.endswith("</answer>")):
        return False
    middle = text[len("<think>") : len(text) - len("</answer>")]
    for at in range(len(middle)):
        if middle.startswith("</think>", at) and middle[at + len("</think>") :].lstrip().startswith("<answer>"):
            return True
    return False


def letters_anywhere(body: str, alphabet: str) -> list[str]:
    """The letters of the alphabet in the upper-cased body, in order, with repeats."""
    return [char for char in body.upper() if char in alphabet]


def rest_is_empty(body: str, letter: str) -> bool:
    """Nothing but whitespace is left of the upper-cased body once the first such letter is taken out."""
    return body.strip().upper().replace(letter, "", 1).strip() == ""


def first_fitting(text: str, alphabet: str) -> str | None:
    """The letter of the leftmost <answer>, whitespace, letter of the alphabet, whitespace, </answer>."""
    for start in range(len(text)):
        if not text.startswith("<answer>", start):
            continue
        inside = text[start + len("<answer>") :].lstrip()
        letter, rest = inside[:1], inside[1:].lstrip()
        if letter and letter in alphabet and rest.startswith("</answer>"):
            return letter
    return None
