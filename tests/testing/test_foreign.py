"""Mistakes that reward functions of other code bases have are found, whatever layout their prompts ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from medreward.testing import check, laws
from medreward.testing.exploits import find_exploits
from medreward.testing.subject import subject_of
from medreward.text.attacks import of_layout

Completions = list[list[dict[str, str]]]


def texts(completions: Completions) -> Iterator[str]:
    return (messages[0]["content"] for messages in completions)


def anywhere(written: str) -> Callable[..., list[float]]:
    """1 where the gold stands anywhere in the text in a certain dress."""

    def reward(completions: Completions, solution: list[str], **_: Any) -> list[float]:
        found = zip(texts(completions), solution, strict=True)
        return [float(written.replace("GOLD", gold) in text) for text, gold in found]

    return reward


LAYOUTS = {
    "\\boxed{GOLD}": "{reasoning} \\boxed{{answer}}",
    "\nAnswer: GOLD": "{reasoning}\nAnswer: {answer}",
    "final answer: GOLD": "{reasoning} final answer: {answer}",
    '"answer": "GOLD"': '{reasoning} {"answer": "{answer}"}',
    "<final>GOLD</final>": "<reason>{reasoning}</reason><final>{answer}</final>",
}


@pytest.mark.parametrize(("written", "template"), LAYOUTS.items())
def test_a_gold_that_may_stand_anywhere_is_overpaid_in_any_layout(written: str, template: str) -> None:
    subject = subject_of(anywhere(written), form="trl", templates=(template,))
    assert laws.EXCLUSIVE.check(subject).word == "broken"
    assert laws.NO_BETTER_THAN_GUESSING.check(subject).word == "broken"
    (found,) = find_exploits(subject, seconds=0)
    assert found.overpaid
    assert found.name == "unnamed"  # the shapes that have names are about tags, and the prompt asks for none
    assert found.earned >= 2 * found.bound


def test_attacks_are_written_in_the_layout() -> None:
    written = [*of_layout("{reasoning} \\boxed{{answer}}", ["A", "B"])]
    assert "so \\boxed{A, B}" in written
    assert "so \\boxed{A} \\boxed{B}" in written
    assert " \\boxed{A}" in written  # no reasoning
    assert "so  \\boxed{A} \\boxed{B}" in written  # one of them inside the reasoning


def four_letters(completions: Completions, solution: list[str], **_: Any) -> list[float]:
    """Knows A to D, while questions have five options."""
    found = (re.search(r"<answer>\s*([A-D])", text) for text in texts(completions))
    return [float(match is not None and match[1] == gold) for match, gold in zip(found, solution, strict=True)]


def test_a_letter_that_is_never_paid_is_found() -> None:
    for law in (laws.RIGHT_PAYS, laws.RELABELLING):
        verdict = law.check(four_letters, form="trl")
        assert verdict.counterexample is not None
        assert "E" in {row.gold for row in verdict.counterexample.rows}


def test_state_that_settles_is_found() -> None:
    calls: list[int] = []

    def reward(completions: Completions, solution: list[str], **_: Any) -> list[float]:
        calls.append(1)
        return [float(f"<answer>{gold}</answer>" in text) + (len(calls) < 4) for text, gold in zip(
            texts(completions), solution, strict=True)]  # fmt: skip

    report = check(reward, form="trl", laws=(laws.TOTAL, laws.REPEATABLE), seconds=0)
    assert [verdict.word for verdict in report.verdicts] == ["holds", "broken"]


def shared(completions: Completions, solution: list[str], **_: Any) -> list[float]:
    """Divides what is earned among equal completions."""
    counts = Counter(texts(completions))
    found = zip(texts(completions), solution, strict=True)
    return [float(f"<answer>{gold}</answer>" in text) / counts[text] for text, gold in found]


def test_a_reward_that_counts_equal_completions_depends_on_its_batch() -> None:
    verdict = laws.BATCH_BLIND.check(shared, form="trl")
    assert verdict.counterexample is not None
    assert "each row twice" in verdict.counterexample.said


def test_what_earns_nothing_rides_nowhere() -> None:
    def never(completions: Completions, solution: list[str], **_: Any) -> list[float]:
        return [0.0 for _ in completions]

    assert find_exploits(subject_of(never, form="trl"), seconds=0) == []
