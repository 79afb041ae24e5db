"""What may be said of a reward that is checked, and what is refused because it would say nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from medreward import Document, Scorer, TagPresence, UsageError
from medreward.scoring.callables import CallableReward
from medreward.testing import check, check_all_laws, find_exploits, laws, subject_of
from tests.testing import broken

WAYS: dict[str, Callable[..., Any]] = {
    "check": check,
    "check_all_laws": check_all_laws,
    "Law.check": laws.TOTAL.check,
    "find_exploits": find_exploits,
    "subject_of": subject_of,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("reward", "how", "said"),
    [
        ("mcq", {"form": "trl"}, "form cannot be said of a reward that is no Python function"),
        ("mcq", {"text": True}, "text cannot be said of"),
        (TagPresence(), {"gold_column": "gold"}, "gold_column cannot be said of"),
        (Document(reward=TagPresence()), {"form": "verl"}, "form cannot be said of"),
        (broken.SOUND, {"form": "verl", "text": True}, "text cannot be said of a function in the form of verl"),
        (broken.SOUND, {"form": "verl", "gold_column": "x"}, "gold_column cannot be said of"),
        (broken.SOUND, {}, "needs its calling form"),
        (broken.SOUND, {"form": "openrlhf"}, "trl or verl"),
        (CallableReward(broken.SOUND, "trl"), {"form": "trl"}, "form cannot be said of a CallableReward"),
        (3, {}, "This is no reward"),
        (None, {"form": "trl"}, "This is no reward"),
    ],
)
def test_what_says_nothing_of_a_reward_is_refused(way: str, reward: object, how: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        WAYS[way](reward, **how)


def test_what_is_said_of_a_subject_is_refused() -> None:
    subject = subject_of("mcq")
    assert subject_of(subject) is subject
    with pytest.raises(UsageError, match="gold cannot be said of a subject"):
        subject_of(subject, gold="{text}")


@pytest.mark.parametrize("way", ["check", "check_all_laws", "Law.check", "find_exploits"])
def test_a_word_that_is_not_known_is_an_error(way: str) -> None:
    with pytest.raises(TypeError, match="goldcolumn"):
        WAYS[way](broken.SOUND, form="trl", goldcolumn="x")


def test_a_function_of_plain_text_with_golds_in_another_column_is_checked() -> None:
    def reward(completions: list[str], answer: list[str], **_: Any) -> list[float]:
        return [broken.sound(text, gold) for text, gold in zip(completions, answer, strict=True)]

    check_all_laws(reward, form="trl", text=True, gold_column="answer", examples=20)
    assert laws.RIGHT_PAYS.check(reward, form="trl", text=True, gold_column="answer").word == "holds"


@pytest.mark.parametrize("examples", [0, -5])
@pytest.mark.parametrize("way", [check, check_all_laws, laws.TOTAL.check])
def test_a_law_is_tried_on_something(way: Callable[..., Any], examples: int) -> None:
    with pytest.raises(UsageError, match="1 or more") as caught:
        way("mcq", examples=examples)
    assert caught.value.code == "bad_examples"


@pytest.mark.parametrize("seconds", [-1, math.inf, math.nan])
@pytest.mark.parametrize("way", [check, laws.TOTAL.check, find_exploits])
def test_a_time_is_a_number_that_can_be_waited_for(way: Callable[..., Any], seconds: float) -> None:
    with pytest.raises(UsageError, match="no number of seconds") as caught:
        way("mcq", seconds=seconds)
    assert caught.value.code == "bad_seconds"


@pytest.mark.parametrize("reward", ["medvlm-r1", Scorer("medvlm-r1"), '{"medreward": 1, "reward": "medvlm-r1"}'])
def test_exploits_are_looked_for_in_whatever_names_a_reward(reward: Any) -> None:
    if isinstance(reward, str) and reward.startswith("{"):
        reward = Scorer("medvlm-r1").document.to_json()
    assert {exploit.name for exploit in find_exploits(reward, seconds=0)} >= {"empty_reasoning", "padding"}


def test_exploits_are_looked_for_in_a_function_with_its_form() -> None:
    found = find_exploits(broken.per_row(broken.contained), form="trl", seconds=0)
    assert "shotgun" in {exploit.name for exploit in found if exploit.overpaid}
