"""`medreward check`: laws and exploits of presets, documents and Python functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medreward.testing.laws import LAWS
from medreward_cli.main import main

FUNCTION = """
def contained(completions, solution, **columns):
    return [float(gold in one[0]["content"].partition("</think>")[2]) for one, gold in zip(completions, solution)]

def fragile(data_source, solution_str, ground_truth, extra_info=None):
    return float(solution_str.split("<answer>")[1].startswith(ground_truth))
"""
QUICK = ["--examples", "40", "--seconds", "2"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a module of reward functions."""
    (tmp_path / "my_rewards_for_check.py").write_text(FUNCTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_preset_that_keeps_the_laws_is_exit_0_and_its_free_rides_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "medvlm-r1", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "reward       medvlm-r1" in out
    assert "holds        exclusive" in out
    assert "free ride    empty_reasoning" in out
    assert "an honest guess earns 1.25" in out


def test_strict_makes_a_free_ride_exit_1() -> None:
    assert main(["check", "medvlm-r1", "--strict", "--laws", "total", *QUICK]) == 1


def test_a_function_that_breaks_laws_is_exit_1_with_counterexample_and_scores(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--callable", "my_rewards_for_check:contained", "--form", "trl", *QUICK]) == 1
    out = capsys.readouterr().out
    assert "broken       exclusive" in out
    assert "OVERPAY" in out


def test_an_exception_is_a_finding_with_its_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "--callable", "my_rewards_for_check:fragile", "--form", "verl", "--laws", "total", *QUICK]
    assert main([*arguments, "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    found = report["laws"]["total"]["counterexample"]
    assert "IndexError" in found["said"]
    assert found["rows"][0]["completion"] == ""


def test_a_document_can_be_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.yaml").write_text("reward: {kind: tag_presence.v1}\n", encoding="utf-8")
    assert main(["check", "mine.yaml", "--laws", "total,exclusive", *QUICK]) == 0
    assert "skipped      exclusive" in capsys.readouterr().out


def test_the_table_has_a_row_for_each_reward_and_a_column_for_each_law(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--table", "mcq", "medvlm-r1", "--seconds", "0", "--examples", "20"]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head.count("|") == len(LAWS) + 2
    assert [row.split("|")[1].strip() for row in rows] == ["`mcq`", "`medvlm-r1`"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["mcq", "--laws", "gravity"],
        ["no-such-reward"],
        ["--callable", "math:sqrt"],
        ["--form", "trl"],
        ["mcq", "--callable", "math:sqrt", "--form", "trl"],
        ["--callable", "no_such:thing", "--form", "verl"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *arguments]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["mcq", "--seconds", "inf"], "no number of seconds"),
        (["mcq", "--seconds", "nan"], "no number of seconds"),
        (["mcq", "--seconds", "-1"], "no number of seconds"),
        (["mcq", "--template", "<answer>B</answer>"], "where the answer stands"),
        (["mcq", "--gold", "B"], "what a gold is"),
        (["mcq", "--text"], "go with --callable and --form trl"),
        (["mcq", "--gold-column", "x"], "go with --callable and --form trl"),
        (["--callable", "m:f", "--form", "verl", "--text"], "go with --callable and --form trl"),
    ],
)
def test_flags_that_say_nothing_are_refused(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *flags]) == 2
    assert said in capsys.readouterr().err


def test_a_reward_without_bounds_is_told_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "med-r1-cxr", "--json", "--seconds", "0", "--examples", "20"]) == 1
    (report,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (report["analysis"]["parts"][0]["low"], report["analysis"]["parts"][0]["high"]) == (0.0, None)


def test_a_table_of_rewards_that_break_laws_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--table", "composite-medqa", "--seconds", "0", "--examples", "60"]) == 1
    assert "✗" in capsys.readouterr().out


def test_a_rule_of_ones_own_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own_rule_to_check.py").write_text(
        "from typing import Literal\n"
        "from medreward.rewards import REWARDS, Reward, Values\n"
        "from medreward.text import TagCount\n"
        "@REWARDS.add\n"
        "class Opened(Reward):\n"
        "    kind: Literal['opened_to_check.v1'] = 'opened_to_check.v1'\n"
        "    def evaluate(self, reading, gold):\n"
        "        return Values.of(reading[TagCount(tag='<answer>')] == 1, reading.rows.valid)\n"
        "    def bounds(self):\n"
        "        return (0.0, 1.0)\n"
    )
    (tmp_path / "own.yaml").write_text("reward: {kind: opened_to_check.v1}\n")
    flags = ["--import", str(tmp_path / "own_rule_to_check.py"), "--seconds", "0", "--examples", "20"]
    assert main(["check", *flags, str(tmp_path / "own.yaml")]) == 0
    assert "0 to 1 (both reached)" in capsys.readouterr().out


def test_what_a_reward_prints_is_no_output_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "talks_to_check.py").write_text(
        "print('loaded')\n"
        "def reward(completions, **columns):\n"
        "    print('called')\n"
        "    return [float(len(one[0]['content']) > 99) for one in completions]\n"
    )
    function = f"{tmp_path / 'talks_to_check.py'}:reward"
    assert main(["check", "--callable", function, "--form", "trl", "--laws", "total", "--json", *QUICK]) == 0
    printed = capsys.readouterr()
    (report,) = json.loads(printed.out)
    assert report["laws"]["total"]["verdict"] == "holds"
    assert "loaded" in printed.err
    assert "called" in printed.err


def test_what_a_module_of_rules_prints_is_no_output_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "talks_when_imported.py").write_text(
        "from typing import Literal\n"
        "from medreward.rewards import REWARDS, Reward\n"
        "print('loaded')\n"
        "@REWARDS.add\n"
        "class Silent(Reward):\n"
        "    kind: Literal['talks_when_imported.v1'] = 'talks_when_imported.v1'\n"
        "    def bounds(self):\n"
        "        return (0.0, 1.0)\n"
    )
    flags = ["--import", str(tmp_path / "talks_when_imported.py"), "--laws", "total", "--json", *QUICK]
    assert main(["check", "mcq", *flags]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)[0]["reward"] == "mcq"
    assert "loaded" in printed.err


def test_golds_that_are_texts_raise_no_false_alarm(folder: Path) -> None:
    (folder / "texts_for_check.py").write_text(
        "import re\n"
        "def reward(data_source, solution_str, ground_truth, extra_info=None):\n"
        "    found = re.fullmatch(r'<think>[^<]*</think>\\s*<answer>\\s*([^<]*?)\\s*</answer>', solution_str)\n"
        "    return float(found is not None and found[1] == ground_truth)\n",
        encoding="utf-8",
    )
    flags = ["--callable", "texts_for_check:reward", "--form", "verl", "--gold", "{label}. {text}"]
    assert main(["check", *flags, *QUICK]) == 0
