"""How completions go right and wrong: one grammar, driven by seeded chance or by hypothesis.

A completion is a list of fragments, so that what shrinks it can take out whole ones. Every decision is a ``pick`` from
a sequence whose first item is the simplest.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from medreward.text.options import OptionSet
from medreward.text.tags import TagSet

__all__ = ["SHAPES", "Asked", "Fragments", "Pick", "answer_body", "fragments"]

T = TypeVar("T")
Fragments = list[str]


class Pick(Protocol):
    """Takes one item of a sequence."""

    def __call__(self, items: Sequence[T], /) -> T:
        """One of the items."""


WHITESPACE = (" ", "\n", "\t", "\xa0", "\u2003", "\u3000", "\u2028", "\x1c", "\x85")
INVISIBLE = ("\u200b", "\ufeff", "\xad", "\u2060", "\ufe0f")
WORDS = ("so", "the", "heart", "is", "clear", "lobe", "B-cell", "7", "Answer", "not")
ODD = ("\u80ba", "\xe9", "e\u0301", "\U0001f600", "\u0130", "\xdf", "\uff22", "\0", "\\", "$", "\ufffd", "<|im_end|>")
PIECES = ("<", ">", "</", "<thi", "nk>", "</answ", "er>", "/answer>", "&lt;answer&gt;", "\uff1cthink\uff1e")
TEXT = (*WORDS, *WORDS, *WHITESPACE, *ODD, *INVISIBLE)


class Asked:
    """What a completion is asked: the options it may choose from and the tags it must write.

    Args:
        options: what is offered.
        tags: the tags.
    """

    def __init__(self, options: OptionSet = OptionSet(), tags: TagSet = TagSet()) -> None:  # noqa: B008 - immutable
        self.options, self.tags = options, tags
        self.roles = tags.roles
        self.literals = tuple(tags.literal(role, side) for role in self.roles for side in ("open", "close"))
        self.near_misses = tuple(miss for literal in self.literals for miss in _near_misses(literal))
        self.text = (*TEXT, *options.labels)

    def block(self, role: str, inside: Fragments) -> Fragments:
        """A block of a tag; what is inside alone where there is no such tag."""
        if role not in self.roles:
            return inside
        return [self.tags.literal(role, "open"), *inside, self.tags.literal(role, "close")]


def _near_misses(literal: str) -> tuple[str, ...]:
    """The literal in other cases and misspelt: an angle bracket lost, a letter exchanged, a space put in."""
    name = literal.strip("</>")
    start = literal.removesuffix(name + ">")
    return (
        literal.upper(), f"{start}{name.capitalize()}>", literal[1:], literal[:-1], f"{start}c{name[1:]}>",
        f"{start} {name} >", f"{start}{name}s>", f"{start}{name}ing>",
    )  # fmt: skip


BODIES: tuple[str, ...] = (
    "{label}", "{lower}", "({label})", "{label}.", "**{label}**", "\\boxed{{{label}}}", "{label}) {text}",
    "{label}. {text}", "The answer is {label}", "Option {label}", "{text}", "not {label}", "{label}?",
    "Not {other} but {label}", "{wide}",
)  # fmt: skip
"""Answers about one label."""
HEDGES: tuple[str, ...] = (
    "{label} or {other}", "{every_or}", "{every_comma}", "{run}", "{label}{other}", "{label} and {other}",
    "{label} {other_text}", "", "unclear", "none of the above", "Z", "a clear lobe",
)  # fmt: skip
"""Answers about several labels or none."""


def answer_body(pick: Pick, options: OptionSet, label: str, shapes: Sequence[str] = (*BODIES, *HEDGES)) -> str:
    """What may stand in an answer block of someone who thinks of ``label``."""
    texts = dict(zip(options.labels, options.texts, strict=True))
    other = pick([name for name in options.labels if name != label] or [label])
    wide = "".join(chr(ord(char) + 0xFEE0) if char in string.ascii_letters else char for char in label)
    return pick(shapes).format(
        label=label, lower=label.lower(), text=texts[label] or label, other=other, wide=wide,
        other_text=texts[other] or other, every_or=" or ".join(options.labels), every_comma=", ".join(options.labels),
        run="".join(options.labels),
    )  # fmt: skip


def _many(pick: Pick, make: Callable[[], Fragments], most: int) -> Fragments:
    made: Fragments = []
    for _ in range(most):
        if not pick((False, True)):
            break
        made += make()
    return made


def _filler(pick: Pick, asked: Asked, most: int = 4) -> Fragments:
    return _many(pick, lambda: [pick(asked.text)], most)


def _gap(pick: Pick, asked: Asked) -> Fragments:
    """What stands between blocks: mostly nothing or whitespace."""
    return _text_or(pick, asked, pick(("", "\n", "space", "text")))


def _text_or(pick: Pick, asked: Asked, way: str) -> Fragments:
    """Some whitespace, some text, or just what is named; simple ways take no further picks, so that they are simple."""
    if way == "text":
        return _filler(pick, asked)
    return [pick(WHITESPACE) if way == "space" else way] if way else []


def _body(pick: Pick, asked: Asked) -> Fragments:
    way = pick(("plain", "", "text", *["label"] * 4, "space"))
    if way == "plain":
        return [asked.options.labels[0]]
    if way == "label":
        space = [pick(WHITESPACE)] if pick((False, False, True)) else []
        return [*space, answer_body(pick, asked.options, pick(asked.options.labels))]
    return _text_or(pick, asked, way)


def _reasoning(pick: Pick, asked: Asked) -> Fragments:
    return asked.block("think", _text_or(pick, asked, pick(("so", "", "space", "text"))))


def _answer(pick: Pick, asked: Asked) -> Fragments:
    return asked.block("answer", _body(pick, asked))


def _answer_or_not(pick: Pick, asked: Asked) -> Fragments:
    return _answer(pick, asked) if pick((False, True)) else []


def _well_formed(pick: Pick, asked: Asked) -> Fragments:
    others = [asked.block(role, ["so"]) for role in asked.roles if role not in ("think", "answer")]
    parts = [_reasoning(pick, asked), *others, _answer(pick, asked)]
    gaps = [_gap(pick, asked) for _ in range(len(parts) + 1)]
    made = list(gaps[0])
    for part, gap in zip(parts, gaps[1:], strict=True):
        made += [*part, *gap]
    return made


def _loose(pick: Pick, asked: Asked) -> Fragments:
    items = (*asked.text, *asked.literals * 4, *asked.near_misses, *PIECES)
    return _many(pick, lambda: [pick(items)], 10)


def _repeated(pick: Pick, asked: Asked) -> Fragments:
    made = _well_formed(pick, asked)
    for _ in range(pick((1, 2, 5))):
        made += [*_gap(pick, asked), *pick((_answer, _reasoning, _well_formed))(pick, asked)]
    return made


def _inserted(pick: Pick, asked: Asked, new: Fragments) -> Fragments:
    made = _well_formed(pick, asked)
    at = pick(range(len(made) + 1))
    return [*made[:at], *new, *made[at:]]


def _nested(pick: Pick, asked: Asked) -> Fragments:
    role = pick(asked.roles)
    inner = asked.block(role, _filler(pick, asked))
    made = asked.block(role, [*_filler(pick, asked, 2), *pick((inner, inner[:1], inner[:-1]))])
    return [*made, *_answer_or_not(pick, asked)]


def _quoted(pick: Pick, asked: Asked) -> Fragments:
    inside = [*_filler(pick, asked, 2), *_answer(pick, asked), *_filler(pick, asked, 2)]
    return [*asked.block("think", inside), *_answer_or_not(pick, asked)]


def _crossed(pick: Pick, asked: Asked) -> Fragments:
    made = _quoted(pick, asked)
    at = pick(range(len(made)))
    return [*made[:at], *made[at + 1 :], made[at]]


def _wrong_order(pick: Pick, asked: Asked) -> Fragments:
    return [*_answer(pick, asked), *_gap(pick, asked), *_reasoning(pick, asked)]


def _truncated(pick: Pick, asked: Asked) -> Fragments:
    made = _well_formed(pick, asked)
    made = made[: pick(range(len(made) + 1))]
    return [*made[:-1], made[-1][: pick(range(len(made[-1]) + 1))]] if made else made


def _prefilled(pick: Pick, asked: Asked) -> Fragments:
    return _well_formed(pick, asked)[1:]


def _misspelt(pick: Pick, asked: Asked) -> Fragments:
    made = _well_formed(pick, asked)
    places = [at for at, piece in enumerate(made) if piece in asked.literals] or [0]
    at = pick(places)
    return [*made[:at], pick(_near_misses(made[at])), *made[at + 1 :]]


def _mutated(pick: Pick, asked: Asked) -> Fragments:
    """A well-formed completion in which one fragment is left out, doubled, moved or replaced."""
    made = _well_formed(pick, asked)
    at, to = pick(range(len(made))), pick(range(len(made)))
    rest = [*made[:at], *made[at + 1 :]]
    other = pick((*asked.literals, *asked.near_misses))
    return pick(
        (rest, [*made[: at + 1], *made[at:]], [*rest[:to], made[at], *rest[to:]], [*made[:at], other, *made[at + 1 :]])
    )


def _stray(pick: Pick, asked: Asked) -> Fragments:
    return _inserted(pick, asked, [pick((*asked.text, *asked.options.labels, "The answer is ", *PIECES))])


def _long(pick: Pick, asked: Asked) -> Fragments:
    words = [pick((*WORDS, " ", "\u80ba")) * pick((64, 256, 1024))]
    if pick((False, True)):
        return _inserted(pick, asked, words)
    return [*asked.block("think", words), *_answer(pick, asked)]


SHAPES: dict[str, Callable[[Pick, Asked], Fragments]] = {
    "loose": _loose,
    "well_formed": _well_formed,
    "stray": _stray,
    "misspelt": _misspelt,
    "mutated": _mutated,
    "truncated": _truncated,
    "prefilled": _prefilled,
    "wrong_order": _wrong_order,
    "repeated": _repeated,
    "nested": _nested,
    "quoted": _quoted,
    "crossed": _crossed,
    "long": _long,
}
"""The ways completions are made, by name, the simplest first."""


def fragments(pick: Pick, asked: Asked, shapes: Sequence[str] = tuple(SHAPES)) -> Fragments:
    """The fragments of one completion of one of the shapes."""
    return SHAPES[pick(shapes)](pick, asked)
