"""Chunked log-probabilities: the numbers of a plain softmax, without its memory."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from medreward.train.logprobs import chunked_logprobs, next_token_logprobs

BANNED = torch.tensor([2, 5])


def given(count: int, vocabulary: int, width: int = 8) -> Any:
    chance = torch.Generator().manual_seed(0)
    head = torch.nn.Linear(width, vocabulary, bias=False)
    hidden = torch.randn(count, width, generator=chance).requires_grad_()
    return head, hidden, torch.randint(6, vocabulary, (count,), generator=chance)


def plain(head: Any, hidden: Any, targets: Any, temperature: float) -> Any:
    logits = head(hidden) / temperature
    logits[:, BANNED] = -torch.inf
    logp = logits.log_softmax(-1)
    entropy = torch.distributions.Categorical(logits=logp.detach()).entropy()
    return logp.gather(1, targets[:, None])[:, 0], entropy


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_chunks_change_neither_values_nor_gradients(chunk: int) -> None:
    head, hidden, targets = given(64, 50)
    weight = torch.randn(64)
    found = []
    for which in ("chunked", "plain"):
        head.zero_grad()
        hidden.grad = None
        logp, entropy = (
            chunked_logprobs(head, hidden, targets, 0.7, BANNED, chunk)
            if which == "chunked"
            else plain(head, hidden, targets, 0.7)
        )
        (logp * weight).sum().backward()
        found.append((logp.detach(), entropy, hidden.grad.clone(), head.weight.grad.clone()))
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert (found[0][3][BANNED] == 0).all()


def test_banned_tokens_have_exactly_no_probability_and_the_rest_all_of_it() -> None:
    logp = next_token_logprobs(torch.randn(4, 9), 1.0, BANNED)
    assert (logp.exp()[:, BANNED] == 0).all()
    assert torch.allclose(logp.exp().sum(-1), torch.ones(4))


def test_half_precision_logits_are_widened_and_double_ones_kept() -> None:
    assert next_token_logprobs(torch.zeros(1, 9, dtype=torch.bfloat16), 1.0, BANNED).dtype == torch.float32
    assert next_token_logprobs(torch.zeros(1, 9, dtype=torch.float64), 1.0, BANNED).dtype == torch.float64


class Live(TorchDispatchMode):  # type: ignore[misc] # Any where torch is not read
    """Bytes that stand in memory: what operations made and nothing has let go of yet."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.seen: set[int] = set()

    def _free(self, key: int, size: int) -> None:
        self.seen.discard(key)
        self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                if storage._cdata not in self.seen:
                    self.seen.add(storage._cdata)
                    self.now += storage.nbytes()
                    self.peak = max(self.peak, self.now)
                    weakref.finalize(storage, self._free, storage._cdata, storage.nbytes())
        return out


def peak(count: int, chunk: int | None) -> int:
    head, hidden, targets = given(count, 4000)
    with Live() as live:
        if chunk is None:
            logp, _ = plain(head, hidden, targets, 1.0)
        else:
            logp, _ = chunked_logprobs(head, hidden, targets, 1.0, BANNED, chunk)
        logp.sum().backward()
    return int(live.peak)


def test_peak_memory_depends_on_the_chunk_and_not_on_the_length() -> None:
    short, long = peak(128, 32), peak(1024, 32)
    assert long < 1.2 * short
    assert peak(128, 64) > 1.5 * short
    assert peak(1024, None) > 6 * peak(128, None)  # what the chunks are for
    assert long < peak(1024, None) / 8
