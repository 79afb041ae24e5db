"""Which tags a reward speaks of."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from medreward.spec import Flag, Model

__all__ = ["Case", "Role", "Side", "TagLiteral", "TagName", "TagSet", "spellings"]

TagName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,30}$")]
"""A tag's name as it stands between ``<`` and ``>``."""
Role = TagName
"""What a rule calls a tag: ``think``, ``answer``, or the name of another one."""
TagLiteral = Annotated[str, StringConstraints(pattern=r"^</?[A-Za-z][A-Za-z0-9_-]{0,30}>$")]
"""One side of a tag, written with its role: ``<think>`` or ``</answer>``."""
Case = Literal["exact", "any", "lowered", "folded"]
"""Which spellings of a tag count: ``exact``; ``any`` ASCII case; ``lowered``: what ``str.lower`` makes the literal, so
also U+212A for k; ``folded``: what ``re.IGNORECASE`` folds (also U+017F to s, U+0130 and U+0131 to i)."""
Side = Literal["open", "close"]

_FOLDED = {"s": "\u017f", "k": "\u212a", "i": "\u0130\u0131"}


class TagSet(Model):
    """The tags a reward speaks of: the role a rule names, and the name that stands in the text.

    Rules say ``think`` and ``answer``; what the model writes for them is said here, once.

    Args:
        think: the name of the tag round the reasoning; None where completions have none.
        answer: the name of the tag round the answer.
        others: further tags; their role is their name.
        inner_space: whether whitespace may stand beside the ``<``, ``/`` and ``>`` of a tag, as in ``< answer >``:
            what published code reads that drops all whitespace beside these characters first.

    Example:
        >>> TagSet(answer="solution").literal("answer", "close")
        '</solution>'
    """

    think: TagName | None = "think"
    answer: TagName = "answer"
    others: tuple[TagName, ...] = ()
    inner_space: Flag = False

    @model_validator(mode="after")
    def _distinct(self) -> TagSet:
        given = [name.lower() for name in (self.think, self.answer, *self.others) if name is not None]
        if len({*given}) < len(given) or {"think", "answer"} & {*self.others}:
            raise PydanticCustomError(
                "tag_names", "Tag names must differ by more than case, and roles must be distinct"
            )
        return self

    @property
    def names(self) -> dict[str, str]:
        """Role to name, in order."""
        think = {"think": self.think} if self.think is not None else {}
        return {**think, "answer": self.answer, **{name: name for name in self.others}}

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, in order; a role's place here is its number in a tag table."""
        return tuple(self.names)

    def literal(self, role: str, side: Side) -> str:
        """What stands in the text, such as ``</answer>``."""
        return f"<{'/' if side == 'close' else ''}{self.names[role]}>"

    def parse(self, literal: str) -> tuple[str, Side]:
        """Role and side of a literal written with its role, such as ``</answer>``."""
        side: Side = "close" if literal.startswith("</") else "open"
        return literal.strip("</>"), side


def spellings(literal: str) -> list[str]:
    """The literal, and its spellings with the letters beyond ASCII that ``re.IGNORECASE`` takes for its own."""
    choices = [(char, *_FOLDED.get(char.lower(), "")) for char in literal]
    return ["".join(chars) for chars in itertools.islice(itertools.product(*choices), 64)]
