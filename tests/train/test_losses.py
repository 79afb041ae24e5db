"""The objective against hand-worked numbers, closed forms and finite differences."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from medreward.train.config import LossConfig
from medreward.train.losses import KL_ESTIMATES, Totals, policy_loss, ratios

MASK = (torch.arange(5) < torch.tensor([5, 3, 4, 1, 2, 5])[:, None]).double()  # (6, 5)
TOTALS = Totals(6, 20.0, 16)
KINDS = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo")


def tensors(seed: int = 0) -> Any:
    chance = torch.Generator().manual_seed(seed)
    logp = -3 * torch.rand(6, 5, generator=chance, dtype=torch.float64)
    old, ref = (logp + 0.3 * torch.randn(6, 5, generator=chance, dtype=torch.float64) for _ in range(2))
    return logp.requires_grad_(), old, ref, torch.randn(6, generator=chance, dtype=torch.float64)


def loss_of(settings: LossConfig, logp: Any, old: Any, ref: Any, advantages: Any, totals: Totals = TOTALS) -> Any:
    return policy_loss(logp, old, advantages, MASK[: len(logp)], settings, totals, ref).value


@pytest.mark.parametrize(
    ("kind", "level", "kl", "correction"),
    list(itertools.product(("grpo", "bnpo", "dr_grpo", "dapo"), ("token", "sequence"), KL_ESTIMATES, (False, True))),
)
def test_gradients_equal_finite_differences(kind: Any, level: Any, kl: Any, correction: bool) -> None:
    settings = LossConfig(kind=kind, level=level, beta=0.04, kl=kl, kl_correction=correction, delta=2.0)
    logp, old, ref, advantages = tensors()
    assert torch.autograd.gradcheck(lambda x: loss_of(settings, x, old, ref, advantages), (logp,), eps=1e-6, atol=1e-7)


def test_cispo_differentiates_the_log_probability_alone() -> None:
    logp, old, ref, advantages = tensors()
    loss_of(LossConfig(kind="cispo", clip_high=0.1), logp, old, ref, advantages).backward()
    weight = (logp.detach() - old).exp().clamp(max=1.1) * advantages[:, None] * MASK / 20
    assert torch.allclose(logp.grad, -weight)


DENOMINATORS = {
    "grpo": MASK.sum(1, keepdim=True) * 6,
    "bnpo": torch.tensor(20.0),
    "dr_grpo": torch.tensor(96.0),
    "dapo": torch.tensor(20.0),
    "cispo": torch.tensor(20.0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_on_policy_the_gradient_is_the_advantage_over_the_denominator(kind: Any) -> None:
    logp, _, ref, advantages = tensors()
    loss_of(LossConfig(kind=kind), logp, logp.detach(), ref, advantages).backward()
    assert torch.allclose(logp.grad, -advantages[:, None] * MASK / DENOMINATORS[kind])


def test_one_token_worked_by_hand() -> None:
    # ratio 2, advantage 1: clipped at 1.28. ratio 2, advantage -1: the worse of -2 and -1.28, with delta 1.5 -1.5
    # ratio 0.5, advantage 1: 0.5, not lifted to 0.8. ratio 0.5, advantage -1: held at 0.8
    logp = torch.tensor([[2.0], [2.0], [0.5], [0.5]], dtype=torch.float64).log()
    advantages = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    ones, totals = torch.ones(4, 1, dtype=torch.float64), Totals(1, 1.0, 1)

    def each(**settings: Any) -> list[float]:
        old = torch.zeros(1, 1, dtype=torch.float64)
        return [
            policy_loss(
                logp[i : i + 1], old, advantages[i : i + 1], ones[:1], LossConfig(**settings), totals
            ).value.item()
            for i in range(4)
        ]

    assert each() == pytest.approx([-1.28, 2.0, -0.5, 0.8])
    assert each(delta=1.5) == pytest.approx([-1.28, 1.5, -0.5, 0.8])
    assert each(kind="cispo") == pytest.approx(
        [-1.28 * math.log(2), 1.28 * math.log(2), 0.5 * math.log(2), -0.5 * math.log(2)]
    )


def test_the_kl_estimates_of_one_token_worked_by_hand() -> None:
    logp, ref = torch.tensor([math.log(0.5)]), torch.tensor([math.log(0.25)])
    found = {name: estimate(logp, ref).item() for name, estimate in KL_ESTIMATES.items()}
    assert found == pytest.approx({"k1": math.log(2), "k2": math.log(2) ** 2 / 2, "k3": 0.5 + math.log(2) - 1})


def test_a_sequence_ratio_is_the_geometric_mean_of_counted_tokens() -> None:
    logp = torch.tensor([[math.log(2), math.log(8), 99.0]])
    assert ratios(logp, torch.zeros(1, 3), torch.tensor([[1.0, 1.0, 0.0]]), "sequence").tolist() == [
        [pytest.approx(4.0)]
    ]


@pytest.mark.parametrize(("kind", "invariant"), [(kind, kind != "bnpo") for kind in KINDS])
def test_shares_of_micro_batches_add_up_for_all_but_bnpo(kind: Any, invariant: bool) -> None:
    logp, old, ref, advantages = tensors()
    settings = LossConfig(kind=kind, beta=0.04)
    whole = loss_of(settings, logp, old, ref, advantages)
    parts = [
        policy_loss(logp[at], old[at], advantages[at], MASK[at], settings, TOTALS, ref[at]).value
        for at in (slice(0, 1), slice(1, 4), slice(4, 6))
    ]
    assert torch.allclose(whole, sum(parts), atol=1e-12) == invariant


def test_masked_tokens_change_nothing() -> None:
    logp, old, ref, advantages = tensors()
    noisy = logp.detach() + (1 - MASK) * 7
    for kind, level in itertools.product(KINDS, ("token", "sequence")):
        settings = LossConfig(kind=kind, level=level, beta=0.04)
        a, b = loss_of(settings, logp.detach(), old, ref, advantages), loss_of(settings, noisy, old, ref, advantages)
        assert a.item() == b.item()


def test_shares_of_clipped_tokens_are_counted_by_hand() -> None:
    logp = torch.tensor([[2.0, 0.5, 1.0, 9.0]], dtype=torch.float64).log()
    mask = torch.tensor([[1.0, 1.0, 1.0, 0.0]], dtype=torch.float64)

    def sums(advantage: float) -> dict[str, float]:
        given = torch.tensor([advantage], dtype=torch.float64)
        loss = policy_loss(logp, torch.zeros_like(logp), given, mask, LossConfig(), Totals(1, 3.0, 4))
        assert (loss.ratio_min.item(), loss.ratio_max.item()) == pytest.approx((0.5, 2.0))
        return {name: value.item() for name, value in loss.sums.items()}

    assert (sums(1.0)["clip_low"], sums(1.0)["clip_high"]) == (0, 1)
    assert (sums(-1.0)["clip_low"], sums(-1.0)["clip_high"]) == (1, 0)
    assert sums(1.0)["ratio"] == pytest.approx(3.5)
    assert sums(1.0)["moved_k1"] == pytest.approx(0.0)
    assert sums(1.0)["moved_k3"] == pytest.approx((2 - 1 - math.log(2)) + (0.5 - 1 + math.log(2)))
    assert sums(1.0)["tokens"] == 3


def test_two_estimates_of_how_far_the_policy_moved_agree_on_the_mean() -> None:
    chance = torch.Generator().manual_seed(0)
    before, after = (torch.randn(50, generator=chance, dtype=torch.float64).mul(0.3).log_softmax(0) for _ in range(2))
    drawn = torch.multinomial(before.exp(), 200_000, replacement=True, generator=chance)
    logp, old = after[drawn][None], before[drawn][None]
    ones = torch.ones_like(logp)
    loss = policy_loss(logp, old, torch.zeros(1), ones, LossConfig(), Totals(1, 200_000.0, 200_000))
    exact = (before.exp() * (before - after)).sum().item()
    assert loss.sums["moved_k1"].item() / 200_000 == pytest.approx(exact, rel=0.03)
    assert loss.sums["moved_k3"].item() / 200_000 == pytest.approx(exact, rel=0.03)


def test_a_penalty_without_a_reference_is_a_mistake() -> None:
    logp, old, _, advantages = tensors()
    with pytest.raises(TypeError, match="reference"):
        loss_of(LossConfig(beta=0.1), logp, old, None, advantages)
