"""What is said of a reward before it scores anything is true, and is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from medreward import (
    PRESETS,
    AnswerLabels,
    Clip,
    Coalesce,
    ColumnValue,
    Constant,
    Document,
    FirstOf,
    Gate,
    Ladder,
    LengthBand,
    LengthCosine,
    MathRuled,
    Maximum,
    Minimum,
    PartialCredit,
    Product,
    RelativeLength,
    Reward,
    Scale,
    Scorer,
    TagPresence,
    WeightedSum,
)
from medreward.rewards import analyse, library
from medreward.rewards.analysis import same_by_algebra
from medreward.rewards.witnesses import Witness, witnesses
from medreward.text.facts import Column, TokenIds
from medreward.text.tags import TagSet
from tests import hostile
from tests.rewards.test_document import rewards

FORMAT, RIGHT = TagPresence(), PartialCredit()


def codes(reward: Reward | str) -> list[str]:
    """The codes of the warnings."""
    return [one.code for one in analyse(reward).warnings]


@pytest.mark.parametrize(
    ("reward", "expected"),
    [
        (WeightedSum.of(format=FORMAT, accuracy=RIGHT), ["format_alone"]),
        (WeightedSum.of(format=(0.2, FORMAT), accuracy=RIGHT), []),
        (WeightedSum.of(format=(2, FORMAT), accuracy=RIGHT), ["format_alone"]),
        (WeightedSum.of(accuracy=PartialCredit(ladder=Ladder(wrapped=1.5))), ["partial_exceeds_full"]),
        (WeightedSum.of(accuracy=PartialCredit(ladder=Ladder(clean=0.5))), []),
        (WeightedSum.of(accuracy=RIGHT, format=(0.0, FORMAT)), ["never_fires"]),
        (WeightedSum.of(accuracy=RIGHT, capped=(0.1, Clip(reward=FORMAT, low=1))), ["never_fires"]),
        (WeightedSum.of(accuracy=RIGHT, b=Gate(condition=FORMAT * 0.5, then=RIGHT)), ["never_fires", "never_taken"]),
        (WeightedSum.of(accuracy=RIGHT, again=(0.5, Product.of(PartialCredit()))), ["always_agree"]),
        (WeightedSum.of(accuracy=AnswerLabels(credit="per_right_label")), []),
    ],
)  # fmt: skip
def test_each_thing_that_may_not_be_meant_is_said(reward: Reward, expected: list[str]) -> None:
    assert codes(reward) == expected


def test_a_warning_names_completions_that_earn_what_it_says() -> None:
    (warning,) = analyse(PRESETS["medvlm-r1"].reward).warnings
    assert warning.text == (
        "format alone: the wrong answer '<think>t</think><answer>C</answer>' earns 1, as much as the right answer"
        " '<answer>B</answer>', which earns 1"
    )
    table = {"completion": ["<think>t</think><answer>C</answer>", "<answer>B</answer>"], "gold": ["B"] * 2}
    assert Scorer("medvlm-r1").score(table).rewards.tolist() == [1.0, 1.0]


def test_bounds_possible_and_reached_totals_of_the_default_are_the_five_of_the_paper() -> None:
    total = analyse("medvlm-r1").total
    assert (total.low, total.high) == (0.0, 2.0)
    assert total.reached == total.possible == (0.0, 0.5, 1.0, 1.5, 2.0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_analysed_and_what_is_reached_is_possible(name: str) -> None:
    found = analyse(name)
    for part in found.parts:
        assert all(part.low <= value <= part.high for value in part.reached)
        assert part.possible is None or {*part.reached} <= {*part.possible}
    assert str(found).startswith("reward: ")


def test_a_reward_of_groups_has_bounds_and_says_why_it_has_no_witnesses() -> None:
    found = analyse(RelativeLength().named("short") + RIGHT.named("accuracy"))
    assert (found.total.low, found.total.high) == (-0.5, 1.5)
    assert found.total.reached == ()
    assert "whole groups" in str(found)


def test_columns_are_said_beside_what_they_make_true() -> None:
    score = ColumnValue(column=Column(name="score"), low=0, high=1)
    found = analyse(score.named("score") + FORMAT.named("format") + 0.5 * RIGHT.named("accuracy"))
    assert found.total.reached[0] == 0.0
    assert found.total.reached[-1] == 2.5
    assert all("score = 0" in warning.text for warning in found.warnings)
    assert [warning.code for warning in found.warnings] == ["format_alone"]


@pytest.mark.parametrize(
    ("reward", "reached"),
    [
        (AnswerLabels(credit="per_right_label"), (0.0, 0.5, 1.0)),
        (PartialCredit(ladder=Ladder(text_only=0.25)), (0.0, 0.25, 0.5, 1.0)),
        (Document(tags=TagSet(think="plan", answer="final"), reward=FORMAT), (0.0, 1.0)),
        (ColumnValue(column=Column(name="score"), low=0, high=5), (0.0, 1.0)),
    ],
)
def test_totals_are_reached_with_several_right_labels_with_texts_other_tags_and_columns(
    reward: Reward | Document, reached: tuple[float, ...]
) -> None:
    assert analyse(reward).total.reached == reached


NEVER = "{} is never paid: its condition must be exactly 1, and can only be {}"


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        (Gate(condition=FORMAT * 0.5, then=RIGHT.named("right")), [NEVER.format("component 'right'", "0, 0.5")]),
        (
            FirstOf.of((FORMAT, RIGHT), (LengthCosine(limit=9, short=0.5), RIGHT)),
            [NEVER.format("partial_credit.v1", "0 to 0.5")],
        ),
        (FirstOf.of((FORMAT, RIGHT), (FORMAT * RIGHT, Constant(value=1))), []),
        (Gate(condition=FORMAT, then=RIGHT), []),
    ],
)
def test_a_condition_that_can_never_hold_is_said_with_what_it_can_be(reward: Reward, said: list[str]) -> None:
    assert [one.text for one in analyse(reward).warnings if one.code == "never_taken"] == said


def test_a_format_that_pays_more_than_the_answer_is_said_and_a_constant_is_not() -> None:
    (more,) = analyse(WeightedSum.of(format=(2, FORMAT), accuracy=RIGHT)).warnings
    assert "earns 2, more than the right answer '<answer>B</answer>', which earns 1" in more.text
    (alone,) = analyse(FORMAT).warnings
    assert "earns 1, more than the right answer '<answer>B</answer>', which earns 0" in alone.text
    assert codes(Scale(reward=FORMAT, factor=0.0, offset=1.0)) == []


def test_a_part_of_weight_0_and_a_component_that_never_changes_are_named() -> None:
    zero = WeightedSum.of(accuracy=RIGHT, format=(0.0, FORMAT))
    (warning,) = analyse(zero).warnings
    assert warning.text == (
        "component 'format' has the weight 0: it never changes a value, but a null of it still makes the sum null"
    )
    (warning,) = analyse(WeightedSum.of(accuracy=RIGHT, capped=(0.1, Clip(reward=FORMAT, low=1)))).warnings
    assert warning.text == "component 'capped' is 1 for every completion (by its bounds)"


def test_a_reward_whose_library_is_missing_has_no_witnesses_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "installed", lambda package: None)
    found = analyse(MathRuled())
    assert found.total.reached == ()
    assert found.unseen == "the reward calls mathruler, pylatexenc, sympy, which is not installed"


LAYOUTS = {  # what is asked for, and how it is written
    "asked": (True, "<think>t</think><answer>{}</answer>"),
    "on lines": (True, "<think>\nt\n</think>\n<answer>\n{}\n</answer>"),
    "answer alone": (False, "<answer>{}</answer>"),
    "no tags": (False, "{}"),
    "text after": (False, "<think>t</think><answer>{}</answer> ok"),
    "text before": (False, "Sure. <think>t</think><answer>{}</answer>"),
    "empty reasoning": (False, "<think></think><answer>{}</answer>"),
    "unclosed": (False, "<think>t</think><answer>{}"),
    "twice": (False, "<think>t</think><answer>{0}</answer><answer>{0}</answer>"),
}
HEDGES = [(None, "", text) for text in ("", "A or B", "A, B, C, D", "I cannot tell")]
ONE = [
    *((True, "clean", "B"), (False, "clean", "C"), (True, "wrapped", "(B)"), (False, "wrapped", "(C)")),
    *((True, "with_text", "B) Lungs"), (False, "with_text", "C) Liver")),
    *((True, "stated", "The answer is B"), (False, "stated", "The answer is C")),
    *((True, "text_only", "Lungs"), (False, "text_only", "Liver")),
]
SEVERAL = [
    *((True, "clean", "A, B"), (False, "clean", "C, D"), (True, "some", "A"), (False, "some", "C")),
    *((True, "with_text", "A) Heart, B) Lungs"), (False, "with_text", "C) Liver, D) Spleen")),
]


@pytest.mark.parametrize(("several", "answers"), [(False, ONE), (True, SEVERAL)])
def test_witnesses_are_every_layout_with_every_answer_and_nothing(
    several: bool, answers: list[tuple[bool | None, str, str]]
) -> None:
    made = {
        Witness(layout.format(text), name, asked, right, form)
        for name, (asked, layout) in LAYOUTS.items()
        for right, form, text in answers + HEDGES
    }
    assert {*witnesses(TagSet(), several=several)} == made | {Witness("", "nothing", False, None, "")}
    assert {*witnesses(TagSet())} == {*witnesses(TagSet(), several=False)}


def test_witnesses_of_completions_without_reasoning_have_no_tags_of_it() -> None:
    made = {
        (one.frame, one.asked, one.text) for one in witnesses(TagSet(think=None)) if one.form == "clean" and one.right
    }
    assert made == {
        ("asked", True, "t<answer>B</answer>"),
        ("on lines", True, "\nt\n\n<answer>\nB\n</answer>"),
        ("answer alone", True, "<answer>B</answer>"),
        ("no tags", False, "B"),
        ("text after", False, "t<answer>B</answer> ok"),
        ("text before", False, "Sure. t<answer>B</answer>"),
        ("empty reasoning", False, "<answer>B</answer>"),
        ("unclosed", False, "t<answer>B"),
        ("twice", False, "t<answer>B</answer><answer>B</answer>"),
    }


def test_lists_of_tokens_beside_the_witnesses_are_empty_and_then_of_one() -> None:
    found = analyse(LengthBand(length=TokenIds(), least=1))
    assert found.total.reached == (0.0, 1.0)


@settings(max_examples=30)
@given(rewards(), hostile.tables())
def test_what_never_fires_by_analysis_never_fires_on_any_text(reward: Reward, texts: list[str | None]) -> None:
    named = Gate(condition=reward, then=Constant(value=1)).named("gate")
    for warning in analyse(named).warnings:
        scores = Scorer(named).score({"completion": texts, "gold": ["B"] * len(texts)}).table["reward_gate"].to_pylist()
        if warning.code == "never_fires":
            assert len({*scores} - {None}) <= 1
        if warning.code == "never_taken" and not reward.may_be(1.0):
            assert 1.0 not in scores


TO_ONE = {"then": Constant(value=1), "otherwise": Constant(value=0)}
SCORE = ColumnValue(column=Column(name="score"), low=0, high=1)


@pytest.mark.parametrize(
    "same",
    [
        WeightedSum.of(only=FORMAT),
        Product.of(FORMAT),
        Minimum.of(FORMAT),
        Maximum.of(FORMAT),
        Coalesce.of(FORMAT),
        Scale(reward=FORMAT),
        Clip(reward=FORMAT, low=0, high=1),
        Clip(reward=FORMAT, low=-1),
        Clip(reward=FORMAT, high=2),
        Gate(condition=FORMAT, **TO_ONE),
        FORMAT.named("format"),
    ],
)
def test_a_reward_in_what_changes_nothing_is_that_reward_by_algebra(same: Reward) -> None:
    assert same_by_algebra(same, FORMAT)
    assert same_by_algebra(FORMAT, same)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (2 * FORMAT, FORMAT),
        (FORMAT + FORMAT, FORMAT),
        (FORMAT + FORMAT, WeightedSum.of(only=FORMAT)),
        (FORMAT * FORMAT, FORMAT),
        (Scale(reward=FORMAT, factor=2), FORMAT),
        (Scale(reward=FORMAT, offset=1), FORMAT),
        (Clip(reward=FORMAT, low=0.5), FORMAT),
        (Clip(reward=FORMAT, high=0.5), FORMAT),
        (Clip(reward=FORMAT, low=0.5, high=1), FORMAT),
        (Clip(reward=FORMAT, low=0, high=0.5), FORMAT),
        (Gate(condition=FORMAT, then=Constant(value=0), otherwise=Constant(value=1)), FORMAT),
        (Gate(condition=FORMAT, then=Constant(value=1), otherwise=Constant(value=1)), FORMAT),
        (Gate(condition=FORMAT, then=Constant(value=2)), FORMAT),
        (Gate(condition=RIGHT, **TO_ONE), RIGHT),
        (Gate(condition=SCORE, **TO_ONE), SCORE),
    ],
)
def test_rewards_that_differ_are_never_the_same_by_algebra(left: Reward, right: Reward) -> None:
    assert not same_by_algebra(left, right)


@settings(max_examples=30)
@given(rewards(), rewards(), hostile.tables())
def test_rewards_that_are_the_same_by_algebra_score_the_same(
    left: Reward, right: Reward, texts: list[str | None]
) -> None:
    wrapped = Clip(reward=Product.of(WeightedSum.of(one=left)), low=left.bounds()[0])
    assert same_by_algebra(left, wrapped)
    if same_by_algebra(left, right):
        table = {"completion": texts, "gold": ["B"] * len(texts)}
        assert Scorer(left).score(table).table["reward"].equals(Scorer(right).score(table).table["reward"])
