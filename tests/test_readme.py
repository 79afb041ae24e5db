"""What README says is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from medreward import load_document, score_one
from medreward.rewards import REWARDS
from medreward.rewards.plain_yaml import read_yaml
from tests.conftest import ROOT
from tests.generated import SLOW_PARTS, written

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def test_every_python_example_prints_what_the_block_after_it_shows() -> None:
    ran = 0
    for (language, code), (after, expected) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if language == "python":
            # a process of its own: an example may register a rule for good
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert done.stdout == (expected if after == "text" else "")
            ran += 1
    assert ran >= 5


def test_the_worked_example_of_a_rule_is_imported_validated_explained_and_scored(tmp_path: Path) -> None:
    (code,) = [code for language, code in BLOCKS if language == "python" and "class OneAnswer" in code]
    (commands,) = [code for language, code in BLOCKS if language == "sh" and "--import" in code]
    (tmp_path / "one_answer.py").write_text(code, encoding="utf-8")
    (tmp_path / "reward.yaml").write_text('{"reward": {"kind": "one_answer.v1", "name": "single"}}')
    (tmp_path / "rollouts.jsonl").write_text('{"completion": "<answer>B</answer>"}\n')
    for command in commands.splitlines():
        call = [sys.executable, "-m", "medreward_cli", *shlex.split(command)[1:]]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert (tmp_path / "scored.parquet").exists()


def test_every_yaml_example_is_a_document_of_format_and_accuracy() -> None:
    texts = [code for language, code in BLOCKS if language == "yaml"]
    assert len(texts) >= 2
    for text in texts:
        assert [*load_document(read_yaml(text)).components()] == ["format", "accuracy"]


def test_the_document_with_other_names_pays_what_the_readme_says() -> None:
    (text,) = [code for language, code in BLOCKS if language == "yaml" and "tags: {think: reason" in code]
    few, many = "a shadow", "a shadow " * 10
    answer = "<reason>{}</reason><final>(B)</final>"
    earned = [score_one(answer.format(words), "B", reward=read_yaml(text)) for words in (few, many)]
    assert earned == [1.0, 2.0]


def test_every_command_in_the_readme_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from medreward_cli.main import main

    monkeypatch.chdir(tmp_path)
    (text,) = [code for language, code in BLOCKS if language == "console"]
    commands = [line.removeprefix("$ ") for line in text.splitlines()]
    assert len(commands) >= 6
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
        assert capsys.readouterr().out, command
    assert (tmp_path / "scored.parquet").exists()


def test_the_parts_of_the_readme_that_are_made_are_as_they_would_be_made_now() -> None:
    assert written() == README, "run: python -m tests.generated"


@pytest.mark.slow
def test_the_table_of_laws_is_what_the_command_prints_now() -> None:
    pytest.importorskip("math_verify")
    pytest.importorskip("mathruler")
    assert written(SLOW_PARTS) == README, "run: python -m tests.generated --slow"


def test_every_preset_and_every_rule_kind_shown_is_known() -> None:
    from medreward import PRESETS

    assert {name for name in PRESETS if f"| `{name}` |" in README} == {*PRESETS}
    kinds = {*re.findall(r"kind: (\w+\.v\d+)", README)}
    assert len(kinds) >= 4
    assert kinds <= {*REWARDS.names()} | {"one_answer.v1"}
