"""Every rule earns what its hand-written cases say, in every way of asking."""

from __future__ import annotations

import sys

import pytest

from medreward import Scorer, TagSet, explain, load_document, score_one
from medreward.rewards import RULES, Case, ContainedLabels, Document, EqualText, GoldHolds, Reward, ScannedLetter
from medreward.rewards.group_rule import group_rules
from medreward.text.facts import HasBody
from tests.libraries import skip_without

WANTED = {"zero", "maximum", "malformed", "empty", "non_ascii"}


CASES_OF: dict[str, list[tuple[Reward, Case]]] = {
    module: [
        (case.reward if case.reward is not None else rule.model_validate({}), case)
        for case in sys.modules[module].CASES
    ]
    for module, rule in {rule.__module__: rule for rule in RULES}.items()
}
"""Every case of every rule's file, with the reward it is about."""
CASES = [pair for pairs in CASES_OF.values() for pair in pairs]


def group_table(case: Case) -> dict[str, list[object]]:
    """The case's row, and the other rows of its group."""
    texts: list[object] = [case.completion, *case.others]
    return {"completion": texts, "gold": [case.gold] * len(texts), "group_id": [1] * len(texts)}


@pytest.mark.parametrize(("reward", "case"), CASES)
def test_a_rule_earns_what_its_case_says(reward: Reward, case: Case) -> None:
    skip_without(reward)
    if group_rules(reward):
        assert Scorer(reward).score(group_table(case)).table["reward"].to_pylist()[0] == case.value
        return
    assert score_one(case.completion, case.gold, case.options, reward, columns=case.columns) == case.value


@pytest.mark.parametrize(("reward", "case"), CASES)
def test_an_explanation_gives_the_same_value_and_says_why(reward: Reward, case: Case) -> None:
    skip_without(reward)
    if group_rules(reward):
        pytest.skip("a group is explained from a file")
    explanation = explain(case.completion, case.gold, case.options, reward, columns=case.columns)
    assert explanation.reward == case.value
    assert all(part.why not in ("", f"the rule {part.kind} says so") for part in explanation.parts)


@pytest.mark.parametrize(("reward", "case"), CASES)
def test_values_lie_within_the_bounds_of_the_rule(reward: Reward, case: Case) -> None:
    low, high = reward.bounds()
    assert case.value is None or low <= case.value <= high


@pytest.mark.parametrize("module", sorted({rule.__module__ for rule in RULES}))
def test_each_rule_file_has_a_zero_a_maximum_a_malformed_an_empty_and_a_non_ascii_case(module: str) -> None:
    assert {case.about for case in sys.modules[module].CASES} >= WANTED


@pytest.mark.parametrize("module", sorted({rule.__module__ for rule in RULES}))
def test_all_cases_in_one_table_earn_what_each_earns_alone(module: str) -> None:
    told = [(reward, case) for reward, case in CASES_OF[module] if not group_rules(reward) and is_plain(case)]
    for reward in {load_document(reward).digest: reward for reward, _ in told}.values():
        mine = [case for other, case in told if other == reward]
        table = {
            "completion": [case.completion for case in mine],
            "gold": [case.gold if isinstance(case.gold, str) else ",".join(case.gold or ()) for case in mine],
            "options": [dict(zip(case.options.labels, case.options.texts, strict=True)) for case in mine],
            **{name: [case.columns.get(name) for case in mine] for case in mine for name in case.columns},
        }
        if None not in load_document(reward).libraries().values():
            assert Scorer(reward).score(table).table["reward"].to_pylist() == [case.value for case in mine]


@pytest.mark.parametrize("reward", [EqualText(), ContainedLabels(), ScannedLetter()])
def test_golds_in_tags_are_read_by_the_documents_own_names(reward: Reward) -> None:
    named = Document(reward=reward, tags=TagSet(answer="final"))
    table = {"completion": ["<final>B</final>", "<answer>B</answer>"], "gold": ["<final>B</final>"] * 2}
    assert Scorer(named).score(table).rewards.tolist() == [1.0, 0.0]


def test_facts_of_golds_are_about_the_documents_own_tags() -> None:
    named = Document(reward=GoldHolds(facts=(HasBody(),)), tags=TagSet(answer="final"))
    table = {"completion": ["x", "x"], "gold": ["<final>B</final>", "<answer>B</answer>"]}
    assert Scorer(named).score(table).rewards.tolist() == [1.0, 0.0]


def test_a_gold_that_no_answer_equals_pays_none_of_many() -> None:
    table = {"completion": [f"<answer>{letter}</answer>" for letter in "ABCDE"], "gold": ["Z"] * 5}
    assert Scorer(EqualText()).score(table).rewards.tolist() == [0.0] * 5


def is_plain(case: Case) -> bool:
    """Whether the gold can stand in a column beside others."""
    return case.gold is not None and not str(case.gold).startswith("yes")
