"""What single facts read: tables written by hand, each text in the first row, between others, and in the last row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from medreward.text import FLAWS, Flaws, LabelScan, Reading, Rows, TagCount, TagSet
from medreward.text.facts import (
    Body,
    Column,
    HasBody,
    HasLetter,
    InOrder,
    Layout,
    Length,
    Occurs,
    OptionMatch,
    TokenIds,
    newlines,
)

LINES = TagCount(tag="</think>", before="newline", after="newline")
LEFT_TO_RIGHT = TagCount(tag="</think>", before="newline", after="newline", overlapping=False)
TWO_OR_THREE = Occurs(count=TagCount(tag="<answer>"), least=2, most=3)


def path(gap: str, *, begin: str = "<think>", end: str = "</think>") -> Layout:
    """Two places and what stands between them."""
    return Layout.model_validate({"path": (begin, gap, end)})


TABLE: list[tuple[Any, dict[str, int]]] = [
    (LINES, {
        "": 0, "</think>": 0, "</think>\n": 0, "\n</think>": 0, "\n</think>\n": 1, "\n</think>\n</think>\n": 2,
        "\n</think>\n</think>\n</think>\n": 3, "\n<think>\n": 0, "\n</THINK>\n": 0, " </think>\n": 0, "\r</think>\n": 0,
    }),
    (LEFT_TO_RIGHT, {
        "\n</think>\n": 1, "\n</think>\n</think>\n": 1, "\n</think>\n\n</think>\n": 2,
        "\n</think>\n</think>\n</think>\n": 2, "\n</think>\n</think>\n</think>\n</think>\n": 2,
        "\n</think>\n</think>\n x\n</think>\n</think>\n": 2, "\n</think>\n</think>\n</think>\n</think>\n</think>\n": 3,
        "\n</think>\n</think>\nx\n</think>\n": 2, "\n</think>\n<think>\n</think>\n": 2,
    }),
    (TagCount(tag="<think>", before="newline"), {"<think>": 0, "\n<think>": 1, "\n<think>x": 1, "x<think>\n": 0}),
    (TagCount(tag="<think>", after="newline"), {"<think>": 0, "<think>\n": 1, "x<think>\n": 1, "\n<think>x": 0}),
    (TagCount(tag="<think>", case="any"), {"<think><THINK></think>": 2, "< think>": 0}),
    (TWO_OR_THREE, {"": 0, "<answer>": 0, "<answer>" * 2: 1, "<answer>" * 3: 1, "<answer>" * 4: 0}),
    (Occurs(count=TagCount(tag="<answer>"), least=0, most=0), {"": 1, "</answer>": 1, "<answer>": 0}),
    (path("nothing"), {"<think></think>": 1, "<think> </think>": 0, "x<think></think>x": 1, "</think><think>": 0}),
    (path("whitespace"), {"<think></think>": 1, "<think>\u3000\n</think>": 1, "<think>.</think>": 0}),
    (path("newline"), {
        "<think>\n</think>": 1, "<think>\n\n</think>": 0, "<think> </think>": 0, "<think></think>": 0,
        "<think>\n<answer>\n</think>": 0, "<think>x\n</think><think>\n</think>": 1,
    }),
    (path("anything"), {
        "<think></think>": 1, "<think>\n<answer>x</think>": 1, "</think><think>": 0, "</think>": 0, "<think>": 0,
    }),
    (path("one_line"), {
        "<think>a</think>": 1, "<think>a\nb</think>": 0, "<think>\n<think>b</think>": 1, "<think>\r</think>": 1,
        "<think>\n</think></think>": 0, "<think></think>\n</think>": 1, "</think>": 0,
    }),
    (path("one_line", begin="start", end="<think>"), {"a<think>": 1, "a\n<think>": 0, "<think>\n<think>": 1, "a": 0}),
    (path("anything", begin="start", end="<think>"), {"x<think>": 1, "<think>": 1, "x": 0}),
    (path("own_lines", begin="start", end="<think>"), {
        "\nx\n<think>": 1, "x\n<think>": 0, "\nx<think>": 0, "\n<think>": 0, "\n\n<think>": 1,
    }),
    (path("own_lines"), {
        "<think>\n\n</think>": 1, "<think>\na\n</think>": 1, "<think>\n</think>": 0, "<think>a\n</think>": 0,
        "<think>\na</think>": 0, "<think>\n<think>\n</think>": 1, "<think>\n<answer>\n</think>": 1,
        "<think>a<think>\n</think>": 0, "<think></think>": 0, "<think>\n</think>\n</think>": 1, "\n</think>": 0,
    }),
    (path("nothing", begin="</answer>", end="end"), {"</answer>": 1, "</answer> ": 0, "</answer>\n": 0, "": 0}),
    (path("whitespace", begin="</answer>", end="end"), {"</answer>": 1, "</answer> \n": 1, "</answer> x": 0}),
    (path("nothing", begin="</answer>", end="line_end"), {
        "</answer>": 1, "</answer>\nmore": 1, "</answer> \n": 0, "</answer>more": 0, "</answer>x</answer>\n": 1,
    }),
    (path("whitespace", begin="start", end="<think>"), {"<think>": 1, "\n <think>": 1, "x<think>": 0, "": 0}),
    (InOrder(tags=("think",)), {"<think>": 0, "</think>": 0, "<think></think>": 1, "</think><think>": 0}),
    (Length(of="think", unit="words", case="any"), {"<THINK>a b</THINK>": 2, "<think>a</think>": 1, "a b": 0}),
    (HasBody(least_words=2), {
        "<answer>a b</answer>": 1, "<answer>a</think> b</answer>": 1, "<answer>a</answer>": 0, "a b": 0,
        "<answer>a</think></answer>": 0,
    }),
    (HasBody(least_words=1), {"<answer>a</answer>": 1, "<answer>\n</answer>": 0, "<answer></think></answer>": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "text", "expected"), [(fact, *row) for fact, rows in TABLE for row in rows.items()])
def test_a_fact_reads_what_is_written_by_hand(fact: Any, text: str, expected: int) -> None:
    column = pa.array([text, "\n<think>\n", None, text, "<answer></answer>\n", text])
    read = Reading(Rows.of(column))[fact]
    assert [int(read[row]) for row in (0, 3, 5)] == [expected] * 3


FIRST_WORD = LabelScan(body=Body(pick="first_span"), boundary="word", take="first")


@pytest.mark.parametrize(
    ("scan", "body", "hits", "letter", "alone"),
    [
        (FIRST_WORD, "B", 1, 1, True),
        (FIRST_WORD, "xB", 0, -1, False),
        (FIRST_WORD, "Bx", 0, -1, False),
        (FIRST_WORD, "Bx, C", 1, 2, False),
        (FIRST_WORD, "B_, C", 1, 2, False),
        (FIRST_WORD, "_B C", 1, 2, False),
        (FIRST_WORD, "(B) C", 2, 1, False),
        (LabelScan(boundary="word"), "B C", 2, -1, False),
        (LabelScan(boundary="word"), "xB C", 1, 2, False),
        (LabelScan(boundary="word"), "Bx Cx", 0, -1, False),
        (LabelScan(take="first"), "xCB", 2, 2, False),
        (LabelScan(), "xBx", 1, 1, False),
        (LabelScan(), "BB", 2, -1, False),
        (LabelScan(), " b\n", 1, 1, True),
        (LabelScan(), "", 0, -1, False),
        (LabelScan(alphabet="XY"), "by", 1, 1, False),
        (LabelScan(body=Body()), "B", 1, 1, True),
    ],
)
def test_letters_are_scanned_as_written_by_hand(
    scan: LabelScan, body: str, hits: int, letter: int, alone: bool
) -> None:
    column = pa.array([f"<answer>{body}</answer>", "no tags", f"<answer>{body}</answer><answer>A</answer>"])
    found = Reading(Rows.of(column))[scan]
    assert found.hits.tolist() == [hits, 0, hits]
    assert found.letter.tolist() == [letter, -1, letter]
    assert found.alone.tolist() == [alone, False, alone]


def test_options_are_matched_with_the_questions_own() -> None:
    questions = [["Heart", "Lungs"], ["Lungs", "Heart"], ["Liver", "Heart", "Lungs"], ["Heart", "Lungs"]]
    bodies = ["Heart", "heart", "b. HEART", "Liver"]
    rows = Rows.of(pa.array([f"<answer>{body}</answer>" for body in bodies]), pa.array(questions))
    found = Reading(rows)[OptionMatch()]
    assert [found.is_option(np.full(4, place)).tolist() for place in (-1, 0, 1, 2)] == [
        [False] * 4,
        [True, False, False, False],
        [False, True, True, False],
        [False] * 4,
    ]


def test_a_body_is_matched_with_the_options_of_its_own_question_alone() -> None:
    questions = [["Heart", "Lungs"], ["Lungs", "Heart", "Liver"], ["Liver", "Heart"], ["Heart", "Lungs"]]
    bodies = ["Lungs", "Liver", "A", "Liver"]
    rows = Rows.of(pa.array([f"<answer>{body}</answer>" for body in bodies]), pa.array(questions))
    found = Reading(rows)[OptionMatch()]
    right = np.array([1, 2, 0, 0])
    assert found.is_option(right).tolist() == [True, True, True, False]
    assert found.is_option((right + 1) % 2).tolist() == [False] * 4


def test_letters_are_folded_as_lower_case_makes_them() -> None:
    rows = Rows.of(pa.array(["<answer>\xdf</answer>", "<answer>SS</answer>"]), pa.array([["ss", "tt"]] * 2))
    assert Reading(rows)[OptionMatch()].is_option(np.zeros(2, np.int64)).tolist() == [False, True]


def test_where_there_are_no_rows_nothing_is_found() -> None:
    reading = Reading(Rows.of(pa.array([], pa.string()), pa.array([], pa.list_(pa.string()))))
    assert reading[OptionMatch()].is_option(np.zeros(0, np.int64)).tolist() == []
    assert reading[Flaws()].shape == (0, len(FLAWS))
    assert reading[path("one_line")].tolist() == []


BODIES = {
    "<answer> B </answer>": "B",
    "<answer> B</think> </answer>": "B",
    "<answer>a</think>b</answer>": "a b",
    "<answer>a</think></think>b</answer>": "a  b",
    "<answer>a<think>b</think>c</answer>": "a c",
    "<answer>a<think>b</answer>": "a b",
    "</think> C": "C",
    "D": "D",
}


def test_bodies_are_what_stands_inside_or_all_with_a_space_for_tags() -> None:
    found = Reading(Rows.of(pa.array([*BODIES])))[Body(if_missing="whole_text")]
    codes, texts = found.distinct()
    assert [texts[code].decode() for code in codes.tolist()] == [*BODIES.values()]


def test_blocks_of_each_of_three_tags_are_paired() -> None:
    tags = TagSet(others=("hint",))
    texts = [
        "<answer>a<hint>b</hint>c</answer>",
        "<hint>a<answer>b</answer>c</hint>",
        "<hint><answer>a</hint></answer>",
    ]
    codes, bodies = Reading(Rows.of(pa.array(texts)), tags)[Body()].distinct()
    assert [bodies[code] for code in codes.tolist()] == [b"a c", b"b", b"a"]


def test_rows_of_many_tags_have_shapes_of_their_own_wherever_they_stand() -> None:
    openers = [0, 40, 1, 41, 41, 0, 70, 1]
    texts = ["<answer>" * count + "</answer>" * (count == 41) for count in openers]
    assert Reading(Rows.of(pa.array(texts)))[TagCount(tag="<answer>")].tolist() == openers
    assert Reading(Rows.of(pa.array(texts)))[TagCount(tag="</answer>")].tolist() == [0, 0, 0, 1, 1, 0, 0, 0]


def test_newlines_are_found_in_every_block_of_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newlines, "_BLOCK", 4)
    texts = ["<think>a</think>", "<think>a\nb</think>", "<think>\n</think>", "<think>b</think>\n"]
    assert Reading(Rows.of(pa.array(texts)))[path("one_line")].tolist() == [True, False, False, True]


def test_whole_numbers_beyond_those_of_floats_are_the_nearest() -> None:
    numbers = pa.array([2**53 + 1, 1], pa.int64())
    read = Reading(Rows.of(pa.array(["x"] * 2), None, {"score": numbers}))[Column(name="score")]
    assert read.data.tolist() == [2.0**53, 1.0]


def test_numbers_of_a_sliced_column_are_those_of_their_rows() -> None:
    for kind in (pa.float64(), pa.float32(), pa.int64(), pa.uint8()):
        scores = pa.array([9, 1, None, 3], kind).slice(1)
        read = Reading(Rows.of(pa.array(["x"] * 3), None, {"score": scores}))[Column(name="score")]
        assert read.valid.tolist() == [True, False, True]
        assert read.data[[0, 2]].tolist() == [1.0, 3.0]


def test_an_alphabet_has_1_to_64_different_visible_characters() -> None:
    letters = "".join(map(chr, range(ord("0"), ord("0") + 65)))
    assert LabelScan(alphabet=letters[:64], fold="none").alphabet == letters[:64]
    assert LabelScan(alphabet="A").alphabet == "A"
    for bad in (letters, "", "AA", "A ", "A\u200b"):
        with pytest.raises(ValidationError):
            LabelScan(alphabet=bad, fold="none")


def test_tokens_of_sliced_lists_are_those_of_their_rows() -> None:
    lists = pa.array([[9, 9], [7], None, [8, 7, 8], []], pa.list_(pa.int32()))
    for ids in (lists, lists.cast(pa.large_list(pa.int64()))):
        reading = Reading(Rows.of(pa.array(["a"] * 4), None, {"completion_ids": ids.slice(1)}))
        measured = TokenIds().measure(reading)
        assert measured.data.tolist() == [1, 0, 3, 0]
        assert measured.valid.tolist() == [True, False, True, True]
        found = reading[TokenIds()]
        assert found.row.tolist() == [0, 2, 2, 2]
        seven, eight, *rest = found.code.tolist()
        assert seven != eight
        assert rest == [seven, eight]


def test_tokens_in_lists_of_one_size_are_counted() -> None:
    ids = pa.array([[1, 2], [3, 4]], pa.list_(pa.int64(), 2))
    reading = Reading(Rows.of(pa.array(["a", "b"]), None, {"completion_ids": ids}))
    assert TokenIds().measure(reading).data.tolist() == [2, 2]


def test_token_ids_of_64_bits_are_told_apart() -> None:
    ids = pa.array([[2**63, 2**64 - 1, 2**63, 1]], pa.large_list(pa.uint64()))
    reading = Reading(Rows.of(pa.array(["a"]), None, {"completion_ids": ids}))
    assert reading[TokenIds()].code.tolist() == [0, 1, 0, 2]


def test_a_letter_is_there_where_one_alone_is_found() -> None:
    bodies = ["A", "B", "", "AB", "x"]
    read = Reading(Rows.of(pa.array([*(f"<answer>{body}</answer>" for body in bodies), "A"])))[HasLetter()]
    assert read.tolist() == [True, True, False, False, False, False]


FITTING: dict[str, str | None] = {
    "<answer>B</answer>": "B",
    "<answer>x</answer><answer> C\n</answer><answer>D</answer>": "C",
    "<answer>A<answer>B</answer>": "B",
    "<answer>b</answer>": None,
    "<answer>AB</answer>": None,
    "<answer>E</answer>": None,
    "<think>B</think>": None,
    "<answer><think>B</think></answer>": None,
    "</answer>B<answer>": None,
    "<answer>text</answer><answer>B</answer>": "B",
    "<think>x</think>B<answer>": None,
    "<answer>C": None,
    "</answer>": None,
}


def test_the_first_fitting_body_is_one_letter_between_neighbours() -> None:
    found = Reading(Rows.of(pa.array([*FITTING])))[Body(pick="first_fitting", alphabet="ABCD")]
    codes, texts = found.distinct()
    letters = dict(zip(found.row.tolist(), [texts[code].decode().strip() for code in codes.tolist()], strict=True))
    assert [letters.get(row) for row in range(len(FITTING))] == [*FITTING.values()]
