"""Laws about tags: text outside the blocks, and mending flaws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from medreward.testing.honest import length_pays
from medreward.testing.law import Case, Law, per_row
from medreward.testing.laws.common import LEAST
from medreward.testing.layout import Layout, flaws_of, layouts
from medreward.testing.repairs import REPAIRS
from medreward.testing.rollout import OFFERED, Rollout
from medreward.testing.subject import Subject
from medreward.testing.wording import fill

__all__ = ["OUTSIDE_TEXT", "REPAIRS_NEVER_HURT"]


def _answers_in_blocks(subject: Subject) -> str:
    """These laws are about rewards whose honest completions are a block of reasoning and one with the answer."""
    if subject.tags_named is not None and not {"think", "answer"} <= {*subject.tags_named}:
        return "the reward does not speak of both reasoning and answer tags"
    for layout in layouts([fill(template, "B", "so") for template in subject.templates], subject.tags):
        outside = layout.without(*((block.start, block.end) for block in layout.blocks))
        if outside.strip() or not (layout.of("think") and layout.of("answer")):
            return "honest completions say something outside the blocks"
    return ""


def _mending_is_no_length(subject: Subject) -> str:
    """Mending writes tags and makes blocks, so that lengths grow."""
    shorter = "the reward pays short or varied text, and mending may lengthen it"
    return _answers_in_blocks(subject) or (shorter if length_pays(subject, OFFERED[0])[0] else "")


_INSERTED = ("so", "{gold}", "Answer: {gold}", "\\boxed{{{gold}}}", "\u80ba")


def _with_text_outside(subject: Subject, rollouts: Sequence[Rollout]) -> Iterator[Case]:
    found = layouts([row.completion for row in rollouts], subject.tags)
    made = [
        (row, layout, layout.edited([(at, at, new)]), new)
        for row, layout in zip(rollouts, found, strict=True)
        for at in _outside(layout)
        for new in [text.format(gold=subject.cell(row)) for text in _INSERTED]
    ]
    after = layouts([text for _, _, text, _ in made], subject.tags)
    for (row, layout, text, new), other in zip(made, after, strict=True):
        if _bodies(layout) == _bodies(other):
            yield Case((row.saying(layout.text), row.saying(text)), f"with {new!r} put in outside every block")


def _outside(layout: Layout) -> list[int]:
    """Places beside blocks and at both ends that no block covers; none where a loose tag may open something."""
    if any(tag.loose for tag in layout.tags):
        return []
    edges = {0, len(layout.text), *(at for block in layout.blocks for at in (block.start, block.end))}
    return sorted(at for at in edges if not any(block.start < at < block.end for block in layout.blocks))


def _is_no_length(subject: Subject, case: Case, values: Sequence[float]) -> bool:
    """Whether the text helps because it is outside: any text may be paid for its length, or thin out repetition."""
    row, after = case.rows[0], case.rows[1].completion
    (layout,) = layouts([row.completion], subject.tags)
    thoughts = layout.of("think")
    if not thoughts:
        return not length_pays(subject, row.options)[1]
    size = len(row.completion)
    at = next((at for at in range(size) if row.completion[at] != after[at]), size)
    new = after[at : at + len(after) - size]
    inside = [row.saying(layout.edited([(block.body[0], block.body[0], f"{new} ")])) for block in thoughts]
    return not any(value > values[0] + LEAST for value in subject.numbers(inside))


def _bodies(layout: Layout) -> list[tuple[str, str]]:
    return [(block.role, layout.text[slice(*block.body)]) for block in layout.blocks]


OUTSIDE_TEXT = Law(
    "outside_text",
    "Text put in outside every block, changing no tag and no block, never helps.",
    per_row(_with_text_outside, lambda _, case, values: values[1] > values[0] + LEAST, _is_no_length),
    _answers_in_blocks,
)


def _mended(subject: Subject, rollouts: Sequence[Rollout]) -> Iterable[Case]:
    named = _named(subject)
    found = layouts([row.completion for row in rollouts], subject.tags)
    flaws = flaws_of([layout.text for layout in found], subject.tags, named)
    tries = [
        (row, layout, flaw, before, list(dict.fromkeys(REPAIRS[flaw](layout))))
        for row, layout, before in zip(rollouts, found, flaws, strict=True)
        for flaw in sorted(before & REPAIRS.keys())
    ]
    texts = [text for *_, several in tries for text in several]
    left = map(_kinds, flaws_of(texts, subject.tags, named))
    for row, layout, flaw, before, several in tries:
        after = [next(left) for _ in several]
        clean = [text for text, rest in zip(several, after, strict=True) if rest <= _kinds(before - {flaw})]
        if clean and not any(rest & _EMPTY for rest in after):
            rows = (row.saying(layout.text), *(row.saying(text) for text in clean))
            yield Case(rows, f"with the flaw {flaw} mended")


_EMPTY = {"empty_reasoning", "empty_answer"}  # a flaw may hide that nothing is said; that is no merit of the flaw


def _kinds(flaws: frozenset[str]) -> frozenset[str]:
    """Flaws without telling places of stray text apart: what stood between two blocks may stand after one."""
    return frozenset("stray" if flaw.startswith("stray") else flaw for flaw in flaws)


def _named(subject: Subject) -> tuple[str, ...] | None:
    return subject.tags_named or None


REPAIRS_NEVER_HURT = Law(
    "repairs_never_hurt",
    "Mending a flaw of the tags, without making another, never lowers the reward.",
    per_row(_mended, lambda _, case, values: all(value < values[0] - LEAST for value in values[1:])),
    _mending_is_no_length,
)
