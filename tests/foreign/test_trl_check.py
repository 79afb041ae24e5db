"""What `medreward check --callable` says of TRL's own reward functions. Needs trl."""

from __future__ import annotations

import json

import pytest

from medreward_cli.main import main

pytest.importorskip("trl", reason="needs trl")
pytest.importorskip("math_verify", reason="needs math-verify")


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """The exit status, the verdict of each law, and what the search found."""
    status = main(["check", "--form", "trl", "--json", *arguments])
    (report,) = json.loads(capsys.readouterr().out)
    verdicts = {name: law["verdict"] for name, law in report["laws"].items()}
    return status, verdicts, {exploit["attack"]: exploit["completion"] for exploit in report["exploits"]}


def test_the_format_reward_keeps_the_laws_and_pays_repeated_stray_and_empty_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, verdicts, exploits = checked(capsys, "--callable", "trl.rewards:think_format_reward")
    assert status == 0
    assert "broken" not in verdicts.values()
    assert verdicts["right_pays"] == "skipped"
    assert {"empty_reasoning", "repeated_answers", "stray_text", "tags_only"} <= {*exploits}
    assert exploits["tags_only"] == "<think></think>"


def test_a_free_ride_fails_a_strict_check(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, _ = checked(capsys, "--callable", "trl.rewards:think_format_reward", "--strict", "--laws", "total")
    assert status == 1


def test_the_accuracy_reward_is_null_for_every_completion_where_golds_are_letters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ("--callable", "trl.rewards:accuracy_reward", "--examples", "20", "--seconds", "0")
    status, verdicts, _ = checked(capsys, *arguments, "--laws", "total,depends_on_completion,right_pays")
    assert status == 1
    assert verdicts == {"total": "holds", "depends_on_completion": "broken", "right_pays": "broken"}
