"""A run's settings: typed, frozen, and nothing in them that is not known."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from medreward.errors import DocumentError, MissingExtraError
from medreward.train import config as module
from medreward.train import require_extra
from medreward.train.config import TrainConfig, load_config
from medreward.train.template import config_template

MINIMAL: dict[str, Any] = {"policy": {"model": "m"}, "data": {"train": "d"}, "run": {"steps": 1}}


def written(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "run.json"
    path.write_text(json.dumps(data))
    return path


def complaint(folder: Path, **sections: dict[str, Any]) -> str:
    data = {name: {**MINIMAL.get(name, {}), **sections.get(name, {})} for name in {*MINIMAL, *sections}}
    with pytest.raises(DocumentError) as caught:
        load_config(written(folder, data))
    assert caught.value.code == "bad_config"
    return str(caught.value)


def test_the_defaults_are_the_documented_ones() -> None:
    made = TrainConfig.model_validate(MINIMAL)
    assert (made.loss.kind, made.loss.beta, made.loss.clip_low, made.loss.clip_high) == ("dapo", 0.0, 0.2, 0.28)
    assert (made.sampling.prompts, made.sampling.samples, made.rows, made.micro_batch) == (8, 8, 64, 64)
    assert made.reward.document == "medvlm-r1"


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"loss": {"bta": 0.1}}, "'bta' (beta?)"),
        ({"optimiser": {"lr": 1}}, "'optimiser' (optimizer?)"),
        ({"loss": {"kind": "ppo"}}, "loss.kind"),
        ({"sampling": {"samples": 1}}, "sampling.samples"),
        ({"sampling": {"temperature": 0}}, "sampling.temperature"),
        ({"sampling": {"prompts": 2.5}}, "sampling.prompts"),
        ({"loss": {"delta": 0.9}}, "loss.delta"),
        ({"run": {"steps": True}}, "run.steps"),
        ({"optimizer": {"lr": float("nan")}}, "optimizer.lr"),
        ({"run": {"device": "tpu"}}, "run.device: it is auto, cpu, mps, cuda or cuda:N, and not 'tpu'"),
        ({"run": {"device": "cuda:x"}}, "run.device: "),
        ({"data": {"train": ""}}, "data.train: it is not set"),
        ({"data": {"held_out": " "}}, "data.held_out: it is not set"),
        ({"policy": {"model": ""}}, "policy.model: it is not set"),
        ({"loss": {"kind": "bnpo"}, "optimizer": {"micro_batch": 4}}, "bnpo"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, sections: dict[str, Any], said: str) -> None:
    assert said in complaint(tmp_path, **sections)


def test_a_file_that_is_not_there_or_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[run\n")
    for path in (tmp_path / "bad.toml", tmp_path / "none.toml"):
        with pytest.raises(DocumentError, match=path.name):
            load_config(path)


def test_paths_are_relative_to_the_file_and_names_stay(tmp_path: Path) -> None:
    (tmp_path / "reward.yaml").write_text("")
    data = {**MINIMAL, "data": {"train": "d", "held_out": "/h"}, "reward": {"document": "reward.yaml"}}
    made = load_config(written(tmp_path, data))
    assert (made.data.train, made.data.held_out, made.data.images) == (str(tmp_path / "d"), "/h", None)
    assert (made.policy.model, made.reward.document) == ("m", str(tmp_path / "reward.yaml"))


def test_the_printed_template_holds_every_setting_with_its_default() -> None:
    found = tomllib.loads(config_template())
    given = {"policy": {**found["policy"], "model": "m"}, "data": {**found["data"], "train": "d"}}
    made = TrainConfig.model_validate(found | given)
    plain = TrainConfig.model_validate(MINIMAL)
    for name in ("sampling", "reward", "advantage", "loss", "optimizer", "run"):
        assert getattr(made, name) == getattr(plain, name)
    for name in TrainConfig.model_fields:
        for key in type(getattr(made, name)).model_fields:
            assert f"\n{key} =" in config_template() or f"\n# {key} =" in config_template()


def test_the_printed_template_asks_for_what_it_leaves_empty(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(config_template())
    with pytest.raises(DocumentError) as caught:
        load_config(tmp_path / "run.toml")
    assert "policy.model: it is not set" in str(caught.value)
    assert "data.train: it is not set" in str(caught.value)


@pytest.mark.parametrize("name", ["demo.toml", "demo-large.toml", "medvlm-r1.toml"])
def test_the_files_that_come_with_the_package_are_read(name: str) -> None:
    made = load_config(Path(str(files("medreward.train") / name)))
    assert made.run.steps >= 50
    assert made.reward.document.startswith("medvlm-r1")


def test_every_section_is_public() -> None:
    sections = {field.annotation.__name__ for field in TrainConfig.model_fields.values() if field.annotation}
    assert sections <= {*module.__all__}


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(
        MissingExtraError, match=r"Training needs torch, which is not installed(.|\n)*medreward\[train\]"
    ):
        require_extra()
