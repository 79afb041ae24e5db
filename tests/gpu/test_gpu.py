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
from medreward.train.static import Decoder
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


@pytest.mark.parametrize("greedy", [True, False])
def test_captured_steps_write_what_the_eager_backend_writes_with_the_same_draws(greedy: bool) -> None:
    made = on(GPU)
    static, _ = write(made, Plan(4, 40, greedy=greedy, backend="static"))
    eager, _ = write(made, Plan(4, 40, greedy=greedy, backend="eager"))
    assert static.note == ""
    assert torch.equal(static.ids, eager.ids)
    assert torch.allclose(static.logprobs, eager.logprobs, atol=1e-4)


def test_captured_steps_read_the_weights_as_they_are_now() -> None:
    made = on(GPU)
    plan = Plan(4, 12, backend="static")
    before, _ = write(made, plan)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.05)
    after, scored = write(made, plan)
    assert len(made.kept["decoders"]) == 1
    assert not torch.equal(after.logprobs, before.logprobs)
    assert torch.allclose(after.logprobs, scored, atol=1e-4)


def test_a_step_that_waits_for_the_device_is_not_captured_and_the_eager_backend_takes_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, kept = on(GPU), Decoder.step

    def waiting(self: Decoder, reach: int) -> None:
        kept(self, reach)
        bool(self.ended.all())

    monkeypatch.setattr(Decoder, "step", waiting)
    samples, scored = write(made, Plan(4, 12, backend="static"))
    assert "cannot be captured" in samples.note
    assert torch.allclose(samples.logprobs, scored, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_log_probabilities_are_those_of_a_scoring_forward(backend: str) -> None:
    samples, scored = write(on(GPU), Plan(4, 12, backend=backend))
    assert torch.allclose(samples.logprobs, scored, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_in_bf16_the_ratio_of_a_fresh_sample_is_near_one(backend: str) -> None:
    samples, scored = write(on(GPU, autocast=True), Plan(4, 12, backend=backend))
    ratio = (scored - samples.logprobs).exp()[samples.mask.bool()]
    assert abs(float(ratio.mean()) - 1) < 2e-2
