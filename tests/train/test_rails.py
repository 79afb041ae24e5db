"""What a run says when it does not learn, from hand-made metrics."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.errors import TrainingError
from medreward.train.rails import Rails, check_prompt_major, on_failure, start_warnings, template_prefill
from tests.train.small import config, policy

FINE = {
    "reward": 1.0,
    "reward_std": 0.5,
    "reward_format": 0.5,
    "reward_accuracy": 0.5,
    "rewards_null": 0,
    "groups_without_spread": 0.2,
    "truncated": 0.1,
    "entropy": 1.0,
}


def said(*steps: dict[str, Any]) -> list[tuple[int, str]]:
    rails = Rails()
    return [
        (number, warned.code)
        for number, step in enumerate(steps, 1)
        for warned in rails.look({"step": number, **FINE, **step})
    ]


def test_a_run_that_learns_hears_nothing() -> None:
    steps = [{"reward_format": 0.5 + i / 60, "reward_accuracy": 0.4 + i / 60, "entropy": 1 - i / 60} for i in range(30)]
    assert said(*steps) == []


def test_a_step_that_was_cut_off_throughout_is_said_at_once() -> None:
    assert said({}, {"truncated": 1.0}) == [(2, "all_truncated")]


def test_groups_without_spread_are_said_after_five_steps() -> None:
    assert said(*[{"groups_without_spread": 1.0}] * 7) == [(5, "no_spread")]
    assert said(*[{"groups_without_spread": 1.0}] * 4, {}, *[{"groups_without_spread": 1.0}] * 4) == []


def test_rewards_that_are_always_zero_are_said_after_three_steps() -> None:
    zero = {"reward": 0.0, "reward_std": 0.0}
    assert said(*[zero] * 4) == [(3, "always_zero")]


def test_learning_the_format_alone_is_said() -> None:
    formatted = [{"reward_format": 0.2 + i / 40} for i in range(22)]
    assert said(*formatted) == [(20, "only_format")]
    both = [{"reward_format": 0.2 + i / 40, "reward_accuracy": 0.2 + i / 100} for i in range(22)]
    assert said(*both) == []


def test_an_entropy_that_collapses_is_said() -> None:
    assert said(*[{}] * 6, {"entropy": 0.01}) == [(7, "entropy_collapse")]


def test_nulls_are_said_and_again_only_after_a_while() -> None:
    assert said(*[{"rewards_null": 3}] * 30) == [(1, "null_rewards"), (26, "null_rewards")]


def test_a_resumed_run_remembers_what_was_said() -> None:
    rails = Rails()
    rails.recall([{"step": 1, **FINE, "warnings": ["null_rewards"]}])
    assert rails.look({"step": 2, **FINE, "rewards_null": 3}) == []


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("<|im_start|>assistant\n", ""),
        ("<|im_start|>assistant\n{{ '<think>\n' }}", "<think>\n"),
        ("assistant: <think></think><answer>", "<think></think><answer>"),
        ("assistant: <think>\n\n</think>", "<think>\n\n</think>"),
        ("Assistant, begin with <b>", ""),
    ],
)
def test_what_the_template_begins_of_the_answer_is_found(ending: str, expected: str) -> None:
    made = policy("qwen2")
    asked = "{% for m in messages %}{{ m['content'] }} Use <think> tags.\n{% endfor %}"
    made.tokenizer.chat_template = asked + "{% if add_generation_prompt %}" + ending + "{% endif %}"
    assert template_prefill(made, ("think", "answer")) == expected


def test_what_holds_from_the_start_is_said_at_the_start() -> None:
    one, two = config(), config(optimizer={"passes": 2})
    assert [warned.code for warned in start_warnings(one, "<think>")] == ["ratio_is_one", "prefilled"]
    assert start_warnings(two, "") == []


def test_any_other_order_than_prompt_by_prompt_is_an_error() -> None:
    check_prompt_major(torch.tensor([0, 0, 1, 1]), 2)
    with pytest.raises(TrainingError, match="order"):
        check_prompt_major(torch.tensor([0, 1, 0, 1]), 2)


def test_something_is_saved_only_where_the_block_fails() -> None:
    saved: list[str] = []
    with on_failure(lambda: saved.append("a")):
        pass
    with pytest.raises(ZeroDivisionError), on_failure(lambda: saved.append("b")):
        _ = 1 / 0
    assert saved == ["b"]
