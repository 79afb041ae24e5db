"""Blocks and the text outside them, by hand: every text is read among the others."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from medreward.text import Reading, Rows
from medreward.text.facts.blocks import Blocks
from medreward.text.facts.stray import StrayPlaces


@dataclass(frozen=True)
class Shape:
    """What a text's tags are: the places of each block's opener and closer, and of tags with a property."""

    blocks: tuple[tuple[int, int], ...] = ()
    loose: tuple[int, ...] = ()
    nested: tuple[int, ...] = ()
    quoted: tuple[int, ...] = ()


SHAPES = {
    "<think>a</think><answer>B</answer>": Shape(((0, 1), (2, 3))),
    "</think><think>a</think>": Shape(((1, 2),), loose=(0,)),
    "</answer></think>": Shape(loose=(0, 1)),
    "": Shape(),
    "<think><answer>A</answer></think><answer>B</answer>": Shape(((0, 3), (1, 2), (4, 5)), quoted=(1,)),
    "<answer><think>A</think></answer>": Shape(((0, 3), (1, 2))),
    "<think>a<answer>b</think>c</answer>d": Shape(((0, 2), (1, 3)), quoted=(1,)),
    "<think><think>x</think></answer>": Shape(((1, 2),), loose=(0, 3), nested=(1,)),
    "<answer><answer><answer>B": Shape(loose=(0, 1, 2), nested=(1, 2)),
    "<think>a</think><answer>B": Shape(((0, 1),), loose=(2,)),
    "<think></think></think>": Shape(((0, 1),), loose=(2,)),
    "<answer>B</answer>": Shape(((0, 1),)),
}


def test_each_tag_is_in_a_block_or_loose_nested_or_quoted_as_written_by_hand() -> None:
    reading = Reading(Rows.of(pa.array([*SHAPES])))
    table = reading[Blocks()]
    for row, (text, shape) in enumerate(SHAPES.items()):
        first, end = table.tags.row.searchsorted([row, row + 1]).tolist()
        ours = (table.row == row).nonzero()[0]
        edges = zip((table.opener[ours] - first).tolist(), (table.closer[ours] - first).tolist(), strict=True)
        assert tuple(edges) == shape.blocks, text
        assert tuple(table.loose[first:end].nonzero()[0].tolist()) == shape.loose, text
        assert tuple(table.nested[first:end].nonzero()[0].tolist()) == shape.nested, text
        assert tuple((table.opener[ours] - first)[table.quoted[ours]].tolist()) == shape.quoted, text


STRAY = {
    "a<think>b</think>c<answer>d</answer>e": "before between after",
    " <think>b</think>\n<answer>d</answer>\u3000": "",
    "a<think>b</think>": "before",
    "<think>b</think>c<answer>d</answer>": "between",
    "<answer>B</answer>x<think>t</think>": "between",
    "<think>b</think>c": "after",
    "a": "before",
    "": "",
    "<think>a": "before",
    "<think>a</answer>": "before",
    "<think>a</think>b<answer>c": "after",
    "a<think><answer>B</answer>x</think>": "before",
    "<think><answer>B</answer>x</think>y": "after",
    "<think>a<answer>b</think>c</answer>d": "after",
    "<think>a</think></think>b<answer>c</answer>": "between",
}


def test_stray_text_stands_before_between_or_after_the_blocks_as_written_by_hand() -> None:
    found = Reading(Rows.of(pa.array([*STRAY])))[StrayPlaces()]
    for (text, places), row in zip(STRAY.items(), found.tolist(), strict=True):
        assert row == [place in places.split() for place in ("before", "between", "after")], text
