"""How often a tag occurs, and which tags count at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from medreward.errors import RuleError
from medreward.spec import Flag, Whole
from medreward.text.buffer import Bytes, Ints, Mask
from medreward.text.facts.base import FACTS, Fact, Predicate
from medreward.text.facts.newlines import NEWLINE
from medreward.text.facts.shapes import Counted, Shapes
from medreward.text.reading import Reading
from medreward.text.scan import TagTable
from medreward.text.tags import Case, TagLiteral

__all__ = ["AnyCount", "Counted", "Occurs", "TagCount", "code_of"]


def code_of(reading: Reading, literal: str) -> int:
    """The number of a literal such as ``</answer>`` in tag tables."""
    role, side = reading.tags.parse(literal)
    if role not in reading.roles:
        raise RuleError(
            "unknown_tag",
            f"A rule asks for the tag {literal}, which is not looked for",
            expected=f"one of {', '.join(reading.roles)}",
            do="name it in the document's tags: TagSet(others=(…,))",
        )
    return 2 * reading.roles.index(role) + (side == "close")


class TagCount(Fact):
    """How often one tag literal occurs: ``int64``, shape ``(n,)``.

    Args:
        tag: the literal, written with its role: ``<think>`` or ``</answer>``.
        case: which spellings count.
        before: what must stand just before it: ``anything``, or a ``newline``.
        after: what must stand just after it.
        overlapping: whether two that share the newline between them both count. Counting a string from the left, as
            ``str.count`` does, skips the second.
    """

    kind: Literal["tag_count.v1"] = "tag_count.v1"
    tag: TagLiteral
    case: Case = "exact"
    before: Literal["anything", "newline"] = "anything"
    after: Literal["anything", "newline"] = "anything"
    overlapping: Flag = True

    def read(self, reading: Reading) -> Ints:
        """Occurrences in every row."""
        code = code_of(reading, self.tag)
        if self.before == self.after == "anything":
            shapes = reading[Shapes(self.case)]
            found: Ints = shapes.book.counts()[:, code][shapes.of_row]
            return found
        table = reading[Counted(self.case)]
        table = table[table.code == code]
        rows = reading.rows.spans
        counts = np.ones(len(table), np.bool_)
        if self.before == "newline":
            counts &= _is_newline(rows.buf, table.start - 1, table.start > rows.start[table.row])
        if self.after == "newline":
            counts &= _is_newline(rows.buf, table.end, table.end < rows.end[table.row])
        if not self.overlapping and self.before == self.after == "newline":
            counts[counts] = _apart(table[counts])
        return np.bincount(table.row[counts], minlength=len(reading)).astype(np.int64)


def _is_newline(buf: Bytes, at: Ints, inside: Mask) -> Mask:
    found = inside.copy()
    found[inside] = buf[at[inside]] == NEWLINE
    return found


def _apart(table: TagTable) -> Mask:
    """Tags with a newline on either side, without every second one of those that share theirs."""
    shares = np.r_[False, (table.start[1:] - table.end[:-1] == 1) & (table.row[1:] == table.row[:-1])]
    place = np.arange(len(table))
    begin = np.maximum.accumulate(np.where(shares, 0, place))
    return np.asarray((place - begin) % 2 == 0)


if TYPE_CHECKING:
    AnyCount = TagCount
else:
    AnyCount = FACTS.field(TagCount)


class Occurs(Predicate):
    """A tag occurs no less and no more often than this.

    Args:
        count: what is counted.
        least: the least number of occurrences.
        most: the greatest; None for no limit.
    """

    tag_fields: ClassVar[tuple[str, ...]] = ()

    kind: Literal["occurs.v1"] = "occurs.v1"
    count: AnyCount
    least: Whole = Field(default=1, ge=0)
    most: Whole | None = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _sensible(self) -> Occurs:
        if self.most is not None and self.least > self.most:
            raise PydanticCustomError("occurs_order", "'least' must not be greater than 'most'")
        return self

    def read(self, reading: Reading) -> Mask:
        """Whether each row's count is right."""
        count = reading[self.count]
        return np.asarray((count >= self.least) & (self.most is None or count <= self.most))
