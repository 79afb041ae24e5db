"""It learns: the demo's recipe on three seeds, and what the demo says about it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.rollouts import score_files
from medreward_cli.main import main


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mean_reward_rises_by_a_quarter_of_a_point_in_fifty_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    folder = tmp_path / "run"
    assert main(["train", "--demo", "--quiet", "--seed", str(seed), "--output", str(folder)]) == 0
    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    rewards = [line["reward"] for line in metrics[1:]]
    first, last = sum(rewards[:5]) / 5, sum(rewards[-5:]) / 5
    assert len(rewards) == 50
    assert last - first >= 0.25
    assert metrics[-1]["held_out_accuracy"] >= metrics[0]["held_out_accuracy"] - 0.12  # 64 questions: two deviations
    printed = capsys.readouterr().out
    assert f"reward       {first:.3f} in the first 5 steps, {last:.3f} in the last" in printed
    assert (folder / "curve.svg").read_text().count("<polyline") == 3
    score_files(folder / "rollouts", tmp_path / "again", reward="medvlm-r1")
    before, after = (pq.read_table(place)["reward"].to_pylist() for place in (folder / "rollouts", tmp_path / "again"))
    assert len(before) == 3200
    assert before == after
