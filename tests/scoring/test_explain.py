"""Explanations: every component, its value, why, and where in the text."""

from __future__ import annotations

import json
import time
from typing import Literal

import pytest
from hypothesis import given

from medreward import explain
from medreward.errors import DocumentError, InputError, RuleError
from medreward.rewards import REWARDS, Gold, Reward, Values
from medreward.text import Reading
from tests import hostile

TEXT = "Sure é. <think>a lung</think> <answer>B, a mass</answer>"


def marked(text: str, reward: str = "medvlm-r1") -> list[tuple[str, str]]:
    """What each mark covers, and its kind."""
    return [(text[mark.start : mark.end], mark.kind) for mark in explain(text, "B", reward=reward).marks]


def test_marks_cover_stray_text_tags_bodies_and_label() -> None:
    assert marked(TEXT) == [
        ("Sure é.", "stray"),
        ("<think>", "tag"),
        ("a lung", "reasoning"),
        ("</think>", "tag"),
        ("<answer>", "tag"),
        ("B, a mass", "answer"),
        ("B", "label"),
        ("</answer>", "tag"),
    ]


def test_loose_tags_are_marked_as_such() -> None:
    assert marked("</think><answer>肺 B") == [("</think>", "loose_tag"), ("<answer>", "loose_tag"), ("肺 B", "stray")]


def test_an_explanation_of_figure_1_says_why_the_code_gives_nothing() -> None:
    text = "<think>t</think><answer>B, there is no clear indication</answer>"
    paper, code = explain(text, "B"), explain(text, "B", reward="medvlm-r1-code")
    assert (paper.reward, code.reward) == (1.5, 1.0)
    assert paper.components == {"format": 1.0, "accuracy": 0.5}
    assert "commits to B (with_text), which is right" in str(paper)
    assert "characters of A-J in the answer, counted inside words too" in str(code)


def test_flaws_come_with_their_repair() -> None:
    assert explain("<think>t<answer>B</answer>", "B").flaws == {
        "missing_close": "write the closing tag after the text it belongs to",
        "unclosed": "close the tag before the next tag",
        "stray_before": "drop the text before the first block",
    }


@pytest.mark.parametrize(
    ("completion", "gold", "words"),
    [
        ("<answer>C</answer>", "B", "wrong: the gold is B"),
        ("<answer>C</answer>", None, "there is no gold"),
        ("<answer>A or B</answer>", "B", "several_labels"),
        ("B", "B", "no answer block"),
        ("<think>x</think>", "B", "<answer> occurs 0 times"),
        (None, "B", "null"),
        ("<answer>B</answer><think>t</think>", "B", "not in order"),
        ("x <think>t</think><answer>B</answer> y", "B", "before, after the blocks"),
    ],
)
def test_the_reason_says_what_happened(completion: str | None, gold: str | None, words: str) -> None:
    assert words in str(explain(completion, gold))


def test_an_explanation_is_plain_data() -> None:
    data = json.loads(json.dumps(explain(TEXT, "B", ["Heart", "Lungs"], "mcq").to_dict()))
    assert data["reward"] == 0.5
    assert data["components"] == {"format": 0.0, "accuracy": 0.5}
    assert data["answer"] == "B"
    assert data["answer_form"] == "with_text"


@given(hostile.completions())
def test_any_text_is_explained_and_marks_lie_in_it(text: str) -> None:
    explanation = explain(text, "B", ["Heart", "Lungs"], "mcq")
    assert all(0 <= mark.start <= mark.end <= len(text) for mark in explanation.marks)
    assert all(text[mark.start : mark.end].startswith("<") for mark in explanation.marks if "tag" in mark.kind)
    assert explanation.completion == text


def test_a_very_long_text_is_explained_in_linear_time() -> None:
    tidy = "<think>t</think><answer>B</answer>"

    def seconds(count: int) -> float:
        start = time.process_time()
        assert len(explain(tidy * count, "B").marks) == 7 * count
        return time.process_time() - start

    small = min(seconds(1000) for _ in range(3))
    assert min(seconds(16_000) for _ in range(2)) < 100 * small  # linear: 16 times; quadratic: 256 times


@pytest.mark.parametrize("text", [b"<answer>B</answer>", 3])
def test_a_completion_is_text(text: object) -> None:
    with pytest.raises(InputError, match="A completion is text"):
        explain(text, "B")  # type: ignore[arg-type]


@pytest.mark.parametrize("gold", [1.5, True, 2**70])
def test_a_gold_is_text_or_a_whole_number_that_means_something(gold: object) -> None:
    with pytest.raises(InputError) as caught:
        explain("x", gold)  # type: ignore[arg-type]
    assert caught.value.code == "gold_type"


def test_wrong_golds_options_and_rewards_are_errors() -> None:
    with pytest.raises(InputError, match="gold 'E'"):
        explain("x", "E", ["Heart", "Lungs"])
    with pytest.raises(InputError, match="distinct"):
        explain("x", "A", {"A": "Heart", "A ": "Lungs"})
    with pytest.raises(InputError, match="27"):
        explain("x", "A", ["x"] * 27)
    for options in ("Heart", {1: "x"}, [1, 2], {"A": b"x"}):
        with pytest.raises(InputError, match="list of texts"):
            explain("x", "A", options)  # type: ignore[arg-type]
    with pytest.raises(DocumentError):
        explain("x", "A", reward="medvlm")


@REWARDS.add
class Unexplained(Reward):
    """A rule of somebody who wrote no reasons."""

    kind: Literal["unexplained.v1"] = "unexplained.v1"

    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(reading.rows.valid, reading.rows.valid)

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


@REWARDS.add
class Misexplained(Unexplained):
    """A rule whose reasons are a mistake."""

    kind: Literal["misexplained.v1"] = "misexplained.v1"  # type: ignore[assignment]

    def why(self, reading: Reading, gold: Gold) -> str:
        return f"{1 / 0}"


def test_a_rule_that_gives_no_reasons_is_explained_by_its_name() -> None:
    assert [part.why for part in explain("B", reward=Unexplained()).parts] == ["the rule unexplained.v1 says so"]


def test_reasons_that_raise_are_a_mistake_of_their_rule() -> None:
    with pytest.raises(RuleError, match=r"rule misexplained\.v1 raised an error") as caught:
        explain("B", reward=Misexplained())
    assert caught.value.got == "ZeroDivisionError: division by zero"
