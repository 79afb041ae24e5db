"""It learns: the demo's recipe on three seeds, and what the demo says about it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.rollouts import score_files
from medreward.train.demo import demo


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mean_reward_rises_by_a_quarter_of_a_point_in_fifty_steps(tmp_path: Path, seed: int) -> None:
    result = demo(tmp_path / "run", seed=seed)
    rewards = result.rewards()
    assert len(rewards) == 50
    assert sum(rewards[-5:]) / 5 - sum(rewards[:5]) / 5 >= 0.25
    assert result.metrics[-1]["held_out_reward"] >= result.metrics[0]["held_out_reward"] - 0.1  # 64 questions: noise
    score_files(result.folder / "rollouts", tmp_path / "again", reward="medvlm-r1")
    before, after = (
        pq.read_table(folder)["reward"].to_pylist() for folder in (result.folder / "rollouts", tmp_path / "again")
    )
    assert len(before) == 3200
    assert before == after
