"""Where a run starts: everything loaded and checked, the folder made, or the state of before taken up again."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from medreward._version import __version__
from medreward.errors import InputError, OutputError
from medreward.rollouts.publish import output_errors, publish_file
from medreward.scoring import InputSettings, Scorer
from medreward.train.advantages import check_weights
from medreward.train.checkpoint import check_same_run, essence, latest, load_checkpoint, load_weights, save_weights
from medreward.train.collect import step_items
from medreward.train.config import TrainConfig
from medreward.train.data import Item, check_images, load_items
from medreward.train.optimizer import make_optimizer
from medreward.train.policy import Policy, load_policy, pick_device
from medreward.train.probe import probe_longest
from medreward.train.prompts import check_lengths
from medreward.train.rails import Rails, template_prefill

__all__ = ["Run", "Start", "begin", "prepare", "resume_run", "run_folder"]


@dataclass(frozen=True)
class Start:
    """Where a run starts: made by :func:`prepare`, or by whoever brings a policy and questions of their own.

    Args:
        policy: what learns.
        items: the questions to learn from.
        held_out: unseen questions; may be empty.
    """

    policy: Policy
    items: Sequence[Item]
    held_out: Sequence[Item] = ()


@dataclass
class Run:
    """A run under way; ``ahead`` is the thread that makes images ready and writes rollouts while the device works."""

    config: TrainConfig
    start: Start
    scorer: Scorer
    optimizer: Any
    folder: Path
    run_id: str
    prefill: str
    reference: Policy | None = None
    rails: Rails = field(default_factory=Rails)
    ahead: Executor = field(default_factory=lambda: ThreadPoolExecutor(1))
    pending: Future[None] | None = None

    @property
    def policy(self) -> Policy:
        """What learns."""
        return self.start.policy


def prepare(config: TrainConfig) -> Start:
    """Load the policy and the questions, and find everything that is wrong with them before anything is learned.

    Raises:
        InputError: data, image, gold, prompt or model.
    """
    items = load_items(config.data.train, config.data)
    unlimited = config.data.model_copy(update={"limit": None})
    held_out = load_items(config.data.held_out, unlimited) if config.data.held_out is not None else []
    if config.data.check_images:
        check_images([*items, *held_out])
    scorer = Scorer(config.reward.document)
    policy = load_policy(
        config.policy,
        pick_device(config.run.device),
        autocast=config.run.autocast == "bfloat16",
        stop=config.sampling.stop,
        ban=config.sampling.ban,
        tags=scorer.document.tags_named(),
    )
    return Start(policy, items, held_out)


def run_folder(config: TrainConfig, *, resume: bool) -> Path:
    """The run's folder: new, or the one to go on in."""
    if config.run.output is None:
        raise OutputError("no_folder", "The run has no output folder", do="set run.output, or say --output DIR")
    folder = Path(config.run.output)
    if resume:
        check_same_run(folder / "run.json", config)
        return folder
    if (folder / "run.json").exists() or (folder.exists() and any(folder.iterdir())):
        raise OutputError(
            "exists", "The output folder is not empty", where=str(folder), do="choose another, or say --resume"
        )
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def begin(config: TrainConfig, start: Start, folder: Path) -> Run:
    """Everything a run needs, checked."""
    policy = start.policy
    bare = Scorer(config.reward.document)
    prefill = (
        template_prefill(policy, bare.document.tags_named())
        if config.reward.prefill == "auto"
        else config.reward.prefill
    )
    scorer = Scorer(config.reward.document, settings=InputSettings(prefill=prefill))
    check_weights([*scorer.components], config.advantage)
    items = [*start.items, *start.held_out]
    lengths = check_lengths(policy, items, config.data.prompt, config.data.max_prompt_tokens)
    step_items(start.items, 1, config.sampling.prompts, config.run.seed)
    if config.run.probe == "always" or (config.run.probe == "auto" and policy.device.type == "cuda"):
        longest = sorted(zip(lengths, items, strict=True), key=lambda pair: -pair[0])[: config.sampling.prompts]
        size = probe_longest(policy, [item for _, item in longest], config)
        config = config.replace(optimizer={"micro_batch": size})
    run_id = hashlib.sha256(json.dumps(essence(config), sort_keys=True).encode()).hexdigest()[:12]
    run = Run(config, start, scorer, make_optimizer(policy, config.optimizer), folder, run_id, prefill)
    if not (folder / "run.json").exists():
        settings = config.model_dump(mode="json")
        _write_json(folder / "run.json", {"run_id": run_id, **_versions(), "config": settings})
    if config.loss.beta:
        run.reference = _reference(config, policy, folder / "reference.pt")
    return run


def _versions() -> dict[str, str]:
    import transformers

    return {"medreward": __version__, "torch": torch.__version__, "transformers": transformers.__version__}


def _write_json(path: Path, data: object) -> None:
    with publish_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _reference(config: TrainConfig, policy: Policy, saved: Path) -> Policy:
    """A frozen copy of the policy as the run began with it."""
    model = copy.deepcopy(policy.model).requires_grad_(requires_grad=False)
    reference = Policy(model, policy.tokenizer, policy.images, autocast=config.run.autocast == "bfloat16")
    reference.banned, reference.stop_ids = policy.banned, policy.stop_ids
    if saved.exists():
        load_weights(saved, reference)
    else:
        save_weights(saved, reference)
    return reference


def resume_run(run: Run) -> int:
    """Load the newest checkpoint, and remove what was written after it; returns the step to do next."""
    place = latest(run.folder / "checkpoints")
    if place is None:
        raise InputError("nothing_to_resume", "There is no checkpoint to go on from", where=str(run.folder))
    done = load_checkpoint(place, run.policy, run.optimizer)
    for folder in ("rollouts", "held_out"):
        for file in (run.folder / folder).glob("step-*.parquet"):
            if int(file.stem.removeprefix("step-")) > done:
                file.unlink()
    return done + 1
