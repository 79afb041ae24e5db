"""Help and version come at once: they import no library."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import medreward
from medreward_cli.app import COMMANDS
from medreward_cli.main import main
from tests.cli.running import COMMAND, ENVIRONMENT, run

HEAVY = ("pydantic", "numpy", "pyarrow", "pandas", "rich", "yaml", "regex")
HELPS = ["--version", "--help", *(f"{name} --help" for name in COMMANDS), "spec list --help", "spec show --help"]


@pytest.mark.parametrize("arguments", HELPS)
def test_help_and_version_import_nothing_heavy(arguments: str) -> None:
    program = f"""
import sys
from medreward_cli.main import main
status = main({arguments.split()!r})
print(status, [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_the_version_is_there_in_little_more_than_python_itself() -> None:
    def seconds(command: list[str]) -> float:
        before = os.times()
        subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
        after = os.times()  # of processors: a machine that is busy with other things makes nothing slower
        return after.children_user + after.children_system - before.children_user - before.children_system

    bare = min(seconds([sys.executable, "-c", "pass"]) for _ in range(5))
    assert min(seconds([*COMMAND, "--version"]) for _ in range(5)) < 2 * bare + 0.1


def test_the_version_is_the_librarys() -> None:
    assert run("--version").stdout == f"medreward {medreward.__version__}\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["spec", "list"], ["spec", "show"]])
def test_every_help_has_an_example_line(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example: medreward {' '.join(command[:1])}" in out


@pytest.mark.parametrize(
    "arguments",
    [["scroe"], ["score"], ["score", "--no-such-flag", "x"], ["score", "x", "--gold-as", "soul"], ["spec", "nothing"]],
)
def test_wrong_usage_is_exit_2_on_stderr(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error:" in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("medreward sc", "score"),
        ("medreward score --fail", "--fail-under"),
        ("medreward score x --reward medvlm-r1-c", "plain,medvlm-r1-code"),
        ("medreward spec show my-re", "file,my-re"),
    ],
)
def test_a_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1), "_MEDREWARD_COMPLETE": "bash_complete"}
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, env={**ENVIRONMENT, **words})
    assert offered in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_how_to_complete(shell: str) -> None:
    done = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        check=False,
        env={**ENVIRONMENT, "_MEDREWARD_COMPLETE": f"{shell}_source"},
    )
    assert "_medreward_completion" in done.stdout
