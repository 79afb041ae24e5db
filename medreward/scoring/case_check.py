"""Checking a module of rules against its own hand-written cases."""

from __future__ import annotations

from types import ModuleType

from medreward.rewards.base import Case, Reward
from medreward.rewards.group_rule import group_rules
from medreward.scoring.explain import score_one
from medreward.scoring.scorer import Scorer

__all__ = ["WANTED", "case_value", "failed_cases"]

WANTED = ("zero", "maximum", "malformed", "empty", "non_ascii")
"""What the cases of a rule must be about, at least."""


def case_value(case: Case, reward: Reward) -> float | None:
    """What a case earns."""
    if not group_rules(reward):
        return score_one(case.completion, case.gold, case.options, reward, columns=case.columns)
    texts: list[object] = [case.completion, *case.others]
    table = {"completion": texts, "gold": [case.gold] * len(texts), "group_id": [1] * len(texts)}
    value: float | None = Scorer(reward).score(table).table["reward"][0].as_py()
    return value


def failed_cases(module: ModuleType) -> list[str]:
    """What is wrong with the cases of a module, a line for each; nothing where all is right.

    Args:
        module: where rules and ``CASES`` stand. A case without a reward is about the module's first rule.
    """
    cases: tuple[Case, ...] = getattr(module, "CASES", ())
    rules = [rule for rule in vars(module).values() if _is_rule(rule, module)]
    if not rules:
        return []
    missing = [about for about in WANTED if about not in {case.about for case in cases}]
    wrong = [f"no case is about {about!r}" for about in missing]
    for case in cases:
        reward = case.reward if case.reward is not None else rules[0].model_validate({})
        value, (low, high) = case_value(case, reward), reward.bounds()
        if value != case.value:
            wrong.append(f"case {case.about!r}, {case.completion!r}: earns {value}, and should earn {case.value}")
        elif value is not None and not low <= value <= high:
            wrong.append(f"case {case.about!r}, {case.completion!r}: {value} is beyond the bounds {low:g} to {high:g}")
    return wrong


def _is_rule(found: object, module: ModuleType) -> bool:
    return isinstance(found, type) and issubclass(found, Reward) and found.__module__ == module.__name__
