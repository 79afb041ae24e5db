"""Every rule earns what its hand-written cases say, in every way of asking."""

from __future__ import annotations

import sys

import pytest

from medreward import Scorer, explain, load_document, score_one
from medreward.rewards import RULES, Case, Reward
from tests.libraries import skip_without

WANTED = {"zero", "maximum", "malformed", "empty", "non_ascii"}


def cases() -> list[tuple[Reward, Case]]:
    """Every case of every rule's file, with the reward it is about."""
    modules = {rule.__module__: rule for rule in RULES}
    return [
        (case.reward if case.reward is not None else rule.model_validate({}), case)
        for module, rule in modules.items()
        for case in sys.modules[module].CASES
    ]


@pytest.mark.parametrize(("reward", "case"), cases())
def test_a_rule_earns_what_its_case_says(reward: Reward, case: Case) -> None:
    skip_without(reward)
    assert score_one(case.completion, case.gold, case.options, reward, columns=case.columns) == case.value


@pytest.mark.parametrize(("reward", "case"), cases())
def test_an_explanation_gives_the_same_value_and_says_why(reward: Reward, case: Case) -> None:
    skip_without(reward)
    explanation = explain(case.completion, case.gold, case.options, reward, columns=case.columns)
    assert explanation.reward == case.value
    assert all(part.why for part in explanation.parts)


@pytest.mark.parametrize(("reward", "case"), cases())
def test_values_lie_within_the_bounds_of_the_rule(reward: Reward, case: Case) -> None:
    low, high = reward.bounds()
    assert case.value is None or low <= case.value <= high


@pytest.mark.parametrize("module", sorted({rule.__module__ for rule in RULES}))
def test_each_rule_file_has_a_zero_a_maximum_a_malformed_an_empty_and_a_non_ascii_case(module: str) -> None:
    assert {case.about for case in sys.modules[module].CASES} >= WANTED


def test_all_cases_in_one_table_earn_what_each_earns_alone() -> None:
    for reward in {id(reward): reward for reward, _ in cases()}.values():
        mine = [case for other, case in cases() if other is reward or other == reward]
        mine = [case for case in mine if case.gold is not None and not str(case.gold).startswith("yes")]
        table = {
            "completion": [case.completion for case in mine],
            "gold": [case.gold for case in mine],
            "options": [dict(zip(case.options.labels, case.options.texts, strict=True)) for case in mine],
            **{name: [case.columns.get(name) for case in mine] for case in mine for name in case.columns},
        }
        if mine and None not in load_document(reward).libraries().values():
            rewards = Scorer(reward).score(table).table["reward"].to_pylist()
            assert rewards == [case.value for case in mine]
