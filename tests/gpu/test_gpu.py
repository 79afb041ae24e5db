"""What only a GPU can show; ``pytest tests/gpu`` on a machine that has one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
if not torch.cuda.is_available():
    pytest.skip("there is no GPU that torch can use", allow_module_level=True)

from medreward.train.collect import generator_of
from medreward.train.logprobs import score_completions
from medreward.train.policy import Policy
from medreward.train.prompts import encode_prompts
from medreward.train.sampler import BACKENDS, Plan, Samples, sample
from tests.train.small import items, policy

GPU = "cuda"


def on(device: str, *, autocast: bool = False) -> Policy:
    made = policy()
    return Policy(made.model.to(device), made.tokenizer, made.images, autocast=autocast)


def write(made: Policy, plan: Plan) -> tuple[Samples, Any]:
    prompts = encode_prompts(made, items(3), "plain")
    assert prompts.images is not None
    with torch.no_grad():
        features = made.vision(prompts.images)
        samples = sample(made, prompts, features, plan, generator_of(made.device, 0, 1))
        rows = samples.prompt.tolist()
        scored, _ = score_completions(made, prompts, features, rows, samples.ids, samples.mask, 1.0, 64)
    return samples, scored


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_writes_greedily_what_the_cpu_writes(backend: str) -> None:
    plan = Plan(1, 12, greedy=True)
    there, _ = write(on(GPU), replace(plan, backend=backend))
    here, _ = write(on("cpu"), plan)
    assert torch.equal(there.ids.cpu(), here.ids)


@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_log_probabilities_are_those_of_a_scoring_forward(backend: str) -> None:
    samples, scored = write(on(GPU), Plan(4, 12, backend=backend))
    assert torch.allclose(samples.logprobs, scored, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_in_bf16_the_ratio_of_a_fresh_sample_is_near_one(backend: str) -> None:
    samples, scored = write(on(GPU, autocast=True), Plan(4, 12, backend=backend))
    ratio = (scored - samples.logprobs).exp()[samples.mask.bool()]
    assert abs(float(ratio.mean()) - 1) < 2e-2
