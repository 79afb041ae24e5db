"""``medreward train``: what it asks for, and what it prints."""

from __future__ import annotations

import importlib.util
import json
import shlex
from pathlib import Path

import pytest

from medreward_cli.main import main
from tests.cli.running import run
from tests.conftest import HAS_TRAINING

needs_extra = pytest.mark.skipif(not HAS_TRAINING, reason="the extra train is not installed")


@pytest.mark.parametrize("given", [[], ["run.toml", "--demo"], ["--demo", "--resume"]])
def test_a_config_or_the_demo_is_asked_for(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *given]) == 2
    assert "--demo" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["train", "--demo"]) == 4
    said = capsys.readouterr().err
    assert "error[missing_extra]: Training needs torch, transformers, pillow" in said
    assert "pip install 'medreward[train]'" in said


@needs_extra
def test_a_wrong_config_ends_with_two_and_missing_data_with_three(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[run]\nstepps = 3\n")
    assert main(["train", str(path)]) == 2
    assert "error[bad_config]" in capsys.readouterr().err
    path.write_text('[policy]\nmodel = "m"\n[data]\ntrain = "none.parquet"\n[run]\nsteps = 1\noutput = "out"\n')
    assert main(["train", str(path), "-o", str(tmp_path / "out")]) == 3
    assert "error[not_found]" in capsys.readouterr().err


@needs_extra
def test_a_run_prints_its_curve_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.train.small import items, policy, save

    save(policy("qwen2"), tmp_path / "model")
    rows = [{"question": item.question, "options": ["CT", "MRI"], "gold": "CT"} for item in items(4, images=False)]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "run.toml").write_text(
        '[policy]\nmodel = "model"\n[data]\ntrain = "questions.jsonl"\nheld_out = "questions.jsonl"\nprompt = "plain"\n'
        '[sampling]\nprompts = 2\nsamples = 2\nmax_new_tokens = 4\n[run]\nsteps = 2\ndevice = "cpu"\n'
    )
    out = tmp_path / "out"
    assert main(["train", str(tmp_path / "run.toml"), "--output", str(out)]) == 0
    printed = capsys.readouterr()
    assert "reward       0.000 in the first 2 steps, 0.000 in the last" in printed.out
    assert "unseen       greedy accuracy 0.000 before, 0.000 after" in printed.out
    assert f"medreward score {out}/rollouts -o rescored" in printed.out
    assert "warning[all_truncated]" in printed.err
    assert main(["train", str(tmp_path / "run.toml"), "--output", str(out)]) == 4
    assert "error[exists]" in capsys.readouterr().err
    assert main(["train", str(tmp_path / "run.toml"), "-o", str(out), "--resume", "--steps", "3"]) == 0
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 4
    assert main(["score", str(out / "rollouts"), "-o", str(tmp_path / "rescored")]) == 0


RULE = """
from typing import Literal
from medreward.rewards import REWARDS, Gold, Reward, Values
from medreward.text import Reading, TagCount

@REWARDS.add
class Opened(Reward):
    kind: Literal["opened.v1"] = "opened.v1"
    def evaluate(self, reading: Reading, gold: Gold) -> Values:
        return Values.of(reading[TagCount(tag="<answer>")] > 0, reading.rows.valid)
    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)
"""


@needs_extra
def test_a_run_learns_from_a_rule_of_ones_own_and_says_how_to_score_with_it(tmp_path: Path) -> None:
    from tests.train.small import items, policy, save

    save(policy("qwen2"), tmp_path / "model")
    rows = [{"question": item.question, "options": ["CT", "MRI"], "gold": "CT"} for item in items(2, images=False)]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "opened.py").write_text(RULE)
    (tmp_path / "reward.yaml").write_text("reward: {kind: opened.v1, name: opened}\n")
    (tmp_path / "run.toml").write_text(
        '[policy]\nmodel = "model"\n[data]\ntrain = "questions.jsonl"\nprompt = "plain"\n'
        '[reward]\ndocument = "reward.yaml"\n'
        '[sampling]\nprompts = 2\nsamples = 2\nmax_new_tokens = 4\n[run]\nsteps = 1\ndevice = "cpu"\n'
    )
    refused = run("train", "run.toml", "-o", "out", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--import" in refused.stderr
    done = run("train", "run.toml", "-o", "new", "--import", "opened.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = done.stdout.splitlines()[-1].strip()
    assert again == "medreward score new/rollouts --reward reward.yaml --import opened.py -o rescored"
    assert run(*shlex.split(again)[1:], cwd=tmp_path).returncode == 0
