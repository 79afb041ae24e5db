"""The scan finds the same tags wherever its blocks begin, and tells rows apart by their tags however many they have."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

from medreward.text import Reading, Rows, TagCount, WellFormed
from medreward.text import scan as tag_scan
from medreward.text import search as scanning
from medreward.text.buffer import numbered, words_at
from medreward.text.facts import MisspeltTag
from medreward.text.facts.shapes import Shapes
from medreward.text.search import find_byte, find_bytes
from medreward.text.tags import Case, TagSet
from tests.oracle import text as oracle

CASES: tuple[Case, ...] = ("exact", "any", "lowered", "folded")
TEXT = "<think>a<b</think>\n<<Answer>\u3000</ANSWER><answer>B</answer"


@pytest.mark.parametrize("block", [8, 16, 24, 64])
def test_tags_are_found_at_every_distance_from_where_a_block_begins(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(scanning, "_BLOCK", block)
    monkeypatch.setattr(scanning, "_STRIP", 2 * block)
    for shift in range(2 * block + 1):
        texts = ["x" * shift, TEXT, "<thi", "nk>"]
        reading = Reading(Rows.of(pa.array(texts)))
        start = reading.rows.offsets[1]
        edges = zip((reading.scan.start - start).tolist(), (reading.scan.end - start).tolist(), strict=True)
        found = [TEXT.encode()[a:b].decode() for a, b in edges]
        assert found == [TEXT[tag.start : tag.end] for tag in oracle.tags(TEXT, case="any")]
        assert reading[MisspeltTag()].tolist() == [False, True, False, False]


def test_a_tag_may_end_where_the_buffer_ends() -> None:
    for size in range(12):
        reading = Reading(Rows.of(pa.array([" " * size + "<answer>", "</answer>"])))
        assert reading.scan.row.tolist() == [0, 1]


def test_rows_of_the_same_tags_in_the_same_order_are_one_shape() -> None:
    texts = ["<think>a</think>", "", "b<think></think> ", "</think><think>", None, "<THINK>"]
    shape = Reading(Rows.of(pa.array(texts)))[Shapes()].of_row.tolist()
    assert [shape.index(number) for number in shape] == [0, 1, 0, 3, 1, 1]


def test_shapes_are_told_apart_however_many_were_met_before() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):  # some hundreds of shapes, more than are kept
        texts = ["".join(rng.choice(["<think>", "</think>", "<answer>", "</answer>"], 6)) for _ in range(16)]
        reading = Reading(Rows.of(pa.array(texts)))
        shape = reading[Shapes()].of_row.tolist()
        assert [shape.index(number) for number in shape] == [texts.index(text) for text in texts]
        assert reading[TagCount(tag="</think>")].tolist() == [text.count("</think>") for text in texts]


def test_more_shapes_than_are_kept_are_told_apart_in_one_batch() -> None:
    tags = ["<think>", "</think>", "<answer>", "</answer>"]
    texts = ["".join(path) for path in itertools.product(tags, repeat=5)]
    reading = Reading(Rows.of(pa.array(texts)))
    assert len({*reading[Shapes()].of_row.tolist()}) == len(texts)
    assert reading[WellFormed()].tolist() == [False] * len(texts)
    assert reading[TagCount(tag="<answer>")].tolist() == [text.count("<answer>") for text in texts]


@pytest.mark.parametrize("count", [20, 21, 22, 300])
def test_rows_of_many_tags_are_told_apart_by_their_last_one(count: int) -> None:
    texts = ["<think>" * count, "<think>" * (count - 1) + "</think>", "<think>" * (count + 1), "<think>" * count]
    reading = Reading(Rows.of(pa.array(texts)))
    for literal in ("<think>", "</think>"):
        assert reading[TagCount(tag=literal)].tolist() == [text.count(literal) for text in texts]


def test_words_beyond_the_buffer_are_zero() -> None:
    for size in range(20):
        raw = bytes(range(1, size + 1))
        words = words_at(np.frombuffer(raw, np.uint8), np.arange(size + 1))
        assert [int(word).to_bytes(8, "little") for word in words] == [
            raw[at : at + 8].ljust(8, b"\0") for at in range(size + 1)
        ]


@pytest.mark.parametrize("gap", [1, 2, 3, 30, 400, 10**9])
@pytest.mark.parametrize("size", [5, 1000, (1 << 17) + 3, (1 << 18) + 70, (1 << 22) + 9])
def test_a_byte_is_found_wherever_it_stands_in_texts_of_any_size(size: int, gap: int) -> None:
    text = np.full(size, ord("x"), np.uint8)
    text[min(gap, size) - 1 :: gap] = ord("<")
    expected = range(min(gap, size) - 1, size, gap)
    assert find_byte(text, ord("<"), 0, size).tolist() == [*expected]
    assert find_byte(text, ord("<"), 2, size - 1).tolist() == [at for at in expected if 2 <= at < size - 1]


@pytest.mark.parametrize("places", [[0], [64], [0, 64, 512, 4096, 65_536, 524_288], [63, 511], [1_048_575]])
def test_single_bytes_are_found_at_the_edges_of_whatever_is_looked_at_together(places: list[int]) -> None:
    buf = np.zeros(1 << 20, np.uint8)
    buf[places] = ord("<")
    assert find_byte(buf, ord("<"), 0, len(buf)).tolist() == places


def test_among_many_brackets_those_are_kept_that_may_begin_a_tag() -> None:
    text = np.frombuffer(b"<a<<bc<<t<.<at" * 20_000 + b"<", np.uint8)
    then = np.zeros(256, np.bool_)
    then[ord("t")] = True
    found = np.concatenate([*find_bytes(text, ord("<"), 0, len(text), then)]).tolist()
    raw = text.tobytes()
    assert found == [
        at for at, byte in enumerate(raw) if byte == ord("<") and (b"t" in raw[at + 1 : at + 3] or at + 3 > len(raw))
    ]


def test_equal_keys_have_equal_numbers_in_the_order_they_come() -> None:
    numbers, keys = numbered(np.array([7, -1, 7, 2**62, -1]))
    assert (numbers.tolist(), keys.tolist()) == ([0, 1, 0, 2, 1], [7, -1, 2**62])


def test_tags_and_what_may_be_meant_as_one_are_found_among_thousands_of_brackets() -> None:
    text = "<" * 6000 + "<answer>B</Answer>" + "<a" * 6000 + "<< h" * 3000 + "<chink>" + "<" * 6000
    reading = Reading(Rows.of(pa.array(["x", text, "<"])))
    places = [(tag.start + 1, tag.end + 1) for tag in oracle.tags(text, case="any")]
    assert [*zip(reading.scan.start.tolist(), reading.scan.end.tolist(), strict=True)] == places
    begins = {start for start, _ in places}
    near = [at + 1 for at, char in enumerate(text) if char == "<" and {*text[at + 1 : at + 3]} & {*"thn/aTHNA"}]
    assert reading.near_tags.tolist() == [at for at in near if at not in begins]
    assert reading[MisspeltTag()].tolist() == [False, True, False]


NAMES = [("think", "thinks"), ("reasoning", "reason"), ("answers", "answer"), ("ab", "a")]


@pytest.mark.parametrize("inner_space", [False, True])
@pytest.mark.parametrize(("think", "answer"), NAMES)
def test_a_name_that_begins_another_is_its_own_tag(think: str, answer: str, inner_space: bool) -> None:
    tags = TagSet(think=think, answer=answer, inner_space=inner_space)
    text = f"<{think}>x</{think}><{answer}>B</{answer}>"
    assert Reading(Rows.of(pa.array([text])), tags)[WellFormed()].tolist() == [True]


SPELLINGS: list[tuple[TagSet, dict[str, tuple[int, ...]]]] = [  # how many count as exact, any, lowered, folded
    (
        TagSet(),
        {
            "<think>": (1, 1, 1, 1),
            "<Think>": (0, 1, 1, 1),
            "<thin\u212a>": (0, 0, 1, 1),
            "<th\u0131nk>": (0, 0, 0, 1),
            "<th\u0130nk>": (0, 0, 0, 1),
            "<thinkx": (0, 0, 0, 0),
            "<xhink>": (0, 0, 0, 0),
            "<THINK\x1e": (0, 0, 0, 0),
        },
    ),
    (TagSet(think="step"), {"<\u017ftep>": (0, 0, 0, 1), "<\u017fteP>": (0, 0, 0, 1), "<step>": (1, 1, 1, 1)}),
    (TagSet(think="a_b"), {"<a_B>": (0, 1, 1, 1), "<A\x7fB>": (0, 0, 0, 0)}),
    (
        TagSet(think="reasoning_part"),
        {
            "<reasoning_part>": (1, 1, 1, 1),
            "<REASONING_part>": (0, 1, 1, 1),
            "<reasoning_past>": (0, 0, 0, 0),
            "<REASONING_parts>": (0, 0, 0, 0),
            "<reasoning_>": (0, 0, 0, 0),
        },
    ),
]


@pytest.mark.parametrize("inner_space", [False, True])
@pytest.mark.parametrize(("tags", "texts"), SPELLINGS)
def test_each_spelling_of_a_tag_counts_where_it_is_asked_for(
    tags: TagSet, texts: dict[str, tuple[int, ...]], inner_space: bool
) -> None:
    column = pa.array(["x", *(f"a {text} b" for text in texts), *texts])
    reading = Reading(Rows.of(column), tags.model_copy(update={"inner_space": inner_space}))
    for place, case in enumerate(CASES):
        counts = [count[place] for count in texts.values()]
        assert reading[TagCount(tag="<think>", case=case)].tolist() == [0, *counts, *counts], case
        assert not reading[TagCount(tag="</think>", case=case)].any()


def test_a_tag_with_space_inside_lies_in_one_row() -> None:
    texts = ["<", "think>", "< think", ">", "< think \n>", "< >", "<>", "< / think", "/ >", "</ think\u3000>", "< / >"]
    reading = Reading(Rows.of(pa.array(texts)), TagSet(inner_space=True))
    assert reading.scan.row.tolist() == [4, 9]
    assert reading[TagCount(tag="<think>")].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert reading[TagCount(tag="</think>")].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("inner_space", [False, True])
@pytest.mark.parametrize("group", [1, 4, 5])
def test_tags_are_the_same_however_many_brackets_are_taken_at_once(
    monkeypatch: pytest.MonkeyPatch, group: int, inner_space: bool
) -> None:
    monkeypatch.setattr(tag_scan, "_GROUP", group)
    texts = ["<think>a</think>", "< < <x", "", "<answer><<answer></answer>", "<<<<<<<<think>", "<answer>"]
    reading = Reading(Rows.of(pa.array(texts)), TagSet(inner_space=inner_space))
    counts = {tag: reading[TagCount(tag=tag)].tolist() for tag in ("<think>", "</think>", "<answer>", "</answer>")}
    assert counts == {
        "<think>": [1, 0, 0, 0, 1, 0],
        "</think>": [1, 0, 0, 0, 0, 0],
        "<answer>": [0, 0, 0, 2, 0, 1],
        "</answer>": [0, 0, 0, 1, 0, 0],
    }


def test_a_literal_is_a_role_and_a_side() -> None:
    assert [TagSet().parse(tag) for tag in ("<think>", "</answer>")] == [("think", "open"), ("answer", "close")]
