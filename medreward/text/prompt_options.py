"""The options that a prompt lists, read back out of it: all of them, or nothing where that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["TASK", "options_in"]

TASK = """Your task:
1. Think through the question step by step, enclose your reasoning process in <think>...</think> tags.
2. Then provide the correct single-letter choice (A, B, C, D,...) inside <answer>...</answer> tags.
3. No extra information or text outside of these tags."""
"""What follows the options in the paper's prompt."""

_BEFORE = r"(?:^|(?<=[\s,;]))"
_STYLES = {
    "(A)": re.compile(_BEFORE + r"\(([A-Za-z])\)", re.MULTILINE),
    "A)": re.compile(_BEFORE + r"([A-Za-z])\)", re.MULTILINE),
    "A.": re.compile(_BEFORE + r"([A-Za-z])\.(?=\s)", re.MULTILINE),
    "A:": re.compile(_BEFORE + r"([A-Za-z]):(?=\s)", re.MULTILINE),
}
_OWN_LINE = re.compile(r"([A-Za-z])\) (.*)")
_SPECIAL = re.compile(r"<[|｜][^<>|｜\s]{1,40}[|｜]>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<image>")
_BULLET = re.compile(r"[ \t]*(?:[-*•][ \t]+)?")
_ITEM = re.compile(r"\s*(?:[-*•]\s|\(?(?:[0-9]{1,2}|[A-Za-z])[.):])")
_SENTENCES = re.compile(r"[.?!][)\"']?\s+\S")
_INSTRUCTION = (
    r"(?:Your task|Answer|Please|Choose|Select|Pick|Think|Output|Respond|Reply|Provide|Explain|Return|Write|Question|"
    r"Do not|Don't|Note:|Format|Instruction|Solve|Wrap|Enclose|The answer|The final|Assistant|User|Solution|Response|"
    r"Remember|Make sure)\b"
)
_INSTRUCTS = re.compile(rf"\s*(?:{_INSTRUCTION}|<|#)")
_TRAILS = re.compile(rf"\s(?:{_INSTRUCTION}|(?:answer|choose|select|pick|respond|reply|please|above|below)\b)|\?$")
_MAX_INDENT = 80  # characters before the first option of a line
_MAX_INLINE = 300  # code points of an option in a running line: longer ones are text of another kind


@dataclass(frozen=True)
class _Mark:
    """A label with its punctuation: ``index`` in the alphabet, where it stands, and how it stands in its line."""

    index: int
    start: int
    end: int
    line: int
    opens_line: bool
    opens_column: bool


def options_in(prompt: str) -> dict[str, str] | None:
    """The options that a prompt lists, by label: the inverse of :func:`medreward.prompt`.

    Labels are letters from A (or a) on, at least two, each once and in order, all marked alike: ``A.``, ``A)``, ``(A)``
    or ``A:``. Layouts: one option a line, several in columns (two spaces or a tab between them), or all in one line,
    with or without commas. Whitespace round a text is not part of it.

    Args:
        prompt: the text, bare or as a chat template wrote it.

    Returns:
        Label to text; None where it cannot be told: labels that are missing, repeated or out of order, two lists, an
        option that may go on in the next line. Never a list that only might be the right one.

    Source:
        arXiv 2502.19634, Figures 1 and 2, for the prompts of the paper.

    Example:
        >>> options_in("Which organ? (A) Heart (B) Lungs")
        {'A': 'Heart', 'B': 'Lungs'}
    """
    before, task, after = prompt.partition("\n" + TASK)
    if task:
        return None if TASK in after else _own_lines(before.split("\n"))
    text = _SPECIAL.sub("\n\n", prompt.replace("\r\n", "\n"))
    styles = list(_marks(text))
    lists = [marks for marks in styles if _in_order([mark for mark in marks if mark.opens_line])]
    found = [(reading, marks) for marks in styles for reading in _readings(text, marks)]
    if len(lists) > 1 or not found or any(reading != found[0][0] for reading, _ in found):
        return None
    options, marks = found[0]
    return None if _goes_on(text, marks) else options


def _goes_on(text: str, marks: list[_Mark]) -> bool:
    """Whether something may belong to the list that was not read: the next label however marked, a list, a question."""
    rest = text[_line_end(text, marks[-1]) :]
    after = chr(ord(text[marks[-1].start : marks[-1].end].strip("().: ")) + 1)
    label = rf"(?<![A-Za-z0-9])\W?\s?{re.escape(after)}\s?[)\].:*]|^\W*{re.escape(after)}\s"
    if re.search(label, text[marks[0].start :], re.MULTILINE):
        return True
    lines = [line for line in rest.split("\n") if line.strip()]
    begins = bool(lines) and _INSTRUCTS.match(lines[0]) is not None
    return "?" in rest or (not begins and any(_ITEM.match(line) for line in lines))


def _own_lines(lines: list[str]) -> dict[str, str] | None:
    """Options as :func:`medreward.prompt` writes them: the last lines, one each, and no other line like them."""
    marked = [_OWN_LINE.fullmatch(line) for line in lines]
    count = sum(match is not None for match in marked)
    tail = [match for match in marked[len(marked) - count :] if match is not None]
    labels = [match[1] for match in tail]
    wanted = [chr(ord("a" if labels[:1] == ["a"] else "A") + i) for i in range(count)]
    texts = [match[2].strip() for match in tail]
    if not 2 <= count <= 26 or count == len(lines) or labels != wanted or not all(texts):
        return None
    return dict(zip(labels, texts, strict=True))


def _marks(text: str) -> Iterator[list[_Mark]]:
    """The marks of each style and case."""
    for pattern in _STYLES.values():
        found = list(pattern.finditer(text))
        for first in "Aa":
            ours = [match for match in found if match[1].isupper() == first.isupper()]
            yield [_mark(text, match, first) for match in ours]


def _mark(text: str, match: re.Match[str], first: str) -> _Mark:
    begin = text.rfind("\n", 0, match.start()) + 1
    before = text[max(begin, match.start() - _MAX_INDENT) : match.start()]
    opens_line = match.start() - begin <= _MAX_INDENT and _BULLET.fullmatch(before) is not None
    opens_column = opens_line or before.endswith(("  ", "\t"))
    return _Mark(ord(match[1]) - ord(first), match.start(), match.end(), begin, opens_line, opens_column)


def _readings(text: str, marks: list[_Mark]) -> Iterator[dict[str, str]]:
    """Every way in which marks of one style list options."""
    by_line = [mark for mark in marks if mark.opens_line]
    columns = [mark for mark in marks if mark.opens_column]
    if _in_order(by_line):
        yield from _texts(text, by_line)
    rows = {mark.line for mark in columns}
    if len(columns) > len(by_line) and _in_order(columns) and rows == {mark.line for mark in by_line}:
        yield from _texts(text, columns)
    if _in_order(marks) and len({mark.line for mark in marks}) == 1 and len(marks) > len(columns):
        yield from _running(text, marks)


def _in_order(marks: list[_Mark]) -> bool:
    return len(marks) >= 2 and [mark.index for mark in marks] == list(range(len(marks)))


def _texts(text: str, marks: list[_Mark]) -> Iterator[dict[str, str]]:
    """Options on lines of their own, alone or in columns: nothing but blank lines between them."""
    found = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = _line_end(text, mark)
        if following is not None and following.line == mark.line:
            end = following.start
        elif following is not None and _BULLET.fullmatch(text[end : following.start].replace("\n", "")) is None:
            return
        found.append(text[mark.end : end].strip())
    if all(map(_is_plain, found)) and _ends_there(text, _line_end(text, marks[-1])):
        yield _labelled(text, marks, _without_separators(found))


def _running(text: str, marks: list[_Mark]) -> Iterator[dict[str, str]]:
    """Options in one running line: where the last one ends must be beyond doubt."""
    last = _line_end(text, marks[-1])
    ends = [*(mark.start for mark in marks[1:]), last]
    found = [text[mark.end : end].strip() for mark, end in zip(marks, ends, strict=True)]
    found[-2] = re.sub(r"([,;])\s*(?:and|or)$", r"\1", found[-2])
    plain = _without_separators(found)
    if plain != found:
        plain[-1] = plain[-1].removesuffix(".")
    doubtful = [one for one in plain if not _is_inline(one)]
    if not doubtful and not _TRAILS.search(plain[-1]) and _ends_there(text, last):
        yield _labelled(text, marks, plain)


def _is_plain(text: str) -> bool:
    """Whether there is a text, and no label in it that might begin another option."""
    return bool(text) and not any(pattern.search(text) for pattern in _STYLES.values())


def _is_inline(text: str) -> bool:
    """Whether this can be an option in a running line: words, no sentence after a sentence, no dangling separator."""
    words = text.split()
    if not _is_plain(text) or not any(map(str.isalnum, text)) or len(text) > _MAX_INLINE or words[-1] in ("and", "or"):
        return False
    return not _SENTENCES.search(text) and text[-1] not in ",;"


def _without_separators(texts: list[str]) -> list[str]:
    """The texts without the comma or semicolon that all but the last, or all of them, end with."""
    ends = {text[-1:] for text in texts[:-1]}
    if ends in ({","}, {";"}):
        (mark,) = ends
        return [text.removesuffix(mark).rstrip() for text in texts]
    return list(texts)


def _line_end(text: str, mark: _Mark) -> int:
    end = text.find("\n", mark.end)
    return len(text) if end < 0 else end


def _ends_there(text: str, end: int) -> bool:
    """Whether what follows the last option's line is nothing, a blank line, or an instruction."""
    following = text[end + 1 :].split("\n", 1)[0]
    return not following.strip() or _INSTRUCTS.match(following) is not None


def _labelled(text: str, marks: list[_Mark], texts: list[str]) -> dict[str, str]:
    labels = [text[mark.start : mark.end].strip("().: ") for mark in marks]
    return dict(zip(labels, texts, strict=True))
