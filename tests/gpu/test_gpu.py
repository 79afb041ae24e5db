"""What only a GPU can show; ``pytest tests/gpu`` on a machine that has one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
if not torch.cuda.is_available():
    pytest.skip("there is no GPU that torch can use", allow_module_level=True)

from medreward.errors import TrainingError
from medreward.rollouts import score_files
from medreward.train.collect import generator_of
from medreward.train.demo import run_demo
from medreward.train.logprobs import score_completions
from medreward.train.optimizer import make_optimizer
from medreward.train.policy import Policy
from medreward.train.probe import probe_longest
from medreward.train.prompts import encode_prompts
from medreward.train.sampler import BACKENDS, Plan, Samples, sample
from medreward.train.static import Decoder
from medreward.train.update import Batch, update
from tests.gpu.step import main
from tests.train.small import config, items, policy

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


def test_norms_run_as_one_operation_where_types_are_not_mixed() -> None:
    def exchanged(made: Policy) -> int:
        return sum("forward" in vars(module) for module in made.model.modules())

    assert (exchanged(on(GPU)), exchanged(on(GPU, autocast=True))) == (5, 0)  # two in each of two layers, and the last


def test_memory_that_does_not_suffice_is_said_before_training() -> None:
    made = on(GPU)
    run = config(sampling={"prompts": 2, "samples": 32, "max_new_tokens": 64})
    assert probe_longest(made, items(2), run) == 64
    torch.cuda.empty_cache()
    left, total = torch.cuda.mem_get_info(made.device)
    ballast = torch.empty(left - int(0.03 * total), dtype=torch.uint8, device=GPU)  # leaves less than is held back
    with pytest.raises(TrainingError, match="does not fit"):
        probe_longest(made, items(2), run)
    del ballast


def change(device: str, dtype: Any) -> Any:
    """What one update of a hand-made batch does to every weight."""
    made = policy(sharpness=1.0)
    for parameter in made.parameters():
        parameter.data = parameter.data.to(dtype)
    made = Policy(made.model.to(device), made.tokenizer, made.images)
    chance = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 200, (12, 8), generator=chance).to(device)
    ones, prompt = torch.ones_like(ids), torch.arange(3, device=device).repeat_interleave(4)
    samples = Samples(ids, ones, ones.float(), torch.ones_like(prompt, dtype=torch.bool), prompt)
    advantages = torch.randn(12, generator=chance).to(device)
    batch = Batch(encode_prompts(made, items(3), "plain"), samples, advantages, ones.float())
    run = config(sampling={"prompts": 3}, optimizer={"lr": 1e-2, "micro_batch": 5})
    before = [parameter.detach().float().cpu().clone() for parameter in made.parameters()]
    update(made, None, make_optimizer(made, run.optimizer), batch, run)
    after = [parameter.detach().float().cpu() for parameter in made.parameters()]
    return torch.cat([(new - old).flatten() for new, old in zip(after, before, strict=True)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_update_on_the_gpu_is_the_one_on_the_cpu(dtype: Any) -> None:
    """Adam's first step has one size in every weight, so what is left to compare is its sign."""
    here, there = change("cpu", dtype), change(GPU, dtype)
    assert here.abs().max() > 5e-3
    assert torch.nn.functional.cosine_similarity(here, there, dim=0) > 0.9


def test_the_report_of_a_step_runs_through_on_the_gpu() -> None:
    said: list[str] = []
    main(["--tiny", "--device", GPU, "--without-trl"], show=said.append)
    assert any("most memory" in line for line in said)
    assert not any("since" in line for line in said)  # no backend gave up


def test_the_large_demo_learns(tmp_path: Path) -> None:
    result = run_demo(tmp_path / "run", size="large")
    rewards = result.rewards()
    assert sum(rewards[-5:]) / 5 - sum(rewards[:5]) / 5 >= 0.25
    score_files(result.folder / "rollouts", tmp_path / "again", reward="medvlm-r1")
    before, after = (
        pq.read_table(place)["reward"].to_pylist() for place in (result.folder / "rollouts", tmp_path / "again")
    )
    assert before == after
