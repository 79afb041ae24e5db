"""Implausible input is said in one line each; plausible input raises no alarm."""

from __future__ import annotations

import pytest

from medreward import InputSettings, Scorer

GOOD = "<think>t</think><answer>{}</answer>"


def alarms(completions: list[str | None], golds: list[str | None], reward: str = "medvlm-r1") -> list[str]:
    data = {"completion": completions, "gold": golds, "options": [["x", "y", "z", "w"]] * len(golds)}
    return Scorer(reward, settings=InputSettings(bad_gold="null")).score(data).summary.alarms()


def test_an_ordinary_run_raises_no_alarm() -> None:
    assert alarms([GOOD.format("B"), GOOD.format("C"), "B"], ["B", "B", "A"]) == []


@pytest.mark.parametrize(
    ("completions", "golds", "reward", "told"),
    [
        ([], [], "mcq", "no rows"),
        ([None, None], ["A", "B"], "mcq", "every completion is null"),
        (["t</think><answer>B</answer>", "u</think><answer>B</answer>"], ["A", "B"], "mcq", "--prefill '<think>'"),
        (["B", "The answer is A"], ["A", "B"], "mcq", "no row is well formed"),
        ([GOOD.format("A"), GOOD.format("B")], [None, None], "mcq", "no gold is given"),
        ([GOOD.format("A"), GOOD.format("B")], ["K", "yes"], "mcq", "names an option"),
        ([GOOD.format("A"), GOOD.format("B")], ["yes", "no"], "medvlm-r1-code", "names an option"),
        ([GOOD.format("A"), GOOD.format("B")], ["A", "B"], "mcq", "every row earns the same"),
    ],
)
def test_what_is_implausible_is_said(
    completions: list[str | None], golds: list[str | None], reward: str, told: str
) -> None:
    assert any(told in alarm for alarm in alarms(completions, golds, reward))


def test_a_prompt_that_opens_the_tag_is_named_as_the_cause_and_nothing_else() -> None:
    said = alarms(["t</think><answer>B</answer>", "u</think><answer>C</answer>"], ["A", "B"])
    assert [text for text in said if "well formed" in text] == []


def test_alarms_stand_in_what_is_printed_and_in_the_data() -> None:
    scores = Scorer().score({"completion": ["B", "C"], "gold": ["B", "C"]})
    assert "ALARM" in str(scores.summary)
    assert scores.summary.to_dict()["alarms"] == scores.summary.alarms() != []
