"""Weights in bf16: what is learned is kept in float32 beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.train import train
from medreward.train.config import OptimizerConfig, TrainConfig
from medreward.train.loop import Report
from medreward.train.optimizer import MasterAdamW, gatherer, learned, make_optimizer
from medreward.train.policy import Policy
from medreward.train.setup import Start
from medreward.train.update import Seen, accumulate, update
from tests.train.small import config, items, policy
from tests.train.test_update import batch_of

NARROW = torch.bfloat16


def narrow(family: str = "qwen2_vl") -> Policy:
    made = policy(family, sharpness=1.0)
    return Policy(made.model.to(NARROW), made.tokenizer, made.images)


def weight(*values: float) -> Any:
    return torch.tensor(values, dtype=NARROW).requires_grad_()


def settings() -> OptimizerConfig:
    return OptimizerConfig(lr=1e-3, weight_decay=0.1)


def test_wide_weights_have_a_plain_optimizer_and_narrow_ones_float32_copies() -> None:
    wide = policy("qwen2")
    assert type(make_optimizer(wide, settings())) is torch.optim.AdamW
    made = narrow("qwen2")
    optimizer = make_optimizer(made, settings())
    assert type(optimizer) is MasterAdamW
    assert {tensor.dtype for tensor in learned(optimizer)} == {torch.float32}
    assert all(torch.equal(a.float(), b) for a, b in zip(made.parameters(), learned(optimizer), strict=True))


def test_the_copies_change_as_adamw_changes_float32_weights_and_the_weights_are_the_copies_rounded() -> None:
    parameter, plain = weight(0.3, -1.7, 4.0), torch.tensor([0.3, -1.7, 4.0], dtype=NARROW).float().requires_grad_()
    ours = MasterAdamW([parameter], lr=0.01, weight_decay=0.1)
    theirs = torch.optim.AdamW([plain], lr=0.01, weight_decay=0.1)
    for step in range(5):
        factor = torch.tensor([1.0, -2.0, 0.5 * step])
        ours.zero_grad()
        (parameter * factor.to(NARROW)).sum().backward()
        ours.gather()
        ours.step()
        plain.grad = factor.to(NARROW).float()
        theirs.step()
        assert torch.equal(ours.masters[0], plain)
        assert torch.equal(parameter, plain.to(NARROW))


def test_steps_below_the_spacing_of_bf16_add_up() -> None:
    kept, lost = weight(1.0), weight(1.0)  # numbers just below 1 stand 1/256 apart
    ours, plain = MasterAdamW([kept], lr=1e-4, weight_decay=0.0), torch.optim.AdamW([lost], lr=1e-4, weight_decay=0.0)
    for _ in range(100):
        for parameter, optimizer in ((kept, ours), (lost, plain)):
            optimizer.zero_grad(set_to_none=True)
            parameter.sum().backward()
            gatherer(optimizer)()
            optimizer.step()
    assert lost.tolist() == [1.0]
    assert kept.tolist() == pytest.approx([0.99], abs=1 / 256)


def test_gradients_of_micro_batches_add_up_in_float32() -> None:
    parameter = weight(1.0)
    optimizer = MasterAdamW([parameter], lr=1e-4)
    for gradient in (256.0, 1.0, 1.0, 1.0):  # in bf16, 256 + 1 is 256
        (parameter * gradient).backward()
        optimizer.gather()
        assert parameter.grad is None
    assert optimizer.masters[0].grad.tolist() == [259.0]


def test_micro_batches_change_the_float32_gradient_by_no_more_than_rounding_in_bf16() -> None:
    made = narrow()
    batch, gradients = batch_of(made), []
    for size in (12, 3):
        optimizer = make_optimizer(made, settings())
        run = config(sampling={"prompts": 3, "max_new_tokens": 10}, optimizer={"micro_batch": size})
        accumulate(made, batch, run, Seen(), None, None, gatherer(optimizer))
        assert all(parameter.grad is None for parameter in made.parameters())
        gradients.append(torch.cat([master.grad.flatten() for master in optimizer.masters if master.grad is not None]))
    assert gradients[0].dtype == torch.float32
    assert (gradients[1] - gradients[0]).norm() < 0.03 * gradients[0].norm()


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2"])
def test_an_update_in_bf16_raises_what_did_better(family: str) -> None:
    made = narrow(family)
    batch, run = batch_of(made), config(sampling={"prompts": 3, "max_new_tokens": 10}, optimizer={"lr": 1e-3})
    before = accumulate(made, batch, run, Seen(), None, None)
    seen = update(made, None, make_optimizer(made, run.optimizer), batch, run).metrics(1)
    gain = (accumulate(made, batch, run, Seen(), None, None) - before).sum(-1)
    assert seen["grad_norm"] > 0
    assert gain[[0, 4, 6]].mean() > gain[[1, 2, 3, 5, 7]].mean()
    assert {parameter.dtype for parameter in made.parameters()} == {NARROW}


def test_a_gradient_that_is_not_finite_changes_neither_weights_nor_copies() -> None:
    from medreward.errors import TrainingError

    made = narrow("qwen2")
    batch, run = batch_of(made, torch.full((12,), float("nan"))), config(sampling={"prompts": 3, "max_new_tokens": 10})
    optimizer = make_optimizer(made, run.optimizer)
    before = [tensor.clone() for tensor in (*made.parameters(), *learned(optimizer))]
    with pytest.raises(TrainingError, match="finite"):
        update(made, None, optimizer, batch, run)
    assert all(torch.equal(a, b) for a, b in zip(before, (*made.parameters(), *learned(optimizer)), strict=True))


def test_a_resumed_run_in_bf16_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    class Stopped(BaseException):
        pass

    def stop(report: Report) -> None:
        if report.step == 3:
            raise Stopped

    def settings_of(name: str, steps: int = 4) -> TrainConfig:
        return config(run={"steps": steps, "save_every": 2, "output": str(tmp_path / name)})

    whole = train(settings_of("whole"), start=Start(narrow(), items(5)))
    with pytest.raises(Stopped):
        train(settings_of("parts"), start=Start(narrow(), items(5)), hooks=[stop])
    parts = train(settings_of("parts"), start=Start(narrow(), items(5)), resume=True)
    states = [torch.load(made.folder / "checkpoints/step-000004/state.pt") for made in (whole, parts)]
    for part in ("masters", "state"):
        kept = [torch.utils._pytree.tree_leaves(state["optimizer"][part]) for state in states]
        assert len(kept[0]) >= len(states[0]["optimizer"]["masters"]) > 10
        assert all(torch.equal(a, b) for a, b in zip(*kept, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(states[0]["model"].values(), states[1]["model"].values(), strict=True))
