"""Choices over columns: one label or several, asked by the rule or row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from medreward import Scorer, explain
from medreward.errors import InputError
from medreward.rewards import AnswerLetter
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import Body, ChoiceOf, Choices, Column
from medreward.text.option_column import OptionColumn
from medreward.text.reading import Reading
from medreward.text.rows import Rows

BODIES = ["B", "A, C", "AC", "A or C", "(A, C)", "The answers are A and C.", "not B", "E"]
TAGGED = pa.array([f"<answer>{body}</answer>" for body in BODIES])
OPTIONS = pa.array([["heart", "lung", "liver", "spleen"]] * len(BODIES))


def read(fact: ChoiceOf, completions: pa.Array = TAGGED, **columns: pa.Array) -> Choices:
    options = OPTIONS.slice(0, len(completions)) if len(completions) <= len(OPTIONS) else None
    return Reading(Rows.of(completions, options, columns))[fact]


def test_one_label_is_one_bit_and_several_are_none_where_one_is_asked() -> None:
    found = read(ChoiceOf())
    assert found.labels.tolist() == [2, 0, 0, 0, 0, 0, 0, 0]
    assert found.label.tolist() == [1, -1, -1, -1, -1, -1, -1, -1]
    assert [REASONS[code] for code in found.reason] == ["", *["several_labels"] * 5, "denied", "out_of_range"]


def test_labels_listed_together_are_a_set_where_several_are_asked() -> None:
    found = read(ChoiceOf(select="many"))
    assert found.labels.tolist() == [2, 5, 5, 0, 5, 5, 0, 0]
    assert found.label.tolist() == [1, -1, -1, -1, -1, -1, -1, -1]
    forms = ["clean", "clean", "clean", "ambiguous", "wrapped", "stated", "none", "none"]
    assert [FORMS[code] for code in found.form] == forms


def test_several_blocks_have_the_weakest_form_of_one_label_and_the_first_reason_for_none() -> None:
    blocks = [("A", "(A)"), ("(B)", "B"), ("A or B", "E"), ("E", "A or B")]
    found = read(ChoiceOf(), pa.array(["".join(f"<answer>{body}</answer>" for body in bodies) for bodies in blocks]))
    assert found.labels.tolist() == [1, 2, 0, 0]
    assert [FORMS[code] for code in found.form] == ["wrapped", "wrapped", "ambiguous", "none"]
    assert [REASONS[code] for code in found.reason] == ["", "", "several_labels", "out_of_range"]


def test_a_body_is_read_by_the_labels_of_its_own_question() -> None:
    questions = pa.array([["heart", "lung"], ["heart", "lung", "liver"]] * 2)
    texts = pa.array([f"<answer>{body}</answer>" for body in ("C", "C", "A, B", "A, B")])
    found = Reading(Rows.of(texts, questions))[ChoiceOf()]
    assert found.labels.tolist() == [0, 4, 0, 0]
    many = Reading(Rows.of(texts, questions))[ChoiceOf(select="many")]
    assert many.labels.tolist() == [0, 4, 3, 3]


def test_a_column_says_row_by_row_which_questions_have_several_answers() -> None:
    several = pa.array([1, 1, 0, 1, None, 0, 1, 1])
    found = read(ChoiceOf(select=Column(name="several")), several=several)
    assert found.labels.tolist() == [2, 5, 0, 0, 0, 0, 0, 0]
    flags = pa.array([True, True, False, False, False, True, False, False])
    assert read(ChoiceOf(select=Column(name="flag")), flag=flags).labels.tolist() == [2, 5, 0, 0, 0, 5, 0, 0]


def test_a_column_of_other_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="row 2") as raised:
        read(ChoiceOf(select=Column(name="n")), n=pa.array([0, 1, 2, 0, 0, 0, 0, 0]))
    assert raised.value.code == "column_type"


def test_blocks_that_name_the_same_set_agree_and_others_do_not() -> None:
    rows = pa.array(
        [
            "<answer>A, C</answer><answer>(C, A)</answer>",
            "<answer>A, C</answer><answer>A</answer>",
            "<answer>A</answer>",
        ]
    )
    found = read(ChoiceOf(select="many"), rows)
    assert found.labels.tolist() == [5, 0, 1]
    assert [FORMS[code] for code in found.form] == ["wrapped", "ambiguous", "clean"]
    assert REASONS[found.reason[1]] == "several_blocks"


def test_the_sixty_second_label_is_the_last_bit() -> None:
    labels = [f"o{number}" for number in range(62)]
    options = pa.array([[(label, None) for label in labels]], pa.map_(pa.string(), pa.string()))
    found = Reading(Rows.of(pa.array(["<answer>o61</answer>"]), options))[ChoiceOf()]
    assert found.labels.tolist() == [1 << 61]
    assert found.label.tolist() == [61]


SETS = [
    ["heart", "lung"],
    ["lung", "heart", "liver"],
    ["liver"],
    ["spleen", "liver", "heart", "lung"],
    ["lung", None, "heart"],
    None,
]


def as_list(texts: list[str | None] | None) -> list[str | None] | None:
    return texts


def as_map(texts: list[str | None] | None) -> list[tuple[str, str | None]] | None:
    return None if texts is None else [*zip("ABCD", texts, strict=False)]


@pytest.mark.parametrize(
    ("written", "kind"), [(as_list, pa.list_(pa.string())), (as_map, pa.map_(pa.string(), pa.string()))]
)
@pytest.mark.parametrize("times", [1, 60])
def test_an_options_text_is_the_label_of_its_own_row(written: Any, kind: pa.DataType, times: int) -> None:
    options = pa.array([written(texts) for texts in SETS] * times, kind)
    for body, labels in (("heart", [1, 2, 0, 4, 4, 0]), ("D", [0, 0, 0, 8, 0, 8]), ("liver", [0, 4, 1, 2, 0, 0])):
        rows = pa.array([f"<answer>{body}</answer>"] * len(options))
        assert Reading(Rows.of(rows, options))[ChoiceOf()].labels.tolist() == labels * times


def test_bodies_of_one_text_each_are_told_apart_by_their_options() -> None:
    rows = pa.array([f"<answer>{body}</answer>" for body in ("heart", "lung", "heart", "lung")])
    options = pa.array([["heart", "lung"], ["heart", "lung"], ["lung", "heart"], ["lung", "heart"]])
    assert Reading(Rows.of(rows, options))[ChoiceOf()].labels.tolist() == [1, 2, 2, 1]


def test_labels_are_those_of_each_row_where_rows_offer_two_kinds_of_them() -> None:
    rows = pa.array(["<answer>D</answer>"] * 4)
    options = pa.array([["heart", "lung"], ["heart", "lung", "liver", "spleen"]] * 2)
    assert Reading(Rows.of(rows, options))[ChoiceOf()].labels.tolist() == [0, 8, 0, 8]


@pytest.mark.parametrize("times", [1, 60])
def test_nulls_at_the_end_of_a_list_are_no_options(times: int) -> None:
    lists = [["heart", None, "lung", None], ["heart", "lung", None, None], [None, None, None, None], [None, "lung"]]
    options = pa.array([*lists, None] * times)
    for body, labels in (("C", [4, 0, 4, 0, 4]), ("D", [0, 0, 8, 0, 8]), ("lung", [4, 2, 0, 2, 0]), ("A", [1] * 5)):
        rows = pa.array([f"<answer>{body}</answer>"] * len(options))
        assert Reading(Rows.of(rows, options))[ChoiceOf()].labels.tolist() == labels * times
        sliced = Reading(Rows.of(rows.slice(1), options.slice(1)))[ChoiceOf()]
        assert sliced.labels.tolist() == (labels * times)[1:]


def test_lists_of_fixed_size_and_lists_under_a_null_are_read_as_lists_are() -> None:
    rows = pa.array(["<answer>lung</answer>", "<answer>C</answer>"])
    fixed = pa.array([["heart", "lung"], ["lung", "heart"]], pa.list_(pa.string(), 2))
    assert Reading(Rows.of(rows, fixed))[ChoiceOf()].labels.tolist() == [2, 0]
    values = pa.array(["heart", "lung", "lung", "heart"])
    hidden = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), values, mask=pa.array([False, True]))
    assert Reading(Rows.of(rows, hidden))[ChoiceOf()].labels.tolist() == [2, 4]
    none = pa.array([], pa.list_(pa.string()))
    assert Reading(Rows.of(pa.array([], pa.string()), none))[ChoiceOf()].labels.tolist() == []


def test_a_body_that_is_no_utf_8_is_read_without_it() -> None:
    bytes_ = pa.array([b"<answer>B \xff</answer>", b"<answer>\xff</answer>"], pa.binary())
    rows = pa.StringArray.from_buffers(2, *bytes_.buffers()[1:])
    found = Reading(Rows.of(rows, None))[ChoiceOf()]
    assert found.labels.tolist() == [2, 0]


def test_a_whole_text_without_an_answer_is_read_without_its_tags_and_reasoning() -> None:
    rows = pa.array(["<think>B", "so<think>B</think>", "<answer>C</answer>", "B</think> ", "not A <think> but B"])
    found = Reading(Rows.of(rows, None))[ChoiceOf(body=Body(if_missing="whole_text"))]
    assert found.labels.tolist() == [2, 0, 4, 2, 2]  # what stands in a block of reasoning is no answer


def test_more_than_62_options_are_refused() -> None:
    options = pa.array([[(f"o{number}", None) for number in range(63)]], pa.map_(pa.string(), pa.string()))
    with pytest.raises(InputError) as raised:
        OptionColumn.of(options)
    assert raised.value.code == "too_many_options"


def test_the_answer_column_joins_several_labels() -> None:
    scorer = Scorer(AnswerLetter(choice=ChoiceOf(select="many")))
    scores = scorer.score({"completion": TAGGED.to_pylist(), "gold": ["B"] * 8, "options": OPTIONS.to_pylist()})
    assert scores.table["answer"].to_pylist() == ["B", "A,C", "A,C", None, "A,C", "A,C", None, None]
    assert scores.rewards.tolist() == [1.0, *[0.0] * 7]
    assert np.isin(scores.table["answer_form"].to_pylist(), FORMS).all()


def test_explain_marks_the_words_of_every_label_where_several_are_asked() -> None:
    reward = AnswerLetter(choice=ChoiceOf(select="many"))
    text = "<answer>The answers are A and C.</answer>"
    explanation = explain(text, gold="A", options=["heart", "lung", "liver"], reward=reward)
    assert explanation.answer == "A,C"
    assert [text[mark.start : mark.end] for mark in explanation.marks if mark.kind == "label"] == ["A and C"]


SHARED = [
    ("B. Pneumonia", ("Pneumonia", "Pneumonia"), None),  # whose text it is nobody can say
    ("B. Pneumonia", ("Pneumonia.", "Pneumonia"), None),
    ("(B) Pneumonia.", ("pneumonia", "Pneumonia"), None),
    ("B. A", ("Heart", "A"), None),  # two labels
    ("A. Pneumonia tear", ("Pneumonia tear", "Pneumonia"), "A"),
    ("B. Viral pneumonia", ("Pneumonia", "Viral pneumonia"), "B"),
    ("B. None", ("Heart", "None"), "B"),
    ("B. neither", ("Heart", "neither"), "B"),
    ("B. Lungs #", ("Heart", "Lungs #"), "B"),
]


@pytest.mark.parametrize(("body", "texts", "label"), SHARED)
def test_a_label_and_its_own_text_is_a_choice_unless_another_option_reads_the_same(
    body: str, texts: tuple[str, ...], label: str | None
) -> None:
    found = Reading(Rows.of(pa.array([f"<answer>{body}</answer>"]), pa.array([texts])))[ChoiceOf()]
    assert found.label.tolist() == [-1 if label is None else "AB".index(label)]
