"""The named repair of each flaw, said exactly: a completion with the flaw, and what it may be mended to.

A repair is tried only where it leaves no flaw that was not there before, and of several ways the best counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from medreward.testing.layout import Layout
from medreward.text.facts.misspelt import is_near_miss

__all__ = ["REPAIRS"]

Repair = Callable[[Layout], Iterator[str]]
_LONGEST = 400  # code points in which misspelt tags are looked for


def _in_another_case(layout: Layout, literal: str) -> bool:
    """Whether a literal stands there in another case: that is the flaw to mend, and a reward may count it."""
    return layout.text.lower().count(literal.lower()) > layout.text.count(literal)


def _open_missing(layout: Layout) -> Iterator[str]:
    """A closer without any opener of its name: the opener goes after the tag before the closer, or to the start."""
    for role in layout.names.roles:
        if _in_another_case(layout, layout.names.literal(role, "open")):
            continue
        closers = [tag for tag in layout.tags if tag.role == role and not tag.opens]
        if len(closers) == 1 and not any(tag.role == role and tag.opens for tag in layout.tags):
            before = [tag.end for tag in layout.tags if tag.end <= closers[0].start]
            at = max(before, default=0)
            yield layout.edited([(at, at, layout.names.literal(role, "open"))])


def _close_missing(layout: Layout) -> Iterator[str]:
    """An opener without any closer of its name: the closer goes before the next tag, or to the end."""
    for role in layout.names.roles:
        if _in_another_case(layout, layout.names.literal(role, "close")):
            continue
        openers = [tag for tag in layout.tags if tag.role == role and tag.opens]
        if len(openers) == 1 and not any(tag.role == role and not tag.opens for tag in layout.tags):
            at = min((tag.start for tag in layout.tags if tag.start >= openers[0].end), default=len(layout.text))
            yield layout.edited([(at, at, layout.names.literal(role, "close"))])


def _repeated(layout: Layout) -> Iterator[str]:
    """Of several blocks of a tag one is kept, and its loose tags go; or the first opener and last closer are kept."""
    for role in layout.names.roles:
        tags = [tag for tag in layout.tags if tag.role == role]
        blocks = [block for block in layout.blocks if block.role == role]
        if len(tags) < 3 or not blocks:
            continue
        loose = [(tag.start, tag.end) for tag in tags if tag.loose]
        for kept in (blocks[0], blocks[-1]):
            yield layout.without(*loose, *((one.start, one.end) for one in blocks if one is not kept))
        between = [tag for tag in layout.tags if tags[0].start < tag.start < tags[-1].start and tag.role != role]
        if tags[0].opens and not tags[-1].opens and not between:
            yield layout.without(*((tag.start, tag.end) for tag in tags[1:-1]))


def _unclosed(layout: Layout) -> Iterator[str]:
    """Loose openers of the reasoning are closed before the next tag; or taken out."""
    loose = [tag for tag in layout.tags if tag.loose and tag.opens and tag.role == "think"]
    if loose and not _in_another_case(layout, layout.names.literal("think", "close")):
        ends = [
            min((tag.start for tag in layout.tags if tag.start >= one.end), default=len(layout.text)) for one in loose
        ]
        closer = layout.names.literal("think", "close")
        yield layout.edited([(at, at, closer) for at in ends])
        if layout.of("think"):
            yield layout.without(*((tag.start, tag.end) for tag in loose))


def _unopened(layout: Layout) -> Iterator[str]:
    """Loose closers are dropped where a block has one too: a reward may count what is there."""
    kept = {block.role for block in layout.blocks}
    loose = [(tag.start, tag.end) for tag in layout.tags if tag.loose and not tag.opens and tag.role in kept]
    if loose:
        yield layout.without(*loose)


def _nested(layout: Layout) -> Iterator[str]:
    """Of two openers in a row in the reasoning the inner one is dropped."""
    tags = [tag for tag in layout.tags if tag.role == "think"]
    inner = [(two.start, two.end) for one, two in pairwise(tags) if one.opens and two.opens]
    if inner:
        yield layout.without(*inner)


def _quoted(layout: Layout) -> Iterator[str]:
    """The only answer block stands inside the reasoning: it goes behind it, and leaves the space that it is read as."""
    answers = [block for block in layout.blocks if block.role == "answer"]
    if len(answers) == 1 and answers[0].quoted:
        one = answers[0]
        outer = [block for block in layout.blocks if block.role == "think" and block.start < one.start < block.end]
        if outer and one.end <= outer[0].end:
            at = outer[0].end
            yield layout.edited([(one.start, one.end, " "), (at, at, layout.text[one.start : one.end])])


def _wrong_order(layout: Layout) -> Iterator[str]:
    """One block of each: the reasoning goes before the answer."""
    think, answer = layout.of("think"), layout.of("answer")
    if len(think) == len(answer) == 1 and len(layout.tags) == 4 and answer[0].end <= think[0].start:
        moved, at = layout.text[think[0].start : think[0].end], answer[0].start
        yield layout.edited([(think[0].start, think[0].end, ""), (at, at, moved)])


def _wrong_case(layout: Layout) -> Iterator[str]:
    """A literal that occurs only in another case, once, is written in its own."""
    lower = layout.text.lower() if layout.text.isascii() else ""
    edits = []
    for role in layout.names.roles:
        for opens, side in ((True, "open"), (False, "close")):
            literal = layout.names.literal(role, side)  # type: ignore[arg-type]
            exact = any(tag.role == role and tag.opens == opens for tag in layout.tags)
            if not exact and lower.count(literal.lower()) == 1:
                at = lower.index(literal.lower())
                edits.append((at, at + len(literal), literal))
    if edits:
        yield layout.edited(edits)


def _misspelt(layout: Layout) -> Iterator[str]:
    """A near miss of a literal that does not occur is written exactly."""
    text = layout.text
    if len(text) > _LONGEST:
        return
    covered = {at for tag in layout.tags for at in range(tag.start, tag.end)}
    for role in layout.names.roles:
        for opens, side in ((True, "open"), (False, "close")):
            literal = layout.names.literal(role, side)  # type: ignore[arg-type]
            if any(tag.role == role and tag.opens == opens for tag in layout.tags):
                continue
            for at, end in _windows(text, len(literal)):
                token = text[at:end]
                if (
                    ("<" in token or ">" in token)
                    and token.lower() != literal.lower()
                    and is_near_miss(token.lower(), literal.lower())
                    and covered.isdisjoint(range(at, end))
                ):
                    yield layout.edited([(at, end, literal)])


def _windows(text: str, size: int) -> Iterator[tuple[int, int]]:
    for at in range(len(text)):
        for end in range(at + size - 1, min(at + size + 1, len(text)) + 1):
            yield at, end


def _empty_reasoning(layout: Layout) -> Iterator[str]:
    """Some reasoning is written into the only block of reasoning."""
    think = layout.of("think")
    if len(think) == 1 and not any(think[0].start < tag.start < think[0].body[1] for tag in layout.tags):
        start, end = think[0].body
        yield layout.edited([(end, end, f"so{layout.text[start:end]}")])


def _stray(layout: Layout) -> Iterator[str]:
    """What stands outside every block goes, where there is a block of reasoning and one with an answer."""
    if layout.of("think") and layout.of("answer") and not any(tag.loose for tag in layout.tags):
        spans, at = [], 0
        for block in sorted(layout.blocks, key=lambda block: block.start):
            if block.start > at:
                spans.append((at, block.start))
            at = max(at, block.end)
        yield layout.without(*spans, (at, len(layout.text)))


REPAIRS: dict[str, Repair] = {
    "missing_open": _open_missing,
    "missing_close": _close_missing,
    "repeated": _repeated,
    "unclosed": _unclosed,
    "unopened": _unopened,
    "nested": _nested,
    "quoted": _quoted,
    "wrong_order": _wrong_order,
    "wrong_case": _wrong_case,
    "misspelt_tag": _misspelt,
    "empty_reasoning": _empty_reasoning,
    "stray_before": _stray,
    "stray_between": _stray,
    "stray_after": _stray,
}
"""How each flaw is mended. An empty answer is mended by writing one, which the laws about honest answers cover; bytes
that are no UTF-8 are read as U+FFFD either way."""
