"""Functions in TRL's and verl's forms are called as their trainers call them, and nothing they do is swallowed."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medreward import InputError, OptionSet, UsageError
from medreward.errors import MissingExtraError
from medreward.loading import load_callable
from medreward.scoring.callables import CallableReward, Failure, Form, Question

OPTIONS = OptionSet.listed(["Heart", "Lungs"])
ROWS = [Question("<answer>A</answer>", "A", OPTIONS), Question("", "B", OPTIONS)]


def score(function: Any, form: Form = "trl", **how: Any) -> list[Any]:
    return CallableReward(function, form, **how).score(ROWS)


def test_trl_gets_messages_and_columns_for_the_whole_batch_by_keyword() -> None:
    seen: dict[str, Any] = {}

    def reward(**given: Any) -> list[float]:
        seen.update(given)
        return [0.0, 1.0]

    assert score(reward) == [0.0, 1.0]
    assert seen["completions"][0] == [{"role": "assistant", "content": "<answer>A</answer>"}]
    assert seen["solution"] == ["A", "B"]
    assert seen["options"] == [["Heart", "Lungs"]] * 2
    assert [len(ids) for ids in seen["completion_ids"]] == [18, 0]
    assert seen["prompts"][0][0]["content"] == "Which is it?\nA) Heart\nB) Lungs"
    assert {"trainer_state", "log_extra", "log_metric"} < {*seen}


def test_trl_gets_plain_text_and_another_gold_column_where_it_is_told_so() -> None:
    def reward(completions: list[str], answer: list[str], **_: Any) -> list[float]:
        return [float(gold in text) for text, gold in zip(completions, answer, strict=True)]

    assert score(reward, messages=False, gold="answer") == [1.0, 0.0]


def test_verl_gets_one_completion_at_a_time_and_may_give_a_dict() -> None:
    def compute_score(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None) -> Any:
        return {"score": float(ground_truth in solution_str), "format": 1.0}

    assert score(compute_score, "verl") == [1.0, 0.0]


def test_coroutines_are_waited_for() -> None:
    async def reward(completions: Any, **_: Any) -> list[float]:
        await asyncio.sleep(0)
        return [0.5] * len(completions)

    assert score(reward) == [0.5, 0.5]


def test_null_stays_null_and_numbers_of_any_kind_are_numbers() -> None:
    assert score(lambda completions, **_: [None, np.float32(0.5)]) == [None, 0.5]
    assert score(lambda completions, **_: [True, 2]) == [1.0, 2.0]


def test_what_is_no_number_is_a_failure() -> None:
    assert score(lambda completions, **_: ["1.0", 0.0])[0] == Failure("gave '1.0', which is no number")


def test_the_row_that_raises_is_found_and_the_others_keep_their_values() -> None:
    def reward(completions: Any, **_: Any) -> list[float]:
        return [float(one[0]["content"].index("<answer>")) for one in completions]

    assert score(reward) == [0.0, Failure("ValueError: substring not found")]


def test_an_error_of_the_batch_alone_is_a_failure_too() -> None:
    def reward(completions: Any, **_: Any) -> list[float]:
        if len(completions) > 1:
            raise RuntimeError("too many")
        return [0.0]

    assert score(reward) == [Failure("RuntimeError: too many (in a batch of 2, not alone)"), 0.0]


def test_a_list_of_another_length_is_a_failure() -> None:
    assert isinstance(score(lambda completions, **_: [1.0, 1.0, 1.0])[0], Failure)


def test_a_missing_package_is_no_property_of_the_reward() -> None:
    for error in (MissingExtraError("missing_extra", "not installed"), ImportError("Please install math_verify")):

        def reward(error: Exception = error, **_: Any) -> list[float]:
            raise error

        with pytest.raises(MissingExtraError, match="install"):
            score(reward)


def test_interrupts_pass_through() -> None:
    def reward(**_: Any) -> list[float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(reward)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("medreward", "module:function"),
        ("no_such_module:f", "cannot be imported"),
        ("math:no_such_name", "cannot be imported"),
        (".math:pow", "cannot be imported"),
        ("..:pow", "cannot be imported"),
        ("./nosuch.py:pow", "cannot be imported"),
        ("math:pi", "is no function"),
    ],
)
def test_a_function_that_is_not_there_is_a_usage_error(path: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_callable(path)


def test_a_function_is_found_in_a_file_by_whatever_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("def reward(): ...\nclass Of:\n    @staticmethod\n    def both(): ...\n")
    monkeypatch.chdir(tmp_path)
    found = load_callable(f"{tmp_path}/mine.py:reward")
    assert found.__name__ == "reward"
    assert load_callable("./mine.py:reward") is load_callable("mine.py:reward") is found
    assert load_callable("mine.py:Of.both").__qualname__ == "Of.both"


@pytest.mark.parametrize(
    ("text", "line", "got"),
    [
        ("x = 1\nraise ValueError('boom')\n", 2, "ValueError: boom"),
        ("def f(:\n", 1, "SyntaxError: "),
        ("\n\nimport nosuchpackage\n", 3, "ModuleNotFoundError: No module named 'nosuchpackage'"),
        ("import sys\nsys.exit(0)\n", 2, "SystemExit: 0"),
        ("def __getattr__(name):\n    raise RuntimeError(name)\n", 2, "RuntimeError: f"),
    ],
)
def test_a_module_that_fails_is_told_with_its_line(
    text: str, line: int, got: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"mine_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    for path in (f"{name}.py:f", f"{name}:f"):
        with pytest.raises(UsageError, match="cannot be imported") as caught:
            load_callable(path)
        assert str(caught.value.where).endswith(f"{name}.py, line {line}")
        assert str(caught.value.got).startswith(got)


def test_a_reward_that_ends_the_process_fails_like_one_that_raises() -> None:
    def reward(completions: Any, **_: Any) -> list[float]:
        if any(not one[0]["content"] for one in completions):
            sys.exit(0)
        return [0.0] * len(completions)

    assert score(reward) == [0.0, Failure("SystemExit: 0")]


def test_a_failure_of_ours_says_what_is_wrong_and_not_which_flags_of_another_command_help() -> None:
    def reward(**_: Any) -> list[float]:
        raise InputError("bad_gold", "A gold names no option", expected="A to C", got="'foo'", do="--bad-gold null")

    assert score(reward)[1] == Failure("InputError: A gold names no option; expected A to C; got 'foo'")


def test_an_unknown_calling_form_is_a_usage_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="trl or verl") as caught:
        score(print, "openrlhf")  # type: ignore[arg-type]
    assert caught.value.code == "bad_form"


def test_a_function_that_never_reads_the_gold_is_known_not_to() -> None:
    def kept_apart(completions: Any, **kwargs: Any) -> list[float]:
        return [1.0 for _ in completions]

    def by_name(completions: Any, solution: Any, **kwargs: Any) -> list[float]:
        return [float(gold in str(one)) for one, gold in zip(completions, solution, strict=True)]

    def among_all(completions: Any, **kwargs: Any) -> list[float]:
        return [float(gold in str(one)) for one, gold in zip(completions, kwargs["solution"], strict=True)]

    def verl_format(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None) -> float:
        return float(solution_str.startswith("<think>"))

    assert not CallableReward(kept_apart, "trl").reads_gold
    assert CallableReward(by_name, "trl").reads_gold
    assert CallableReward(among_all, "trl").reads_gold
    assert not CallableReward(verl_format, "verl").reads_gold
