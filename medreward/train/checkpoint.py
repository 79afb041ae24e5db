"""Stopping and going on: a checkpoint is the policy, the optimizer and a step's number, and nothing random."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from medreward.errors import DocumentError, InputError
from medreward.rollouts.publish import output_errors, publish_folder
from medreward.train.config import TrainConfig, read_config
from medreward.train.policy import Policy

__all__ = ["check_same_run", "essence", "latest", "load_checkpoint", "load_weights", "save_checkpoint", "save_weights"]

_FREE = {
    "run": {"steps", "output", "save_every", "keep", "evaluate_every", "device", "probe", "threads", "tensorboard"},
    "data": {"train", "held_out", "images", "check_images"},
    "policy": {"model"},
    "sampling": {"backend"},
    "optimizer": {"micro_batch"},
}
"""Settings that may differ when a run goes on: they change where things are or how far it goes, not what is learned."""


def save_checkpoint(folder: Path, step: int, policy: Policy, optimizer: Any, keep: int) -> None:
    """Write ``folder/step-NNNNNN`` whole, then remove all but the last ``keep``.

    Raises:
        OutputError: it cannot be written.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"step-{step:06d}"
    if not place.exists():
        with publish_folder(place) as temporary:
            state = {"step": step, "model": policy.model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state, temporary / "state.pt")
    for old in sorted(folder.glob("step-*"))[:-keep]:
        shutil.rmtree(old)


def latest(folder: Path) -> Path | None:
    """The newest checkpoint, if there is one."""
    return max(folder.glob("step-*"), default=None)


def load_checkpoint(place: Path, policy: Policy, optimizer: Any) -> int:
    """Put policy and optimizer into the state they had.

    Returns:
        The number of the last step that was done.

    Raises:
        InputError: ``bad_checkpoint``: damaged, or of another model.
    """
    try:
        state = torch.load(place / "state.pt", map_location=policy.device, weights_only=True)
        policy.model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise InputError(
            "bad_checkpoint",
            "The checkpoint cannot be loaded",
            where=str(place),
            got=str(error)[:500],
            do="remove it to go on from the one before",
        ) from error


def save_weights(path: Path, policy: Policy) -> None:
    """Keep a policy's weights: the reference, which a resumed run needs as it was."""
    with output_errors(path):
        torch.save(policy.model.state_dict(), path)


def load_weights(path: Path, policy: Policy) -> None:
    """Put the weights of :func:`save_weights` into a policy of the same shape."""
    policy.model.load_state_dict(torch.load(path, map_location=policy.device, weights_only=True))


def essence(config: TrainConfig) -> dict[str, Any]:
    """The settings that what is learned depends on, by full name."""
    return {
        f"{section}.{name}": value
        for section, fields in config.model_dump(mode="json").items()
        for name, value in fields.items()
        if name not in _FREE.get(section, set())
    }


def check_same_run(saved: Path, config: TrainConfig) -> None:
    """A run goes on with the settings it began with, but for those that change nothing that is learned.

    Raises:
        DocumentError: ``config_changed``, naming each setting.
        InputError: ``nothing_to_resume``.
    """
    if not saved.exists():
        raise InputError("nothing_to_resume", "There is no run here to go on with", where=str(saved.parent))
    before = essence(read_config(json.loads(saved.read_text(encoding="utf-8"))["config"], str(saved)))
    now = essence(config)
    changed = [f"{name}: {before[name]!r}, now {now[name]!r}" for name in now if before[name] != now[name]]
    if changed:
        raise DocumentError(
            "config_changed",
            "The run began with other settings",
            where=str(saved),
            got="; ".join(changed),
            do="change them back, or start a new run in another folder",
        )
