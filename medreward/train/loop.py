"""The run: collect, judge, learn, again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medreward.errors import TrainingError
from medreward.rewards.base import Floats
from medreward.rollouts.publish import output_errors, publish_file
from medreward.scoring import Scores
from medreward.train.advantages import step_advantages
from medreward.train.checkpoint import save_checkpoint
from medreward.train.collect import Collected, collect, evaluate, has_plain_labels, plan_of, step_items
from medreward.train.config import TrainConfig
from medreward.train.curve import svg_curve
from medreward.train.data import Item, seen_before
from medreward.train.measure import Clock, length_metrics, reward_metrics
from medreward.train.metrics import MetricsLog
from medreward.train.optimizer import learning_rate
from medreward.train.prompts import prepare_images
from medreward.train.rails import Warned, on_failure, start_warnings
from medreward.train.rollouts import scored_table, step_file, table_of, write_table
from medreward.train.setup import Run, Start, begin, prepare, resume_run, run_folder
from medreward.train.update import Batch, counted_mask, update

__all__ = ["Hook", "Report", "Result", "one_step", "train"]


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
    folder = run_folder(config, resume=resume)
    run = begin(config, start or prepare(config), folder)
    first = resume_run(run) if resume else 1
    events = folder / "tensorboard" if config.run.tensorboard else None
    with MetricsLog(folder / "metrics.jsonl", first if first > 1 else 0, events) as log:
        run.rails.recall(log.read())
        if first == 1:
            warned = start_warnings(config, run.prefill, seen_before(run.start.items, run.start.held_out))
            _tell(run, log, hooks, 0, _held_out_metrics(run, 0), warned)
        for step in range(first, config.run.steps + 1):
            metrics, note = one_step(run, step)
            last = step == config.run.steps
            if last or (config.run.evaluate_every and step % config.run.evaluate_every == 0):
                metrics |= _held_out_metrics(run, step)
            if last or step % config.run.save_every == 0:
                save_checkpoint(folder / "checkpoints", step, run.policy, run.optimizer, config.run.keep)
            warned = [*run.rails.once("eager_decode", note), *run.rails.look(metrics)]
            _tell(run, log, hooks, step, metrics, warned)
        result = Result(folder, log.read())
    _finish(run, result)
    return result


def one_step(run: Run, step: int) -> tuple[dict[str, Any], str]:
    """One step: collect, judge, learn; returns its metrics, and what the decode backend has to say."""
    config, clock = run.config, Clock(run.policy.device)
    items = _items_of(run, step)
    found = collect(run.policy, items, plan_of(config), step, config, run.run_id)
    clock.lap("seconds_sample")
    scores, advantages, writing = _judge(run, found)
    clock.lap("seconds_reward")
    lr = learning_rate(step, config.run.steps, config.optimizer)
    try:
        learned = _learn(run, found, scores.rewards, advantages, lr)
    finally:
        writing.result()  # a step whose rollouts cannot be written is no step
    clock.lap("seconds_update")
    metrics = {
        "step": step,
        **reward_metrics(scores, config.sampling.samples),
        **length_metrics(found, clock.laps["seconds_sample"]),
        **learned,
        "lr": lr,
        **clock.laps,
        **clock.memory(),
    }
    return metrics, found.samples.note


def _items_of(run: Run, step: int) -> list[Item]:
    """A step's questions; meanwhile the images of the next one are made ready by another thread.

    Eight pictures of 448 x 448 take some 0.15 s of a CPU, during which a GPU would wait.
    """
    config = run.config
    if run.pending is not None:
        wait([run.pending])
    if step < config.run.steps:
        following = step_items(run.start.items, step + 1, config.sampling.prompts, config.run.seed)
        run.pending = run.ahead.submit(prepare_images, run.policy, following)
    return step_items(run.start.items, step, config.sampling.prompts, config.run.seed)


def _judge(run: Run, found: Collected) -> tuple[Scores, Floats, Future[None]]:
    """Score a step's completions and have them written; completions that cannot be scored are saved without scores.

    Another thread writes, since a disk that is asked to make sure can take longer than the scoring.
    """
    rollouts, samples = found.rollouts, run.config.sampling.samples
    table = table_of(rollouts, run.config.data.prompt, listed=has_plain_labels(run.start.items))
    with on_failure(lambda: write_table(table, step_file(run.folder / "failed", rollouts.step))):
        scores = run.scorer.score(table)
    advantages = step_advantages(scores, samples, run.config.advantage)
    place = step_file(run.folder / "rollouts", rollouts.step)
    writing = run.ahead.submit(write_table, scored_table(scores, advantages, samples), place)
    if np.isnan(scores.rewards).all():
        writing.result()
        raise TrainingError(
            "no_rewards",
            "No completion of the step has a reward",
            where=str(place),
            do="look for nulls in what the reward reads: medreward explain FILE --row 0",
        )
    return scores, advantages, writing


def _learn(run: Run, found: Collected, rewards: Floats, advantages: Floats, lr: float) -> dict[str, float]:
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


def _held_out_metrics(run: Run, step: int) -> dict[str, Any]:
    if not run.start.held_out:
        return {"step": step}
    found = evaluate(run.policy, run.start.held_out, run.scorer, step, run.config, run.run_id)
    write_table(found.scores.to_arrow(), step_file(run.folder / "held_out", step))
    reward = {} if math.isnan(found.reward) else {"held_out_reward": found.reward}
    return {"step": step, "held_out_accuracy": found.accuracy, **reward}


def _tell(
    run: Run, log: MetricsLog, hooks: Sequence[Hook], step: int, metrics: dict[str, Any], warned: Sequence[Warned]
) -> None:
    said = {"warnings": [warning.code for warning in warned]} if warned else {}
    log.write({**metrics, **said})
    for hook in hooks:
        hook(Report(step, run.config.run.steps, metrics, tuple(warned)))


def _finish(run: Run, result: Result) -> None:
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
