"""Golds that are sets, however they are written; and credits against tables worked out by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreward import AnswerLabels, AnswerLetter, InputError, InputSettings, Scorer, score_one
from medreward.rewards.answer_labels import LabelCredit

OPTIONS = ["Heart", "Lungs", "Left kidney", "AC"]
AB = "<answer>A, B</answer>"


def exact(gold: object, completion: str = AB, settings: InputSettings | None = None) -> list[float | None]:
    """What an exact match earns, with the cell as a user's column holds it."""
    table = {"completion": [completion], "gold": [gold], "options": [OPTIONS]}
    found: list[float | None] = Scorer(AnswerLabels(), settings=settings).score(table).table["reward"].to_pylist()
    return found


@pytest.mark.parametrize(
    "gold",
    [
        *("A,B", "B, A", "A and B", "A, and B", "a & b", "A;B", "A|B", "A / B", "AB", "ba", "A, B, A", "(A, B)"),
        *("[A, B]", '["A", "B"]', "['A', 'B']", "{A, B}", "<answer>A, B</answer>", "Heart, Lungs", "heart and LUNGS"),
        *(["A", "B"], ["b", "Heart"], ["<answer>A</answer>", "B"], ["A", "A", "B"]),
    ],
)
def test_a_set_is_a_set_however_it_is_written(gold: object) -> None:
    assert exact(gold) == [1.0]
    assert exact(gold, "<answer>A</answer>") == [0.0]


@pytest.mark.parametrize(("gold", "answer"), [("B", "B"), (["B"], "B"), ("AC", "D"), ("Left kidney", "C")])
def test_one_label_is_a_set_of_one_and_a_whole_option_is_never_split(gold: object, answer: str) -> None:
    assert exact(gold, f"<answer>{answer}</answer>") == [1.0]


@pytest.mark.parametrize("gold", ["A, X", "A or B", "", ",", "XY", ["A", "X"], [], ["A", None]])
def test_a_set_with_anything_in_it_that_is_no_option_is_an_error_or_null(gold: object) -> None:
    with pytest.raises(InputError) as caught:
        exact(gold)
    assert caught.value.code == "bad_gold"
    assert exact(gold, settings=InputSettings(bad_gold="null")) == [None]


def test_a_null_gold_is_null() -> None:
    assert exact(None) == [None]
    table = {"completion": [AB, AB], "gold": pa.array([None, ["A", "B"]]), "options": [OPTIONS] * 2}
    assert Scorer(AnswerLabels()).score(table).table["reward"].to_pylist() == [None, 1.0]


def test_numbers_are_counted_from_where_it_is_said() -> None:
    for gold in ([1, 2], "1,2", "[1, 2]"):
        assert exact(gold, settings=InputSettings(gold_index=1)) == [1.0]
        assert exact(gold, "<answer>B, C</answer>", InputSettings(gold_index=0)) == [1.0]
    assert exact("3", "<answer>C</answer>", InputSettings(gold_index=1)) == [1.0]
    with pytest.raises(InputError) as caught:
        exact([1, 2])
    assert caught.value.code == "gold_type"


def test_a_rule_of_one_label_takes_a_list_of_one_and_no_longer_one() -> None:
    table = {"completion": ["<answer>B</answer>"], "gold": [["B"]], "options": [OPTIONS]}
    assert Scorer(AnswerLetter()).score(table).rewards.tolist() == [1.0]
    with pytest.raises(InputError, match="names none"):
        Scorer(AnswerLetter()).score({**table, "gold": [["A", "B"]]})


def test_every_arrow_list_type_and_slices_of_it_are_read() -> None:
    cells = [["D"], ["A", "B"], None, ["C"]]
    for kind in (
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.dictionary(pa.int32(), pa.string())),
    ):
        column = pa.array(cells, kind).slice(1)
        table = {"completion": [AB] * 3, "gold": column, "options": [OPTIONS] * 3}
        assert Scorer(AnswerLabels()).score(table).table["reward"].to_pylist() == [1.0, None, 0.0]
    fixed = pa.array([["A", "B"], ["B", "C"]], pa.list_(pa.string(), 2))
    table = {"completion": [AB] * 2, "gold": fixed, "options": [OPTIONS] * 2}
    assert Scorer(AnswerLabels()).score(table).rewards.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("gold", [["A", "B"], ("A", "B"), {"A", "B"}, "A,B"])
def test_one_completion_takes_a_set_in_any_python_form(gold: list[str] | set[str] | str) -> None:
    assert score_one(AB, gold, OPTIONS, AnswerLabels()) == 1.0


# picked, right, options: worked out by hand with |P and G|, |P or G|, |P|, |G| written out
TABLE: list[tuple[str, str, dict[LabelCredit, float]]] = [
    ("A", "A", {"exact": 1, "jaccard": 1, "f1": 1, "per_right_label": 1, "per_option": 1}),
    ("A", "B", {"exact": 0, "jaccard": 0, "f1": 0, "per_right_label": 0, "per_option": 2 / 4}),
    ("A,B", "A,B", {"exact": 1, "jaccard": 1, "f1": 1, "per_right_label": 1, "per_option": 1}),
    ("A,B", "A", {"exact": 0, "jaccard": 1 / 2, "f1": 2 / 3, "per_right_label": 1, "per_option": 3 / 4}),
    ("A", "A,B", {"exact": 0, "jaccard": 1 / 2, "f1": 2 / 3, "per_right_label": 1 / 2, "per_option": 3 / 4}),
    ("A,B", "B,C", {"exact": 0, "jaccard": 1 / 3, "f1": 2 / 4, "per_right_label": 1 / 2, "per_option": 2 / 4}),
    ("A,B,C", "C,D", {"exact": 0, "jaccard": 1 / 4, "f1": 2 / 5, "per_right_label": 1 / 2, "per_option": 1 / 4}),
    ("A,B", "C,D", {"exact": 0, "jaccard": 0, "f1": 0, "per_right_label": 0, "per_option": 0}),
    ("A,B,C,D", "A,B,C,D", {"exact": 1, "jaccard": 1, "f1": 1, "per_right_label": 1, "per_option": 1}),
    ("A,B,C,D", "D", {"exact": 0, "jaccard": 1 / 4, "f1": 2 / 5, "per_right_label": 1, "per_option": 1 / 4}),
]


@pytest.mark.parametrize(("picked", "right", "table"), TABLE)
def test_credits_are_those_of_the_table(picked: str, right: str, table: dict[LabelCredit, float]) -> None:
    for credit, value in table.items():
        reward = AnswerLabels(credit=credit)
        assert score_one(f"<answer>{picked}</answer>", right, OPTIONS, reward) == value
        wrong = len({*picked} - {*right} - {","})
        strict = AnswerLabels(credit=credit, penalty=0.25, floor=-0.4)
        assert score_one(f"<answer>{picked}</answer>", right, OPTIONS, strict) == max(-0.4, value - 0.25 * wrong)


PENALTIES = st.just(0.0) | st.floats(1e-6, 2)  # what is smaller is lost in the rounding of 1
SETS = st.sets(st.sampled_from("ABCD"), min_size=1)


@given(SETS, SETS, st.sampled_from(["exact", "jaccard", "f1", "per_right_label", "per_option"]), PENALTIES)
def test_only_the_whole_set_earns_1_unless_wrong_picks_are_free(
    picked: set[str], right: set[str], credit: LabelCredit, penalty: float
) -> None:
    reward = AnswerLabels(credit=credit, penalty=penalty, floor=-1)
    value = score_one(f"<answer>{', '.join(sorted(picked))}</answer>", right, OPTIONS, reward)
    low, high = reward.bounds()
    assert value is not None
    assert low <= value <= high
    free = credit == "per_right_label" and penalty == 0
    assert (value == 1) == (picked == right or (free and picked >= right))
