"""Combinators: arithmetic, operators, bounds and nulls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given

from medreward import (
    Clip,
    Constant,
    DocumentError,
    Gate,
    Maximum,
    Minimum,
    Product,
    Reward,
    RuleError,
    Scorer,
    TagPresence,
    WeightedSum,
)
from medreward.rewards import PartialCredit, Values
from medreward.rewards.base import REWARDS, Gold
from medreward.text import Reading, TagCount
from tests import hostile
from tests.rewards.test_document import rewards

NULL = PartialCredit()  # null where the gold is
ONE, TWO = Constant(value=1), Constant(value=2)


def value(reward: Reward, gold: str | None = "B") -> float | None:
    """What the reward gives for a well-formed completion."""
    table = {"completion": ["<think>t</think><answer>B</answer>"], "gold": [gold]}
    found: float | None = Scorer(reward).score(table).table["reward"].to_pylist()[0]
    return found


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: ONE + TWO, 3.0),
        (lambda: ONE - TWO, -1.0),
        (lambda: sum([ONE, TWO, TWO]), 5.0),
        (lambda: 1 - TWO, -1.0),
        (lambda: TWO - 1, 1.0),
        (lambda: TWO + 1, 3.0),
        (lambda: TWO + np.float64(0.5), 2.5),
        (lambda: 0.5 * TWO - 0.25 * ONE - 0.5, 0.25),
        (lambda: TWO / 4, 0.5),
        (lambda: TWO * np.float64(0.5), 1.0),
        (lambda: -TWO, -2.0),
        (lambda: 2 * TWO + ONE, 5.0),
        (lambda: TWO * 2 + 0.5 * ONE, 4.5),
        (lambda: TWO * TWO * TWO, 8.0),
        (lambda: 2 * (ONE + TWO), 6.0),
        (lambda: ONE + (TWO + ONE), 4.0),
        (lambda: Minimum.of(TWO, ONE), 1.0),
        (lambda: Maximum.of(ONE, TWO), 2.0),
        (lambda: Clip(reward=TWO, high=1.5), 1.5),
        (lambda: Clip(reward=-TWO, low=-1), -1.0),
        (lambda: Gate(condition=ONE, then=TWO), 2.0),
        (lambda: WeightedSum.of(one=ONE, two=(3.0, TWO)), 7.0),
        (lambda: 5 + TWO, 7.0),
        (lambda: 1 + TWO, 3.0),
        (lambda: ONE * 0.5 * TWO, 1.0),
        (lambda: Gate(condition=TWO, then=TWO, otherwise=-ONE), -1.0),
    ],
)
def test_operators_and_combinators_compute(make: Callable[[], Reward], expected: float) -> None:
    assert value(make()) == expected


@pytest.mark.parametrize(
    "reward",
    [
        0.0 * NULL + ONE,
        NULL * Constant(value=0),
        Minimum.of(NULL, ONE),
        Maximum.of(NULL, ONE),
        Clip(reward=NULL, low=0, high=0),
        Gate(condition=NULL, then=ONE),
        Gate(condition=ONE, then=ONE, otherwise=NULL),
        Gate(condition=Constant(value=0), then=NULL, otherwise=ONE),
    ],
)
def test_a_null_part_makes_the_result_null_whatever_its_weight_or_branch(reward: Reward) -> None:
    assert value(reward) is not None
    assert value(reward, gold=None) is None


def test_format_is_still_given_where_the_gold_is_null() -> None:
    scores = Scorer("medvlm-r1").score({"completion": ["<think>t</think><answer>B</answer>"], "gold": [None]}).table
    assert scores.select(["reward", "reward_format", "reward_accuracy"]).to_pylist() == [
        {"reward": None, "reward_format": 1.0, "reward_accuracy": None}
    ]


def test_sums_are_left_folds_in_the_order_written() -> None:
    parts = [0.1, 0.2, 0.3, 1e16, -1e16]
    total = WeightedSum.of(**{f"p{i}": Constant(value=part) for i, part in enumerate(parts)})
    expected = 0.1
    for part in parts[1:]:
        expected = expected + part
    assert value(total) == expected
    other = WeightedSum.of(**{f"p{i}": Constant(value=part) for i, part in enumerate(reversed(parts))})
    assert value(other) != expected


def test_parts_are_named_and_a_python_sum_begins_with_nothing() -> None:
    assert [part.reward.name for part in WeightedSum.of(one=ONE, two=(3.0, TWO)).parts] == ["one", "two"]
    assert sum([ONE, TWO]) == ONE + TWO


def test_a_number_is_a_constant_on_either_side_and_nothing_is_no_part() -> None:
    one = Constant(value=1.0)
    assert (TWO + 1).children() == (TWO, one)
    assert (1 + TWO).children() == (one, TWO)
    assert TWO + 0 == TWO - 0 == 0 + TWO == TWO
    assert (TWO - 1).bounds() == (1.0, 1.0)


@pytest.mark.parametrize("other", ["1", None, True])
def test_what_is_neither_reward_nor_number_cannot_be_added(other: Any) -> None:
    with pytest.raises(DocumentError, match="added to a reward or a number"):
        TWO + other


def test_a_sum_of_sums_keeps_its_brackets_on_the_right() -> None:
    a, b, c = Constant(value=1.0), Constant(value=1e16), Constant(value=-1e16)
    assert value(a + (b + c)) == 1.0
    assert value((a + b) + c) == 0.0


@pytest.mark.parametrize(
    "reward", [Constant(value=1e308) * 10 + Constant(value=1e308) * 10, Product.of(*[Constant(value=1e200)] * 2)]
)
def test_sums_and_products_that_overflow_are_refused_with_their_document(reward: Reward) -> None:
    with pytest.raises(DocumentError, match="small enough"):
        value(reward)


def make_known(monkeypatch: pytest.MonkeyPatch, rule: type[Reward]) -> None:
    """Register a rule for one test."""
    monkeypatch.setattr(REWARDS, "_classes", {**REWARDS._classes})
    REWARDS.add(rule)


class Bounded(Reward):
    """A rule that says its bounds."""

    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)


def test_a_rule_that_gives_nan_is_an_error_naming_rule_and_row(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Bounded):
        kind: Literal["test_broken.v1"] = "test_broken.v1"

        def evaluate(self, reading: Reading, gold: Gold) -> Values:
            return Values(np.array([1.0, np.nan]), np.ones(2, np.bool_))

    make_known(monkeypatch, Broken)
    with pytest.raises(RuleError, match=r"test_broken\.v1") as caught:
        Scorer(Maximum.of(Constant(), Broken())).score({"completion": ["a", "b"]})
    assert "row 1" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        Values(np.ones(3), np.ones(2, np.bool_)),
        Values(np.ones(2), np.ones(3, np.bool_)),
        Values(np.ones(2, np.int64), np.ones(2, np.bool_)),
        Values([1.0, 2.0], np.ones(2, np.bool_)),  # type: ignore[arg-type]
        Values.of([1.0], np.ones(2, np.bool_)),
    ],
)
def test_a_rule_that_gives_another_shape_or_type_is_an_error(monkeypatch: pytest.MonkeyPatch, values: Values) -> None:
    class Broken(Bounded):
        kind: Literal["test_broken.v1"] = "test_broken.v1"

        def evaluate(self, reading: Reading, gold: Gold) -> Values:
            return values

    make_known(monkeypatch, Broken)
    with pytest.raises(RuleError) as caught:
        Scorer(Broken()).score({"completion": ["a", "b"]})
    assert caught.value.code == "wrong_shape"


def test_a_rule_cannot_change_what_another_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Greedy(Bounded):
        kind: Literal["test_greedy.v1"] = "test_greedy.v1"

        def evaluate(self, reading: Reading, gold: Gold) -> Values:
            count = reading[TagCount(tag="<think>")]
            count -= 1
            return Values.of(count, reading.rows.valid)

    make_known(monkeypatch, Greedy)
    with pytest.raises(RuleError, match="read-only"):
        Scorer(Greedy()).score({"completion": ["<think>"]})


def test_a_rule_that_reads_golds_or_tags_it_did_not_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Peeks(Bounded):
        kind: Literal["test_peeks.v1"] = "test_peeks.v1"

        def evaluate(self, reading: Reading, gold: Gold) -> Values:
            return Values.of(gold.label >= 0, reading.rows.valid)

    class Plans(Bounded):
        kind: Literal["test_plans.v1"] = "test_plans.v1"

        def evaluate(self, reading: Reading, gold: Gold) -> Values:
            return Values.of(reading[TagCount(tag="<plan>")], reading.rows.valid)

    for rule, code in ((Peeks, "gold_not_asked"), (Plans, "unknown_tag")):
        make_known(monkeypatch, rule)
        with pytest.raises(RuleError) as caught:
            Scorer(rule()).score({"completion": ["a"], "gold": ["A"]})
        assert caught.value.code == code


def test_rewards_of_one_kind_that_mean_different_things_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(TagPresence):
        def bounds(self) -> tuple[float, float]:
            return (0.0, 2.0)

    class Unknown(Reward):
        kind: Literal["test_unknown.v1"] = "test_unknown.v1"

    class Kindless(Reward):
        pass

    for rule in (Mine(), Unknown()):
        with pytest.raises(DocumentError, match=r"REWARDS\.add"):
            Scorer(Constant() + rule)
    with pytest.raises(ValueError, match="two rewards of kind"):
        make_known(monkeypatch, Mine)
    with pytest.raises(TypeError, match="needs a kind"):
        make_known(monkeypatch, Kindless)


@pytest.mark.parametrize("bad", ["1", True, None])
def test_only_rewards_and_numbers_combine(bad: object) -> None:
    with pytest.raises(DocumentError):
        _ = TagPresence() * bad  # type: ignore[operator]
    with pytest.raises(DocumentError):
        _ = TagPresence() + bad  # type: ignore[operator]


@given(rewards(), hostile.tables())
def test_bounds_hold_on_any_text(reward: Reward, texts: list[str | None]) -> None:
    low, high = reward.bounds()
    scores = Scorer(reward).score({"completion": texts, "gold": ["B"] * len(texts)})
    for score, text in zip(scores.table["reward"].to_pylist(), texts, strict=True):
        assert (score is None) == (text is None)
        assert score is None or low <= score <= high
