"""``medreward explain``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from medreward_cli.main import main
from medreward_cli.terminal import visible
from tests.rollouts import files
from tests.rollouts.files import write


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What ``explain`` prints."""
    assert main(["explain", *arguments]) == 0
    return capsys.readouterr().out


def test_a_row_of_a_file_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, str(write(tmp_path / "in.parquet")), "--row", "1")
    assert "reward 1.5 by medvlm-r1" in out
    assert "with_text" in out
    assert "| <think>t</think><answer>B, a mass.</answer>" in out


def test_the_legend_says_what_stands_where(capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, "--completion", files.WORDY, "--gold", "B")
    lines = [line.split(maxsplit=3) for line in out.splitlines() if line[:1] == " " and line.split()[0].isdigit()]
    assert lines == [
        ["0", "7", "tag", "<think>"],
        ["7", "8", "reasoning", "t"],
        ["8", "16", "tag", "</think>"],
        ["16", "24", "tag", "<answer>"],
        ["24", "34", "answer", "B, a mass."],
        ["24", "25", "label", "B"],
        ["34", "43", "tag", "</answer>"],
    ]


@pytest.mark.parametrize(
    "options",
    [
        ["--option", "Heart", "--option", "Lungs"],
        ["--options", '["Heart", "Lungs"]'],
        ["--options", '{"A": "Heart", "B": "Lungs"}'],
    ],
)
def test_options_are_texts_or_json(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = "<think>t</think><answer>C</answer>"
    (found,) = json.loads(explained(capsys, "--completion", text, "--gold", "Lungs", "--json", *options))
    assert (found["reward"], found["answer_reason"]) == (1.0, "out_of_range")


def test_several_rewards_come_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    rewards = ["--reward", "medvlm-r1", "--reward", "mcq"]
    text = ["--completion", "<answer>B</answer>", "--gold", "B"]
    out = explained(capsys, *text, *rewards)
    assert out.index("reward 1 by medvlm-r1") < out.index("reward 0 by mcq")
    assert out.count("| <answer>") == 1
    found = json.loads(explained(capsys, *text, *rewards, "--json"))
    assert [item["source"] for item in found] == ["medvlm-r1", "mcq"]
    assert [item["components"] for item in found] == [
        {"format": 0.0, "accuracy": 1.0},
        {"format": 0.0, "accuracy": 0.0},
    ]


def test_without_a_gold_the_reward_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert "reward null" in explained(capsys, "--completion", files.RIGHT)


def test_a_null_completion_is_said_to_be_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, str(write(tmp_path / "in.parquet")), "--row", "5")
    assert "the completion is null" in out
    assert "reward null" in out


def test_a_numbered_gold_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--gold-index", "0", "--json"]
    (found,) = json.loads(explained(capsys, "--completion", files.RIGHT, "--gold", "1", *flags))
    assert found["reward"] == 2.0


@pytest.mark.parametrize("terminal", [False, True])
def test_escapes_in_model_text_never_reach_the_terminal(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("TERM", "dumb")  # where no escapes of our own are expected either
    hostile = "\x1b[2J\x1b]0;x\x07\x9b31m\u202e\r<think>t\x1b[31m</think><answer>B\x1b[0m</answer>[bold]:smile:\x08"
    for text in (hostile, f"<answer>{hostile}</answer>", f"<answer>B</answer>{hostile}"):
        out = explained(capsys, "--completion", text, "--gold", "B")
        assert not set("\x1b\x07\x08\r\x9b\u202e") & set(out)
        assert r"\x1b[2J" in out
        assert "[bold]:smile:" in out


def test_marks_are_drawn_in_the_right_place_behind_escaped_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = explained(capsys, "--completion", "\x1b<answer>é</answer>", "--gold", "B")
    first = out.splitlines()[0]
    assert first.startswith("\\x1b\x1b[") or "\\x1b\x1b[0m" in first
    assert "m<answer>\x1b[0m" in first
    assert "mé\x1b[0m" in first


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 肺\n\ttext", "plain é 肺\n\ttext"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\rb\x00\x7f\x85", r"a\x0db\x00\x7f\x85"),
        ("\u200b\u202e\ufeff\u2028", r"\u200b\u202e\ufeff\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["FILE"],
        ["--row", "1"],
        ["FILE", "--row", "-1"],
        ["FILE", "--row", "0", "--completion", "x"],
        ["FILE", "--row", "0", "--gold", "B"],
        ["--completion", "x", "--row", "0"],
        ["--completion", "x", "--options", "nonsense"],
        ["--completion", "x", "--options", "3"],
        ["--completion", "x", "--options", "[3]"],
        ["--completion", "x", "--options", "[" * 100_000],
        ["--completion", "x", "--options", '["a"]', "--option", "b"],
        ["--completion", "x", "--gold", "one", "--gold-index", "1"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path / "in.parquet"))
    assert main(["explain", *(path if item == "FILE" else item for item in arguments)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_row_beyond_the_file_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(write(tmp_path / "in.parquet")), "--row", "7"]) == 3
    assert "0 to 6" in capsys.readouterr().err
