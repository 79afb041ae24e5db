"""Where the tags and blocks of completions stand, in code points: the scan's own reading, for laws that edit text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from medreward.text.facts import Blocks, Flaws
from medreward.text.facts.flaws import FLAWS
from medreward.text.options import OptionSet
from medreward.text.reading import Reading
from medreward.text.rows import Rows
from medreward.text.tags import TagSet
from medreward.text.unwrap import string_array

__all__ = ["Block", "Layout", "Tag", "flaws_of", "layouts", "option_maps", "read"]


@dataclass(frozen=True, slots=True)
class Tag:
    """One exact tag: what it is called, and where it stands."""

    role: str
    opens: bool
    start: int
    end: int
    loose: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its opener's start, its body, its closer's end; ``quoted`` where it stands inside reasoning."""

    role: str
    start: int
    body: tuple[int, int]
    end: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The exact tags of one completion.

    Args:
        text: the completion; bytes that are no UTF-8 are U+FFFD.
        tags: its tags, in order.
        blocks: its blocks, in order.
        names: what stands in the text for each role.
    """

    text: str
    tags: tuple[Tag, ...]
    blocks: tuple[Block, ...]
    names: TagSet

    def of(self, role: str) -> tuple[Block, ...]:
        """The blocks of one tag that are not quoted."""
        return tuple(block for block in self.blocks if block.role == role and not block.quoted)

    def without(self, *spans: tuple[int, int]) -> str:
        """The text with these spans cut out."""
        return self.edited([(start, end, "") for start, end in spans])

    def edited(self, edits: Sequence[tuple[int, int, str]]) -> str:
        """The text with spans replaced."""
        pieces, at = [], 0
        for start, end, new in sorted(edits):
            pieces += [self.text[at:start], new]
            at = max(at, end)
        return "".join([*pieces, self.text[at:]])


def read(texts: Sequence[str], tags: TagSet, offered: Sequence[OptionSet] = ()) -> Reading:
    """A reading of texts, with what each was offered."""
    return Reading(Rows.of(string_array(texts), option_maps(offered) if offered else None), tags)


def option_maps(offered: Sequence[OptionSet]) -> pa.Array:
    """The options of each row as maps from label to text, each question written once."""
    places = {options: place for place, options in enumerate(dict.fromkeys(offered))}
    pairs = [list(zip(options.labels, options.texts, strict=True)) for options in places]
    return pa.array(pairs, pa.map_(pa.string(), pa.string())).take(pa.array([places[one] for one in offered]))


def layouts(texts: Sequence[str], tags: TagSet) -> list[Layout]:
    """The layout of each text."""
    reading = read(texts, tags)
    table = reading[Blocks()]
    found: list[list[Tag]] = [[] for _ in texts]
    blocks: list[list[Block]] = [[] for _ in texts]
    places = [_Places(reading.rows.text(row) or "") for row in range(len(texts))]
    first = reading.rows.offsets[:-1].tolist()
    starts, ends = table.tags.start.tolist(), table.tags.end.tolist()
    rows, codes = table.tags.row.tolist(), table.tags.code.tolist()
    spots = [
        (places[row].of(start - first[row]), places[row].of(end - first[row]))
        for row, start, end in zip(rows, starts, ends, strict=True)
    ]
    for row, code, spot, loose in zip(rows, codes, spots, table.loose.tolist(), strict=True):
        found[row].append(Tag(tags.roles[code >> 1], not code & 1, *spot, loose))
    for opener, closer, quoted in zip(table.opener.tolist(), table.closer.tolist(), table.quoted.tolist(), strict=True):
        (start, inside), (until, end) = spots[opener], spots[closer]
        blocks[rows[opener]].append(Block(tags.roles[codes[opener] >> 1], start, (inside, until), end, quoted))
    return [Layout(place.text, tuple(t), tuple(b), tags) for place, t, b in zip(places, found, blocks, strict=True)]


class _Places:
    """Code points for places in the bytes of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._raw = None if text.isascii() else text.encode()

    def of(self, byte: int) -> int:
        return byte if self._raw is None else len(self._raw[:byte].decode("utf-8", "ignore"))


def flaws_of(texts: Sequence[str], tags: TagSet, named: tuple[str, ...] | None = None) -> list[frozenset[str]]:
    """The flaws of each text."""
    table = read(texts, tags)[Flaws(named)]
    return [frozenset(flaw for flaw, holds in zip(FLAWS, row, strict=True) if holds) for row in table.tolist()]
