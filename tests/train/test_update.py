"""One update: what it may depend on, and what it must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.errors import TrainingError
from medreward.train.collect import generator_of
from medreward.train.config import LossConfig, OptimizerConfig, TrainConfig
from medreward.train.optimizer import learning_rate, make_optimizer
from medreward.train.policy import Policy
from medreward.train.prompts import Images, encode_prompts
from medreward.train.sampler import Plan, Samples, sample
from medreward.train.update import (
    Batch,
    Seen,
    accumulate,
    counted_mask,
    update,
)
from tests.train.small import config, items, policy

P, G = 3, 4
ADVANTAGES = torch.tensor([1.5, -0.5, -0.5, -0.5, 0.9, -0.9, 0.9, -0.9, 0.0, 0.0, 0.0, 0.0])


def batch_of(made: Policy, advantages: Any = ADVANTAGES) -> Batch:
    prompts = encode_prompts(made, items(P, images=made.has_vision), "plain")
    with torch.no_grad():
        features = None if prompts.images is None else made.vision(prompts.images)
    made.stop_ids = torch.arange(60, 100)
    samples = sample(made, prompts, features, Plan(G, 10), generator_of(made.device, 0, 1))
    return Batch(prompts, samples, advantages, samples.mask.float())


def gradient(made: Policy, batch: Batch, run: TrainConfig, seen: Seen | None = None, **given: Any) -> Any:
    made.model.zero_grad()
    accumulate(made, batch, run, seen or Seen(), given.get("old"), given.get("ref"))
    return torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in made.parameters()])


def small(**sections: Any) -> TrainConfig:
    return config(**{"sampling": {"prompts": P, "samples": G, "max_new_tokens": 10}, **sections})


@pytest.mark.parametrize("kind", ["grpo", "dr_grpo", "dapo", "cispo"])
@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2_5_vl", "qwen2"])
def test_micro_batches_change_no_gradient(family: str, kind: str) -> None:
    made = policy(family)
    batch = batch_of(made)
    whole = gradient(made, batch, small(loss={"kind": kind}))
    assert whole.norm() > 1e-3
    for size in (1, 5):
        split = gradient(made, batch, small(loss={"kind": kind}, optimizer={"micro_batch": size}))
        assert (split - whole).norm() < 1e-5 * whole.norm()


def test_off_policy_micro_batches_and_a_penalty_change_no_gradient() -> None:
    made = policy()
    batch = batch_of(made)
    chance = torch.Generator().manual_seed(0)
    old, ref = (batch.samples.logprobs + 0.3 * torch.randn(batch.counted.shape, generator=chance) for _ in range(2))
    loss = {"beta": 0.1, "level": "sequence"}
    whole = gradient(made, batch, small(loss=loss), old=old, ref=ref)
    split = gradient(made, batch, small(loss=loss, optimizer={"micro_batch": 5}), old=old, ref=ref)
    assert (split - whole).norm() < 1e-5 * whole.norm()


def rearranged(batch: Batch, order: Sequence[int]) -> Batch:
    at = torch.tensor(order)
    old = batch.samples
    samples = Samples(old.ids[at], old.mask[at], old.logprobs[at], old.ended[at], old.prompt[at])
    return Batch(batch.prompts, samples, batch.advantages[at], batch.counted[at])


def test_the_order_of_samples_and_groups_changes_no_gradient() -> None:
    made = policy()
    batch = batch_of(made)
    whole = gradient(made, batch, small())
    order = [7, 4, 6, 5, 2, 3, 0, 1, 8, 9, 10, 11]
    assert (gradient(made, rearranged(batch, order), small()) - whole).norm() < 1e-5 * whole.norm()


def test_groups_without_spread_teach_nothing() -> None:
    made = policy()
    batch = batch_of(made)
    assert gradient(made, replace(batch, advantages=torch.zeros(P * G)), small()).norm() == 0
    rows = rearranged(batch, [8, 9, 10, 11])
    assert gradient(made, rows, small(loss={"kind": "dr_grpo"})).norm() == 0


def test_the_gradient_is_that_of_a_plain_loop_over_completions() -> None:
    made = policy()
    batch = batch_of(made)
    found = gradient(made, batch, small())
    made.model.zero_grad()
    total = batch.counted.sum()
    for row in range(P * G):
        number, length = row // G, int(batch.samples.lengths[row])
        prompts = encode_prompts(made, items(P)[number : number + 1], "plain")
        assert prompts.images is not None
        ids = torch.cat([prompts.ids, batch.samples.ids[row : row + 1, :length]], 1)
        logits = made.model(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=prompts.images.pixels,
            image_grid_thw=prompts.images.grid,
            mm_token_type_ids=(ids == made.image_token).int(),
        ).logits[0, -length - 1 : -1]
        logp = logits.index_fill(-1, made.banned, -1e9).log_softmax(-1)
        chosen = logp.gather(-1, ids[0, -length:, None])
        (-ADVANTAGES[row] * chosen.sum() / total).backward()
    plain = torch.cat([parameter.grad.flatten() for parameter in made.parameters()])
    assert (found - plain).norm() < 1e-4 * plain.norm()


def test_the_vision_tower_runs_once_a_pass_and_sees_each_image_once() -> None:
    made = policy()
    batch = batch_of(made)
    assert batch.prompts.images is not None
    calls: list[int] = []
    vision = made.vision

    def counting(images: Images) -> Any:
        calls.append(len(images.grid))
        return vision(images)

    made.vision = counting  # type: ignore[method-assign]
    run = small(optimizer={"passes": 3, "micro_batch": 2})
    update(made, None, make_optimizer(made, run.optimizer), batch, run)
    assert calls == [3, 3, 3]


def test_a_frozen_vision_tower_stays_as_it_is() -> None:
    made = policy()
    made.model.model.visual.requires_grad_(requires_grad=False)
    batch, before = batch_of(made), [p.clone() for p in made.model.model.visual.parameters()]
    update(made, None, make_optimizer(made, small().optimizer), batch, small())
    assert all(torch.equal(a, b) for a, b in zip(before, made.model.model.visual.parameters(), strict=True))


def test_gradient_checkpointing_changes_no_gradient() -> None:
    made = policy()
    batch = batch_of(made)
    plain = gradient(made, batch, small())
    made.recompute_activations()
    assert (gradient(made, batch, small()) - plain).norm() < 1e-5 * plain.norm()


def test_one_pass_has_ratio_one_and_a_second_has_not() -> None:
    made = policy()
    batch = batch_of(made)
    one = update(made, None, make_optimizer(made, small().optimizer), batch, small()).metrics(1)
    assert (one["ratio_min"], one["ratio_max"], one["moved_k3"]) == (1, 1, 0)
    run = small(optimizer={"passes": 2, "lr": 1e-2})
    two = update(made, None, make_optimizer(made, run.optimizer), batch, run).metrics(2)
    assert two["ratio_max"] > 1.01
    assert two["moved_k3"] > 0


def test_an_update_raises_what_did_better_and_lowers_what_did_worse() -> None:
    made = policy()
    batch = batch_of(made)
    run = small(optimizer={"lr": 1e-3})
    before = accumulate(made, batch, run, Seen(), None, None)
    update(made, None, make_optimizer(made, run.optimizer), batch, run)
    gain = (accumulate(made, batch, run, Seen(), None, None) - before).sum(-1)
    assert gain[[0, 4, 6]].min() > gain[[1, 2, 3, 5, 7]].max()


def test_old_log_probabilities_may_be_the_recorded_ones() -> None:
    made = policy()
    batch = batch_of(made)
    shifted = replace(batch, samples=replace(batch.samples, logprobs=batch.samples.logprobs - 0.5))
    run = small(loss={"old_logprobs": "sampled"})
    seen = update(made, None, make_optimizer(made, run.optimizer), shifted, run).metrics(1)
    assert seen["ratio"] == pytest.approx(1.6487, abs=1e-3)


def test_the_penalty_is_zero_at_the_reference_and_grows_away_from_it() -> None:
    made, other = policy(), policy(seed=1)
    batch = batch_of(made)
    run = small(loss={"beta": 0.1})
    at_home = update(made, policy(), make_optimizer(made, run.optimizer), batch, run).metrics(1)
    away = update(made, other, make_optimizer(made, run.optimizer), batch, run).metrics(1)
    assert at_home["kl"] == pytest.approx(0, abs=1e-6)
    assert away["kl"] > 0.1


def test_truncated_rows_and_rows_without_a_reward_do_not_count() -> None:
    ones = torch.ones(3, 2, dtype=torch.long)
    ended = torch.tensor([True, False, True])
    samples = Samples(ones, ones, ones.float(), ended, torch.zeros(3, dtype=torch.long))
    has_reward = torch.tensor([True, True, False])
    assert counted_mask(samples, has_reward, LossConfig()).tolist() == [[1, 1], [1, 1], [0, 0]]
    assert counted_mask(samples, has_reward, LossConfig(mask_truncated=True)).tolist() == [[1, 1], [0, 0], [0, 0]]


def test_a_batch_in_which_nothing_counts_changes_nothing() -> None:
    made = policy()
    batch = batch_of(made)
    before = [parameter.clone() for parameter in made.parameters()]
    seen = update(
        made, None, make_optimizer(made, small().optimizer), replace(batch, counted=0 * batch.counted), small()
    ).metrics(1)
    assert all(torch.equal(a, b) for a, b in zip(before, made.parameters(), strict=True))
    assert seen["grad_norm"] == 0
    assert "ratio_min" not in seen


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_policy_changes(poison: float) -> None:
    made = policy()
    batch = batch_of(made, torch.full((P * G,), poison))
    before = [parameter.clone() for parameter in made.parameters()]
    with pytest.raises(TrainingError, match="finite") as caught:
        update(made, None, make_optimizer(made, small().optimizer), batch, small())
    assert caught.value.code == "not_finite"
    assert all(torch.equal(a, b) for a, b in zip(before, made.parameters(), strict=True))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.5, 1, 1, 0.8536, 0.5, 0.1464]),
    ],
)
def test_the_learning_rate_rises_and_falls_as_said(schedule: Any, expected: list[float]) -> None:
    given = OptimizerConfig(lr=1.0, schedule=schedule, warmup_steps=2)
    assert [learning_rate(step, 6, given) for step in range(1, 7)] == pytest.approx(expected, abs=1e-4)
