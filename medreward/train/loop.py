"""The run: collect, judge, learn, again."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medreward._version import __version__
from medreward.errors import InputError, OutputError, TrainingError
from medreward.rewards.base import Floats
from medreward.rollouts.publish import output_errors, publish_file
from medreward.scoring import InputSettings, Scorer, Scores
from medreward.train.advantages import check_weights, has_spread, step_advantages
from medreward.train.checkpoint import (
    check_same_run,
    latest,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from medreward.train.collect import Collected, collect, evaluate, has_plain_labels, plan_of, step_items
from medreward.train.config import TrainConfig
from medreward.train.curve import svg_curve
from medreward.train.data import Item, check_images, load_items
from medreward.train.metrics import MetricsLog
from medreward.train.policy import Policy, load_policy, pick_device
from medreward.train.probe import probe_longest
from medreward.train.prompts import check_lengths
from medreward.train.rails import Rails, Warned, on_failure, start_warnings, template_prefill
from medreward.train.rollouts import scored_table, step_file, table_of, write_table
from medreward.train.update import Batch, counted_mask, learning_rate, make_optimizer, update

__all__ = ["Hook", "Report", "Result", "Start", "train"]


@dataclass(frozen=True)
class Report:
    """What a hook hears after every step, and, with step 0, before the first.

    Args:
        step: the step that was done.
        steps: how many there will be.
        metrics: what was logged; see :data:`medreward.train.metrics.METRICS`.
        warnings: what the rails said.
    """

    step: int
    steps: int
    metrics: dict[str, Any]
    warnings: tuple[Warned, ...] = ()


Hook = Callable[[Report], None]


@dataclass(frozen=True)
class Result:
    """What a run gave.

    Args:
        folder: where everything is.
        metrics: everything logged, step by step.
    """

    folder: Path
    metrics: list[dict[str, Any]]

    def rewards(self) -> list[float]:
        """The mean reward of each step."""
        return [line["reward"] for line in self.metrics if "reward" in line]


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
class _Run:
    """A run under way."""

    config: TrainConfig
    start: Start
    scorer: Scorer
    optimizer: Any
    folder: Path
    run_id: str
    prefill: str
    reference: Policy | None = None
    rails: Rails = field(default_factory=Rails)

    @property
    def policy(self) -> Policy:
        return self.start.policy


def prepare(config: TrainConfig) -> Start:
    """Load the policy and the questions, and find everything that is wrong with them before anything is learned.

    Raises:
        InputError: data, image, gold, prompt or model.
    """
    items = load_items(config.data.train, config.data)
    held_out = load_items(config.data.held_out, config.data) if config.data.held_out is not None else []
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


def train(
    config: TrainConfig, *, start: Start | None = None, resume: bool = False, hooks: Sequence[Hook] = ()
) -> Result:
    """Run GRPO.

    Args:
        config: the run. ``run.output`` names the folder that is filled: ``rollouts/`` and ``held_out/`` (Parquet),
            ``metrics.jsonl``, ``checkpoints/``, ``model/``, ``curve.svg``, ``run.json``.
        start: a policy and questions; loaded as the config says where None.
        resume: go on from the newest checkpoint in the folder.
        hooks: called after every step.

    Returns:
        The folder, and all metrics.

    Raises:
        InputError: data, model or checkpoint are wrong.
        OutputError: the folder is taken, or cannot be written.
        TrainingError: the run cannot go on.
        RuleError: a rule of the reward is broken; the step's rollouts are saved.
    """
    if config.run.threads is not None:
        torch.set_num_threads(config.run.threads)
    folder = _folder(config, resume=resume)
    run = _begin(config, start or prepare(config), folder)
    first = _resume(run) if resume else 1
    events = folder / "tensorboard" if config.run.tensorboard else None
    with MetricsLog(folder / "metrics.jsonl", first if first > 1 else 0, events) as log:
        if first == 1:
            _tell(run, log, hooks, 0, _held_out_metrics(run, 0), start_warnings(config, run.prefill))
        for step in range(first, config.run.steps + 1):
            metrics = _step(run, step)
            last = step == config.run.steps
            if last or (config.run.evaluate_every and step % config.run.evaluate_every == 0):
                metrics |= _held_out_metrics(run, step)
            if last or step % config.run.save_every == 0:
                save_checkpoint(folder / "checkpoints", step, run.policy, run.optimizer, config.run.keep)
            _tell(run, log, hooks, step, metrics, run.rails.look(metrics))
        result = Result(folder, log.read())
    _finish(run, result)
    return result


def _step(run: _Run, step: int) -> dict[str, Any]:
    """One step: collect, judge, learn."""
    config, clock = run.config, _Clock(run.policy.device)
    items = step_items(run.start.items, step, config.sampling.prompts, config.run.seed)
    found = collect(run.policy, items, plan_of(config), step, config, run.run_id)
    clock.lap("seconds_sample")
    scores, advantages = _judge(run, found)
    clock.lap("seconds_reward")
    lr = learning_rate(step, config.run.steps, config.optimizer)
    learned = _learn(run, found, scores.rewards, advantages, lr)
    clock.lap("seconds_update")
    return {
        "step": step,
        **_reward_metrics(scores, config.sampling.samples),
        **_length_metrics(found, clock.laps["seconds_sample"]),
        **learned,
        "lr": lr,
        **clock.laps,
        **clock.memory(),
    }


def _judge(run: _Run, found: Collected) -> tuple[Scores, Floats]:
    """Score a step's completions and write them; completions that cannot be scored are saved without scores."""
    rollouts, samples = found.rollouts, run.config.sampling.samples
    table = table_of(rollouts, run.config.data.prompt, listed=has_plain_labels(run.start.items))
    with on_failure(lambda: write_table(table, step_file(run.folder / "failed", rollouts.step))):
        scores = run.scorer.score(table)
    advantages = step_advantages(scores, samples, run.config.advantage)
    write_table(scored_table(scores, advantages, samples), step_file(run.folder / "rollouts", rollouts.step))
    if np.isnan(scores.rewards).all():
        raise TrainingError(
            "no_rewards",
            "No completion of the step has a reward",
            where=str(step_file(run.folder / "rollouts", rollouts.step)),
            do="look for nulls in what the reward reads: medreward explain FILE --row 0",
        )
    return scores, advantages


def _learn(run: _Run, found: Collected, rewards: Floats, advantages: Floats, lr: float) -> dict[str, float]:
    """Change the policy; a batch whose loss is not finite is saved."""
    device = run.policy.device
    has_reward = torch.tensor(~np.isnan(rewards), device=device)
    weights = torch.tensor(np.nan_to_num(advantages), dtype=torch.float32, device=device)
    counted = counted_mask(found.samples, has_reward, run.config.loss)
    batch = Batch(found.prompts, found.samples, weights, counted)
    for group in run.optimizer.param_groups:
        group["lr"] = lr
    place = run.folder / "failed" / f"batch-{found.rollouts.step:06d}.pt"
    with on_failure(lambda: _save_batch(batch, place)):
        seen = update(run.policy, run.reference, run.optimizer, batch, run.config)
    return seen.metrics(run.config.optimizer.passes)


def _save_batch(batch: Batch, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    samples, prompts = batch.samples, batch.prompts
    torch.save(
        {
            "prompt_ids": prompts.ids,
            "prompt_mask": prompts.mask,
            "ids": samples.ids,
            "mask": samples.mask,
            "logprobs": samples.logprobs,
            "advantages": batch.advantages,
            "counted": batch.counted,
        },
        place,
    )


def _reward_metrics(scores: Scores, samples: int) -> dict[str, Any]:
    rewards = scores.rewards
    known = rewards[~np.isnan(rewards)]
    parts = {f"reward_{name}": scores.column(f"reward_{name}") for name in scores.document.components()}
    return {
        "reward": float(known.mean()),
        "reward_std": float(known.std(ddof=1)) if len(known) > 1 else 0.0,
        **{name: float(np.nanmean(values)) for name, values in parts.items() if not np.isnan(values).all()},
        "rewards_null": len(rewards) - len(known),
        "groups_without_spread": float(1 - has_spread(rewards, samples).mean()),
    }


def _length_metrics(found: Collected, seconds: float) -> dict[str, float]:
    lengths = [len(ids) for ids in found.rollouts.ids]
    return {
        "tokens_mean": sum(lengths) / len(lengths),
        "tokens_max": max(lengths),
        "truncated": 1 - sum(found.rollouts.ended) / len(lengths),
        "tokens_per_second": sum(lengths) / max(seconds, 1e-9),
    }


def _held_out_metrics(run: _Run, step: int) -> dict[str, Any]:
    if not run.start.held_out:
        return {"step": step}
    found = evaluate(run.policy, run.start.held_out, run.scorer, step, run.config, run.run_id)
    write_table(found.scores.to_arrow(), step_file(run.folder / "held_out", step))
    reward = {} if math.isnan(found.reward) else {"held_out_reward": found.reward}
    return {"step": step, "held_out_accuracy": found.accuracy, **reward}


def _tell(
    run: _Run, log: MetricsLog, hooks: Sequence[Hook], step: int, metrics: dict[str, Any], warned: Sequence[Warned]
) -> None:
    said = {"warnings": [warning.code for warning in warned]} if warned else {}
    log.write({**metrics, **said})
    for hook in hooks:
        hook(Report(step, run.config.run.steps, metrics, tuple(warned)))


class _Clock:
    """Wall time by phase, and the most memory held meanwhile."""

    def __init__(self, device: torch.device) -> None:
        self.laps: dict[str, float] = {}
        self._device = device
        self._gpu = device.type == "cuda"
        if self._gpu:
            torch.cuda.reset_peak_memory_stats(device)
        self._began = time.perf_counter()

    def lap(self, name: str) -> None:
        """A phase is over: the device finishes what it was asked first."""
        if self._gpu:
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[name], self._began = now - self._began, now

    def memory(self) -> dict[str, float]:
        """GPU memory, where there is a GPU."""
        return {"peak_gib": torch.cuda.max_memory_allocated(self._device) / 2**30} if self._gpu else {}


def _folder(config: TrainConfig, *, resume: bool) -> Path:
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


def _begin(config: TrainConfig, start: Start, folder: Path) -> _Run:
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
    digest = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]
    run = _Run(config, start, scorer, make_optimizer(policy, config.optimizer), folder, digest, prefill)
    if not (folder / "run.json").exists():
        _write_json(folder / "run.json", {"run_id": digest, **_versions(), "config": config.model_dump(mode="json")})
    else:
        run.run_id = json.loads((folder / "run.json").read_text(encoding="utf-8"))["run_id"]
    if config.loss.beta:
        run.reference = _reference(config, policy, folder / "reference.pt")
    if config.run.probe == "always" or (config.run.probe == "auto" and policy.device.type == "cuda"):
        longest = sorted(zip(lengths, items, strict=True), key=lambda pair: -pair[0])[: config.sampling.prompts]
        probe_longest(policy, [item for _, item in longest], config)
    return run


def _versions() -> dict[str, str]:
    import transformers

    return {"medreward": __version__, "torch": torch.__version__, "transformers": transformers.__version__}


def _write_json(path: Path, data: object) -> None:
    with publish_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _reference(config: TrainConfig, policy: Policy, saved: Path) -> Policy:
    """A frozen copy of the policy as the run began with it."""
    import copy

    model = copy.deepcopy(policy.model).requires_grad_(requires_grad=False)
    reference = Policy(model, policy.tokenizer, policy.images, autocast=config.run.autocast == "bfloat16")
    reference.banned, reference.stop_ids = policy.banned, policy.stop_ids
    if saved.exists():
        load_weights(saved, reference)
    else:
        save_weights(saved, reference)
    return reference


def _resume(run: _Run) -> int:
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


def _finish(run: _Run, result: Result) -> None:
    """Leave the model in a form that transformers loads, and the curve."""
    with output_errors(run.folder):
        run.policy.model.save_pretrained(run.folder / "model")
        run.policy.tokenizer.save_pretrained(run.folder / "model")
        if run.policy.images is not None:
            run.policy.images.save_pretrained(run.folder / "model")
    names = ["reward", *(f"reward_{name}" for name in run.scorer.components)]
    series = {name: [line[name] for line in result.metrics if name in line] for name in names}
    top = max(1.0, *(value for values in series.values() for value in values))
    with publish_file(run.folder / "curve.svg", overwrite=True) as temporary:
        temporary.write_text(svg_curve(series, top, "mean reward of a step"), encoding="utf-8")
