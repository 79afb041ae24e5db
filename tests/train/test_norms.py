"""RMS norms as one operation give what the model's own gave."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
transformers = pytest.importorskip("transformers", reason="the extra train is not installed")

from medreward.train.norms import fuse_norms
from tests.train.small import FAMILIES, policy
from tests.train.test_static import STATIC, ask, assert_same, both
from tests.train.test_update import batch_of, gradient, small


@pytest.mark.parametrize("family", FAMILIES)
def test_every_norm_of_the_layers_is_exchanged_and_no_gradient_changes(family: str) -> None:
    made = policy(family)
    batch = batch_of(made)
    before = gradient(made, batch, small())
    assert fuse_norms(made.model) >= 2 * made.body.config.num_hidden_layers + 1
    after = gradient(made, batch, small())
    assert (after - before).norm() < 1e-5 * before.norm()


def test_both_decode_backends_still_write_the_same() -> None:
    made = policy()
    fuse_norms(made.model)
    assert_same(*both(made, ask(made), STATIC))


def test_a_norm_that_does_something_else_stays() -> None:
    gemma = pytest.importorskip("transformers.models.gemma2.modeling_gemma2").Gemma2RMSNorm(8)
    gemma.variance_epsilon = gemma.eps  # were it called as the others call it, it would still scale by weight + 1
    with torch.no_grad():
        gemma.weight.fill_(0.5)
    assert fuse_norms(gemma) == 0


def test_in_bf16_a_norm_is_as_near_to_the_true_one() -> None:
    made = policy("qwen2")
    norm = made.model.model.norm.to(torch.bfloat16)
    states = torch.randn(64, 32, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    wide = states.double()
    true = wide / (wide.square().mean(-1, keepdim=True) + norm.variance_epsilon).sqrt() * norm.weight.double()
    theirs = (norm(states).double() - true).norm()
    assert fuse_norms(norm) == 1
    assert (norm(states).double() - true).norm() <= theirs


def test_a_copy_of_an_exchanged_model_has_its_own_weights() -> None:
    norm = policy("qwen2").model.model.norm
    fuse_norms(norm)
    other = copy.deepcopy(norm)
    with torch.no_grad():
        other.weight.zero_()
    states = torch.ones(1, 32)
    assert norm(states).abs().max() > 0
    assert other(states).abs().max() == 0
