"""How often a tag occurs, and which tags count at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from medreward.errors import RuleError
from medreward.text.buffer import Ints
from medreward.text.facts.base import Fact
from medreward.text.reading import Reading
from medreward.text.scan import ANY, EXACT, FOLDED, TagTable
from medreward.text.tags import Case, TagLiteral

__all__ = ["Counted", "TagCount", "code_of"]

_COUNTS = {"exact": EXACT, "any": ANY, "folded": FOLDED}


@dataclass(frozen=True)
class Counted:
    """The tags that count: those spelt in the given case. Any other literal is ordinary text."""

    case: Case = "exact"

    def read(self, reading: Reading) -> TagTable:
        """The tag table without the tags that do not count."""
        counts = reading.scan.spelling <= _COUNTS[self.case]
        return reading.scan if counts.all() else reading.scan[counts]


def code_of(reading: Reading, literal: str) -> int:
    """The number of a literal such as ``</answer>`` in tag tables."""
    role, side = reading.tags.parse(literal)
    if role not in reading.tags.roles:
        raise RuleError(
            "unknown_tag",
            f"A rule asks for the tag {literal}, which is not looked for",
            expected=f"one of {', '.join(reading.tags.roles)}",
            do="name it in the document's tags: TagSet(others=(…,))",
        )
    return 2 * reading.tags.roles.index(role) + (side == "close")


class TagCount(Fact):
    """How often one tag literal occurs: ``int64``, shape ``(n,)``.

    Args:
        tag: the literal, written with its role: ``<think>`` or ``</answer>``.
        case: which spellings count.
    """

    kind: Literal["tag_count.v1"] = "tag_count.v1"
    tag: TagLiteral
    case: Case = "exact"

    def read(self, reading: Reading) -> Ints:
        """Occurrences in every row."""
        table = reading[Counted(self.case)]
        return np.bincount(table.row[table.code == code_of(reading, self.tag)], minlength=len(reading)).astype(np.int64)
