"""Choices over columns: one label or several, asked by the rule or row by row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from medreward import Scorer, explain
from medreward.errors import InputError
from medreward.rewards import AnswerLetter
from medreward.text.choice import FORMS, REASONS
from medreward.text.facts import ChoiceOf, Choices, Column
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
