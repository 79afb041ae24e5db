"""What README says is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from medreward import load_document
from medreward.rewards.plain_yaml import read_yaml
from tests.conftest import ROOT
from tests.generated import written

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
    assert ran == 3


def test_the_yaml_example_is_a_document() -> None:
    (text,) = [code for language, code in BLOCKS if language == "yaml"]
    assert [*load_document(read_yaml(text)).components()] == ["format", "accuracy"]


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


def test_every_preset_and_every_rule_kind_shown_is_known() -> None:
    from medreward import PRESETS

    assert {name for name in PRESETS if f"| `{name}` |" in README} == {*PRESETS}
