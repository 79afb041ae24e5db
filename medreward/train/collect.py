"""Asking, writing, judging: from questions to scored rollouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from medreward.errors import InputError
from medreward.scoring import Scorer, Scores
from medreward.train.config import TrainConfig
from medreward.train.data import Item
from medreward.train.policy import Policy
from medreward.train.prompts import Prompts, encode_prompts
from medreward.train.rails import check_prompt_major
from medreward.train.rollouts import Rollouts, table_of
from medreward.train.sampler import Plan, Samples, sample

__all__ = ["Collected", "HeldOut", "collect", "evaluate", "generator_of", "step_items"]


@dataclass(frozen=True)
class Collected:
    """What sampling gave: on the device for the update, on the host for the reward.

    Args:
        prompts: P prompts.
        samples: P x G completions.
        rollouts: the same as text.
    """

    prompts: Prompts
    samples: Samples
    rollouts: Rollouts


@dataclass(frozen=True)
class HeldOut:
    """How the policy answers unseen questions when it takes the likeliest token each time.

    Args:
        accuracy: share of completions that commit to the right label, in whatever form.
        reward: their mean reward; NaN where none has one.
        scores: the scored rollouts.
    """

    accuracy: float
    reward: float
    scores: Scores


def step_items(items: Sequence[Item], step: int, prompts: int, seed: int) -> list[Item]:
    """The questions of a step, counted from 1: a function of seed and step alone.

    Each epoch is a permutation; its last questions are left out where they do not fill a step.

    Raises:
        InputError: ``few_questions``: there are fewer than a step needs.
    """
    per_epoch = len(items) // prompts
    if not per_epoch:
        raise InputError(
            "few_questions",
            "A step needs more questions than there are",
            expected=f"at least {prompts}",
            got=str(len(items)),
            do="lower sampling.prompts, or give more questions",
        )
    epoch, place = divmod(step - 1, per_epoch)
    order = np.random.default_rng([seed, epoch]).permutation(len(items))
    return [items[number] for number in order[place * prompts : (place + 1) * prompts]]


def generator_of(device: torch.device, seed: int, step: int) -> torch.Generator:
    """Where a step's chance comes from; different for every seed and step."""
    mixed = np.random.SeedSequence([seed, step]).generate_state(2, np.uint32)
    generator = torch.Generator(device)
    generator.manual_seed(int(mixed[0]) << 31 ^ int(mixed[1]))
    return generator


def collect(
    policy: Policy, items: Sequence[Item], plan: Plan, step: int, config: TrainConfig, run_id: str
) -> Collected:
    """Write G completions to each question.

    Raises:
        InputError: a prompt or an image is wrong.
        TrainingError: ``wrong_order``.
    """
    prompts = encode_prompts(policy, items, config.data.prompt)
    with torch.no_grad():
        features = None if prompts.images is None else policy.vision(prompts.images)
    samples = sample(policy, prompts, features, plan, generator_of(policy.device, config.run.seed, step))
    check_prompt_major(samples.prompt, plan.samples)
    ids = [row[:length] for row, length in zip(samples.ids.tolist(), samples.lengths.tolist(), strict=True)]
    rollouts = Rollouts(
        run_id=run_id,
        step=step,
        items=items,
        samples=plan.samples,
        texts=policy.texts(ids),
        ids=ids,
        ended=samples.ended.tolist(),
        logprob_sums=_sums(samples.logprobs),
        prompt_tokens=prompts.lengths.tolist(),
    )
    return Collected(prompts, samples, rollouts)


def _sums(logprobs: Tensor) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(logprobs.double().sum(-1).tolist(), np.float64)


def evaluate(
    policy: Policy, items: Sequence[Item], scorer: Scorer, step: int, config: TrainConfig, run_id: str
) -> HeldOut:
    """Greedy completions of unseen questions, a step's worth at a time."""
    plan = plan_of(config, greedy=True)
    size = config.rows
    parts = [
        collect(policy, items[first : first + size], plan, step, config, run_id).rollouts
        for first in range(0, len(items), size)
    ]
    rollouts = Rollouts(
        run_id,
        step,
        items,
        1,
        [text for part in parts for text in part.texts],
        [ids for part in parts for ids in part.ids],
        [ended for part in parts for ended in part.ended],
        np.concatenate([part.logprob_sums for part in parts]),
        [tokens for part in parts for tokens in part.prompt_tokens],
    )
    scores = scorer.score(table_of(rollouts, config.data.prompt, listed=has_plain_labels(items)))
    answers = scores.table["answer"].to_pylist()
    right = [answer == item.gold for answer, item in zip(answers, items, strict=True)]
    known = scores.rewards[~np.isnan(scores.rewards)]
    return HeldOut(sum(right) / len(right), float(known.mean()) if len(known) else float("nan"), scores)


def plan_of(config: TrainConfig, *, greedy: bool = False) -> Plan:
    """How to write: G samples, or for ``greedy`` one."""
    sampling = config.sampling
    return Plan(
        samples=1 if greedy else sampling.samples,
        max_new_tokens=sampling.max_new_tokens,
        temperature=sampling.temperature,
        greedy=greedy,
        backend=sampling.backend,
    )


def has_plain_labels(items: Sequence[Item]) -> bool:
    """Whether all options are labelled A, B, … so that lists of texts say everything."""
    return all([*item.options] == [chr(ord("A") + i) for i in range(len(item.options))] for item in items)
