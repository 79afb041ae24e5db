"""The demo in its sizes: the large one is the small one's code with other numbers."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")

from PIL import Image

from medreward.rollouts import score_files
from medreward.train import demo
from medreward.train.drawings import drawn_items
from medreward.train.tiny import Shape, byte_tokenizer, tiny_model
from medreward_cli.main import main

SMALL = Shape(hidden=32, vision_hidden=32, max_pixels=demo.RECIPES["large"].shape.max_pixels)


def test_the_large_model_has_between_fifty_and_two_hundred_million_weights() -> None:
    model = tiny_model(byte_tokenizer(), demo.RECIPES["large"].shape, device=torch.device("meta"))
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == pytest.approx(136e6, rel=0.01)


def test_larger_pictures_are_drawn_of_the_same_things() -> None:
    small, large = drawn_items(6, 3), drawn_items(6, 3, 112)
    assert [item.gold for item in small] != []
    assert {Image.open(io.BytesIO(item.image)).size for item in large if isinstance(item.image, bytes)} == {(112, 112)}
    assert small[0].gold == large[0].gold


def test_the_large_job_at_a_tiny_size_runs_and_its_rollouts_score_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(
        demo.RECIPES,
        "large",
        replace(demo.RECIPES["large"], shape=SMALL, train=32, held_out=6, warm_up_steps=2, warm_up_batch=4),
    )
    folder = tmp_path / "run"
    assert main(["train", "--demo", "--size", "large", "--steps", "2", "--quiet", "--output", str(folder)]) == 0
    state = torch.load(folder / "checkpoints/step-000002/state.pt")
    assert {tensor.dtype for tensor in state["optimizer"]["masters"]} == {torch.float32}
    table = pq.read_table(folder / "rollouts")
    assert table.num_rows == 2 * 16 * 16
    assert table["prompt_tokens"].to_pylist()[0] > 16  # a picture is sixteen tokens
    score_files(folder / "rollouts", tmp_path / "again", reward="medvlm-r1")
    assert pq.read_table(tmp_path / "again")["reward"].to_pylist() == table["reward"].to_pylist()
    assert (folder / "curve.svg").exists()


def test_a_size_is_of_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(tmp_path / "run.toml"), "--size", "large"]) == 2
    assert "--size is of the demo" in capsys.readouterr().err
